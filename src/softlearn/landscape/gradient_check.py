r"""Whether a gradient is the derivative of its function, coordinate by coordinate.

Each g_j is compared with a central difference n_j whose error e_j is known (`ladder`: truncation,
estimated over several steps, and rounding, which is measured).  Then g_j is

    wrong        if |g_j - n_j| > 2 e_j
    right        if not, and e_j is at most 1e-3 of |n_j|, or of what J changes by over the step
    undecided    otherwise: differences are not accurate enough
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

import numpy as np

from ..protocol import F64, Objective
from .ladder import EPS, Limit, hidden, inwards, limit
from .steps import least_step, value_of

__all__ = ["GradientCheck", "gradient_check"]

_FEW = 2000  # parameters that are all looked at
_DIRECTIONS = 50
_H = float(np.cbrt(np.finfo(np.float64).eps))  # rounding eps / h and the formula's h^2 balance
_SAFE = 2.0  # times the error: a larger difference is wrong
_SURE = 1e-3  # of a derivative: with a larger error it is undecided
_FAR = 0.1  # of the size of w: longer steps may pass over what J does nearby
_GOOD = 1e-6  # of a derivative: an error this small is enough
_BOTH = 3  # of the shortest steps that must show a kink
_NAMED = 5  # wrong coordinates that are named
_LIKE_ONE = 1e-4  # a ratio as near to 1 is printed as 1 and a difference


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found."""

    error: float
    """||g - n|| / (||g|| + ||n||); 0 where both vanish."""
    worst: int
    """The coordinate, or the direction, in which g and n differ most, beside the error of n."""
    g: F64
    """(m,) derivatives by the gradient: its coordinates, or along m directions."""
    n: F64
    """(m,) the same by differences."""
    sentence: str
    """All this for a reader."""
    errors: F64 = field(default_factory=lambda: np.zeros(0))
    """(m,) the error of n."""
    verdict: str = ""
    """"right", "wrong" or "undecided"."""
    wrong: tuple[int, ...] = ()
    """Which are wrong."""
    undecided: tuple[int, ...] = ()
    """The coordinates for which differences are not accurate enough."""

    def __str__(self) -> str:
        return self.sentence


def gradient_check(
    J: Objective, w: F64, *, h: float | None = None, directions: int | None = None, seed: int = 0
) -> GradientCheck:
    """Compare the gradient of J at w with differences, n_j = (J(w + h e_j) - J(w - h e_j)) / 2h.

    Each coordinate has a step of its own, at which n_j has the least error, and is judged
    separately: right, wrong or undecided (see the head of this module).  Where a relu has its kink
    within h of w there is no derivative to compare with.

    Args:
        J: the objective; its parameters must be float64.
        w: (size,), where; zero is a bad place to look at a network.
        h: one step for all, times max(1, |w_j|) for coordinate j (for a direction, the usual
            |w_j|), in place of the best.
        directions: how many random directions of length 1 to look along; None for every coordinate,
            or 50 directions where there are more than 2,000.
        seed: of the directions.

    Raises:
        ValueError: w does not fit, J is not finite or not float64 there.

    """
    w = np.asarray(w, dtype=np.float64)
    if w.shape != (J.size,):
        raise ValueError(f"w must have shape {(J.size,)}, as J has it, but its shape is {w.shape}.")
    point = J.at(w)
    if point.grad.dtype != np.float64:
        raise ValueError(
            f"J computes in {point.grad.dtype}, which is too coarse for differences: give it a "
            f"model in float64."
        )
    if not (np.isfinite(point.value) and np.isfinite(point.grad).all()):
        raise ValueError("J or its gradient is not finite at w: choose a smaller w.")
    if directions is None and J.size > _FEW:
        directions = _DIRECTIONS
    g, found, changed = [], [], []
    with np.errstate(all="ignore"):  # at trial points
        for e, size in _ways(w, directions, seed):
            g.append(float(point.grad @ e))
            best, change = _along(J, w, float(point.value), e, size, h, g[-1])
            found.append((float(best.value[0]), float(best.error[0])))
            changed.append(change)
    n, errors = np.array(found).T
    what = "coordinate" if directions is None else "direction"
    return _found(np.array(g), n, errors, np.array(changed), what)


def _along(
    J: Objective, w: F64, J0: float, e: F64, size: float, h: float | None, g: float
) -> tuple[Limit, float]:
    """Return the derivative along e, and what J changes by over the step, divided by it."""
    plain, seen, rough = value_of(J), {0.0: J0}, 2.0 * EPS * abs(J0)

    def f(t: float) -> float:
        if t not in seen:
            seen[t] = plain(w + t * e)
        return seen[t]

    def q(t: float) -> F64:
        return np.array([(f(t) - f(-t)) / (2.0 * t)])

    def rounding(t: float) -> F64:
        return np.array([(rough + EPS * max(abs(f(t)), abs(f(-t)))) / t])

    def largest(t: float) -> F64:
        return np.array(max(abs(f(t)), abs(f(-t)), abs(J0)))

    def more(t: float) -> bool:
        nonlocal rough
        known, rough = rough, max(rough, float(hidden(f, min(t, first), largest, first)))
        return rough > known

    first = (_H if h is None else h) * size
    if h is None:
        found = limit(q, rounding, first, 0.0, walk=False)  # the usual step, if it will do
        if not found.error[0] <= _GOOD * abs(found.value[0]):
            best = limit(q, rounding, first, least_step(w, e), more=more)
            found = _better(found, best) if best.step <= _FAR * size else found
    else:
        more(first)
        value = q(first)  # and how far it is from its limit: what half the step changes, rounding
        error = 2.0 * np.abs(value - q(0.5 * first)) + 2.0 * rounding(0.5 * first)
        found = Limit(value, error, first)
    t = found.step
    apart = abs(float(found.value[0]) - g)
    if h is None and apart > _SAFE * float(found.error[0]):
        sides = _sides(f, J0, t, least_step(w, e))
        told = takewhile(lambda side: 4.0 * side[2] < apart, sides)
        if _nearer(g, list(told)):
            found = replace(found, error=np.array([np.inf]))
    return found, (abs(f(t) - J0) + abs(f(-t) - J0)) / (2.0 * t)


