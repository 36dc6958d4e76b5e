r"""p'Hu between any directions p and u at a point, each entry with an error that holds.

    exact        p'(Hu) by the objective's products.  Their error is their spread: the same products
                 with w and u moved by a unit in their last places, where a product that is right
                 to the last digit hardly changes, and what cancels inside of it shows
    gradients    p'(g(w + tu) - g(w - tu)) / 2t, t by `ladder`
    values       (J(w + tp + su) - J(w + tp - su) - J(w - tp + su) + J(w - tp - su)) / 4ts, each
                 direction with a step of its own, the one that knows its own curvature best

Directions may have any length: one that is long where J is flat makes entries of one size, so that
small curvatures do not drown in the rounding of large ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..protocol import F64, Objective, Point
from .ladder import EPS, Limit, hidden, limit, standing

__all__ = ["Form", "form_at", "value_of"]

_START = 1e-3  # of the size of w: the first step that is tried
_LEAST = 1e4 * EPS  # of w's entries: shorter steps are rounded away
_SMALLEST = 1e-30  # where w is zero
_JITTER = 2.0 * EPS
_SAMPLES = 3
_SAFE = 4.0  # times the spread of so few samples
_SMALL = 1e-9  # of the mean curvature over the steps: a mixed one so well known is known
_MEASURED = 5  # directions along which rounding is measured


class Form(Protocol):
    """The Hessian at a point as a quadratic form."""

    products: int
    step: float
    """Of the last difference of gradients; 0 before that, and where there is none."""

    def between(self, P: F64, U: F64, weight: F64 | float = 1.0) -> tuple[F64, F64]:
        """Return p'Hu for the rows of P and U, (len(P), len(U)), and the errors of each."""
        ...

    def slopes(self, P: F64) -> tuple[F64, F64]:
        """Return p'g for the rows of P, and the errors."""
        ...

    def product(self, u: F64) -> tuple[F64, F64]:
        """Return Hu and the errors of its entries."""
        ...


def value_of(J: Objective) -> Callable[[F64], float]:
    """Return w -> J(w), without the gradient where that saves work."""
    alone: Callable[[F64], float] | None = getattr(J, "value_at", None)
    return alone if alone is not None else lambda w: float(J.at(w).value)


def form_at(J: Objective, point: Point, seed: int = 0) -> Form:
    """Return the Hessian of J at a point, by the best of the derivatives that J has."""
    if getattr(J, "gradient_by_differences", False):
        return _ByValues(J, point)
    if getattr(J, "hessian_by_differences", False):
        return _ByGradients(J, point)
    return _Exact(J, point, seed)


def first_step(w: F64, u: F64) -> float:
    """Return a step along u that is short beside w, or beside 1."""
    return _START * max(1.0, float(np.abs(w).max())) / float(np.linalg.norm(u))


def least_step(w: F64, u: F64) -> float:
    """Return the shortest step along u that moves w by enough digits."""
    size = float(np.abs(u).max())
    moved = float(np.abs(w[np.abs(u) > EPS * size]).max(initial=0.0))
    return max(_LEAST * moved, _SMALLEST) / size


class _Exact:
    """By products that are exact but for rounding."""

    def __init__(self, J: Objective, point: Point, seed: int) -> None:
        self.J, self.point, self.products, self.step = J, point, 0, 0.0
        self.w = np.asarray(point.w, dtype=np.float64)
        self.rng = np.random.default_rng(seed)
        self.unit = float(np.finfo(point.grad.dtype).eps) / EPS
        self.beside = [J.at(self._moved(self.w)) for _ in range(_SAMPLES)]

    def _moved(self, v: F64) -> F64:
        out: F64 = v * (1.0 + self.unit * _JITTER * self.rng.uniform(-1.0, 1.0, v.shape))
        return out

    def _product(self, point: Point, u: F64) -> F64:
        self.products += point is self.point
        return np.asarray(point.hvp(u), dtype=np.float64)

    def between(self, P: F64, U: F64, weight: F64 | float = 1.0) -> tuple[F64, F64]:
        HU = np.array([self._product(self.point, u) for u in U]).reshape(U.shape)
        A = P @ HU.T
        E = 2.0 * self.unit * EPS * (np.abs(P) @ np.abs(HU).T)
        spread = np.zeros(len(P))
        for beside in self.beside if len(U) else ():
            mix = self.rng.normal(size=len(U))
            u = mix @ U
            change = self._product(beside, self._moved(u)) - mix @ HU
            spread = np.maximum(spread, np.abs(P @ change))
        spread *= _SAFE / np.sqrt(max(1, len(U)))
        if P is U:
            own = np.maximum(spread[:, None], spread[None, :])
            np.fill_diagonal(own, spread)
            return A, E + own + np.abs(A - A.T)
        return A, E + spread[:, None]

    def product(self, u: F64) -> tuple[F64, F64]:
        Hu = self._product(self.point, u)
        changes = [np.abs(self._product(p, self._moved(u)) - Hu) for p in self.beside]
        return Hu, _SAFE * np.max(changes, axis=0)

    def slopes(self, P: F64) -> tuple[F64, F64]:
        g = np.asarray(self.point.grad, dtype=np.float64)
        around = [np.abs(P @ (np.asarray(p.grad, dtype=np.float64) - g)) for p in self.beside]
        spread = min(around, key=np.sum)  # rounding shows at all places beside w, a kink at some
        return P @ g, _SAFE * spread + 2.0 * self.unit * EPS * (np.abs(P) @ np.abs(g))


