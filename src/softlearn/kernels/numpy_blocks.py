r"""The kernel in NumPy, for any model and any target: the reference for the native ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..softmax import softmax
from ..vector_space import VectorSpace
from .protocol import Evaluated, Floats, Keep, Kept, Moments
from .small import Small
from .softmax_block import (
    centre_logits,
    columns,
    dual_divergence,
    forward,
    probabilities,
    softmax_variance,
)

__all__ = ["NumPyKernel", "solve_features", "weighted_sum"]

F64 = NDArray[np.float64]


class NumPyKernel:
    """NumPy's products and the formulas of `softmax_block`.

    Args:
        model: as in `softlearn.problem.Linear`.

    """

    fused = False
    P_dtype: Keep = np.float64
    product_error, product_dtype = 1e-4, "float32"

    def __init__(self, model: Any) -> None:
        self.model = model

    def pack(self, w: F64) -> Any:
        """Return w itself."""
        return w

    def pack_weights(self, W: F64, b: F64) -> Any:
        """Return w, joined from W (K, d) and b (K,)."""
        return self.model.join(W, b)

    def forward(self, block: Any, A: Any, Y: NDArray[Any], s: F64, keep: Keep) -> Evaluated:
        """Return loss and gradient of a block, and the arrays to keep."""
        return self._evaluated(block, self.model.logits(block, A), Y, s, keep)

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        return self._evaluated(block, Z + t * U, Y, s, keep)

    def _evaluated(self, block: Any, Z: F64, Y: NDArray[Any], s: F64, keep: Keep) -> Evaluated:
        f = forward(Z, Y)
        part = self.model.vjp(block, f.R * s)
        return Evaluated(weighted_sum(s, f.loss), part, Kept(Z, f.P) if keep else None)

    def logits(self, block: Any, A: Any) -> F64:
        """Return the logits (C, n)."""
        Z: F64 = self.model.logits(block, A)
        return Z

    def probabilities(self, block: Any, A: Any) -> F64:
        """Return the probabilities (C, n)."""
        return probabilities(self.logits(block, A))

    def of_logits(self, Z: F64) -> F64:
        """Return the probabilities (C, n) of logits."""
        return probabilities(Z)

    def product(self, block: Any, A: Any, s: F64, damping: float, P: Floats | None, A0: Any) -> Any:
        """Return the block's share of (H + damping G) v."""
        if P is None:
            P = self.probabilities(block, A0)
        R = self.model.logits(block, A)
        for part in columns(R):  # the logits U of v become the residuals that it adds
            U = R[:, part]
            T = centre_logits(P[:, part], U)
            T *= P[:, part]
            if damping:
                T += damping * (U - U.mean(0))
            np.multiply(T, s[part], out=U)
        return self.model.vjp(block, R)

    def dual_step(
        self, block: Any, A: Any, s: F64, P: F64 | None, A0: Any, U: F64 | None = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss alone, and the divergence."""
        if P is None:
            P = self.probabilities(block, A0)
        R = self.model.logits(block, A) if U is None else U.copy()
        cost = np.zeros(len(s))
        for part in columns(R):  # the logits of v become the change of the residuals
            t = centre_logits(P[:, part], R[:, part])
            cost[part] = dual_divergence(P[:, part], t)
            np.multiply(P[:, part] * t, s[part], out=R[:, part])
        return self.model.vjp(block, R), weighted_sum(s, cost)

    def vjp(self, block: Any, R: F64) -> Any:
        """Return the block's share of a vector like w, from residuals R (C, n)."""
        return self.model.vjp(block, R)

    def predict(self, block: Any, A: Any, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        Z = self.logits(block, A).T
        out[:] = softmax(Z) if probabilities else Z

    def line(self, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""
        f = forward(Z + t * U, Y)
        return weighted_sum(s, f.loss), float(np.einsum("kn,kn,n->", f.R, U, s))

    def line_from(
        self, block: Any, A0: Any, A: Any, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        return self.line(self.model.logits(block, A0), self.model.logits(block, A), t, Y, s)

    def blocks(self, rows: Any) -> Callable[[slice], Any]:
        """Return the function span -> block of one pass: the rows' own."""
        block: Callable[[slice], Any] = rows.block
        return block

    def total(self, parts: Iterable[F64], engine: Any = None) -> F64:
        """Return the sum of the parts."""
        return sum(parts, np.zeros(self.model.size))

    def small(self, block: Any, Y: NDArray[Any], s: F64) -> Small | None:
        """Return None: NumPy has no faster Newton step."""
        return None

    def solve(
        self, means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
    ) -> F64:
        """Write some features' share of a diagonal inverse; return the means times it (K,)."""
        return solve_features(means, inverse, b, R, centre, span, out)

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any) -> Moments:
        """Return what the diagonal of the Hessian is made of."""
        if P is None:
            P = self.probabilities(block, A0)
        A = (softmax_variance(P) + damping * (1.0 - 1.0 / self.model.C)) * s
        return Moments(self.model.vjp(block, A), self.model.vjp(block.squares(), A))

    def moments_of_rows(
        self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any
    ) -> tuple[Any, F64, F64]:
        """Return the first of these moments, sum_i a_ik (K,) and sum_k a_ik (n,)."""
        if P is None:
            P = self.probabilities(block, A0)
        A = (softmax_variance(P) + damping * (1.0 - 1.0 / self.model.C)) * s
        own = A[self.model.C - self.model.K :]
        return self.vjp(block, A), own.sum(1), own.sum(0)

    def total_moments(self, parts: Iterable[Moments], engine: Any = None) -> Moments:
        """Return the sums of the parts; they are overwritten."""
        every = iter(parts)
        first, second = next(every)
        for part in every:
            first += part.first
            second += part.second
        return Moments(first, second)

    def vector_space(self, engine: Any) -> VectorSpace:
        """Return NumPy's vector operations, on one thread."""
        return VectorSpace()


def weighted_sum(s: F64, loss: F64) -> float:
    """Return the sum of s times loss; a row without weight adds nothing, even if infinite."""
    return float(s @ np.where(s > 0.0, loss, 0.0))


def solve_features(
    means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
) -> F64:
    """Do what `Kernel.solve` says."""
    S, m = R[:, span], means[:, span]
    if centre:
        S = S - S.mean(0)
    S = (S - m * b[:, None] if len(b) else S) * inverse[:, span]
    sums: F64 = np.einsum("kj,kj->k", m, S)
    out[:, span] = S - S.mean(0) if centre else S
    return sums
