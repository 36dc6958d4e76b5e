"""A plain function of a vector as an objective: value and gradient from the user."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Generic, Self, TypeVar

import numpy as np

from .protocol import F64, Direction, Line, Objective, Point, Preconditioner
from .vector_space import VectorSpace

__all__ = ["Function", "FunctionPoint", "PointLine", "PointWithoutBound"]


P = TypeVar("P", bound="PointWithoutBound")


class PointLine(Generic[P]):
    """An objective along a direction: each trial step is a point, kept."""

    def __init__(self, start: P, d: F64) -> None:
        self.start, self.d = start, d
        self._points: dict[float, P] = {}

    def __call__(self, t: float) -> tuple[float, float]:
        """Return the value and the slope at t."""
        p = self.point(t)
        return p.value, float(p.grad @ self.d)

    def point(self, t: float) -> P:
        """Return the point w + t d."""
        if t not in self._points:
            self._points[t] = self.start.at(self.start.w + t * self.d)
        return self._points[t]


class PointWithoutBound(ABC):
    """A point of an objective that offers values and derivatives, and no bound."""

    w: F64

    @property
    @abstractmethod
    def value(self) -> float:
        """J(w)."""

    @property
    @abstractmethod
    def grad(self) -> F64:
        """The gradient of J at w."""

    @abstractmethod
    def at(self, w: F64) -> Self:
        """Return the objective at another w."""

    def along(self, d: F64 | Direction) -> PointLine[Self]:
        """Return the line through w in direction d."""
        d = d.v if isinstance(d, Direction) else d
        return PointLine(self, np.asarray(d, dtype=self.w.dtype))

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Preconditioner | None:
        """Return None: no preconditioner is known."""
        return None

    def direction(self, damping: float = 0.0) -> Direction | None:
        """Return None: there is no direct solution of Newton's equations."""
        return None

    def bound(self, v: F64 | Direction | None = None, r: F64 | None = None) -> float:
        """Return -inf: no bound is known."""
        return -np.inf

    def gap_along(self, v: F64, r: F64) -> float:
        """Return 0: there is no bound, so a solver need not wait for a better one."""
        return 0.0


class Function:
    """Any plain function of w as an `Objective`.

    Args:
        fun: w -> (value, gradient).
        size: the number of parameters.
        hvp: (w, v) -> Hessian at w times v; by central differences of the gradient when absent.
    """

    has_bound = False
    floor = -np.inf
    resolution = 0.0
    doubt = ""
    low_precision = 0.0
    vectors = VectorSpace()
    gradient_by_differences = False
    """Whether the gradient, too, is computed by differences of values."""

    def __init__(
        self,
        fun: Callable[[F64], tuple[float, F64]],
        size: int,
        hvp: Callable[[F64, F64], F64] | None = None,
    ) -> None:
        self.fun, self.size, self.passes = fun, size, 0.0
        self.hessian_product = hvp

    @property
    def hessian_by_differences(self) -> bool:
        """Whether products with the Hessian are differences of gradients or values."""
        return self.hessian_product is None

    def value_at(self, w: F64) -> float:
        """Return only the value at w, where that is cheaper without the gradient."""
        return float(self.fun(w)[0])

    def at(self, w: F64) -> FunctionPoint:
        """Return the function at w."""
        return FunctionPoint(self, np.asarray(w, dtype=np.float64))

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """Yield the function itself: it is not a sum over examples."""
        yield self

    def diagnose(self, point: Point, d: F64) -> str:
        """Return '': nothing is known of a plain function."""
        return ""


class FunctionPoint(PointWithoutBound):
    """A plain function at one w."""

    def __init__(self, J: Function, w: F64) -> None:
        self.J, self.w = J, w
        self._both: tuple[float, F64] | None = None
        self._alone: float | None = None

    def _evaluate(self) -> tuple[float, F64]:
        if self._both is None:
            value, grad = self.J.fun(self.w)
            self.J.passes += 1.0
            self._both = float(value), np.asarray(grad, dtype=np.float64)
        return self._both

    @property
    def value(self) -> float:
        """J(w)."""
        if self._both is None and self.J.gradient_by_differences:
            if self._alone is None:
                self._alone = self.J.value_at(self.w)
            return self._alone
        return self._evaluate()[0]

    @property
    def grad(self) -> F64:
        """The gradient of J at w."""
        return self._evaluate()[1]

    def hvp(self, v: F64, damping: float = 0.0, rtol: float = 0.0) -> F64:
        """Return (H + damping I) v."""
        if self.J.hessian_product is not None:
            return self.J.hessian_product(self.w, v) + damping * v
        norm = float(np.linalg.norm(v))
        if norm == 0.0:
            return np.zeros_like(v)
        h = float(np.cbrt(np.finfo(np.float64).eps)) * (1.0 + float(np.linalg.norm(self.w))) / norm
        up, down = self.J.at(self.w + h * v).grad, self.J.at(self.w - h * v).grad
        out: F64 = (up - down) / (2.0 * h) + damping * v
        return out

    def at(self, w: F64) -> FunctionPoint:
        """Return the function at another w."""
        return self.J.at(w)


def _conforms(J: Function, p: FunctionPoint, line: PointLine[FunctionPoint]) -> tuple[Any, ...]:
    """Let the type checker hold the classes above to the protocols."""
    checked: tuple[Objective, Point, Line] = (J, p, line)
    return checked
