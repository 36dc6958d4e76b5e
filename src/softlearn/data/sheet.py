r"""Residuals of sparse rows, laid out for gradients that are made feature by feature.

A block could add its share X_k' R_k to a gradient (d, K) of its own, and these be added up; but
where features are more than rows such a gradient is longer than the residuals R (n, K) of all rows.
So blocks lay out their residuals row by row on one sheet, and then G_j = sum_i x_ij R_i is made
feature by feature from the transpose of X: it is written once, threads take ranges of features, and
the sums are the same on any number of them.  In float32 the sheet is half as long, and that pays
whatever the shape of X.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .sparse import SparseBlock, SparseRows

__all__ = ["Sheet"]


class Sheet:
    """The residuals (n, K) of the rows that one pass reads.

    Args:
        rows: all of them.
        K: residuals per row.
        pool: where memory comes from, once a block asks for some: a `softlearn.kernels.BufferPool`.
        dtype: of the residuals.

    """

    def __init__(self, rows: SparseRows, K: int, pool: Any, dtype: type = np.float64) -> None:
        self.rows, self.K, self.dtype, self._pool = rows, K, dtype, pool
        self._R: NDArray[Any] | None = None
        self._lock = Lock()

    def block(self, span: slice) -> SparseBlock:
        """Return the rows of a span as a block that knows its place here."""
        block = self.rows.block(span)
        block.sheet, block.span = self, span
        return block

    @property
    def R(self) -> NDArray[Any]:
        """The residuals of all rows."""
        with self._lock:
            if self._R is None:
                self._R = self._pool.empty(self.rows.n, self.K, dtype=self.dtype)
            return self._R
