"""CSR rows of which many entries are not zero, as a dense array: its entries need no addresses."""

from __future__ import annotations

from ..data.dense import DenseRows
from ..data.sparse import SparseRows
from ..problem import Problem
from .reduction import Reduced, with_rows

__all__ = ["dense_storage"]

_DENSITY = 0.125  # with fewer entries, sparse products are faster
_LARGEST = 1 << 25  # bytes of the copy


def dense_storage(problem: Problem) -> Reduced | None:
    """Return the problem over dense rows; None where they are so, are long, or mostly zero.

    The copy takes 32 MiB at most.
    """
    rows = problem.rows
    entries = rows.n * rows.d
    if not isinstance(rows, SparseRows) or not _DENSITY * entries < rows.nnz:
        return None
    if entries * rows.dtype.itemsize > _LARGEST:
        return None
    return Reduced(with_rows(problem, DenseRows(rows.X.toarray())))
