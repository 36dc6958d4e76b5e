r"""Columns of a sparse matrix that one row alone uses become one column of that row.

Rows of text hold words that no other row holds.  Let row i be the only one to use the columns S,
with entries x_S.  Its logits are those of one column with the entry ||x_S||, whose weights u are
W_S x_S / ||x_S||; what W_S has beside u x_S' / ||x_S|| changes no logit and only adds to the
penalty, so the optimum has none of it.  New columns are orthonormal combinations of the old ones:

    X = X' Q',    Q'Q = I,    W = W' Q',    ||W|| = ||W'||

so the penalised objective of (X', W') has the same minimum, and a bound for one is a bound for the
other.  Columns that no row uses are left out: their optimal weights are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .rows import SparseRows

__all__ = ["Merged", "merged"]

F64 = NDArray[np.float64]
_WORTH = 8  # more than one column in so many must go: less is not worth another copy of X


@dataclass(frozen=True, eq=False)
class Merged:
    """Rows with fewer columns, and how weights get there and back."""

    rows: SparseRows
    """The rows X' (n, d')."""
    Q: sp.csr_array
    """(d, d'), orthonormal columns."""

    @property
    def d(self) -> int:
        """The number of columns of X."""
        return int(self.Q.shape[0])

    def together(self, W: F64) -> F64:
        """Return W' = W Q (K, d') for W (K, d)."""
        out: F64 = (self.Q.T @ W.T).T
        return out

    def apart(self, W: F64) -> F64:
        """Return W = W' Q' (K, d) for W' (K, d'), the weights of a feature side by side."""
        out: F64 = (self.Q @ W.T).T
        return out


def merged(rows: SparseRows) -> Merged | None:
    """Return the rows with the columns merged that one row alone uses; None where few would go."""
    X = rows.X
    n, d = X.shape
    start, stop = X.indptr[0], X.indptr[-1]
    columns, values = X.indices[start:stop], X.data[start:stop]
    counts = np.bincount(columns, minlength=d)
    alone = counts[columns] == 1
    row = np.repeat(np.arange(n), np.diff(X.indptr))
    with np.errstate(over="ignore"):
        squares = np.bincount(row[alone], values[alone].astype(np.float64) ** 2, n)
    with_new = squares > 0.0
    many = np.flatnonzero(counts > 1)
    size = len(many) + int(with_new.sum())
    if not (d - size) * _WORTH > d or not np.isfinite(squares).all():
        return None
    norms = np.sqrt(squares)
    place = np.empty(d, columns.dtype)  # of each column, while it has one
    place[many] = np.arange(len(many))
    new_of_row = (len(many) + np.cumsum(with_new) - 1).astype(columns.dtype)
    Q = _combinations((d, size), many, columns[alone], row[alone], values[alone], norms, new_of_row)
    # Each row keeps its other entries, in their order, and gets at most one at its end.
    before: NDArray[np.intp] = np.cumsum(with_new) - with_new
    kept = np.flatnonzero(~alone)
    at = np.arange(len(kept)) + before[row[kept]]
    indptr = np.zeros(n + 1, X.indptr.dtype)
    indptr[1:] = np.cumsum(np.bincount(row[kept], minlength=n) + with_new)
    indices, data = np.empty(indptr[-1], columns.dtype), np.empty(indptr[-1])
    indices[at], data[at] = place[columns[kept]], values[kept]
    ends = indptr[1:][with_new] - 1
    indices[ends], data[ends] = new_of_row[with_new], norms[with_new]
    return Merged(SparseRows(sp.csr_array((data, indices, indptr), shape=(n, size))), Q)


def _combinations(
    shape: tuple[int, int],
    many: NDArray[np.intp],
    columns: NDArray[Any],
    row: NDArray[np.intp],
    values: NDArray[Any],
    norms: F64,
    new_of_row: NDArray[Any],
) -> sp.csr_array:
    """Return Q: 1 where a column stays, x / ||x_S|| where it is one of a row's S."""
    live = norms[row] > 0.0  # zeros may be stored
    columns, row, values = columns[live], row[live], values[live]
    share = values / norms[row]
    old = np.concatenate([many, columns])
    new = np.concatenate([np.arange(len(many)), new_of_row[row]])
    entries = np.concatenate([np.ones(len(many)), share])
    return sp.csr_array((entries, (old, new)), shape=shape)
