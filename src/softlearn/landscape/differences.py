"""Plain functions as objectives: their derivatives given, or by differences where w is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ..function import Function
from ..protocol import F64, Objective
from .forms import Form, form_at
from .ladder import EPS, limit
from .steps import least_step

__all__ = ["ByDifferences", "Cost", "as_objective", "by_differences", "number"]

Cost = Objective | Callable[[F64], Any]
"""An objective, or a plain function of w that returns a number."""

_MAX_PARAMETERS = 50  # parameters that differences are taken of: more would be slow
_H = float(np.finfo(np.float64).eps ** 0.2)  # rounding eps / h and the formula's h^4 balance
_KEPT = 500  # directions whose steps are kept
_COARSE = (
    1e-2  # of a derivative: where half the step changes it by more, another step is looked for
)


def number(value: Any) -> float:
    """Return the value of a cost as a float."""
    if np.size(value) != 1:
        raise ValueError(f"J must return one number, but it returned shape {np.shape(value)}.")
    return float(np.asarray(value).reshape(()))


def by_differences(fun: Callable[[F64], Any]) -> Callable[[F64], tuple[float, F64]]:
    """Return w -> (value, gradient), the gradient by central differences of fourth order.

    g_j = (8 (J(w + h e_j) - J(w - h e_j)) - (J(w + 2h e_j) - J(w - 2h e_j))) / 12h, with an error
    of about 1e-12 of the size of J where h suits the units of w_j; where it does not, a step that
    does is looked for (`ladder`).
    """

    def both(w: F64) -> tuple[float, F64]:
        g, value = np.empty_like(w), number(fun(w))
        with np.errstate(all="ignore"):  # J may warn at w, not where it is only tried
            for j in range(len(w)):
                g[j] = _slope(fun, w, j, value)
        return value, g

    return both


def _slope(fun: Callable[[F64], Any], w: F64, j: int, value: float) -> float:
    """Return dJ/dw_j."""

    def f(t: float) -> float:
        moved = w.copy()
        moved[j] += t
        return number(fun(moved))

    h = _H * max(1.0, abs(float(w[j])))
    J = {k: f(k * h) for k in (-2, -1, 1, 2)}
    near, far = (J[1] - J[-1]) / (2.0 * h), (J[2] - J[-2]) / (4.0 * h)
    changed = max(abs(J[k] - value) for k in J)
    seen = changed > 1e3 * EPS * abs(value)
    if seen and abs(near - far) <= _COARSE * max(abs(near), 1e-6 * changed / h):
        return (4.0 * near - far) / 3.0

    def q(t: float) -> F64:
        return np.array([(f(t) - f(-t)) / (2.0 * t)])

    def rounding(t: float) -> F64:
        return np.array([2.0 * EPS * max(abs(f(t)), abs(f(-t)), abs(value)) / t])

    axis = np.eye(len(w))[j]
    return float(limit(q, rounding, h, least_step(w, axis)).value[0])


class ByDifferences(Function):
    """A plain function as an objective, some of its derivatives by differences.

    Args:
        fun: w -> value.
        size: the number of parameters.
        grad: w -> gradient; by differences if absent.

    """

    hessian_by_differences = True

    def __init__(
        self, fun: Callable[[F64], Any], size: int, grad: Callable[[F64], F64] | None = None
    ) -> None:
        self.gradient_by_differences = grad is None
        self._plain = fun
        self._form: tuple[bytes, Form] | None = None
        self._steps: dict[bytes, float] = {}
        """By direction, and the last of all: those that did where the usual one did not."""

        def both(w: F64) -> tuple[float, F64]:
            assert grad is not None
            g = np.asarray(grad(w), dtype=np.float64)
            if g.shape != w.shape:
                raise ValueError(f"grad must return shape {w.shape}, but it returned {g.shape}.")
            return number(fun(w)), g

        super().__init__(both if grad is not None else by_differences(fun), size, self._product)

    def value_at(self, w: F64) -> float:
        """Return the value at w alone."""
        return number(self._plain(w))

    def _product(self, w: F64, v: F64) -> F64:
        """Return the Hessian at w times v, by differences of the gradient or of values."""
        length = float(np.linalg.norm(v))
        if length == 0.0:
            return np.zeros_like(v)
        if self.gradient_by_differences:
            return length * self._at(w).product(v / length)[0]
        usual = _H * max(1.0, float(np.abs(w).max()))
        key = (v / length).tobytes()
        known = self._steps.get(key) or self._steps.get(b"") or usual
        for step in dict.fromkeys((usual, known)):
            h = step / length
            g = {k: self.fun(w + k * h * v)[1] for k in (-2, -1, 1, 2)}
            near, far = (g[1] - g[-1]) / (2.0 * h), (g[2] - g[-2]) / (4.0 * h)
            if float(np.abs(near - far).max()) <= _COARSE * float(np.abs(near).max()):
                return np.asarray((4.0 * near - far) / 3.0)
        form = self._at(w)
        Hv = length * form.product(v / length)[0]
        if len(self._steps) > _KEPT:
            self._steps.clear()
        self._steps[key] = self._steps[b""] = form.step
        return Hv

    def _at(self, w: F64) -> Form:
        """Return the Hessian at w; what it knows of its steps is kept for the next product."""
        if self._form is None or self._form[0] != w.tobytes():
            self._form = w.tobytes(), form_at(self, self.at(w))
        return self._form[1]


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
    if grad is None and len(w) > _MAX_PARAMETERS:
        raise ValueError(
            f"J has {len(w)} parameters, too many for differences (at most {_MAX_PARAMETERS}): "
            "give grad=, or an objective such as softlearn.autodiff.as_objective makes."
        )
    return ByDifferences(J, len(w), grad)
