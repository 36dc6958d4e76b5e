r"""p'Hu between any directions p and u at a point, each entry with an error bound.

    exact        p'(Hu) by the objective's products.  Their error is their spread: the same products
                 with w and u moved by a unit in their last places: a product that is right to the
                 last digit hardly changes, and cancellation inside it becomes visible
    gradients    p'(g(w + tu) - g(w - tu)) / 2t, t by `ladder`
    values       (J(w + tp + su) - J(w + tp - su) - J(w - tp + su) + J(w - tp - su)) / 4ts, each
                 direction with a step of its own, at which its own curvature has the least error

Directions may have any length: if they are long where J is flat, entries are of one size, so that
rounding of large curvatures does not hide small ones.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..protocol import F64, Objective, Point
from .by_values import ByValues
from .ladder import EPS, Limit, hidden, limit, standing
from .steps import first_step, least_step

__all__ = ["Form", "form_at"]

_JITTER = 2.0 * EPS
_SAMPLES = 3
_SAFE = 4.0  # times the spread of so few samples
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


def form_at(J: Objective, point: Point, seed: int = 0) -> Form:
    """Return the Hessian of J at a point, by the best of the derivatives that J has."""
    if getattr(J, "gradient_by_differences", False):
        return ByValues(J, point)
    if getattr(J, "hessian_by_differences", False):
        return _ByGradients(J, point)
    return _Exact(J, point, seed)


class _Exact:
    """By products that are exact up to rounding."""

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
    """By differences of gradients that are exact up to rounding."""

    def __init__(self, J: Objective, point: Point) -> None:
        self.J, self.w = J, np.asarray(point.w, dtype=np.float64)
        self.products, self.step = 0, 0.0
        self.g = np.asarray(point.grad, dtype=np.float64)
        self.sigma = 2.0 * EPS * np.abs(self.g)
        """The rounding error of the gradient around w, as observed."""

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
