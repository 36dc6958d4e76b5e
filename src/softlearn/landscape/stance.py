"""The distance of a point from the critical point nearby, and curvatures that hold up to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point
from .curvature import Curvature
from .degenerate import Rest
from .forms import form_at
from .nearer import against

__all__ = ["Stance", "stance"]

_CHANGED = 0.5  # of a curvature: a larger change on the way makes it unknown
_FAR = 10.0  # times the critical distance: further away nothing else is computed


@dataclass(frozen=True)
class Stance:
    """The position of a point relative to a critical one."""

    critical: bool
    step: F64
    """(size,) Newton's, with the absolute values of the curvatures: never up."""
    gain: float
    """What J would fall by along it, to second order."""
    sloping: bool
    """Whether it is a slope without curvature that makes it no critical point."""
    kinked: bool
    """Whether J rises along the step, however short: then the gradient is not its derivative."""
    sloped: bool
    """Whether there surely is a slope, however small, along directions without sure curvature."""
    rest: Rest
    """J where curvatures do not decide."""


def stance(J: Objective, point: Point, c: Curvature, tol: float) -> Stance:
    """Return where a point stands, all its curvatures being known.

    Args:
        J, point: the objective, and the same at w.
        tol: Newton's step from a critical point is no longer than tol (1 + |w|).

    """
    assert c.signs is not None
    assert c.form is not None
    C, L, N = c.signs.sure, c.signs.curves, _unit(c.signs.null)
    w = np.asarray(point.w, dtype=np.float64)
    reach = tol * (1.0 + float(np.linalg.norm(w)))
    slopes, errors = c.form.slopes(C)
    newton, length = _step(slopes / L, C)
    _, unsure = _step(np.abs(errors / L), np.abs(C))
    gain = 0.5 * float(slopes @ (slopes / np.abs(L)))
    step, _ = _step(slopes / np.abs(L), C)
    critical = length <= reach + unsure
    if len(C) and 0.0 < length <= _FAR * (reach + unsure):
        C, L, N = _held(J, w + 2.0 * newton, C, L, N)
    rest = Rest(J, point, C, L, N, reach)
    slope, size, unsure = _slope(rest, c)
    sloped = size > unsure
    sloping = critical and sloped and _rules(rest, slope / size, size, reach)
    kinked = not critical and _rises(rest, step, gain)
    if sloping:
        kinked = _rises(rest, -reach * slope / size, size)
    return Stance(critical and not sloping, step, gain, sloping, kinked, sloped, rest)


def _unit(N: F64) -> F64:
    return N / np.linalg.norm(N, axis=1, keepdims=True) if len(N) else N


def _step(parts: F64, C: F64) -> tuple[F64, float]:
    """Return -parts @ C and its length."""
    step: F64 = -(parts @ C)
    return step, float(np.linalg.norm(step))


def _held(J: Objective, beyond: F64, C: F64, L: F64, N: F64) -> tuple[F64, F64, F64]:
    """Return C, its curvatures and N, what does not hold at a place beyond moved from C to N."""
    there = J.at(beyond)
    if not (np.isfinite(there.value) and np.isfinite(there.grad).all()):
        return C[:0], L[:0], np.vstack([N, _unit(C)])
    A, E = form_at(J, there).between(C, C)
    root = 1.0 / np.sqrt(np.abs(L))
    change = np.abs(root[:, None] * (0.5 * (A + A.T) - np.diag(L)) * root)
    change += root[:, None] * E * root
    held = np.linalg.norm(change, axis=1) <= _CHANGED
    return C[held], L[held], np.vstack([N, _unit(C[~held])])


def _rises(rest: Rest, step: F64, gain: float) -> bool:
    """Say whether J surely rises along a step cut to the reach, where it should fall.

    Or nearer: there it must fall along the step and rise the other way.
    """
    length = float(np.linalg.norm(step))
    if not (length > 0.0 and gain > 0.0):
        return False
    s = min(1.0, rest.reach / length)
    change = rest.value(rest.w + s * step) - rest.J0
    if change > rest.rounding(change, step):
        return True
    start, u = min(length, 0.3 * rest.start), step / length
    ways = ((u, -1.0), (-u, 1.0))
    return any(against(rest.J, rest.point, way, sign, start) is not None for way, sign in ways)


def _slope(rest: Rest, c: Curvature) -> tuple[F64, float, float]:
    """Return the gradient along N, its length and what that may be wrong by."""
    if not len(rest.N):
        return rest.w, 0.0, 0.0
    assert c.form is not None
    slopes, errors = c.form.slopes(rest.N)
    g: F64 = slopes @ rest.N
    return g, float(np.linalg.norm(slopes)), float(np.linalg.norm(errors))


def _rules(rest: Rest, u: F64, slope: float, reach: float) -> bool:
    """Say whether J changes by its slope along u more than by all else, at the reach."""
    up, down = rest.change(reach * u), rest.change(-reach * u)
    odd, even, by_slope = 0.5 * (up - down), 0.5 * (up + down), slope * reach
    return bool(abs(odd - by_slope) + abs(even) < by_slope)
