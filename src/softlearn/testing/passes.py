"""What passes over all rows must hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import DenseBlock
from ..passes import Passes, SmallPasses
from ..problem import Problem
from ..softmax import cross_entropy, curvature, residual, softmax
from .hold import close, hold, same

__all__ = ["check_passes"]

F64 = NDArray[np.float64]


def check_passes(
    passes: Passes | SmallPasses, *, scale: float = 0.5, accuracy: float = 1e-11, seed: int = 0
) -> None:
    """Check passes against the definition of softmax, and that the same question has one answer.

    Args:
        passes: over a problem with a linear model.
        scale: of the parameters that are tried.
        accuracy: relative.
        seed: of parameters and directions.

    Raises:
        AssertionError: a sentence saying what does not hold.

    """
    problem = passes.problem
    truth = _Definition(problem)
    rng = np.random.default_rng(seed)
    size = problem.model.size
    v = rng.normal(size=size) / np.sqrt(size)
    for w in (np.zeros(size), scale * rng.normal(size=size)):
        _check_point(passes, truth, w, v, accuracy)
        _check_line(passes, truth, w, v, accuracy)
        _check_purity(passes, w, v)
    hold(passes.count > 0.0, "passes must count how often the data are read.")


class _Definition:
    """The problem's sums, from dense rows and `softlearn.softmax`, row by row."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.block = DenseBlock(problem.rows.take(np.arange(problem.rows.n)))
        self.s, self.Y = problem.s, problem.Y

    def logits(self, w: F64) -> F64:
        return self.problem.model.logits(self.block, w)

    def value(self, w: F64) -> float:
        loss = cross_entropy(self.logits(w).T, self.Y)
        return float(self.s @ loss) + self.problem.penalty.value(w)

    def vjp(self, R: NDArray[Any], w: F64) -> F64:
        """Return sum_i s_i R_i x_i', plus the penalty's gradient at w."""
        total = self.problem.model.vjp(self.block, (R * self.s[:, None]).T)
        return self.problem.penalty.add_grad(w, total)

    def grad(self, w: F64) -> F64:
        return self.vjp(residual(self.logits(w).T, self.Y), w)

    def product(self, w: F64, v: F64, damping: float) -> F64:
        U = self.logits(v).T
        R = curvature(softmax(self.logits(w).T), U) + damping * (U - U.mean(1, keepdims=True))
        return self.vjp(R, v)

    def step(self, w: F64, v: F64) -> tuple[F64, float]:
        """Return H v of the loss, and the divergence of q = p (1 + t) from p."""
        P, U = softmax(self.logits(w).T), self.logits(v).T
        T = U - (P * U).sum(1, keepdims=True)
        with np.errstate(invalid="ignore"):
            divergence = float(self.s @ (P * ((1.0 + T) * np.log1p(T) - T)).sum(1))
        R = curvature(P, U) * self.s[:, None]
        return self.problem.model.vjp(self.block, R.T), divergence


def _check_point(
    passes: Passes | SmallPasses, truth: _Definition, w: F64, v: F64, accuracy: float
) -> None:
    at, s = passes.forward(w), passes.problem.s
    value = truth.value(w)
    close(at.value, value, accuracy * (1.0 + abs(value)), "the value must be J(w)")
    _near(at.grad, truth.grad(w), accuracy, "the gradient must be that of J")
    for damping in (0.0, 0.3):
        want = truth.product(w, v, damping)
        _near(at.product(v, damping), want, accuracy, "product must be (H + damping G) v")
        low = at.product(v, damping, low_precision=True)
        error = 10.0 * passes.low.product_error if passes.low is not None else accuracy
        _near(low, want, error, "a product in low precision must have the digits it promises")
    small = 1e-2 * v / (1.0 + float(np.abs(truth.logits(v)).max(initial=0.0)))
    Hv, divergence = truth.step(w, small)
    got, cost = at.dual_step(small)
    _near(got, Hv, accuracy, "dual_step must give H v of the loss alone")
    close(cost, divergence, 1e-6 * divergence + 1e-18, "dual_step must give the divergence")
    P = np.concatenate(list(at.over_blocks(lambda span, P: P)), axis=1)
    same(P, softmax(truth.logits(w).T).T, 1e-12, "over_blocks must give the probabilities")
    a = s * P * (1.0 - P)
    X = truth.block.X
    first, second = (passes.problem.model.split(m) for m in at.moments(0.0))
    k = passes.problem.model.C - passes.problem.model.K
    _near(first[0], (a @ X)[k:], 1e-6, "moments must be sum_i a_ik x_ij")
    _near(second[0], (a @ (X * X))[k:], 1e-6, "moments must be sum_i a_ik x_ij^2")


def _check_line(
    passes: Passes | SmallPasses, truth: _Definition, w: F64, v: F64, accuracy: float
) -> None:
    for order in ((1.0, 0.25, -0.5), (0.25, 1.0)):
        along = passes.forward(w).along(v)
        for t in order:
            value, slope = along(t)
            there = w + t * v
            limit = 10.0 * accuracy * (1.0 + abs(truth.value(there)))
            close(value, truth.value(there), limit, f"a line's value at {t} must be J(w + t d)")
            want = float(truth.grad(there) @ v)
            close(slope, want, 10.0 * accuracy * (1.0 + abs(want)), "its slope must be <grad, d>")
        end = along.at(order[0])
        same(
            end.w, w + order[0] * v, 1e-15 * (1.0 + float(np.abs(w).max())), "at(t) lies at w + t d"
        )
        _near(end.grad, truth.grad(end.w), 10.0 * accuracy, "the gradient at the end must be right")


def _check_purity(passes: Passes | SmallPasses, w: F64, v: F64) -> None:
    def answers(at: Any) -> list[Any]:
        return [at.value, at.grad, at.product(v), at.product(v, 0.1, True), *at.dual_step(1e-3 * v)]

    first = passes.forward(w)
    one = answers(first)
    other = passes.with_penalty(2.0 * passes.problem.penalty.strength + 1e-3)
    for _ in range(9):
        first.product(w + v, 0.0, True)
        other.forward(v).product(w + v, 0.0, True)
    for again in (first, passes.forward(w.copy())):
        for a, b in zip(one, answers(again), strict=True):
            same_bits = np.array_equal(np.asarray(a), np.asarray(b))
            hold(same_bits, "the same question must have the same answer, to the last bit.")


def _near(got: F64, want: F64, accuracy: float, what: str) -> None:
    same(got, want, accuracy * (1e-3 + float(np.abs(want).max(initial=0.0))), what)
