r"""Columns of a sparse matrix that one row alone uses become one column of that row.

Rows of text hold words that no other row holds.  Let row i be the only one to use the columns S,
with entries x_S.  Its logits are those of one column with the entry ||x_S||, whose weights u are
W_S x_S / ||x_S||; the part of W_S other than u x_S' / ||x_S|| changes no logit and only adds to the
penalty, so it is zero at the optimum.  New columns are orthonormal combinations of the old ones:

    X = X' Q',    Q'Q = I,    W = W' Q',    ||W|| = ||W'||

so the penalised objective of (X', W') has the same minimum, and a bound for one is a bound for the
other.  Columns that no row uses are left out: their optimal weights are 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data import SparseRows
from ..problem import Problem
from .affine import spreads
from .reduction import Reduced, with_columns

__all__ = ["Merged", "merge_single_row_columns", "single_row_columns"]

F64 = NDArray[np.float64]
_WORTH = 8  # at least one column in so many must be saved: less is not worth another copy of X


@dataclass(frozen=True, eq=False)
class Merged:
    """Rows with fewer columns, and the change of weights."""

    rows: SparseRows
    """The rows X' (n, d')."""
    Q: sp.csr_array
    """(d, d'), orthonormal columns."""

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return W' = W Q (K, d') for W (K, d), and the biases."""
        return (self.Q.T @ W.T).T, b

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return W = W' Q' (K, d) for W' (K, d'), the weights of a feature side by side; and b."""
        return (self.Q @ W.T).T, b


def single_row_columns(problem: Problem) -> Reduced | None:
    """Return a penalised problem over fewer columns; None where few would be saved."""
    rows = problem.rows
    penalty = problem.penalty
    if not isinstance(rows, SparseRows) or penalty.absent or problem.spared is not None:
        return None
    if not penalty.smooth:  # |W| changes where columns are combined
        return None
    found = merge_single_row_columns(rows)
    return (
        None if found is None else Reduced(with_columns(problem, found.rows, found, spreads), found)
    )


def merge_single_row_columns(rows: SparseRows) -> Merged | None:
    """Return the rows with their single-row columns merged; None where few would be saved."""
    X = rows.X
    n, d = X.shape
    start, stop = X.indptr[0], X.indptr[-1]
    columns, values, starts = X.indices[start:stop], X.data[start:stop], X.indptr - start
    counts = np.bincount(columns, minlength=d)
    alone = np.flatnonzero((counts == 1)[columns])  # entries that are their columns' only ones
    row = np.searchsorted(starts, alone, side="right") - 1
    with np.errstate(over="ignore"):
        squares = np.bincount(row, values[alone].astype(np.float64) ** 2, n)
    with_new = np.flatnonzero(squares > 0.0)
    many = np.flatnonzero(counts > 1)
    size = len(many) + len(with_new)
    if not (d - size) * _WORTH > d or not np.isfinite(squares).all():
        return None
    # The first of a row's entries gives its place to the new column, and the others go.
    first = np.searchsorted(row, with_new)
    stays, gone = np.ones(len(columns), dtype=bool), np.delete(alone, first)
    stays[gone] = False
    place, share = np.empty(d, columns.dtype), np.ones(d)  # of each column that has any
    place[many] = np.arange(len(many))
    new_of_row = np.zeros(n, columns.dtype)
    new_of_row[with_new] = np.arange(len(many), size)
    place[columns[alone]] = new_of_row[row]
    norms = np.sqrt(squares)
    live = squares[row] > 0.0  # zeros may be stored
    share[columns[alone[live]]] = values[alone[live]] / norms[row[live]]
    indices, data = place[columns[stays]], values[stays].astype(np.float64, copy=False)
    data[alone[first] - np.searchsorted(gone, alone[first])] = norms[with_new]
    indptr = starts - np.searchsorted(gone, starts).astype(starts.dtype)
    merged_rows = SparseRows(sp.csr_array((data, indices, indptr), shape=(n, size)))
    has = counts > 0
    has[columns[alone[~live]]] = False
    ends = np.concatenate([[0], np.cumsum(has)])
    return Merged(merged_rows, sp.csr_array((share[has], place[has], ends), shape=(d, size)))
