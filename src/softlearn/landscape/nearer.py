"""Whether J goes the other way closer to a point than the steps of its differences.

Central differences see only the even or the odd part of J over their step: for w^2 - |w| and a step
of 1e6 they give the curvature 2; for 1/w + 1e24 w at its minimum 1e-12, and a step across the pole,
the slope 1e24.  So their result is checked: along each direction, from a distance inwards, J must
not change with the other sign at the three smallest steps at which its change exceeds rounding and
the effect of a slope where w is beside the critical point.
"""

from __future__ import annotations

from itertools import takewhile

import numpy as np

from ..protocol import F64, Objective, Point
from .ladder import inwards, noise_at
from .steps import least_step, value_of
from .valley import Valley

__all__ = ["against", "contradicted"]

_CLEAR = 16.0  # times rounding: what counts as a change
_BESIDE = 4.0  # times what J may fall by where w is beside the critical point
_MAX_DIRECTIONS = 24  # directions that are checked


def contradicted(valley: Valley) -> float | None:
    """Return a distance at which J goes against one of its curvatures; None if none is seen."""
    g = np.asarray(valley.point.grad, dtype=np.float64)
    for c, curve in zip(valley.C[:_MAX_DIRECTIONS], valley.curves, strict=False):
        u = c / np.linalg.norm(c)
        gain = float(u @ g) ** 2 * float(c @ c) / (2.0 * abs(curve))
        for way in (u, -u):
            sign, start = float(np.sign(curve)), 0.3 * valley.start
            seen = against(valley.J, valley.point, way, sign, start, _BESIDE * gain)
            if seen is not None:
                return seen
    return None


def against(
    J: Objective, point: Point, u: F64, sign: float, start: float, more: float = 0.0
) -> float | None:
    """Return a distance along u at which J changes by the other sign, and at all nearer ones.

    Args:
        J, point: the objective, and the same at w.
        sign: 1 where J should rise, -1 where it should fall.
        start: the largest distance; smaller ones follow.
        more: changes that are no larger do not count.

    """
    value, w, J0 = value_of(J), np.asarray(point.w, dtype=np.float64), float(point.value)

    def f(t: float) -> float:
        return value(w + t * u)

    eps = float(np.finfo(point.grad.dtype).eps)
    steps = inwards(f, J0, start, 10.0 * least_step(w, u), eps)
    clear = takewhile(lambda s: not abs(s[1]) <= _CLEAR * s[2], steps)
    last = [(t, change) for t, change, _ in clear if more < abs(change) < np.inf][-3:]
    if len(last) < 3 or not all(sign * change < 0.0 for _, change in last):
        return None
    threshold = _CLEAR * max(float(noise_at(f, t)) for t, _ in last)
    return last[-1][0] if all(abs(change) > threshold for _, change in last) else None
