r"""One batch after another: each is fitted exactly, beside a quadratic memory of those before it.

    w_t = argmin_w  sum_{i in batch t} s_i CE_i(w)  +  1/2 (w - w_{t-1})' A_{t-1} (w - w_{t-1})
    A_t = A_{t-1} + the curvature of batch t at w_t

A_0 is the penalty, 1/C on the weights, so one batch alone gives the ordinary fit.  A keeps one
block per class where that fits in memory, and its diagonal where not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data import Block
from ..kernels import spread
from ..objective import SoftmaxObjective, with_penalty
from ..protocol import F64, Function, Result
from ..solve import LBFGS, Newton, minimize
from .encode import Problem

__all__ = ["OnlineFit"]

_BLOCK_ENTRIES = 2e7


@dataclass
class OnlineFit:
    """The state between batches: w and the memory A, (K, e, e) or (K, e) with e = d + bias."""

    w: F64
    A: F64

    @classmethod
    def start(cls, problem: Problem, C: float) -> OnlineFit:
        """Return the state before the first batch: w = 0 and the penalty."""
        model = problem.objective.model
        e = model.d + model.bias
        ridge = np.full((model.K, e), 0.0 if np.isinf(C) else 1.0 / C)
        if model.bias:
            ridge[:, -1] = 0.0
        blocks = model.K * e * e <= _BLOCK_ENTRIES
        A = np.stack([np.diag(r) for r in ridge]) if blocks else ridge
        return cls(np.zeros(model.size), A)

    def update(self, problem: Problem, tol: float, max_steps: int) -> Result:
        """Fit the batch beside the memory, move w there, and add the batch to the memory."""
        J = with_penalty(problem.objective, 0.0)
        S, start = problem.total, self.w

        def fun(w: F64) -> tuple[float, F64]:
            point, pull = J.at(w), self._times(J, w - start)
            return S * point.value + 0.5 * float((w - start) @ pull), S * point.grad + pull

        def hvp(w: F64, v: F64) -> F64:
            return S * point_at(w).hvp(v) + self._times(J, v)

        cache: dict[bytes, object] = {}

        def point_at(w: F64):  # type: ignore[no-untyped-def]
            key = w.tobytes()
            if key not in cache:
                cache.clear()
                cache[key] = J.at(w)
            return cache[key]

        F = Function(fun, J.size, hvp)
        solver = Newton("none") if J.size <= 200_000 else LBFGS()
        result = minimize(F, solver, start, tol=1e-3 * tol, max_steps=min(max_steps, 200))
        self.w = result.w
        self._remember(J, S)
        return result

    def _times(self, J: SoftmaxObjective, v: F64) -> F64:
        model = J.model
        W, b = model.split(v)
        V = np.concatenate([W, b[:, None]], 1) if model.bias else W
        R = np.einsum("kij,kj->ki", self.A, V) if self.A.ndim == 3 else self.A * V
        return model.join(R[:, : model.d], R[:, -1])

    def _remember(self, J: SoftmaxObjective, S: float) -> None:
        model, point = J.model, J.at(self.w)
        first = model.C - model.K
        for span, P in point.probabilities():
            a = spread(P)[first:] * J.s[span] * S
            self.A += self._curvature(J, J.rows.block(span), a, span)

    def _curvature(self, J: SoftmaxObjective, block: Block, a: F64, span: slice) -> F64:
        if self.A.ndim == 2:
            D = block.squares().pull(a)
            return np.concatenate([D, a.sum(1)[:, None]], 1) if J.model.bias else D
        X = J.rows.take(np.arange(span.start, span.stop))
        if J.model.bias:
            X = np.concatenate([X, np.ones((len(X), 1))], 1)
        return np.stack([(X * row[:, None]).T @ X for row in a])
