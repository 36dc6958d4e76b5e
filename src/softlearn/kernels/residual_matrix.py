r"""Residuals of sparse rows, kept for gradients that are computed feature by feature.

Each block could write its share X_k' R_k to a gradient (d, K) of its own, to be summed afterwards.
But with more features than rows such a gradient is longer than the residuals R (n, K) of all rows.
So blocks write their residuals row by row to one matrix, and then G_j = sum_i x_ij R_i is computed
feature by feature from the transpose of X.  The gradient is written once, threads take ranges of
features, and the sums are the same on any number of threads.  In float32 the matrix takes half the
memory, and that pays whatever the shape of X.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PlacedBlock", "ResidualMatrix"]


class ResidualMatrix:
    """The residuals (n, K) of the rows that one pass reads.

    Args:
        n: the number of rows.
        K: residuals per row.
        pool: a `BufferPool`, which allocates the memory when the first block needs it.
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


class PlacedBlock:
    """A block of CSR rows with its part of the residual matrix; otherwise like the block.

    Args:
        block: the rows.
        residuals: of all rows.
        span: the rows of the block.

    """

    def __init__(self, block: Any, residuals: ResidualMatrix, span: slice) -> None:
        self.block, self.residuals, self.span = block, residuals, span
        self.raw, self.n = block.raw, block.n

    def __getattr__(self, name: str) -> Any:
        """Return the block's attribute."""
        return getattr(self.block, name)
