"""Plain functions as objectives: their derivatives given, or by differences where w is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ..protocol import F64, Function, Objective

__all__ = ["ByDifferences", "Cost", "as_objective", "by_differences", "number"]

Cost = Objective | Callable[[F64], Any]
"""An objective, or a plain function of w that returns a number."""

_MOST = 50  # parameters that differences are taken of: more would be slow
_H = float(np.finfo(np.float64).eps ** 0.2)  # rounding eps / h and the formula's h^4 balance


def number(value: Any) -> float:
    """Return the value of a cost as a float.

    Raises:
        ValueError: it is not one number.

    """
    if np.size(value) != 1:
        raise ValueError(f"J must return one number, but it returned shape {np.shape(value)}.")
    return float(np.asarray(value).reshape(()))


def by_differences(fun: Callable[[F64], Any]) -> Callable[[F64], tuple[float, F64]]:
    """Return w -> (value, gradient), the gradient by central differences of fourth order.

    g_j = (8 (J(w + h e_j) - J(w - h e_j)) - (J(w + 2h e_j) - J(w - 2h e_j))) / 12h, with an error
    of about 1e-12 of the size of J.
    """

    def both(w: F64) -> tuple[float, F64]:
        g = np.empty_like(w)
        for j in range(len(w)):
            h = _H * max(1.0, abs(float(w[j])))
            J = {}
            for k in (-2, -1, 1, 2):
                moved = w.copy()
                moved[j] += k * h
                J[k] = number(fun(moved))
            g[j] = (8.0 * (J[1] - J[-1]) - (J[2] - J[-2])) / (12.0 * h)
        return number(fun(w)), g

    return both


class ByDifferences(Function):
    """A plain function as an objective, some of its derivatives by differences.

    Args:
        fun: w -> value.
        size: the number of parameters.
        grad: w -> gradient; by differences if absent.

    """

    def __init__(
        self, fun: Callable[[F64], Any], size: int, grad: Callable[[F64], F64] | None = None
    ) -> None:
        self.rough = grad is None

        def both(w: F64) -> tuple[float, F64]:
            assert grad is not None
            g = np.asarray(grad(w), dtype=np.float64)
            if g.shape != w.shape:
                raise ValueError(f"grad must return shape {w.shape}, but it returned {g.shape}.")
            return number(fun(w)), g

        super().__init__(both if grad is not None else by_differences(fun), size, self._product)

    def _product(self, w: F64, v: F64) -> F64:
        """Return the Hessian at w times v by differences of the gradient."""
        length = float(np.linalg.norm(v))
        if length == 0.0:
            return np.zeros_like(v)
        h = _step(w) / length
        g = {k: self.fun(w + k * h * v)[1] for k in (-2, -1, 1, 2)}
        out: F64 = (8.0 * (g[1] - g[-1]) - (g[2] - g[-2])) / (12.0 * h)
        return out

    def rounding(self, w: F64) -> tuple[float, float]:
        """Return about how far gradient and curvature at w may be off since J is rounded."""
        point, h = self.at(w), _step(w)
        eps = 4.0 * float(np.finfo(np.float64).eps) * np.sqrt(self.size)
        if not self.rough:
            return 0.0, eps * float(np.linalg.norm(point.grad)) / h
        return eps * abs(point.value) / h, eps * abs(point.value) / h**2


def _step(w: F64) -> float:
    return _H * max(1.0, float(np.abs(w).max()))


def as_objective(J: Cost, w: F64, grad: Callable[[F64], F64] | None = None) -> Objective:
    """Return J as an `Objective` of vectors like w.

    Args:
        J: an objective, which is returned as it is, or a plain function w -> number.
        w: (size,), a place where J is defined.
        grad: w -> gradient of a plain function; by differences if absent.  Its Hessian is found by
            differences of the gradient.

    Raises:
        ValueError: w is no vector, or has more than 50 parameters and there is no gradient.

    """
    if w.ndim != 1:
        raise ValueError(f"w must be a vector of parameters, but it has shape {w.shape}.")
    if hasattr(J, "at"):
        objective = cast(Objective, J)
        if w.shape != (objective.size,):
            raise ValueError(
                f"w must have shape {(objective.size,)}, as J has it, but its shape is {w.shape}."
            )
        return objective
    if grad is None and len(w) > _MOST:
        raise ValueError(
            f"J has {len(w)} parameters, too many for differences (at most {_MOST}): give grad=, "
            f"or an objective such as softlearn.autodiff.as_objective makes."
        )
    return ByDifferences(J, len(w), grad)
