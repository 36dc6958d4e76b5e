r"""Limits of differences, with an error: truncation over several steps, rounding measured.

A central difference q(t) is limit + a t^2 + O(t^4).  From three steps, 2t, t and t/2,

    value  =  (4 q(t/2) - q(t)) / 3                                     (Richardson)
    error  =  max(|q(t) - q(t/2)|, |q(2t) - q(t)| / 4)  +  2 rounding(t/2)

Where the expansion holds, |q(t) - q(t/2)| = 3/4 |a| t^2 is three times the truncation error of the
better of the two, and far more than that of Richardson's value: the error is a wide bound.  Where
it does not hold yet, as for w^4 whose second difference is 2t^2 at every step, the error is as
large as the value, so that the sign is not sure.  The rounding error of q is that of J (or of the
gradient) over the steps; it is measured, since sums inside J may cancel.  Nine neighbouring values,
t (1 + k/256), vary smoothly except for their rounding; differences of sixth to eighth order reduce
the smooth part to 1e-11 of itself, so

    sigma^2  =  max over k = 6, 7, 8 of  mean (Delta^k J)^2 (k!)^2 / (2k)!

is the variance of rounding.  Shorter steps must agree within their rounding: where they do not,
J has features that the longer step has missed, and steps are limited to their size.  The step with
the least error is used; a walk by factors of four finds it, whatever the units of w are.

Reference: Moré and Wild, SIAM J. Sci. Comput. 33 (2011), on noise; Ridders, Adv. Eng. Software 4
(1982), on steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from ..protocol import F64

__all__ = [
    "EPS",
    "SIDE",
    "Limit",
    "hidden",
    "inwards",
    "limit",
    "noise_at",
    "side_by_side",
    "standing",
]

EPS = float(np.finfo(np.float64).eps)
_WALK = 45  # moves by a factor of 4: 27 orders of magnitude
_BETTER = 0.9  # of the error: less of a gain is none
_BACK = 8  # shorter steps, by factors of 4, that must agree
_CAPS = 8  # walks: after rounding was measured, and where shorter steps do not agree
_NOTHING = 1e-14  # of the error at the first step: what is no larger is none
_POWER = 1e-6  # a step a quarter as long lowers the error by no more, where J is like a power
SIDE, _WIDE = 1.0 / 256.0, 1.0 / 64.0  # of the step: how far values side by side are apart
_ORDERS = (6, 7, 8)
_BEYOND, _STRIDE = 5, 64.0
_OUT = 30.0  # times the last digit: rounding that stands out
_SAFE = 8.0  # standard deviations that count as what rounding may do


@dataclass(frozen=True)
class Limit:
    """The limit of q(t) as t tends to 0."""

    value: F64
    error: F64
    """The limit is no further from the value than this."""
    step: float


def limit(
    q: Callable[[float], F64],
    rounding: Callable[[float], F64],
    start: float,
    least: float,
    weight: F64 | float = 1.0,
    *,
    walk: bool = True,
    longest: float = np.inf,
    more: Callable[[float], bool] = lambda t: False,
) -> Limit:
    """Return the limit of q at 0 from the step with the least error.

    Args:
        q: t -> (m,) central differences.
        rounding: t -> (m,) their rounding errors.
        start: the first step to try.
        least: steps are no shorter.
        weight: (m,) of the errors; the largest of the weighted decides on the step.
        walk: whether to look for a better step than the first.
        longest: steps are no longer.
        more: t -> whether rounding was measured near t, and found to be more than was thought.

    """
    known: dict[float, F64] = {}
    judged: dict[float, tuple[float, F64]] = {}

    def at(t: float) -> F64:
        if t not in known:
            known[t] = np.asarray(q(t), dtype=np.float64)
        return known[t]

    def error(t: float) -> tuple[float, F64]:
        if t not in judged:
            a, b, c = at(2.0 * t), at(t), at(0.5 * t)
            e = np.maximum(np.abs(b - c), 0.25 * np.abs(a - b)) + 2.0 * rounding(0.5 * t)
            e = np.where(np.isfinite(e), e, np.inf)
            judged[t] = float(np.max(weight * e, initial=0.0)), e
        return judged[t]

    with np.errstate(all="ignore"):
        t, upper = start, longest
        for _ in range(_CAPS if walk else 0):
            t = _walk(lambda t: error(t)[0], t, least, upper)
            if more(t):
                judged.clear()
                continue
            value, e = (4.0 * at(0.5 * t) - at(t)) / 3.0, error(t)[1]
            other = _contradicts(value, e, t, at, rounding, least)
            if other is None:
                break
            t = upper = other
        value = (4.0 * at(0.5 * t) - at(t)) / 3.0
        return Limit(value, error(t)[1], t)


def _contradicts(
    value: F64,
    error: F64,
    t: float,
    q: Callable[[float], F64],
    rounding: Callable[[float], F64],
    least: float,
) -> float | None:
    """Return a shorter step at which q cannot be on its way to the value; None if there is none.

    J has features of that size then, and a longer step has passed over them.
    """
    for _ in range(_BACK):
        t = 0.25 * t
        rough = rounding(t)
        if t < least or (rough > np.abs(value) + error).all():
            return None
        if (np.abs(q(t) - value) > error + 3.0 * rough).any():
            return t
    return None


def _walk(cost: Callable[[float], float], start: float, least: float, upper: float) -> float:
    """Return the step with the least cost, walking from the start by factors of four."""
    t = max(start, least)
    for _ in range(_WALK):  # where J is not finite, steps are too long
        if np.isfinite(cost(t)) or t <= least:
            break
        t = max(0.25 * t, least)
    enough = _NOTHING * cost(t)
    for factor in (0.25, 4.0):
        moved = False
        for _ in range(_WALK):
            new = factor * t
            if not least <= new <= upper or cost(t) <= enough or not cost(new) < _BETTER * cost(t):
                break
            if cost(new) < _POWER * cost(t):
                enough = _NOTHING * cost(new)
            t, moved = new, True
        if moved:
            break
    return t


def inwards(
    f: Callable[[float], float], J0: float, t: float, least: float, eps: float = EPS
) -> Iterator[tuple[float, float, float]]:
    """Yield steps from t on, each a quarter of the last: t, f(t) - J0, and their rounding.

    What is said of J at one step must hold at those that are shorter.
    """
    while t >= least:
        J = f(t)
        yield t, J - J0, 4.0 * eps * max(abs(J0), abs(J))
        t *= 0.25


def side_by_side(
    f: Callable[[float], F64 | float], t: float, apart: float
) -> tuple[F64, NDArray[np.bool_]]:
    """Return what rounding may move f by near t, and whether it looks like rounding.

    High differences of rounding have one sign and then the other; those of a function's own shape
    have one.
    """
    with np.errstate(all="ignore"):
        difference = np.array([f(t * (1.0 + k * apart)) for k in range(-4, 5)], dtype=np.float64)
        largest = np.zeros(difference.shape[1:])
        for k in range(1, max(_ORDERS) + 1):
            difference = difference[1:] - difference[:-1]
            if k == min(_ORDERS):
                turns = (difference[1:] * difference[:-1] < 0.0).any(axis=0)
            if k in _ORDERS:
                sigma = np.sqrt(np.mean(difference**2, axis=0) / comb(2 * k, k))
                largest = np.maximum(largest, np.where(np.isfinite(sigma), sigma, 0.0))
    return np.asarray(_SAFE * largest), np.asarray(turns)


def hidden(
    f: Callable[[float], F64 | float], t: float, size: Callable[[float], F64], first: float
) -> F64:
    """Return the most that rounding is seen to move f by near and beyond t, where it stands out.

    As far beyond as 1e7 t, since rounding may hide at t: cosh(w) - 1 - w^2 / 2 is -w^2 / 2, and as
    smooth, where cosh(w) is 1 to the last digit.  It stands out where it is far more than the last
    digit of f; one look more is taken beyond, where it may be larger.  Beyond the first step it is
    looked for no further than to where values four times as far apart differ by f's own shape.
    """
    largest = np.zeros(np.shape(size(t)))
    for _ in range(_BEYOND):
        out = _OUT * EPS * size(t)
        near, rounded = side_by_side(f, t, SIDE)
        wide, also = side_by_side(f, t, _WIDE)
        seen = (near > out) & rounded
        if seen.any():  # waves that are long beside the values, too, go up and down, but not nearer
            seen &= noise_at(f, 0.25 * t) >= 0.1 * near
        before, largest = bool(largest.any()), np.where(seen, np.maximum(largest, near), largest)
        shape = t >= first and ((wide > out) & ~also).any()
        if before or (largest.any() and t >= first) or shape or not np.isfinite(out).all():
            break
        t *= _STRIDE
    return np.asarray(largest)


def standing(f: Callable[[float], F64 | float], t: float, size: F64) -> F64:
    """Return what rounding is seen to move f by near t, where it stands out; else 0."""
    near, rounded = side_by_side(f, t, SIDE)
    return np.where((near > _OUT * EPS * size) & rounded, near, 0.0)


def noise_at(f: Callable[[float], F64 | float], t: float, apart: float = SIDE) -> F64:
    """Return what rounding may move f by near t, seen in values that lie t * apart from another."""
    return side_by_side(f, t, apart)[0]
