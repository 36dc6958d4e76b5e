"""Values of J along directions, where curvature alone does not decide."""

from __future__ import annotations

import numpy as np

from ..protocol import F64, Objective, Point

__all__ = ["changes", "hidden_way"]

_DIRECTIONS = 32
_RADII = (0.1, 0.03, 0.01)  # a way down must be seen at each: it begins at w, not elsewhere
_ROUNDING = 64.0  # in units of the last place of J


def changes(
    J: Objective, point: Point, radius: float, along: F64, rng: np.random.Generator
) -> float:
    """Return the largest |J(w + radius u) - J(w)|, u both ways along some directions.

    Args:
        J, point: the objective, and the same at w.
        along: (m, size) directions of any length; 32 random ones are added.

    """
    w, largest = np.asarray(point.w, dtype=np.float64), 0.0
    for u in np.concatenate([along, -along, rng.normal(size=(_DIRECTIONS, len(w)))]):
        length = float(np.linalg.norm(u))
        if length > 0.0:
            there = J.at(w + radius / length * u).value
            largest = max(largest, abs(there - point.value) if np.isfinite(there) else np.inf)
    return largest


def hidden_way(
    J: Objective, point: Point, null: F64, slack: float, sign: float = 1.0
) -> F64 | None:
    """Return a direction in which J falls by terms of third or higher order; None if none is found.

    At three distances r it must fall by more than slope and curvature can explain:
    J(w + r u) - J(w) - r g'u < - slack r^2 / 2 - rounding.

    Args:
        J, point: the objective, and the same at a critical w.
        null: (k, size) orthonormal directions whose curvature is zero within its error; they, and
            mixtures of them, are tried.
        slack: how far from zero their curvatures may be.
        sign: -1.0 for a way up.

    """
    if not len(null):
        return None
    w, rng = np.asarray(point.w, dtype=np.float64), np.random.default_rng(0)
    rounding = _ROUNDING * float(np.finfo(point.grad.dtype).eps) * abs(point.value)
    best, found = 0.0, None
    for a in np.concatenate([np.eye(len(null)), rng.normal(size=(_DIRECTIONS, len(null)))]):
        for u in (a / np.linalg.norm(a)) @ null * np.array([[1.0], [-1.0]]):
            slope = float(point.grad @ u)
            falls = [sign * (point.value + r * slope - J.at(w + r * u).value) for r in _RADII]
            sure = [0.5 * slack * r * r + rounding for r in _RADII]
            if all(f > s for f, s in zip(falls, sure, strict=True)) and falls[0] > best:
                best, found = falls[0], u
    return found
