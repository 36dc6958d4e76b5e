"""Rows of a sparse array, CSR."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["SparseBlock", "SparseRows"]

F64 = NDArray[np.float64]


class SparseBlock:
    """Rows of a CSR array; a product converts them to float64."""

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
        """Let S share this memory; its constructor would copy a small part of an array."""
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

    sparse = True
    memory: int | None = None

    def __init__(self, X: sp.csr_array) -> None:
        self.X, self.dtype = X, X.dtype
        self.n, self.d = X.shape
        self.nbytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
        self.nnz = int(X.nnz)

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
