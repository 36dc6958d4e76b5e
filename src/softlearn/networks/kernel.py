"""A kernel for models whose logits are not linear in w."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import (
    Evaluated,
    Keep,
    NumPyKernel,
    centre_logits,
    forward,
    weighted_sum,
)

__all__ = ["NetworkKernel"]

F64 = NDArray[np.float64]


class NetworkKernel(NumPyKernel):
    """The same for a model whose logits are not linear in w: `forward`, `vjp`, `jvp` and `rop`.

    Logits at w + t v are not Z + t U here: `forward_at` and `product` are not used.  The softmax is
    computed in float64 whatever the model's dtype.

    Args:
        model: as `softlearn.networks.Network`.

    """

    def forward(self, block: Any, A: Any, Y: NDArray[Any], s: F64, keep: Keep) -> Evaluated:
        """Return loss and gradient of a block; nothing is kept."""
        tape = self.model.forward(block, A)
        f = forward(self._logits(tape), Y)
        part = self.model.vjp(tape, self._cast(f.R * s))
        return Evaluated(weighted_sum(s, f.loss), part, None)

    def logits(self, block: Any, A: Any) -> F64:
        """Return the logits (C, n)."""
        return self._logits(self.model.forward(block, A))

    def hessian(
        self, block: Any, A: Any, A0: Any, Y: NDArray[Any], s: F64, damping: float
    ) -> NDArray[Any]:
        """Return the block's share of (H + damping G) v, A made of v: H is the exact Hessian."""
        tape = self.model.forward(block, A0)
        tangent = self.model.jvp(tape, A)
        f = forward(self._logits(tape), Y)
        U = np.asarray(tangent.RZ[self.model.L], dtype=np.float64)
        RdZ = f.P * centre_logits(f.P, U)  # the curvature of the loss times U,
        if damping:
            RdZ += damping * (U - U.mean(0))  # and U's variance
        RdZ *= s
        out: NDArray[Any] = self.model.rop(tape, tangent, self._cast(f.R * s), self._cast(RdZ))
        return out

    def line_from(
        self, block: Any, A0: Any, A: Any, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        tape = self.model.forward(block, A0 + t * A)
        U = np.asarray(self.model.jvp(tape, A).RZ[self.model.L], dtype=np.float64)
        return self.line(self._logits(tape), U, 0.0, Y, s)

    def total(self, parts: Iterable[Any], engine: Any = None) -> Any:
        """Return the sum of the parts, in the model's dtype."""
        return sum(parts, np.zeros(self.model.size, self.model.dtype))

    def _logits(self, tape: Any) -> F64:
        return np.asarray(tape.Z[self.model.L], dtype=np.float64)

    def _cast(self, R: F64) -> NDArray[Any]:
        return R.astype(self.model.dtype, copy=False)
