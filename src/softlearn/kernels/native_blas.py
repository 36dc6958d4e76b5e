"""Dense rows and many classes: BLAS computes the products, C++ the softmax and its derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .native_blocks import NativeKernel, PackedWeights, labels_of
from .protocol import Evaluated, Floats, Keep, Kept

__all__ = ["BLASKernel"]

F64 = NDArray[np.float64]


class BLASKernel(NativeKernel):
    """Products by BLAS, the rest from logits in C++."""

    fused = False

    def forward(
        self, block: Any, A: PackedWeights, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return loss and gradient of a block, and the arrays to keep."""
        Z = self.logits(block, A)
        kept = Kept(Z, self.new_logits(block)) if keep else None
        return self._evaluate(block, Y, s, kept, Z=Z)

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        kept = self.new_kept(block, keep)
        return self._evaluate(block, Y, s, kept, Z=Z, U=U, t=t, Z_out=kept and kept.Z)

    def _evaluate(
        self, block: Any, Y: NDArray[Any], s: F64, kept: Kept | None, **given: Any
    ) -> Evaluated:
        R, rows = self.new_logits(block), self.native.only_logits(block.n)
        loss, _ = self.passes.forward(
            rows, self.C, self.C, y=labels_of(Y), s=s, P_out=kept and kept.P, R_out=R, **given
        )
        return Evaluated(loss, self.vjp(block, R), kept)

    def logits(self, block: Any, A: PackedWeights) -> F64:
        """Return the logits (C, n)."""
        Z: F64 = self.model.times(block, A.W, A.b)
        return Z

    def product(
        self, block: Any, A: PackedWeights, s: F64, damping: float, P: Floats | None, A0: Any
    ) -> Any:
        """Return the block's share of (H + damping G) v."""
        P = self.probabilities(block, A0) if P is None else P
        rows, U = self.native.only_logits(block.n), self.logits(block, A)
        self.passes.product(rows, self.C, self.C, s=s, damping=damping, P=P, U=U, R_out=U)
        return self.vjp(block, U)

    def dual_step(
        self, block: Any, A: PackedWeights, s: F64, P: F64 | None, A0: Any, U: F64 | None = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss alone, and the divergence."""
        P = self.probabilities(block, A0) if P is None else P
        R = self.logits(block, A) if U is None else U.copy()
        rows = self.native.only_logits(block.n)
        divergence = self.passes.product(rows, self.C, self.C, s=s, costs=True, P=P, U=R, R_out=R)
        return self.vjp(block, R), divergence

    def predict(self, block: Any, A: PackedWeights, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        rows, Z = self.native.only_logits(block.n), self.logits(block, A)
        self.passes.predict(rows, self.C, self.C, out=out, probabilities=probabilities, Z=Z)

    def line_from(
        self, block: Any, A0: PackedWeights, A: PackedWeights, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        return self.line(self.logits(block, A0), self.logits(block, A), t, Y, s)
