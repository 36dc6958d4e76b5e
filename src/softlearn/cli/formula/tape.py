"""A function of a few numbers with its exact derivatives, carried along from step to step.

Of each step f(u, v) of a formula, with u and v steps before it,

    grad f = f_u grad u + f_v grad v
    hess f = f_u hess u + f_v hess v
             + f_uu grad u grad u' + f_uv (grad u grad v' + grad v grad u') + f_vv grad v grad v'

so that value, gradient and Hessian at a point take one pass over the steps, and are as exact as the
partial derivatives of each.  Reference: Griewank and Walther, Evaluating Derivatives (2008), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from ...protocol import F64

__all__ = ["BINARY", "UNARY", "Tape"]

Unary = tuple[Any, Any, Any]
"""f, f' and f'' at a number."""
Binary = tuple[Any, tuple[Any, Any], tuple[Any, Any, Any]]
"""f, its first and its second partial derivatives (uu, uv, vv) at two numbers."""


def _tan(x: Any) -> Unary:
    t = np.tan(x)
    return t, 1.0 + t * t, 2.0 * t * (1.0 + t * t)


def _tanh(x: Any) -> Unary:
    t, slope = np.tanh(x), np.cosh(x) ** -2.0
    return t, slope, -2.0 * t * slope


def _sigmoid(x: Any) -> Unary:
    s, rest = expit(x), expit(-x)
    return s, s * rest, s * rest * (rest - s)


def _arc(value: Any, x: Any, sign: float) -> Unary:
    root = np.sqrt((1.0 - x) * (1.0 + x))
    return value, sign / root, sign * x / root**3


def _exp(x: Any) -> Unary:
    e = np.exp(x)
    return e, e, e


UNARY: dict[str, Callable[[Any], Unary]] = {
    "abs": lambda x: (abs(x), np.sign(x), 0.0),
    "acos": lambda x: _arc(np.arccos(x), x, -1.0),
    "asin": lambda x: _arc(np.arcsin(x), x, 1.0),
    "atan": lambda x: (np.arctan(x), 1.0 / (1.0 + x * x), -2.0 * x / (1.0 + x * x) ** 2),
    "cos": lambda x: (np.cos(x), -np.sin(x), -np.cos(x)),
    "cosh": lambda x: (np.cosh(x), np.sinh(x), np.cosh(x)),
    "exp": _exp,
    "log": lambda x: (np.log(x), 1.0 / x, -1.0 / (x * x)),
    "sigmoid": _sigmoid,
    "sin": lambda x: (np.sin(x), np.cos(x), -np.sin(x)),
    "sinh": lambda x: (np.sinh(x), np.cosh(x), np.sinh(x)),
    "sqrt": lambda x: (np.sqrt(x), 0.5 / np.sqrt(x), -0.25 / (x * np.sqrt(x))),
    "tan": _tan,
    "tanh": _tanh,
    "neg": lambda x: (-x, -1.0, 0.0),
    "pos": lambda x: (x, 1.0, 0.0),
}


def _divide(u: Any, v: Any) -> Binary:
    f = u / v
    return f, (1.0 / v, -f / v), (0.0, -1.0 / (v * v), 2.0 * f / (v * v))


def _power(u: Any, v: Any) -> Binary:
    f, below, log = u**v, u ** (v - 1.0), np.log(u)
    first = (v * below if v else 0.0, f * log)
    uu = v * (v - 1.0) * u ** (v - 2.0) if v and v != 1.0 else 0.0
    return f, first, (uu, below * (1.0 + v * log), f * log * log)


BINARY: dict[str, Callable[[Any, Any], Binary]] = {
    "+": lambda u, v: (u + v, (1.0, 1.0), (0.0, 0.0, 0.0)),
    "-": lambda u, v: (u - v, (1.0, -1.0), (0.0, 0.0, 0.0)),
    "*": lambda u, v: (u * v, (v, u), (0.0, 1.0, 0.0)),
    "/": _divide,
    "**": _power,
}


class _Jet(NamedTuple):
    """A value, its gradient (n,) and its Hessian (n, n); None where they are 0 everywhere."""

    value: Any
    grad: F64 | None = None
    hess: F64 | None = None


class Tape:
    """A formula of n variables as steps, each of which takes steps before it."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._steps: list[tuple[str, tuple[int, ...]] | float] = []

    def number(self, value: float) -> int:
        """Add a number; return its place."""
        return self._add(value)

    def step(self, name: str, *of: int) -> int:
        """Add a step of `UNARY` or `BINARY`, such as ``step("*", 0, 1)``; return its place."""
        return self._add((name, of))

    def _add(self, step: tuple[str, tuple[int, ...]] | float) -> int:
        self._steps.append(step)
        return self.n + len(self._steps) - 1

    def value(self, w: F64) -> float:
        """Return the last step at w (n,)."""
        return float(self._run(w, 0).value)

    def grad(self, w: F64) -> F64:
        """Return its gradient (n,)."""
        grad = self._run(w, 1).grad
        return np.zeros(self.n) if grad is None else np.array(grad)

    def hessian(self, w: F64) -> F64:
        """Return its Hessian (n, n)."""
        hess = self._run(w, 2).hess
        return np.zeros((self.n, self.n)) if hess is None else np.array(hess)

    def _run(self, w: F64, order: int) -> _Jet:
        unit = np.eye(self.n)
        jets = [_Jet(np.float64(x), unit[k]) for k, x in enumerate(w)]
        with np.errstate(all="ignore"):
            for step in self._steps:
                if not isinstance(step, tuple):
                    jets.append(_Jet(np.float64(step)))
                elif len(step[1]) == 1:
                    jets.append(_of_one(UNARY[step[0]], jets[step[1][0]], order))
                else:
                    u, v = (jets[i] for i in step[1])
                    jets.append(_of_two(BINARY[step[0]], u, v, order))
        return jets[-1]


def _of_one(f: Callable[[Any], Unary], u: _Jet, order: int) -> _Jet:
    value, first, second = f(u.value)
    if order == 0 or u.grad is None:
        return _Jet(value)
    grad = first * u.grad
    if order == 1:
        return _Jet(value, grad)
    return _Jet(value, grad, _sum((first, u.hess), (second, _outer(u.grad, u.grad))))


def _of_two(f: Callable[[Any, Any], Binary], u: _Jet, v: _Jet, order: int) -> _Jet:
    value, (fu, fv), (fuu, fuv, fvv) = f(u.value, v.value)
    if order == 0:
        return _Jet(value)
    grad = _sum((fu, u.grad), (fv, v.grad))
    if order == 1 or grad is None:
        return _Jet(value, grad)
    mixed = _outer(u.grad, v.grad)
    hess = _sum(
        (fu, u.hess),
        (fv, v.hess),
        (fuu, _outer(u.grad, u.grad)),
        (fuv, None if mixed is None else mixed + mixed.T),
        (fvv, _outer(v.grad, v.grad)),
    )
    return _Jet(value, grad, hess)


def _outer(a: F64 | None, b: F64 | None) -> F64 | None:
    return None if a is None or b is None else np.multiply.outer(a, b)


def _sum(*terms: tuple[Any, F64 | None]) -> F64 | None:
    """Return the sum of factor * array; a number's derivatives take no part, even times inf."""
    total: F64 | None = None
    for factor, array in terms:
        if array is not None:
            total = factor * array if total is None else total + factor * array
    return total
