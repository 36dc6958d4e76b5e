"""Four optimizers cross a plateau."""

import numpy as np
from paths import crossings, draw_crossings
from picture import save

from softlearn.landscape import surfaces

START = (3.5, 3.0)


def paths():
    """Return the path of each optimizer until |w| < 0.1."""
    return crossings(surfaces.plateau, START, lambda w: np.hypot(*w) < 0.1)


def draw():
    """Return the figure and what it shows."""
    formula = "$J = 1 - e^{-|w|^2 / 2}$"
    return draw_crossings(surfaces.plateau, paths(), (-1.6, 4.2), (-1.6, 3.8), formula)


if __name__ == "__main__":
    save(__file__, *draw())
