r"""Repeated rows with the same label become one row with their total weight.

    sum_i s_i CE(y_i, z(x_i)) = sum_g (sum of s_i over i in g) CE(y_g, z(x_g))

whichever way equal pairs (x_i, y_i) are grouped, so the objective is the same function of its
parameters, and so is every bound.  Tables of categories and of rounded measurements have many.

Rows have hashes of 64 bits, sums of products of their entries' bits with odd numbers; rows with
equal hashes are compared entry by entry, so a collision merges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data.dense import DenseRows, rows_at_once
from ..data.rows import Rows, mapped
from ..data.sparse import SparseRows
from ..problem import Problem
from .reduction import Reduced, with_rows
from .sparse_storage import to_csr

__all__ = ["Distinct", "merge_repeated_rows", "repeated_rows"]

U64: TypeAlias = NDArray[np.uint64]
_FEWEST = 4096  # rows: with fewer a fit is over before this has paid
_SHARE = 0.5  # of the rows may stay: they are copied
_BYTES = 1 << 20  # of X looked at at once
_STRETCHES = 4  # of columns, compared first: they distinguish most rows
_COLUMNS = 8  # in each


@dataclass(frozen=True, eq=False)
class Distinct:
    """The distinct rows, and which one each row equals."""

    first: NDArray[np.intp]
    """(m,) the first row of each group, rising."""
    group: NDArray[np.intp]
    """(n,) the group of each row."""

    def weights(self, s: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the sum of each group's weights (m,); None stands for 1 each."""
        out: NDArray[np.float64] = np.bincount(self.group, s, len(self.first)).astype(np.float64)
        return out


def repeated_rows(problem: Problem) -> Reduced | None:
    """Return the problem with each row once; None where more than half would stay."""
    found = merge_repeated_rows(problem.rows, problem.Y)
    if found is None:
        return None
    rows = to_csr(problem.rows, found.first)
    s, Y = found.weights(problem.s), problem.Y[found.first]
    return Reduced(replace(with_rows(problem, rows), Y=Y, s=s))


def merge_repeated_rows(rows: Rows, codes: NDArray[Any]) -> Distinct | None:
    """Return the distinct rows; None where more than half would stay.

    Args:
        rows: n of them.  Of a memory-mapped array none are copied, so the answer is None.
        codes: (n,) labels, or (n, C) rows of probabilities.

    """
    if rows.n < _FEWEST or not isinstance(rows, DenseRows | SparseRows):
        return None
    if mapped(rows.X):
        return None
    max_distinct = int(_SHARE * rows.n)
    seen = _glance(rows)
    if _count(seen) > max_distinct:
        return None
    labels = _of_dense(codes.reshape(rows.n, -1), 1)
    if _count(labels + seen) > max_distinct:
        return None
    marks = labels + (_of_sparse(rows) if isinstance(rows, SparseRows) else _of_dense(rows.X, 0))
    if _count(marks) > max_distinct:
        return None
    _, first, group = np.unique(marks, return_index=True, return_inverse=True)
    alone = _unlike(rows, codes, first[group])
    if alone.any():  # rows whose hash collides with another's
        group[alone] = len(first) + np.arange(np.count_nonzero(alone))
        first = np.concatenate([first, np.flatnonzero(alone)])
    order = np.argsort(first)
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    return Distinct(first[order], place[group])


def _count(marks: U64) -> int:
    ordered = np.sort(marks)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1


def _factors(count: int, seed: int) -> U64:
    """Return odd numbers."""
    made = np.random.default_rng(seed).integers(0, 1 << 63, count, dtype=np.uint64)
    return (made << np.uint64(1)) | np.uint64(1)


def _bits(X: NDArray[Any]) -> U64:
    """Return numbers made from the bits of entries; those of small integers lie high up."""
    if X.dtype == np.float32:
        return X.view(np.uint32).astype(np.uint64)
    bits = X.view(np.uint64)
    return bits ^ (bits >> np.uint64(32))


def _marks(X: NDArray[Any], factors: U64) -> U64:
    """Return a mark for each row of some columns."""
    X = np.ascontiguousarray(X)
    X = X if X.dtype in (np.float32, np.float64) else X.astype(np.int64)
    return _bits(X) @ factors


def _of_dense(X: NDArray[Any], seed: int) -> U64:
    factors, step = _factors(X.shape[1], seed), rows_at_once(X)
    return np.concatenate([_marks(X[a : a + step], factors) for a in range(0, len(X), step)])


def _of_sparse(rows: SparseRows) -> U64:
    """Return marks that do not depend on the order of a row's entries."""
    data, columns, starts = rows.X.data, rows.X.indices, rows.X.indptr
    factors, out = _factors(rows.d, 0), np.zeros(rows.n, dtype=np.uint64)
    filled = np.flatnonzero(np.diff(starts))
    part = slice(starts[0], starts[-1])
    if len(filled):
        terms = _bits(np.ascontiguousarray(data[part])) * factors[columns[part]]
        out[filled] = np.add.reduceat(terms, starts[filled] - starts[0])
    return out


def _glance(rows: DenseRows | SparseRows) -> U64:
    """Return marks made of a part of each row, which takes little time."""
    if isinstance(rows, SparseRows):
        starts, last = rows.X.indptr, max(len(rows.X.indices) - 1, 0)
        some = np.minimum([starts[:-1], (starts[:-1] + starts[1:]) // 2], last)
        seen = [np.diff(starts), *rows.X.indices[some]] if len(rows.X.indices) else [0 * starts[1:]]
        return _marks(np.stack(seen, 1), _factors(len(seen), 2))
    X, d = rows.X, rows.d
    if d <= 2 * _STRETCHES * _COLUMNS:
        return _of_dense(X, 0)
    starts = np.linspace(0, d - _COLUMNS, _STRETCHES + 2).astype(int)[1:-1]  # edges may be empty
    some = [_marks(X[:, a : a + _COLUMNS], _factors(_COLUMNS, int(a))) for a in starts]
    return np.asarray(sum(some), dtype=np.uint64)


def _unlike(
    rows: DenseRows | SparseRows, codes: NDArray[Any], other: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return which rows are not what row `other` is, labels included."""
    unlike = _differ(codes.reshape(rows.n, -1), other)
    if isinstance(rows, DenseRows):
        return unlike | _differ(rows.X, other)
    starts = rows.X.indptr
    length = np.diff(starts)
    unlike |= length != length[other]
    # Entries of a row are compared with those at the same place of the other one.
    at = np.flatnonzero(~unlike & (length > 0))
    step = max(_BYTES * rows.n // max(8 * rows.nnz, 1), 1)
    for a in range(0, len(at), step):
        part = at[a : a + step]
        ends = np.cumsum(length[part])
        inside = np.arange(ends[-1]) - np.repeat(ends - length[part], length[part])
        mine = np.repeat(starts[part], length[part]) + inside
        yours = np.repeat(starts[other[part]], length[part]) + inside
        differ = rows.X.data[mine] != rows.X.data[yours]
        differ |= rows.X.indices[mine] != rows.X.indices[yours]
        unlike[part] |= np.logical_or.reduceat(differ, ends - length[part])
    return unlike


def _differ(X: NDArray[Any], other: NDArray[np.intp]) -> NDArray[np.bool_]:
    out, step = np.empty(len(X), dtype=bool), rows_at_once(X)
    for a in range(0, len(X), step):
        span = slice(a, a + step)
        out[span] = (X[span] != X[other[span]]).any(1)
    return out
