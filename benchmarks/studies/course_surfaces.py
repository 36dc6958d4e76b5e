r"""Steps that update rules take to leave a saddle and to cross a plateau, at learning rate 0.05.

    python benchmarks/studies/course_surfaces.py

The saddle J = w1^2 - w2^2 + w2^4/4 is left from (1.5, 0.001) when |w2| > 1.3; the plateau
J = 1 - exp(-|w|^2/2) is crossed from (3.5, 3.0) when |w| < 0.1.  Counts, so any machine gives the
same; about 20 seconds, most of them for gradient descent on the plateau.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softlearn.landscape import surfaces
from softlearn.solve import (
    Adam,
    GradientDescent,
    Momentum,
    PerturbedGradientDescent,
    RMSprop,
    SaddleFreeNewton,
)

RATE = 0.05
RULES = {
    "gradient descent": GradientDescent(RATE),
    "momentum, averaged (the course's)": Momentum(RATE),
    "momentum, summed (PyTorch's)": Momentum(RATE, form="sum"),
    "RMSprop": RMSprop(RATE),
    "Adam": Adam(RATE),
    "perturbed gradient descent": PerturbedGradientDescent(RATE),
    "saddle-free Newton": SaddleFreeNewton(),
}
MOST = 200_000


def steps_until(J, w0: tuple[float, float], solver, done: Callable[[np.ndarray], bool]) -> int:
    """Return the first step after which done(w) holds."""
    for k, step in enumerate(solver.steps(J, np.array(w0), 0.0)):
        if done(step.point.w) or k >= MOST:
            return k
    raise RuntimeError(f"{solver.name} stopped before it was done.")


def leave_the_saddle(solver) -> int:
    return steps_until(surfaces.saddle, (1.5, 0.001), solver, lambda w: abs(w[1]) > 1.3)


def cross_the_plateau(solver) -> int:
    return steps_until(surfaces.plateau, (3.5, 3.0), solver, lambda w: np.linalg.norm(w) < 0.1)


if __name__ == "__main__":
    print("| | leave the saddle | cross the plateau |")
    print("|---|---|---|")
    for name, solver in RULES.items():
        print(f"| {name} | {leave_the_saddle(solver):,} | {cross_the_plateau(solver):,} |")
