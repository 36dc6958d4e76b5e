"""CSR rows: the weights of a feature are contiguous, so an entry of X reads consecutive memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..execution.threads import Serial
from .buffer_pool import BufferPool
from .native_blocks import DenseKernel, PackedWeights, Share
from .numpy_blocks import solve_features
from .protocol import Floats, Keep, Moments
from .residual_matrix import PlacedBlock, ResidualMatrix

__all__ = ["CSRKernel", "FeatureMajorKernel", "LowPrecisionCSR"]

F64 = NDArray[np.float64]


class CSRKernel(DenseKernel):
    """CSR rows: each block has a gradient of its own, and these are summed."""

    def rows_of(self, block: Any) -> Any:
        """Return the rows of a block as C++ takes them."""
        return self.native.sparse(*block.raw, self.d)

    def dense_rows(self, block: Any) -> Any:
        """Return the rows of a block, dense, as C++ takes them."""
        return self.native.dense(block.X.toarray())

    def pack_weights(self, W: F64, b: F64) -> PackedWeights:
        """Return W' (d, K) and b (K,), empty without biases."""
        return super().pack_weights(W.T, b)

    def share_of(self, block: Any) -> Share:
        """Return the memory for a block's share of a gradient: a vector of its own."""
        part, G, Gb = self.new_gradient()
        return {"G": G, "Gb": Gb}, lambda: self.whole(part, G)

    def new_gradient(self) -> tuple[F64, F64, F64 | None]:
        """Return zeros like w, and the gradients of W' and b: views of it where possible."""
        part = self.pool.zeros(self.model.size)
        W, b = self.model.split(part)
        G = W.T if self.model.by_feature else self.pool.zeros(self.d, self.K)
        return part, G, b if self.model.bias else None

    def whole(self, part: F64, G: F64) -> F64:
        """Return a part whose gradient of W' may be in other memory."""
        if not self.model.by_feature:
            self.model.split(part)[0][:] = G.T
        return part

    def vjp(self, block: Any, R: F64) -> Any:
        """Return the block's share of a vector like w, from residuals R (C, n)."""
        into, share = self.share_of(block)
        self.passes.vjp(self.rows_of(block), self.C, self.K, R=R, **into)
        return share()

    def solve(
        self, means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
    ) -> F64:
        """Write some features' share of a diagonal inverse; return the means times it (K,)."""
        if not self.model.by_feature:
            return solve_features(means, inverse, b, R, centre, span, out)
        sums = np.zeros(self.K)
        self.passes.solve(
            means.T, inverse.T, b if len(b) else None, R.T, centre, span.start, span.stop, out.T,
            sums,
        )  # fmt: skip
        return sums

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any) -> Any:
        """Return the block's share of what the diagonal of the Hessian is made of."""
        into, share = self.share_of(block)
        second, squares, totals = self.new_gradient()
        self.passes.moments(
            self.rows_of(block), self.C, self.K, s=s, damping=damping, squares=squares, **into,
            **self.at(P, A0),
        )  # fmt: skip
        if totals is not None:
            totals[:] = into["Gb"]
        return Moments(share(), self.whole(second, squares))


class FeatureMajorShare(NamedTuple):
    """A block's share of a gradient; the weights' part of it is in the residual matrix."""

    residuals: ResidualMatrix
    b: F64
    """(K,) the share of the biases, empty without them."""

    def biases(self, others: Iterable[FeatureMajorShare]) -> F64:
        """Return the sum of all blocks' shares of the biases."""
        return sum((share.b for share in others), self.b)


class FeatureMajorKernel(CSRKernel):
    """CSR rows whose gradients are made feature by feature: see `residual_matrix`.

    Args:
        native, passes, model, pool: as of `NativeKernel`.
        transpose: of the rows: its `ranges` are spans of features, each with their rows of X'.

    """

    R_dtype: type[np.float64] | type[np.float32] = np.float64

    def __init__(
        self,
        native: Any,
        passes: Any,
        model: Any,
        transpose: Any,
        pool: BufferPool | None = None,
    ) -> None:
        super().__init__(native, passes, model, pool)
        self.transpose = transpose

    def blocks(self, rows: Any) -> Callable[[slice], Any]:
        """Return the function span -> block of one pass, with parts of a residual matrix."""
        R = ResidualMatrix(rows.n, self.K, self.pool, self.R_dtype)
        return lambda span: PlacedBlock(rows.block(span), R, span)

    def share_of(self, block: Any) -> Share:
        """Return the memory for a block's share of a gradient: its part of the residual matrix."""
        share = FeatureMajorShare(block.residuals, np.zeros(self.K if self.model.bias else 0))
        Gb = share.b if self.model.bias else None
        return {"laid_out": block.residuals.R[block.span], "Gb": Gb}, lambda: share

    def total(self, parts: Iterable[Any], engine: Any = None) -> F64:
        """Return the gradient, computed feature by feature."""
        every = iter(parts)
        first = next(every, None)
        if first is None:
            return np.zeros(self.model.size)
        return self._gathered(first, first.biases(every), engine)

    def _gathered(
        self, share: FeatureMajorShare, b: F64, engine: Any, squared: bool = False
    ) -> F64:
        out: F64 = self.pool.empty(self.model.size)
        W, biases = self.model.split(out)
        G = W.T if self.model.by_feature else self.pool.zeros(self.d, self.K)
        biases[:] = b

        def gather(some: tuple[slice, Any]) -> None:
            features, X = some
            rows = self.native.sparse(*X.raw, X.d)
            self.passes.gather(rows, share.residuals.R, squared, G[features])

        for _ in (engine or Serial()).map(gather, self.transpose.ranges):
            pass
        return self.whole(out, G)

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any) -> Any:
        """Return the block's share of what the diagonal of the Hessian is made of."""
        into, share = self.share_of(block)
        self.passes.moments(
            self.rows_of(block), self.C, self.K, s=s, damping=damping, **into, **self.at(P, A0)
        )
        return share()

    def total_moments(self, parts: Iterable[Any], engine: Any = None) -> Moments:
        """Return the sums over all rows."""
        every = iter(parts)
        first = next(every)
        b = first.biases(every)
        return Moments(*(self._gathered(first, b, engine, squared) for squared in (False, True)))


class LowPrecisionCSR(FeatureMajorKernel):
    """The same with products in float32: residuals take half the memory: it pays for any shape."""

    low_precision = True
    P_dtype: Keep = np.float32
    R_dtype = np.float32

    def pack(self, w: F64) -> PackedWeights:
        """Return W' and b as the kernels take them, W' in float32."""
        W, b = self.model.split(w)
        return self.pack_weights(W.astype(np.float32), b)