def _better(usual: Limit, best: Limit) -> Limit:
    """Return the better of two, if they do not contradict each other; else the first.

    Where they do, J has kinks or waves that the longer step has passed over.
    """
    agree = abs(best.value[0] - usual.value[0]) <= best.error[0] + usual.error[0]
    return best if agree and best.error[0] < usual.error[0] else usual


def _sides(
    f: Callable[[float], float], J0: float, t: float, least: float
) -> Iterator[tuple[float, float, float]]:
    """Yield the slopes to the left and to the right over steps shorter than t, and rounding."""
    to_right, to_left = (inwards(g, J0, 0.25 * t, least) for g in (f, lambda t: f(-t)))
    for (s, right, a), (_, left, b) in zip(to_right, to_left, strict=True):
        yield -left / s, right / s, max(a, b) / s


def _nearer(g: float, sides: list[tuple[float, float, float]]) -> bool:
    """Say whether shorter steps do not contradict g: J's scale is shorter, or w is at a kink."""
    central = [(0.5 * (left + right), rough) for left, right, rough in sides]
    agrees = [  # a step a quarter as long leaves out a sixteenth
        abs(value - g) <= rough + 0.1 * abs(value - before)
        for (before, _), (value, rough) in pairwise(central)
    ]
    between = [
        min(left, right) - rough <= g <= max(left, right) + rough
        and abs(right - left) > 0.1 * max(abs(left), abs(right))
        for left, right, rough in sides
    ]
    return any(map(all, pairwise(agrees))) or (len(between) >= _BOTH and all(between[-_BOTH:]))


def _ways(w: F64, m: int | None, seed: int) -> Iterator[tuple[F64, float]]:
    """Yield each e_j, or m random directions of length 1, and the size of w along it, at least 1.

    For a direction that is the usual size of an entry of w.
    """
    if m is None:
        yield from zip(np.eye(len(w)), np.maximum(1.0, np.abs(w)).tolist(), strict=True)
    rng = np.random.default_rng(seed)
    size = max(1.0, float(np.linalg.norm(w)) / np.sqrt(len(w)))
    for _ in range(m or 0):
        e = rng.normal(size=len(w))
        yield e / np.linalg.norm(e), size


def _found(g: F64, n: F64, errors: F64, changed: F64, what: str) -> GradientCheck:
    scale = float(np.linalg.norm(g) + np.linalg.norm(n))
    error = float(np.linalg.norm(g - n)) / scale if scale > 0.0 else 0.0
    apart = np.abs(g - n)
    bad = apart > _SAFE * errors
    known = (errors <= _SURE * np.maximum(np.abs(n), changed)) | ((g == 0.0) & (changed == 0.0))
    unsure = ~bad & ~known
    wrong, undecided = (tuple(np.flatnonzero(x).tolist()) for x in (bad, unsure))
    beside = apart / np.maximum(errors, 1e-300)
    worst = int(np.argmax(np.where(bad, beside, 0.0) if bad.any() else apart))
    verdict = "wrong" if wrong else "undecided" if undecided else "right"
    by_gradient, by_differences = _told_apart(float(g[worst]), float(n[worst]))
    sentence = (
        f"The gradient is {verdict}: {_counted(len(g), wrong, undecided, what)}.  The relative "
        f"error of the whole is {error:.1e}; {what} {worst} differs most: {by_gradient} by the "
        f"gradient, {by_differences} by differences (to within {errors[worst]:.1g})"
    )
    if wrong:
        sentence += f".  Wrong: {_named(wrong, g, n)}"
    return GradientCheck(error, worst, g, n, f"{sentence}.", errors, verdict, wrong, undecided)


def _counted(m: int, wrong: tuple[int, ...], undecided: tuple[int, ...], what: str) -> str:
    right = m - len(wrong) - len(undecided)
    parts = [f"of {m} {what}s {right} are right"]
    parts += [f"{len(wrong)} wrong"] if wrong else []
    parts += [f"{len(undecided)} not told by differences"] if undecided else []
    return ", ".join(parts)


def _named(wrong: tuple[int, ...], g: F64, n: F64) -> str:
    named = [f"{j} ({_compared(float(g[j]), float(n[j]))})" for j in wrong[:_NAMED]]
    more = len(wrong) - _NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _compared(g: float, n: float) -> str:
    """Say what g is, beside what it should be: where that rounds to 1 times, by how much more."""
    if not (n and np.isfinite(ratio := g / n)):
        return f"{g:.3g}, not {n:.3g}"
    off = (g - n) / n
    if abs(off) < _LIKE_ONE:
        return f"1 {'+' if off > 0.0 else '-'} {abs(off):.2g} times what it should be"
    return f"{ratio:.6g} times what it should be"


def _told_apart(a: float, b: float) -> tuple[str, str]:
    """Return two numbers in as many digits as tell them apart, at least ten."""
    for digits in range(10, 18):
        if a == b or f"{a:.{digits}g}" != f"{b:.{digits}g}":
            break
    return f"{a:.{digits}g}", f"{b:.{digits}g}"
