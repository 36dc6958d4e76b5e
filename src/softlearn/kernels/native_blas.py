"""Dense rows and many classes: BLAS computes the products, C++ the softmax and its derivatives.

The classes of a row lie side by side.  A block is read in pieces that stay in the cache; the pieces
of a block add to one gradient, in its memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .buffer_pool import BufferPool
from .native_blocks import NativeKernel, PackedWeights, labels_of
from .protocol import Evaluated, Floats, Keep, Kept, Moments

__all__ = ["BLASKernel", "LowPrecisionBLAS"]

F64 = NDArray[np.float64]
_PIECE = 1 << 21  # bytes of logits of some rows,
_OF_CLASS = 512  # and of a class, at least: with fewer rows BLAS multiplies more slowly

AddProduct = Callable[[Floats, Floats, Floats], None]
"""Adds A B to a third array, as `softlearn.linalg.add_product` does."""
Residuals = Callable[[slice, Floats, F64], Floats]
"""From the rows of a piece (m, d) to residuals (m, C), whose sums over the rows it adds up."""


def _add_product(A: Floats, B: Floats, onto: Floats) -> None:
    onto += A @ B


class BLASKernel(NativeKernel):
    """Products by BLAS, the rest from logits in C++.

    Args:
        native, passes, model, pool: as of `NativeKernel`.
        add_product: one that needs no memory; NumPy's if absent.

    """

    dtype: type = np.float64
    """Of products and logits."""

    def __init__(
        self,
        native: Any,
        passes: Any,
        model: Any,
        pool: BufferPool | None = None,
        add_product: AddProduct = _add_product,
    ) -> None:
        super().__init__(native, passes, model, pool)
        self.softmax, self.first = native.RowSoftmax(passes.name), model.C - model.K
        self.add_product, self.room = add_product, max(_PIECE, _OF_CLASS * self.C)  # bytes

    # -- pieces

    def _pieces(self, block: Any) -> Iterator[tuple[slice, Floats]]:
        """Yield the rows of each piece."""
        (X,) = block.raw
        most = self.room // (np.dtype(self.dtype).itemsize * self.C)
        count = max(1, -(-block.n // most))
        for k in range(count):  # of about equal size
            part = slice(k * block.n // count, (k + 1) * block.n // count)
            yield part, np.require(X[part], self.dtype, ["C", "A"])

    def _fill(self, X: Floats, A: PackedWeights, Z: Floats) -> Floats:
        """Write the logits of some rows to Z (m, C), and return it."""
        Z[:, : self.first] = 0.0
        Z[:, self.first :] = 0.0 if A.b is None else A.b
        self.add_product(X, A.W.T, Z[:, self.first :])
        return Z

    def _room(self, X: Floats, dtype: type = np.float64) -> Floats:
        """Return memory for the logits of some rows, of one size for all pieces and types."""
        size = len(X) * self.C
        memory = self.pool.empty(max(self.room, size * np.dtype(dtype).itemsize + 7) // 8)
        room: Floats = memory.view(dtype)[:size].reshape(len(X), self.C)
        return room

    def _logits(self, X: Floats, A: PackedWeights) -> Floats:
        """Return the logits of some rows (m, C)."""
        return self._fill(X, A, self._room(X, self.dtype))

    def _at(
        self, rows: slice, X: Floats, P: Floats | None, A0: Any, copy: bool = False
    ) -> dict[str, Any]:
        """Return the probabilities of some rows, or the logits from which they are computed."""
        if P is None:
            return {"Z": self._logits(X, A0), "known": False}
        known = np.array if copy else np.asarray
        return {"Z": known(P.T[rows], dtype=self.dtype, order="C"), "known": True}

    def _gradient(self, block: Any, residuals: Residuals) -> F64:
        """Return R' X and the sums of R over all rows, as a vector like w."""
        part, sums = self.pool.zeros(self.model.size), np.zeros(self.C)
        G, Gb = self.model.split(part)
        onto = G if self.dtype is np.float64 else np.zeros(G.shape, self.dtype)
        for rows, X in self._pieces(block):
            self.add_product(residuals(rows, X, sums)[:, self.first :].T, X, onto)
        if onto is not G:
            G += onto
        if self.model.bias:
            Gb += sums[self.first :]
        return np.asarray(part)

    # -- passes

    def new_logits(self, block: Any) -> F64:
        """Return memory for the logits of a block (C, n)."""
        Z: F64 = self.pool.empty(block.n, self.C).T
        return Z

    def new_kept(self, block: Any, keep: Keep) -> Kept | None:
        """Return memory for the arrays that are kept of a block, in float64."""
        return Kept(self.new_logits(block), self.new_logits(block)) if keep else None

    def forward(
        self, block: Any, A: PackedWeights, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return loss and gradient of a block, and the arrays to keep."""
        return self._evaluate(block, lambda rows, X, Z: self._fill(X, A, Z), Y, s, keep)

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""

        def moved(rows: slice, X: Floats, out: Floats) -> None:
            np.multiply(U.T[rows], t, out=out)
            out += Z.T[rows]

        return self._evaluate(block, moved, Y, s, keep)

    def _evaluate(
        self,
        block: Any,
        fill: Callable[[slice, Floats, Floats], Any],
        Y: NDArray[Any],
        s: F64,
        keep: Keep,
    ) -> Evaluated:
        kept, y, loss = self.new_kept(block, keep), labels_of(Y), 0.0

        def residuals(rows: slice, X: Floats, sums: F64) -> Floats:
            nonlocal loss
            R = self._room(X)
            fill(rows, X, R)
            if kept is not None:
                kept.Z.T[rows] = R
            P = None if kept is None else kept.P.T[rows]
            loss += self.softmax.residuals(R, y[rows], s[rows], P_out=P, sums=sums)
            return R

        part = self._gradient(block, residuals)
        return Evaluated(loss, part, kept)

    def logits(self, block: Any, A: PackedWeights) -> F64:
        """Return the logits (C, n)."""
        Z = self.new_logits(block)
        for rows, X in self._pieces(block):
            self._fill(X, A, Z.T[rows])
        return Z

    def probabilities(self, block: Any, A: PackedWeights) -> F64:
        """Return the probabilities (C, n), in the memory of their logits."""
        X = np.require(block.raw[0], self.dtype, ["C", "A"])
        Z = self._logits(X, A).T
        return self.of_logits(Z, Z)

    def of_logits(self, Z: F64, out: F64 | None = None) -> F64:
        """Return the probabilities (C, n) of logits."""
        P: F64 = self.pool.empty(*Z.T.shape).T if out is None else out
        if P is not Z:
            P[:] = Z
        self.softmax.softmax(P.T)
        return P

    def product(
        self, block: Any, A: PackedWeights, s: F64, damping: float, P: Floats | None, A0: Any
    ) -> Any:
        """Return the block's share of (H + damping G) v."""

        def change(rows: slice, X: Floats, sums: F64) -> Floats:
            U, at = self._logits(X, A), self._at(rows, X, P, A0)
            self.softmax.curvature(U=U, s=s[rows], damping=damping, sums=sums, **at)
            return U

        return self._gradient(block, change)

    def dual_step(
        self, block: Any, A: PackedWeights, s: F64, P: F64 | None, A0: Any, U: F64 | None = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss alone, and the divergence."""
        divergence = 0.0

        def change(rows: slice, X: Floats, sums: F64) -> Floats:
            nonlocal divergence
            R = self._logits(X, A) if U is None else np.array(U.T[rows], order="C")
            at = self._at(rows, X, P, A0)
            divergence += self.softmax.curvature(U=R, s=s[rows], costs=True, sums=sums, **at)
            return R

        part = self._gradient(block, change)
        return part, divergence

    def vjp(self, block: Any, R: F64) -> Any:
        """Return the block's share of a vector like w, from residuals R (C, n)."""

        def given(rows: slice, X: Floats, sums: F64) -> Floats:
            sums += R[:, rows].sum(1)
            return np.ascontiguousarray(R.T[rows])

        return self._gradient(block, given)

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any) -> Moments:
        """Return what the diagonal of the Hessian is made of."""
        second = self.pool.zeros(self.model.size)
        squares, totals = self.model.split(second)

        def spread(rows: slice, X: Floats, sums: F64) -> Floats:
            at = self._at(rows, X, P, A0, copy=True)
            self.softmax.spread(s=s[rows], damping=damping, sums=sums, **at)
            self.add_product(at["Z"][:, self.first :].T, X * X, squares)
            return np.asarray(at["Z"])

        first = self._gradient(block, spread)
        totals[:] = self.model.split(first)[1]
        return Moments(first, second)

    def moments_of_rows(
        self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any
    ) -> tuple[Any, F64, F64]:
        """Return the first of these moments, sum_i a_ik (K,) and sum_k a_ik (n,)."""
        of_rows, of_classes = np.empty(block.n), np.zeros(self.C)

        def spread(rows: slice, X: Floats, sums: F64) -> Floats:
            nonlocal of_classes
            at, of_classes = self._at(rows, X, P, A0, copy=True), sums
            self.softmax.spread(s=s[rows], damping=damping, sums=sums, **at)
            at["Z"][:, self.first :].sum(1, out=of_rows[rows])
            return np.asarray(at["Z"])

        return self._gradient(block, spread), of_classes[self.first :], of_rows

    def predict(self, block: Any, A: PackedWeights, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        for rows, X in self._pieces(block):
            self._fill(X, A, out[rows])
            if probabilities:
                self.softmax.softmax(out[rows])

    def line(self, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""
        at = np.ascontiguousarray(Z.T), np.ascontiguousarray(U.T)
        out: tuple[float, float] = self.softmax.line(*at, t, labels_of(Y), s)
        return out

    def line_from(
        self, block: Any, A0: PackedWeights, A: PackedWeights, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        y, loss, slope = labels_of(Y), 0.0, 0.0
        for rows, X in self._pieces(block):
            at = self._logits(X, A0), self._logits(X, A)
            of_piece = self.softmax.line(*at, t, y[rows], s[rows])
            loss, slope = loss + of_piece[0], slope + of_piece[1]
        return loss, slope


class LowPrecisionBLAS(BLASKernel):
    """The same with Hessian products in float32, whatever the type of X."""

    dtype = np.float32

    def pack_weights(self, W: F64, b: F64) -> PackedWeights:
        """Return W (K, d) and b (K,) in float32."""
        narrow = np.ascontiguousarray(W, dtype=np.float32)
        return PackedWeights(narrow, b.astype(np.float32) if len(b) else None)
