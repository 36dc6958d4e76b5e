"""Derivatives given by the user, or by differences where there are few parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..function import Function
from ..landscape import as_objective
from ..protocol import F64
from .library import one_number
from .trees import Tree

__all__ = ["by_user"]

T = TypeVar("T")


def by_user(
    J: Callable[..., Any],
    tree: Tree,
    grad: Callable[..., Any] | None,
    hvp: Callable[..., Any] | None = None,
) -> Callable[..., Function]:
    """Return args -> J(w, *args) as a `Function` of one vector, with the derivatives given.

    Without grad they are differences.  Away from w0, where J divides by zero, overflows or leaves
    the domain of a function of math, it counts as NaN.

    Args:
        hvp: (w, v, *args) -> Hessian times v, both nested like w; by differences of the gradient
            if absent.

    """

    def function(args: tuple[Any, ...]) -> Function:
        start = tree.start

        def value(w: F64) -> float:
            return _where_defined(
                lambda: float(one_number(J(tree.restore(w), *args))), w, start, np.nan
            )

        def gradient(w: F64) -> F64:
            assert grad is not None
            none = np.full(tree.size, np.nan)
            return _where_defined(
                lambda: tree.flatten(grad(tree.restore(w), *args), "grad(w)"), w, start, none
            )

        if hvp is None:
            made = as_objective(value, start, None if grad is None else gradient)
            assert isinstance(made, Function)
            return made

        def hessian_product(w: F64, v: F64) -> F64:
            return tree.flatten(hvp(tree.restore(w), tree.restore(v), *args), "hvp(w, v)")

        return Function(lambda w: (value(w), gradient(w)), tree.size, hessian_product)

    return function


def _where_defined(f: Callable[[], T], w: F64, start: F64, otherwise: T) -> T:
    """Return f(), or something else where it overflows or leaves a domain; not at the start."""
    try:
        return f()
    except (ArithmeticError, ValueError) as error:
        if np.array_equal(w, start) or not _of_math(error):
            raise
        return otherwise


def _of_math(error: Exception) -> bool:
    """Say whether an error is of numbers: softlearn's own sentences are not."""
    return isinstance(error, ArithmeticError) or "domain" in str(error) or "nonneg" in str(error)
