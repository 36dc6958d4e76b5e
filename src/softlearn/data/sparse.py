"""Rows of a sparse array, CSR."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..cores import cores
from .rows import LOGITS, MANY, WORTH, cut
from .sheet import Sheet

__all__ = ["SparseBlock", "SparseRows"]

F64 = NDArray[np.float64]
_RANGES = 16  # of features, or blocks, where sums are made feature by feature
_TWICE = 1 << 30  # bytes of X, at most, of which there may be a copy


class SparseBlock:
    """Rows of a CSR array; they become float64 when a product needs it."""

    sheet: Sheet | None = None
    """Where residuals are laid out, at `span`, if they are."""
    span: slice

    def __init__(self, data: NDArray[Any], indices: Any, indptr: Any, d: int) -> None:
        self.raw, self.d = (data, indices, indptr), d

    @cached_property
    def X(self) -> Any:
        """The rows, CSR in float64."""
        return self._shared(sp.csr_array((self.n, self.d)))

    @cached_property
    def XT(self) -> Any:
        """Their transpose, CSC in float64."""
        return self._shared(sp.csc_array((self.d, self.n)))

    def _shared(self, S: Any) -> Any:
        """Let S share our memory; its constructor would copy a small part of an array."""
        data, S.indices, S.indptr = self.raw
        S.data = np.asarray(data, dtype=np.float64)
        return S

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.raw[2]) - 1

    def matmat(self, W: F64) -> F64:
        """Return W X^T."""
        out: F64 = np.ascontiguousarray((self.X @ np.ascontiguousarray(W.T)).T)
        return out

    def rmatmat(self, R: F64) -> F64:
        """Return R X."""
        out: F64 = np.ascontiguousarray((self.XT @ np.ascontiguousarray(R.T)).T)
        return out

    def squares(self) -> SparseBlock:
        """Return the block of squared entries."""
        data, indices, indptr = self.raw
        data = np.asarray(data, dtype=np.float64)
        return SparseBlock(data * data, indices, indptr, self.d)


class SparseRows:
    """A CSR array of float32 or float64; blocks share the memory of a float64 one.

    float32 entries become float64 one block at a time.
    """

    sparse, brief = True, False

    def __init__(self, X: sp.csr_array) -> None:
        self.X = X
        self.n, self.d = X.shape
        self.nbytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
        self.nnz, self.single = int(X.nnz), X.dtype == np.float32
        self.row_factor: F64 | None = None

    def spans(self, K: int, fused: bool = False) -> list[slice]:
        """Return the rows of each block, when K logits per row are wanted."""
        per_row = max(self.X.nnz / max(self.n, 1), 1.0)
        if fused and self.by_feature(K):
            return cut(self.n, max(self.n // _RANGES + 1, int(WORTH / (per_row * K)), 64))
        # A block writes a whole K x d gradient, so it must hold several times d entries.
        enough = int(4 * self.d / per_row)
        rows = max(8 * LOGITS // (8 * max(K, 1)), min(enough, 64 * LOGITS // (8 * max(K, 1))))
        # One for each core if they hold enough, so that bits are those of the machine, not of
        # n_jobs; at least two.
        rows = min(rows, self.n // 2 + 1, max(self.n // cores() + 1, enough))
        return cut(self.n, max(rows, 64))

    def turns(self, C: int) -> bool:
        """Say whether a transpose of X costs little beside what sums for C classes save by it."""
        worth = self.nnz * C >= WORTH and self.nbytes <= _TWICE
        return worth and not self.brief and C < MANY

    def by_feature(self, C: int) -> bool:
        """Say whether gradients of C classes are best summed feature by feature.

        It is so where residuals (n, C) are shorter than a gradient (d, C).
        """
        return self.n <= self.d and self.turns(C)

    @cached_property
    def features(self) -> list[tuple[slice, SparseBlock]]:
        """Ranges of features, each with their rows of the transpose of X, of about equal work."""
        T = self.X.tocsc()  # what is CSC of X is CSR of its transpose
        work = T.indptr + np.arange(self.d + 1)  # a feature takes about as long as an entry
        edges = np.searchsorted(work, np.linspace(0, work[-1], _RANGES + 1))
        edges[0], edges[-1] = 0, self.d
        XT = SparseRows(sp.csr_array((T.data, T.indices, T.indptr), shape=(self.d, self.n)))
        spans = [slice(int(a), int(b)) for a, b in pairwise(edges) if a < b]
        return [(span, XT.block(span)) for span in spans]

    def sheet(self, C: int, K: int, pool: Any, rough: bool = False) -> Sheet | None:
        """Return where a pass lays out residuals of C classes, K per row; None if it need not."""
        worth = self.turns(C) if rough else self.by_feature(C)
        return Sheet(self, K, pool, np.float32 if rough else np.float64) if worth else None

    def block(self, span: slice) -> SparseBlock:
        """Return the rows of a span as a block."""
        X = self.X
        a, b = int(X.indptr[span.start]), int(X.indptr[span.stop])
        indptr = X.indptr[span.start : span.stop + 1] - X.indptr[span.start]
        return SparseBlock(X.data[a:b], X.indices[a:b], indptr, self.d)

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        out: F64 = self.X[rows].toarray().astype(np.float64, copy=False)
        return out

    def subset(self, rows: NDArray[np.intp]) -> SparseRows:
        """Return some rows in the same storage."""
        return SparseRows(self.X[rows])
