"""Costs whose critical points are known: examples of why learning is slow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..function import Function
from ..protocol import F64
from .symmetries import SCALE

__all__ = [
    "Known",
    "Surface",
    "bowl",
    "deep_linear",
    "monkey_saddle",
    "plateau",
    "quadratic",
    "rosenbrock",
    "saddle",
]


@dataclass(frozen=True)
class Known:
    """A point of a surface and what it is."""

    w: tuple[float, ...]
    kind: str
    """One of the kinds of `classify`."""
    index: int
    """Eigenvalues of the Hessian that are below zero."""


class Surface(Function):
    """A cost with its derivatives by hand: an objective, and a function of w as well.

    Args:
        name: its name.
        formula: J(w) as a reader writes it.
        size: parameters.
        value: w -> J(w).
        grad: w -> gradient.
        hessian: w -> Hessian, (size, size).
        known: some of its points, critical but for those that are "plateau".
        flat: w -> directions that are flat by a symmetry, by name.

    """

    def __init__(
        self,
        name: str,
        formula: str,
        value: Callable[[F64], float],
        grad: Callable[[F64], F64],
        hessian: Callable[[F64], F64],
        known: tuple[Known, ...],
        flat: Callable[[F64], dict[str, F64]] = lambda w: {},
    ) -> None:
        super().__init__(
            lambda w: (float(value(w)), grad(w)), len(known[0].w), lambda w, v: hessian(w) @ v
        )
        self.name, self.formula, self.known = name, formula, known
        self.hessian, self.symmetries = hessian, flat

    def __call__(self, w: F64) -> float:
        """Return J(w)."""
        return self.at(np.atleast_1d(np.asarray(w, dtype=np.float64))).value

    def __repr__(self) -> str:
        return f"<Surface {self.name}: J = {self.formula}>"


quadratic = Surface(
    "quadratic",
    "w^2 - 10 w + 25",
    lambda w: w[0] ** 2 - 10.0 * w[0] + 25.0,
    lambda w: 2.0 * w - 10.0,
    lambda w: np.array([[2.0]]),
    (Known((5.0,), "minimum", 0), Known((0.0,), "not critical", 0)),
)

bowl = Surface(
    "elongated bowl",
    "(w1^2 + 100 w2^2) / 2",
    lambda w: 0.5 * (w[0] ** 2 + 100.0 * w[1] ** 2),
    lambda w: np.array([w[0], 100.0 * w[1]]),
    lambda w: np.diag([1.0, 100.0]),
    (Known((0.0, 0.0), "minimum", 0), Known((1.0, 1.0), "not critical", 0)),
)

saddle = Surface(
    "saddle",
    "w1^2 - w2^2 + w2^4 / 4",
    lambda w: w[0] ** 2 - w[1] ** 2 + 0.25 * w[1] ** 4,
    lambda w: np.array([2.0 * w[0], -2.0 * w[1] + w[1] ** 3]),
    lambda w: np.diag([2.0, -2.0 + 3.0 * w[1] ** 2]),
    (
        Known((0.0, 0.0), "saddle", 1),
        Known((0.0, 2.0**0.5), "minimum", 0),
        Known((0.0, -(2.0**0.5)), "minimum", 0),
        Known((1.5, 0.001), "not critical", 1),
    ),
)


def _hill(w: F64) -> float:
    return float(np.exp(-0.5 * float(w @ w)))


plateau = Surface(
    "plateau",
    "1 - exp(-|w|^2 / 2)",
    lambda w: -float(np.expm1(-0.5 * float(w @ w))),
    lambda w: _hill(w) * w,
    lambda w: _hill(w) * (np.eye(2) - np.outer(w, w)),
    (
        Known((0.0, 0.0), "minimum", 0),
        Known((3.5, 3.0), "plateau", 1),
        Known((1.0, 0.5), "not critical", 1),
    ),
)

rosenbrock = Surface(
    "Rosenbrock",
    "(1 - w1)^2 + 100 (w2 - w1^2)^2",
    lambda w: (1.0 - w[0]) ** 2 + 100.0 * (w[1] - w[0] ** 2) ** 2,
    lambda w: np.array(
        [-2.0 * (1.0 - w[0]) - 400.0 * w[0] * (w[1] - w[0] ** 2), 200.0 * (w[1] - w[0] ** 2)]
    ),
    lambda w: np.array(
        [[2.0 - 400.0 * (w[1] - 3.0 * w[0] ** 2), -400.0 * w[0]], [-400.0 * w[0], 200.0]]
    ),
    (Known((1.0, 1.0), "minimum", 0), Known((-1.2, 1.0), "not critical", 0)),
)

monkey_saddle = Surface(
    "monkey saddle",
    "w1^3 - 3 w1 w2^2",
    lambda w: w[0] ** 3 - 3.0 * w[0] * w[1] ** 2,
    lambda w: np.array([3.0 * (w[0] ** 2 - w[1] ** 2), -6.0 * w[0] * w[1]]),
    lambda w: 6.0 * np.array([[w[0], -w[1]], [-w[1], -w[0]]]),
    (Known((0.0, 0.0), "saddle", 0), Known((1.0, 0.0), "not critical", 1)),
)


def deep_linear(depth: int = 2) -> Surface:
    """Return J = (w1 w2 ... wL - 1)^2 / 2, a linear network with L layers of one unit.

    Its minima are a curved sheet, flat by the rescaling of each unit; the only other critical
    points are saddles, at 0 the more degenerate the deeper it is.

    Raises:
        ValueError: depth is below 2.

    Reference: Saxe, McClelland and Ganguli, ICLR (2014).

    """
    if depth < 2:
        raise ValueError(f"depth must be at least 2, but it is {depth}.")

    def without(w: F64, *at: int) -> float:
        return float(np.prod(np.delete(w, at)))

    def grad(w: F64) -> F64:
        return (float(np.prod(w)) - 1.0) * np.array([without(w, i) for i in range(depth)])

    def hessian(w: F64) -> F64:
        a = np.array([without(w, i) for i in range(depth)])
        H = np.outer(a, a)
        for i in range(depth):
            for j in range(depth):
                if i != j:
                    H[i, j] += (np.prod(w) - 1.0) * without(w, i, j)
        return H

    def flat(w: F64) -> dict[str, F64]:
        D = np.zeros((depth - 1, depth))
        for i in range(depth - 1):
            D[i, i], D[i, i + 1] = w[i], -w[i + 1]
        return {SCALE: D}

    ones, twos = (1.0,) * depth, (2.0, 0.5) + (1.0,) * (depth - 2)
    return Surface(
        f"deep linear network of {depth} layers",
        f"({' '.join(f'w{i + 1}' for i in range(depth))} - 1)^2 / 2",
        lambda w: 0.5 * (float(np.prod(w)) - 1.0) ** 2,
        grad,
        hessian,
        (
            Known((0.0,) * depth, "saddle", int(depth == 2)),
            Known(ones, "minimum", 0),
            Known(twos, "minimum", 0),
        ),
        flat,
    )
