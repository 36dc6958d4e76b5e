"""Dense rows that are mostly zeros, as a CSR array: a product skips the zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data.dense import DenseRows, rows_at_once
from ..data.rows import Rows, mapped
from ..data.sparse import SparseRows
from ..problem import Problem
from .reduction import Reduced, with_rows

__all__ = ["sparse_storage", "to_csr"]

_DENSITY = 0.125  # with more nonzero entries, dense products are faster
_SMALL = 1e6  # entries of X: below them nothing is worth a copy
_SAMPLE = 1000  # rows that are looked at first,
_ROUGHLY = 1.25  # and by how much they may exceed it


def sparse_storage(problem: Problem) -> Reduced | None:
    """Return the problem over CSR rows; None where they are so, or have too few zeros."""
    rows = to_csr(problem.rows)
    return None if rows is problem.rows else Reduced(with_rows(problem, rows))


def to_csr(rows: Rows, some: NDArray[np.intp] | None = None) -> Rows:
    """Return rows as CSR where at most one entry in eight is not zero, else as they are.

    The copy takes a quarter of X at most.  A memory-mapped array is not copied.

    Args:
        rows: dense or sparse.
        some: numbers of the rows that are wanted, or None for all.

    """
    n = rows.n if some is None else len(some)
    if isinstance(rows, DenseRows) and not mapped(rows.X) and n * rows.d >= _SMALL:
        X = rows.X
        seen = X[np.linspace(0, rows.n - 1, _SAMPLE).astype(int)]
        if np.count_nonzero(seen) <= _ROUGHLY * _DENSITY * seen.size:
            found = _packed(X, np.arange(n) if some is None else some)
            if found is not None:
                return SparseRows(found)
    return rows if some is None else rows.subset(some)


def _packed(X: NDArray[Any], some: NDArray[np.intp]) -> sp.csr_array | None:
    """Return some rows of X as CSR, or None where too many entries are not zero."""
    n, d = len(some), X.shape[1]
    step = rows_at_once(X)
    starts = np.zeros(n + 1, dtype=np.int64)
    for a in range(0, n, step):
        part = X[some[a : a + step]]
        starts[a + 1 : a + len(part) + 1] = np.count_nonzero(part, axis=1)
    np.cumsum(starts, out=starts)
    if starts[-1] > _DENSITY * n * d:
        return None
    index = np.int32 if max(starts[-1], d) <= np.iinfo(np.int32).max else np.int64
    data, columns = np.empty(starts[-1], X.dtype), np.empty(starts[-1], index)
    for a in range(0, n, step):
        part = np.ascontiguousarray(X[some[a : a + step]])
        where = slice(starts[a], starts[min(a + step, n)])
        row, column = np.nonzero(part != 0.0)
        data[where], columns[where] = part[row, column], column
    return sp.csr_array((data, columns, starts.astype(index)), shape=(n, d))
