"""A start for large problems: nearly solve the same problem on a few of the rows first.

The early steps of Newton's method, which only find the rough place, then cost a fraction of a
pass each.  The answer does not depend on it, only the time does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from ..objective import SoftmaxObjective
from ..protocol import F64, Step
from .solvers import choose_solver

__all__ = ["sampled_starts"]

_LARGE = 3e7  # multiplications in a pass from which a sample pays
_FRACTIONS = (0.03, 0.2)
_ROUGH = 1e-2  # relative Newton decrement at which a sample has told what it can
_STEPS = 40
_OF_A_CLASS = 50  # rows of a class that a sample keeps at least


def sampled_starts(
    J: SoftmaxObjective, w: F64, solver: str, seed: int
) -> Iterator[tuple[Step, SoftmaxObjective]]:
    """Yield the steps made on ever larger samples; the last point is where to start on all rows."""
    if J.Y.ndim != 1 or J.rows.n * J.model.d * J.model.C < _LARGE or J.rows.sparse:
        return
    rng = np.random.default_rng(seed)
    for fraction in _FRACTIONS:
        part = _sample(J, fraction, rng)
        if part.rows.n > 0.5 * J.rows.n or part.rows.n < 10 * J.model.C:
            continue
        steps = choose_solver(solver, part, seed).steps(part, w, 1e-3)
        for step in islice(steps, _STEPS):
            w = step.point.w
            yield step, part
            if step.stuck or step.decrement < _ROUGH * step.point.value:
                break
        J.passes += part.passes * part.rows.n / J.rows.n


def _sample(J: SoftmaxObjective, fraction: float, rng: np.random.Generator) -> SoftmaxObjective:
    """Draw rows of every class; rare classes keep more of theirs, with less weight each."""
    counts = np.bincount(J.Y, minlength=J.model.C)
    wanted = np.minimum(counts, np.maximum(_OF_A_CLASS, fraction * counts))
    chance = wanted / np.maximum(counts, 1)
    rows = np.flatnonzero(rng.random(J.rows.n) < chance[J.Y])
    return J.subset(rows, 1.0 / chance[J.Y[rows]])
