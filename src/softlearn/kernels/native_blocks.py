r"""Kernels in C++, for a linear model and labels: `softlearn.kernels.protocol` says what they do.

DenseKernel           dense, few classes: X is read once; products, softmax and its derivatives
in one go
CSRKernel             CSR: the same, with the weights of a feature side by side: (d, K), as they
are in w where the model is `by_feature`  (native_csr.py)
FeatureMajorKernel    CSR of few rows and many features: gradients are made feature by feature
BLASKernel            dense, many classes: BLAS makes the products, block by block, and C++ the
rest  (native_blas.py)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..execution.threads import Serial
from ..vector_space import VectorSpace
from .buffer_pool import BufferPool
from .numpy_blocks import NumPyKernel
from .protocol import Evaluated, Floats, Keep, Kept
from .small import Small
from .vectors import NativeVectorSpace

__all__ = ["DenseKernel", "LowPrecisionDense", "NativeKernel", "PackedWeights", "labels_of"]

F64 = NDArray[np.float64]
Share = tuple[dict[str, Any], Callable[[], Any]]
"""The memory for a block's share of a gradient, and the function that returns the share."""


class PackedWeights(NamedTuple):
    """Parameters as the kernels take them."""

    W: NDArray[Any]
    b: F64 | None


class NativeKernel(NumPyKernel):
    """The part that native kernels share: computations from known logits, without rows.

    Args:
        native: the module `softlearn.kernels._native`.
        passes: its passes for one instruction set.
        model: a linear model.
        pool: allocates memory; a new one if absent.

    """

    fused = True

    def __init__(
        self, native: Any, passes: Any, model: Any, pool: BufferPool | None = None
    ) -> None:
        super().__init__(model)
        self.native, self.passes = native, passes
        self.C, self.K, self.d = model.C, model.K, model.d
        self.pool = pool or BufferPool()

    def pack(self, w: F64) -> PackedWeights:
        """Return W and b as the kernels take them."""
        return self.pack_weights(*self.model.split(w))

    def pack_weights(self, W: F64, b: F64) -> PackedWeights:
        """Return the same for W (K, d) and b (K,), empty without biases."""
        return PackedWeights(np.ascontiguousarray(W), np.ascontiguousarray(b) if len(b) else None)

    def new_logits(self, block: Any) -> F64:
        """Return memory for the logits of a block (C, n)."""
        Z: F64 = self.pool.empty(self.C, block.n)
        return Z

    def new_kept(self, block: Any, keep: Keep) -> Kept | None:
        """Return memory for the arrays that are kept of a block."""
        if keep is None:
            return None
        if keep is np.float64:
            return Kept(self.new_logits(block), self.new_logits(block))
        return Kept(self.new_logits(block), self.pool.empty(block.n, self.C, dtype=keep).T)

    def of_logits(self, Z: F64, out: F64 | None = None) -> F64:
        """Return the probabilities (C, n) of logits."""
        C, n = Z.shape
        P: F64 = self.pool.empty(C, n) if out is None else out
        rows, s, y = self.native.only_logits(n), np.zeros(n), np.zeros(n, np.int64)
        self.passes.forward(rows, C, C, y=y, s=s, Z=Z, P_out=P)
        return P

    def probabilities(self, block: Any, A: PackedWeights) -> F64:
        """Return the probabilities (C, n), in the memory of their logits."""
        Z = self.logits(block, A)
        return self.of_logits(Z, Z)

    def line(self, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""
        rows, y = self.native.only_logits(len(s)), labels_of(Y)
        out: tuple[float, float] = self.passes.line(rows, self.C, self.C, Z=Z, U=U, t=t, y=y, s=s)
        return out

    def total(self, parts: Iterable[Any], engine: Any = None) -> F64:
        """Return the sum of the parts; they are overwritten."""
        every = iter(parts)
        whole = next(every, None)
        if whole is None:
            return np.zeros(self.model.size)
        vectors, out = self.vector_space(engine or Serial()), np.asarray(whole)
        for part in every:
            vectors.axpy(1.0, part, out)
        return out

    def vector_space(self, engine: Any) -> VectorSpace:
        """Return vector operations in C++."""
        return NativeVectorSpace(self.passes, engine, self.pool)


class DenseKernel(NativeKernel):
    """Dense rows, few classes: each method reads X once."""

    low_precision = False
    """Whether products with v are float32."""

    def rows_of(self, block: Any) -> Any:
        """Return the rows of a block as C++ takes them."""
        (X,) = block.raw
        if not X.flags.aligned:  # as a field of records may not be
            X = np.require(X, requirements="A")
        return self.native.dense(X)

    def at(self, P: Floats | None, A0: Any) -> dict[str, Any]:
        """Return the arrays from which probabilities are read or computed."""
        return {"W": A0.W, "b": A0.b} if P is None else {"P": P}

    def share_of(self, block: Any) -> Share:
        """Return the memory for a block's share of a gradient: a vector of its own."""
        part = self.pool.zeros(self.model.size)
        W, b = self.model.split(part)
        return {"G": W, "Gb": b if self.model.bias else None}, lambda: part

    def forward(
        self, block: Any, A: PackedWeights, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return loss and gradient of a block, and the arrays to keep."""
        kept = self.new_kept(block, keep)
        return self._evaluate(block, Y, s, kept, W=A.W, b=A.b)

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        return self._evaluate(block, Y, s, self.new_kept(block, keep), Z=Z, U=U, t=t)

    def _evaluate(
        self, block: Any, Y: NDArray[Any], s: F64, kept: Kept | None, **given: Any
    ) -> Evaluated:
        into, share = self.share_of(block)
        Z, P = kept or (None, None)
        loss, _ = self.passes.forward(
            self.rows_of(block), self.C, self.K, y=labels_of(Y), s=s, Z_out=Z, P_out=P,
            **into, **given,
        )  # fmt: skip
        return Evaluated(loss, share(), kept)

    def logits(self, block: Any, A: PackedWeights) -> F64:
        """Return the logits (C, n)."""
        Z = self.new_logits(block)
        self.passes.logits(self.rows_of(block), self.C, self.K, A.W, A.b, Z)
        return Z

    def product(
        self, block: Any, A: PackedWeights, s: F64, damping: float, P: Floats | None, A0: Any
    ) -> Any:
        """Return the block's share of (H + damping G) v."""
        into, share = self.share_of(block)
        self.passes.product(
            self.rows_of(block), self.C, self.K, V=A.W, c=A.b, s=s, damping=damping,
            single=self.low_precision, **into, **self.at(P, A0),
        )  # fmt: skip
        return share()

    def dual_step(
        self, block: Any, A: PackedWeights, s: F64, P: F64 | None, A0: Any, U: F64 | None = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss alone, and the divergence."""
        into, share = self.share_of(block)
        along = {"V": A.W, "c": A.b} if U is None else {"U": U}
        divergence = self.passes.product(
            self.rows_of(block), self.C, self.K, s=s, costs=True, **along, **into, **self.at(P, A0)
        )
        return share(), divergence

    def predict(self, block: Any, A: PackedWeights, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        self.passes.predict(
            self.rows_of(block), self.C, self.K, out=out, probabilities=probabilities, W=A.W, b=A.b
        )

    def line_from(
        self, block: Any, A0: PackedWeights, A: PackedWeights, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        out: tuple[float, float] = self.passes.line(
            self.rows_of(block), self.C, self.K,
            W=A0.W, b=A0.b, V=A.W, c=A.b, t=t, y=labels_of(Y), s=s,
        )  # fmt: skip
        return out

    def small(self, block: Any, Y: NDArray[Any], s: F64) -> Small | None:
        """Return Newton steps in C++ for a problem with no other rows."""
        model, rows = self.model, self.dense_rows(block)
        shape = self.C, self.K, model.bias, model.by_feature
        return Small(self.native.SmallProblem(self.passes.name, rows, labels_of(Y), s, *shape))

    def dense_rows(self, block: Any) -> Any:
        """Return the rows of a block, dense, as C++ takes them."""
        return self.rows_of(block)


class LowPrecisionDense(DenseKernel):
    """The same with products in float32, for rows of float32."""

    low_precision = True


def labels_of(Y: NDArray[Any]) -> NDArray[np.int64]:
    """Return labels in contiguous memory; the user's need not be."""
    return np.ascontiguousarray(Y, dtype=np.int64)
