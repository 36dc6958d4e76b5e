r"""Residuals of sparse rows, kept for gradients that are made feature by feature.

A block could add its share X_k' R_k to a gradient (d, K) of its own, and these be added up; but
where features are more than rows such a gradient is longer than the residuals R (n, K) of all rows.
So blocks write their residuals row by row to one matrix, and then G_j = sum_i x_ij R_i is made
feature by feature from the transpose of X: it is written once, threads take ranges of features, and
the sums are the same on any number of them.  In float32 the matrix is half as long, and that pays
whatever the shape of X.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data import SparseBlock, SparseRows

__all__ = ["PlacedBlock", "ResidualMatrix", "Transpose"]


class ResidualMatrix:
    """The residuals (n, K) of the rows that one pass reads.

    Args:
        n: how many rows.
        K: residuals per row.
        pool: where memory comes from, once a block asks for some: a `BufferPool`.
        dtype: of the residuals.

    """

    def __init__(self, n: int, K: int, pool: Any, dtype: type = np.float64) -> None:
        self.shape, self.dtype, self._pool = (n, K), dtype, pool
        self._R: NDArray[Any] | None = None
        self._lock = Lock()

    @property
    def R(self) -> NDArray[Any]:
        """The residuals of all rows."""
        with self._lock:
            if self._R is None:
                self._R = self._pool.empty(*self.shape, dtype=self.dtype)
            return self._R


class PlacedBlock(SparseBlock):
    """Rows of a CSR array that know where their residuals go."""

    def __init__(self, block: Any, residuals: ResidualMatrix, span: slice) -> None:
        data, indices, indptr = block.raw
        super().__init__(data, indices, indptr, block.d)
        self.residuals, self.span = residuals, span


class Transpose:
    """The transpose of CSR rows, made when it is first needed.

    Args:
        rows: CSR.
        count: ranges of features that threads take.

    """

    def __init__(self, rows: SparseRows, count: int) -> None:
        self.rows, self.count = rows, count

    @cached_property
    def ranges(self) -> list[tuple[slice, SparseBlock]]:
        """Ranges of features, each with their rows of the transpose of X, of about equal work."""
        n, d = self.rows.X.shape
        T = self.rows.X.tocsc()  # what is CSC of X is CSR of its transpose
        work = T.indptr + np.arange(d + 1)  # a feature takes about as long as an entry
        edges = np.searchsorted(work, np.linspace(0, work[-1], self.count + 1))
        edges[0], edges[-1] = 0, d
        XT = SparseRows(sp.csr_array((T.data, T.indices, T.indptr), shape=(d, n)))
        spans = [slice(int(a), int(b)) for a, b in pairwise(edges) if a < b]
        return [(span, XT.block(span)) for span in spans]
