"""Rows of features, handed out in blocks that fit a processor's cache.

A storage is a `Rows`: it knows its shape and gives block k as an object with two products,

    times(W) = W X_k^T    (K x d) -> (K x n_k)      logits, and their derivatives
    pull(R)  = R X_k      (K x n_k) -> (K x d)      gradients

always in float64, classes first, so that all that follows runs along contiguous memory.
Iterating again gives the same blocks: nothing is consumed.  A block also shows its entries as they
lie in memory (`raw`), for kernels that need no copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..cores import cores
from .sheet import Sheet

__all__ = [
    "MANY",
    "Block",
    "DenseBlock",
    "DenseRows",
    "Rows",
    "SparseBlock",
    "SparseRows",
    "as_rows",
    "mapped",
    "rows_at_once",
]

F64 = NDArray[np.float64]
MANY = 1000  # classes: with so many, no array has an entry for each row and each class
_CACHE = 1 << 20  # bytes of X in a block: it is read twice, the second time from the cache
_LOGITS = 1 << 22  # bytes of logits in a block, at most
_BLOCKS = 32  # for kernels that look after the cache themselves: enough for many threads,
_WORTH = 1 << 20  # but with so many multiplications in each that handing it over costs little
_RANGES = 16  # of features, or blocks, where sums are made feature by feature
_TWICE = 1 << 30  # bytes of X, at most, of which there may be a copy


class Block(Protocol):
    """A few consecutive rows."""

    @property
    def n(self) -> int:
        """The number of rows."""
        ...

    def times(self, W: F64) -> F64:
        """Return W X^T."""
        ...

    def pull(self, R: F64) -> F64:
        """Return R X."""
        ...

    def squares(self) -> Block:
        """Return the block of squared entries."""
        ...

    @property
    def raw(self) -> tuple[NDArray[Any], ...]:
        """The entries as they lie in memory: (X,) if dense, (data, indices, indptr) if CSR."""
        ...


class Rows(Protocol):
    """All rows, as blocks."""

    n: int
    d: int
    nbytes: int
    """Bytes that X occupies as the user holds it."""
    sparse: bool
    brief: bool
    """Whether they will be read a few times only, so that nothing is made of them first."""
    single: bool
    """Whether entries are float32."""
    nnz: int
    """Entries that a product works on."""
    row_factor: F64 | None
    """L with X X' = L L', once somebody has needed it."""

    def spans(self, K: int, fused: bool = False) -> list[slice]:
        """Return the rows of each block, when K logits per row are wanted.

        Fused kernels read X once and cut blocks into tiles themselves: theirs may be larger.
        """
        ...

    def block(self, span: slice) -> Block:
        """Return the rows of a span as a block."""
        ...

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        ...

    def subset(self, rows: NDArray[np.intp]) -> Rows:
        """Return some rows in the same storage."""
        ...

    def turns(self, C: int) -> bool:
        """Say whether sums over rows for C classes may be made feature by feature."""
        ...

    def sheet(self, C: int, K: int, room: Any, rough: bool = False) -> Sheet | None:
        """Return where a pass lays out residuals of C classes, K per row; None if it need not.

        A rough pass does so in float32.
        """
        ...


class DenseBlock:
    """Rows of a dense array; they become float64 when a product needs it, a few at a time.

    Args:
        X: the rows.
        squared: whether the entries are the squares of those of X.

    """

    def __init__(self, X: NDArray[Any], squared: bool = False) -> None:
        self._rows, self._squared = X, squared

    @property
    def raw(self) -> tuple[NDArray[Any], ...]:
        """The entries as they lie in memory."""
        return (self.X if self._squared else self._rows,)

    @cached_property
    def X(self) -> F64:
        """The rows in float64, one after another: other orders would round otherwise."""
        return self._entries(slice(None))

    def _entries(self, part: slice) -> F64:
        X = self._rows[part]
        if not self._squared:
            return np.ascontiguousarray(X, dtype=np.float64)
        squares: F64 = np.square(X, dtype=np.float64, order="C")
        return squares

    def _parts(self) -> Iterator[tuple[slice, F64]]:
        """Yield the rows in float64, as many as stay in the cache."""
        spans = _spans(self.n, max(_CACHE // (8 * max(self._rows.shape[1], 1)), 64))
        for part in spans:
            yield part, self.X if len(spans) == 1 else self._entries(part)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self._rows)

    def times(self, W: F64) -> F64:
        """Return W X^T."""
        Z = [W @ X.T for _, X in self._parts()]
        return Z[0] if len(Z) == 1 else np.concatenate(Z, axis=1)

    def pull(self, R: F64) -> F64:
        """Return R X."""
        products = (R[:, part] @ X for part, X in self._parts())
        out = next(products)
        for product in products:  # one after the other: each is as long as W
            out += product
        return out

    def squares(self) -> DenseBlock:
        """Return the block of squared entries."""
        return DenseBlock(self.raw[0], squared=True)


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

    def times(self, W: F64) -> F64:
        """Return W X^T."""
        out: F64 = np.ascontiguousarray((self.X @ np.ascontiguousarray(W.T)).T)
        return out

    def pull(self, R: F64) -> F64:
        """Return R X."""
        out: F64 = np.ascontiguousarray((self.XT @ np.ascontiguousarray(R.T)).T)
        return out

    def squares(self) -> SparseBlock:
        """Return the block of squared entries."""
        data, indices, indptr = self.raw
        data = np.asarray(data, dtype=np.float64)
        return SparseBlock(data * data, indices, indptr, self.d)


class DenseRows:
    """A dense array: C- or F-ordered, float32 or float64, in memory or memory-mapped.

    float32 rows become float64 one block at a time; X itself is never copied.
    """

    sparse = brief = False

    def __init__(self, X: NDArray[Any]) -> None:
        self.X = X
        self.n, self.d = X.shape
        self.nbytes, self.nnz = X.nbytes, self.n * self.d
        self.single = X.dtype == np.float32
        self.row_factor: F64 | None = None

    def spans(self, K: int, fused: bool = False) -> list[slice]:
        """Return the rows of each block, when K logits per row are wanted."""
        d, K = max(self.d, 1), max(K, 1)
        rows = max(self.n // _BLOCKS + 1, _WORTH // (d * K)) if fused else _CACHE // (8 * d)
        return _spans(self.n, max(min(rows, _LOGITS // (8 * K)), 64))

    def block(self, span: slice) -> DenseBlock:
        """Return the rows of a span as a block."""
        return DenseBlock(self.X[span])

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        return np.ascontiguousarray(self.X[rows], dtype=np.float64)

    def subset(self, rows: NDArray[np.intp]) -> DenseRows:
        """Return some rows in the same storage."""
        return DenseRows(self.X[rows])

    def turns(self, C: int) -> bool:
        """Say no: a block's gradient is made while the block is in the cache."""
        return False

    def sheet(self, C: int, K: int, room: Any, rough: bool = False) -> None:
        """Return None."""


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
            return _spans(self.n, max(self.n // _RANGES + 1, int(_WORTH / (per_row * K)), 64))
        # A block writes a whole K x d gradient, so it must hold several times d entries.
        enough = int(4 * self.d / per_row)
        rows = max(8 * _LOGITS // (8 * max(K, 1)), min(enough, 64 * _LOGITS // (8 * max(K, 1))))
        # One for each core if they hold enough, so that bits are those of the machine, not of
        # n_jobs; at least two.
        rows = min(rows, self.n // 2 + 1, max(self.n // cores() + 1, enough))
        return _spans(self.n, max(rows, 64))

    def turns(self, C: int) -> bool:
        """Say whether a transpose of X costs little beside what sums for C classes save by it."""
        worth = self.nnz * C >= _WORTH and self.nbytes <= _TWICE
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

    def sheet(self, C: int, K: int, room: Any, rough: bool = False) -> Sheet | None:
        """Return where a pass lays out residuals of C classes, K per row; None if it need not."""
        worth = self.turns(C) if rough else self.by_feature(C)
        return Sheet(self, K, room, np.float32 if rough else np.float64) if worth else None

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


def _spans(n: int, rows: int) -> list[slice]:
    count = max(1, -(-n // rows))
    edges = np.linspace(0, n, count + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def mapped(X: Any) -> bool:
    """Say whether X lies in a memory-mapped file: itself, or what it is a view of."""
    while X is not None and not isinstance(X, np.memmap):
        X = getattr(X, "base", None)
    return X is not None


def rows_at_once(X: NDArray[Any]) -> int:
    """Return how many rows of a dense array lie in the cache together."""
    return max(_CACHE // int(X.itemsize * max(X.shape[1], 1)), 1)


def as_rows(X: Any) -> Rows:
    """Return the storage for an array or a SciPy sparse matrix or array.

    Args:
        X: (n, d), dense or sparse.  float32 and float64 are used where they lie; any other real
            dtype is converted to float64, and CSC or another sparse format to CSR, once.

    Raises:
        ValueError: X has not two axes, or is sparse and its indices point outside it.

    """
    sparse: bool = sp.issparse(X)
    if sparse:
        S = sp.csr_array(X)
        _check_indices(S)
        return SparseRows(S if S.dtype in (np.float32, np.float64) else S.astype(np.float64))
    X = np.asanyarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must have two axes, rows and features, but its shape is {X.shape}.")
    if X.dtype not in (np.float32, np.float64):
        X = X.astype(np.float64)
    return DenseRows(X)


def _check_indices(S: sp.csr_array) -> None:
    """Require what compiled code relies on; SciPy checks it only when asked."""
    (n, d), starts, columns = S.shape, S.indptr, S.indices
    sound = len(starts) == n + 1 and starts[0] == 0 and not (starts[1:] < starts[:-1]).any()
    if not sound or starts[-1] > min(len(columns), len(S.data)):
        raise ValueError("X is not a sound sparse matrix: its indptr does not fit its data.")
    columns = columns[: starts[-1]]
    if len(columns) and not 0 <= columns.min() <= columns.max() < d:
        raise ValueError(f"X is not a sound sparse matrix: a column index is not 0 to {d - 1}.")
