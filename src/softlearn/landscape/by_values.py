"""p'Hu and p'g by differences of values alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..protocol import F64, Objective, Point
from .ladder import EPS, Limit, hidden, limit, standing
from .steps import first_step, least_step, value_of

__all__ = ["ByValues"]

_SMALL = 1e-9  # of the mean curvature over the steps: an error small enough for a mixed one


class ByValues:
    """The Hessian as a quadratic form, by differences of values."""

    def __init__(self, J: Objective, point: Point) -> None:
        self.f, self.w = value_of(J), np.asarray(point.w, dtype=np.float64)
        self.products, self.step = 0, 0.0
        self.J0 = float(point.value)
        self._rough: dict[bytes, float] = {}
        self._far: dict[bytes, float] = {}
        self._own: dict[bytes, Limit] = {}
        self._seen: dict[Any, float] = {}

    def rough(self, u: F64, *, far: bool = True) -> float:
        """Return the rounding error of J around w, along u, beyond the last digit of J.

        At large distances too, or at most at the first step, where w is rounded less.
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

        longest = np.inf if order == 2 else first  # a slope measured far away says nothing about w
        return limit(q, rounding, first, least_step(self.w, u), longest=longest, more=more)

    def own(self, u: F64) -> Limit:
        """Return u'Hu."""
        key = u.tobytes()
        if key not in self._own:
            self._own[key] = self.along(u, 2)
            self.products += 1
        return self._own[key]

    def between(self, P: F64, U: F64, weight: F64 | float = 1.0) -> tuple[F64, F64]:
        """Return p'Hu for the rows of P and U, (len(P), len(U)), and the errors of each."""
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
        """Return Hu and the errors of its entries."""
        A, E = self.between(np.eye(len(u)), u[None])
        return A[:, 0], E[:, 0]

    def _step(self, u: F64) -> float:
        """Return the step with the least error of u'Hu; any if that is zero within its error."""
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
                largest = max(abs(self.J0 + change) for change in J)
                spread[f] = max(map(abs, J))
                seen[f] = (J[0] - J[1] - J[2] + J[3]) / (4.0 * f * f * per), largest
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
        """Return p'g for the rows of P, and the errors."""
        found = [self.along(p, 1) for p in P]
        return (
            np.array([x.value[0] for x in found]),
            np.array([x.error[0] for x in found]),
        )
