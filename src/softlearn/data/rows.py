"""Rows of features, in blocks that fit a processor's cache.

A storage is a `Rows`: it has a shape and returns block k as an object with two products,

    matmat(W)  = W X_k^T    (K x d) -> (K x n_k)    logits, and their derivatives
    rmatmat(R) = R X_k      (K x n_k) -> (K x d)    gradients

always in float64, classes first, so that later operations run along contiguous memory.  Reading
blocks again gives the same blocks.  A block also gives its entries without a copy (`raw`), for
compiled kernels.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block", "Rows", "cut", "mapped"]

F64 = NDArray[np.float64]


class Block(Protocol):
    """A few consecutive rows."""

    @property
    def n(self) -> int:
        """The number of rows."""
        ...

    def matmat(self, W: F64) -> F64:
        """Return W X^T."""
        ...

    def rmatmat(self, R: F64) -> F64:
        """Return R X."""
        ...

    def squares(self) -> Block:
        """Return the block of squared entries."""
        ...

    @property
    def raw(self) -> tuple[NDArray[Any], ...]:
        """The entries without a copy: (X,) if dense, (data, indices, indptr) if CSR."""
        ...


class Rows(Protocol):
    """All rows, as blocks."""

    n: int
    d: int
    nbytes: int
    """Bytes of X as the user gave it."""
    nnz: int
    """Entries that a product works on."""
    sparse: bool
    """Whether blocks are CSR."""
    dtype: np.dtype[Any]
    """Of the entries: float32 or float64."""
    memory: int | None
    """Bytes that a fit may use for rows on disk and what it keeps of them; None if in memory."""

    def block(self, span: slice) -> Block:
        """Return the rows of a span as a block."""
        ...

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        ...

    def subset(self, rows: NDArray[np.intp]) -> Rows:
        """Return some rows in the same storage."""
        ...


def cut(n: int, rows: int) -> list[slice]:
    """Cut n rows into blocks of about equal size, at most so many rows in each."""
    count = max(1, -(-n // rows))
    edges = np.linspace(0, n, count + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def mapped(X: Any) -> bool:
    """Return whether X, or the array of which it is a view, is in a memory-mapped file."""
    while X is not None and not isinstance(X, np.memmap):
        X = getattr(X, "base", None)
    return X is not None
