"""Four optimizers leave a saddle."""

from paths import crossings, draw_crossings
from picture import save

from softlearn.landscape import surfaces

START = (1.5, 0.001)


def paths():
    """Return the path of each optimizer until |w2| > 1.3."""
    return crossings(surfaces.saddle, START, lambda w: abs(w[1]) > 1.3)


def draw():
    """Return the figure and what it shows."""
    formula = "$J = w_1^2 - w_2^2 + w_2^4 / 4$"
    return draw_crossings(surfaces.saddle, paths(), (-2.7, 1.9), (-1.8, 1.8), formula)


if __name__ == "__main__":
    save(__file__, *draw())
