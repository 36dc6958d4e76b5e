r"""Whether a cost falls without end: along a ray to infinity, or towards a pole.

Values at w + 2^k d, or at the place less 2^-k of the way there, fall by D_k from each to the next.
Their sum is infinite if  k (1 - D_(k+1) / D_k) <= 1  from some k on (Raabe), as it is for the log,
whose D_k are equal, and it is finite for sqrt, whose D_k become smaller by a factor.  That is asked
of all k up to the largest numbers there are, 2^1023, or down to the spacing of numbers at the pole.
No more can be known of a function that one may only evaluate; what is asked of the log is asked of
all that falls more slowly than a power.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..protocol import F64, Objective, Point, length

__all__ = ["falls_without_end"]

_LEAST = 12  # doublings or halvings that must be seen
_FIRST = 4  # doublings in each of which J must fall
_AXES = 50  # parameters up to which J is looked at along each
_SLACK = 0.1  # of Raabe's 1: towards a place there are but 50 halvings
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)
_LAST = 1e-300
_HUGE = 1e120  # powers of it are too large for a number
_TRIES = 200
_NEAR = 1e-5  # of a size: the steps of differences
_FAR = 1e-3  # of the size of a place: from where values towards it are looked at
_KNOWN = 1e3 * float(np.finfo(np.float64).eps)  # of its size: how well it is known


def falls_without_end(J: Objective, start: F64, point: Point) -> str:
    """Return how J falls without end from a point on, in words; "" if it was not seen to."""
    w, g = np.asarray(point.w, dtype=np.float64), np.asarray(point.grad, dtype=np.float64)
    with np.errstate(all="ignore"):
        return next(filter(None, _looks(J, start, w, g)), "")


def _looks(J: Objective, start: F64, w: F64, g: F64) -> Iterator[str]:
    """Yield what each look says, those that cost least first."""
    d, n = _long(-g, 1.0), len(w)
    axes = [way for axis in np.eye(n) for way in (axis, -axis)] if n <= _AXES else []
    for way in (w - start, -g):
        yield _along(J, w, start, way)
    if d is not None:  # the pole before w, which is but close to it
        yield _towards(J, _pole(J, w, d), w)
    yield _towards(J, w, start)
    if d is not None:
        yield _towards(J, w, w - d)
    for axis in axes:
        yield _along(J, w, start, axis)
    if axes:
        yield _towards(J, _lowest_nearby(J, w, axes), start)


def _along(J: Objective, w: F64, start: F64, way: F64) -> str:
    """Say so if J falls all along a way; w may be so far that few numbers are left."""
    for origin in (w, start):
        d = _long(way, 1.0 + length(origin))
        if d is not None and _all_along(J, origin, d):
            return f"It falls all along {_named(d)}, as far as numbers reach"
    return ""


def _towards(J: Objective, place: F64 | None, side: F64) -> str:
    """Say so if J falls without end from a side towards a place."""
    if place is not None and _endless(_nearer(J, place, side)):
        return f"It falls without end towards {_named(place)}"
    return ""


def _all_along(J: Objective, w: F64, d: F64) -> bool:
    """Say whether J falls without bound along d."""
    values = [J.at(w).value]
    for k in range(int(1023 - np.log2(max(1.0, float(np.abs(d).max()))))):
        values.append(J.at(w + np.ldexp(d, k)).value)
        if k < _FIRST and not values[-1] < values[-2]:
            return False
    return _endless(values[1:])


def _long(d: F64, size: float) -> F64 | None:
    """Return d with this length; None if it has none."""
    norm = length(d)
    out = size / norm * d if 0.0 < norm < np.inf else d
    return out if 0.0 < norm < np.inf and np.isfinite(out).all() else None


def _endless(values: list[float]) -> bool:
    """Say whether values fall without bound."""
    if values and values[0] == -np.inf:
        return False
    J = np.array(values)
    lost = np.flatnonzero(~np.isfinite(J))
    if len(lost):
        last = J[lost[0] - 1] if lost[0] else 0.0
        if J[lost[0]] != -np.inf and not last < -_HUGE:
            return False
        J = J[: lost[0]]
    D = J[:-1] - J[1:]
    if len(lost) and len(D) >= 3 and (D > 0.0).all() and (np.diff(D) > 0.0).all():
        return True  # it is too large for a number
    moved = np.flatnonzero(np.abs(D) > 0.0)
    D = D[: moved[-1] + 1] if len(moved) else D[:0]  # towards a place numbers have an end
    falls = _ROUNDING * np.abs(J[: len(D)]) < D
    first = int(np.flatnonzero(~falls)[-1]) + 1 if not falls.all() else 0
    if first > len(D) // 2 or len(D) - first < _LEAST:  # it may rise at first, not later
        return False
    D = D[first:]
    k = np.arange(1, len(D))
    later = k >= len(D) // 3
    return bool((k * (1.0 - D[1:] / D[:-1]) <= _SLACK + 1e-6 * k)[later].all())


def _pole(J: Objective, w: F64, d: F64) -> F64 | None:
    """Return the place along d where J is lowest or ends, if it is lower and lower until there."""
    value, t = J.at(w).value, max(1.0, length(w))
    while t > _LAST and not J.at(w + t * d).value < value:
        t *= 0.5
    if t <= _LAST:
        return None
    low, high = 0.0, 4.0 * t
    for _ in range(_TRIES):  # by thirds, as J falls up to there and then rises or is no number
        a, b = low + (high - low) / 3.0, high - (high - low) / 3.0
        Ja, Jb = J.at(w + a * d).value, J.at(w + b * d).value
        if not Ja < value:
            high = a
        elif Jb < Ja:
            low = a
        else:
            high = b
    return w + high * d


def _lowest_nearby(J: Objective, w: F64, ways: list[F64]) -> F64 | None:
    """Return a place around w where J is lower, found from values alone; None if there is none.

    Compass search: differences see no slope within a step of a pole.
    """
    best, value, t = w, J.at(w).value, _NEAR * (1.0 + length(w))
    for _ in range(_TRIES):
        values = [J.at(best + t * way).value for way in ways]
        k = int(np.argmin(np.where(np.isnan(values), np.inf, values)))
        if values[k] < value:
            best, value = best + t * ways[k], values[k]
        else:
            t *= 0.5
        if t <= _KNOWN * length(best) or value == -np.inf:
            break
    return None if best is w else best


def _nearer(J: Objective, pole: F64, w: F64) -> list[float]:
    """Return values nearer and nearer to a place, as near as it is known."""
    away = _long(w - pole, 1.0)
    far, near = _FAR * (1.0 + length(pole)), _KNOWN * max(length(w), length(pole))
    if away is None or not near > 0.0:
        return []
    return [J.at(pole + 2.0**-k * far * away).value for k in range(int(np.log2(far / near)))]


def _named(v: F64) -> str:
    if len(v) > 4:
        return "a direction"
    return f"({', '.join(f'{x:.3g}' for x in v)})" if len(v) > 1 else f"{v[0]:.3g}"