class _ByGradients:
    """By differences of gradients that are exact but for rounding."""

    def __init__(self, J: Objective, point: Point) -> None:
        self.J, self.w = J, np.asarray(point.w, dtype=np.float64)
        self.products, self.step = 0, 0.0
        self.g = np.asarray(point.grad, dtype=np.float64)
        self.sigma = 2.0 * EPS * np.abs(self.g)
        """What rounding may move the gradient by around w, as far as was seen."""

    def _grad(self, w: F64) -> F64:
        return np.asarray(self.J.at(w).grad, dtype=np.float64)

    def between(self, P: F64, U: F64, weight: F64 | float = 1.0) -> tuple[F64, F64]:
        A, E = np.zeros((2, len(P), len(U)))
        every = max(1, len(U) // _MEASURED)
        for k, u in enumerate(U):
            found = self._along(P, u, weight, measured=k % every == 0)
            A[:, k], E[:, k] = found.value, found.error
            self.products += 1
        return A, E + np.abs(A - A.T) if P is U else E

    def product(self, u: F64) -> tuple[F64, F64]:
        found = self._along(None, u, 1.0, measured=True)
        return found.value, found.error

    def _along(self, P: F64 | None, u: F64, weight: F64 | float, *, measured: bool) -> Limit:
        seen: dict[float, tuple[F64, F64]] = {}

        def both(t: float) -> tuple[F64, F64]:
            if t not in seen:
                seen[t] = self._grad(self.w + t * u), self._grad(self.w - t * u)
            return seen[t]

        def q(t: float) -> F64:
            up, down = both(t)
            out: F64 = (up - down) / (2.0 * t)
            return out if P is None else P @ out

        def rounding(t: float) -> F64:
            rough = sigma + 2.0 * EPS * np.abs(np.array(both(t))).max(axis=0)
            out: F64 = (rough if P is None else np.sqrt((P * P) @ (rough * rough))) / t
            return out

        sigma = 2.0 * EPS * np.abs(self.g) if measured else self.sigma
        first = first_step(self.w, u)

        def more(t: float) -> bool:
            nonlocal sigma
            rough = hidden(
                lambda t: self._grad(self.w + t * u),
                min(t, first),
                lambda t: np.abs(np.array(both(t))).max(axis=0),
                first,
            )
            if t > first:  # w + tu is rounded, too
                size = np.abs(np.array(both(t))).max(axis=0)
                rough = np.maximum(rough, standing(lambda t: self._grad(self.w + t * u), t, size))
            known, sigma = sigma, np.maximum(rough, sigma)
            return bool((rough > known).any())

        watch = more if measured else lambda t: False
        found = limit(q, rounding, first, least_step(self.w, u), weight, more=watch)
        self.sigma, self.step = np.maximum(self.sigma, sigma), found.step
        return found

    def slopes(self, P: F64) -> tuple[F64, F64]:
        return P @ self.g, np.sqrt((P * P) @ (self.sigma * self.sigma))


class _ByValues:
    """By differences of values."""

    def __init__(self, J: Objective, point: Point) -> None:
        self.f, self.w = value_of(J), np.asarray(point.w, dtype=np.float64)
        self.products, self.step = 0, 0.0
        self.J0 = float(point.value)
        self._rough: dict[bytes, float] = {}
        self._far: dict[bytes, float] = {}
        self._own: dict[bytes, Limit] = {}
        self._seen: dict[Any, float] = {}

    def rough(self, u: F64, *, far: bool = True) -> float:
        """Return what rounding may move J by around w, along u, but for the last digit of J.

        Far away, too, or no further than the first step, where less of w is rounded.
        """
        key = u.tobytes()
        near = self._rough.get(key, 2.0 * EPS * abs(self.J0))
        return max(near, self._far.get(key, 0.0)) if far else near

    def _line(self, u: F64) -> Callable[[float], float]:
        key = u.tobytes()

        def f(t: float) -> float:
            if (key, t) not in self._seen:
                self._seen[key, t] = self.f(self.w + t * u)
            return self._seen[key, t]

        return f

    def along(self, u: F64, order: int) -> Limit:
        """Return the first or the second derivative along u."""
        f = self._line(u)

        def q(t: float) -> F64:
            change = (f(t) - self.J0) + (f(-t) - self.J0) if order == 2 else 0.5 * (f(t) - f(-t))
            return np.array([change / t**order])

        def rounding(t: float) -> F64:
            size = max(abs(f(t)), abs(f(-t)))
            return np.array([4.0 * (self.rough(u, far=order == 2) + EPS * size) / t**order])

        first = first_step(self.w, u)

        def more(t: float) -> bool:
            rough = hidden(
                lambda s: self.f(self.w + s * u),
                min(t, first),
                lambda t: np.array(max(abs(f(t)), abs(f(-t)), abs(self.J0))),
                first,
            )
            key, known = u.tobytes(), self.rough(u, far=order == 2)
            self._rough[key] = max(self.rough(u, far=False), float(rough))
            if t > first:  # w + tu is rounded, too
                size = np.array(max(abs(f(t)), abs(f(-t)), abs(self.J0)))
                far = standing(lambda s: self.f(self.w + s * u), t, size)
                self._far[key] = max(self._far.get(key, 0.0), float(far))
            return self.rough(u, far=order == 2) > known

        longest = np.inf if order == 2 else first  # a slope far away is no slope here
        return limit(q, rounding, first, least_step(self.w, u), longest=longest, more=more)

    def own(self, u: F64) -> Limit:
        """Return u'Hu."""
        key = u.tobytes()
        if key not in self._own:
            self._own[key] = self.along(u, 2)
            self.products += 1
        return self._own[key]

    def between(self, P: F64, U: F64, weight: F64 | float = 1.0) -> tuple[F64, F64]:
        A, E = np.zeros((2, len(P), len(U)))
        for i, p in enumerate(P):
            for j, u in enumerate(U):
                if P is U and j < i:
                    A[i, j], E[i, j] = A[j, i], E[j, i]
                    continue
                found = self.own(u) if P is U and i == j else self._mixed(p, u)
                A[i, j], E[i, j] = found.value[0], found.error[0]
        return A, E

    def product(self, u: F64) -> tuple[F64, F64]:
        A, E = self.between(np.eye(len(u)), u[None])
        return A[:, 0], E[:, 0]

    def _step(self, u: F64) -> float:
        """Return the step that knows u'Hu best; where that is zero to all that is known, any."""
        own = self.own(u)
        return own.step if abs(own.value[0]) > own.error[0] else first_step(self.w, u)

    def _mixed(self, p: F64, u: F64) -> Limit:
        a, b = self.own(p), self.own(u)
        s, t = self._step(p), self._step(u)
        x, y, per, rough = s * p, t * u, s * t, max(self.rough(p), self.rough(u))
        seen: dict[float, tuple[float, float]] = {}
        spread: dict[float, float] = {}

        def corners(f: float) -> tuple[float, float]:
            if f not in seen:
                J = [self.f(self.w + f * v) - self.J0 for v in (x + y, y - x, x - y, -x - y)]
                most = max(abs(self.J0 + change) for change in J)
                spread[f] = max(map(abs, J))
                seen[f] = (J[0] - J[1] - J[2] + J[3]) / (4.0 * f * f * per), most
            return seen[f]

        def q(f: float) -> F64:
            return np.array([corners(f)[0]])

        def rounding(f: float) -> F64:
            return np.array([(rough + EPS * corners(f)[1]) / (f * f * per)])

        found = limit(q, rounding, 0.5, 0.5, walk=False)
        size = np.sqrt(max(abs(a.value[0]), a.error[0]) * max(abs(b.value[0]), b.error[0]))
        unknown = all(abs(x.value[0]) <= x.error[0] for x in (a, b))
        if found.error[0] <= max(0.1 * size, _SMALL * spread[0.5] / per * unknown):
            return found
        least = max(least_step(self.w, x), least_step(self.w, y))
        return limit(q, rounding, 0.5, least)

    def slopes(self, P: F64) -> tuple[F64, F64]:
        found = [self.along(p, 1) for p in P]
        return (
            np.array([x.value[0] for x in found]),
            np.array([x.error[0] for x in found]),
        )
