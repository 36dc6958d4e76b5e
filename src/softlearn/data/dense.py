"""Rows of a dense array."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rows import cut

__all__ = ["DenseBlock", "DenseRows", "rows_at_once"]

F64 = NDArray[np.float64]
_CACHE = 1 << 20  # bytes of X that stay in a core's cache


class DenseBlock:
    """Rows of a dense array; a product converts them to float64, a few at a time.

    Args:
        X: the rows.
        squared: whether the entries are the squares of those of X.

    """

    def __init__(self, X: NDArray[Any], squared: bool = False) -> None:
        self._rows, self._squared = X, squared

    @property
    def raw(self) -> tuple[NDArray[Any], ...]:
        """The entries in their memory order."""
        return (self.X if self._squared else self._rows,)

    @cached_property
    def X(self) -> F64:
        """The rows in float64 and C order: another order would round differently."""
        return self._entries(slice(None))

    def _entries(self, part: slice) -> F64:
        X = self._rows[part]
        if not self._squared:
            return np.ascontiguousarray(X, dtype=np.float64)
        squares: F64 = np.square(X, dtype=np.float64, order="C")
        return squares

    def _parts(self) -> Iterator[tuple[slice, F64]]:
        """Yield the rows in float64, as many as stay in the cache."""
        spans = cut(self.n, max(_CACHE // (8 * max(self._rows.shape[1], 1)), 64))
        for part in spans:
            yield part, self.X if len(spans) == 1 else self._entries(part)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self._rows)

    def matmat(self, W: F64) -> F64:
        """Return W X^T."""
        Z = [W @ X.T for _, X in self._parts()]
        return Z[0] if len(Z) == 1 else np.concatenate(Z, axis=1)

    def rmatmat(self, R: F64) -> F64:
        """Return R X."""
        products = (R[:, part] @ X for part, X in self._parts())
        out = next(products)
        for product in products:  # one after the other: each is as long as W
            out += product
        return out

    def squares(self) -> DenseBlock:
        """Return the block of squared entries."""
        return DenseBlock(self.raw[0], squared=True)


class DenseRows:
    """A dense array: C- or F-ordered, float32 or float64, in memory or memory-mapped.

    float32 rows become float64 one block at a time; X itself is never copied.
    """

    sparse = False
    memory: int | None = None

    def __init__(self, X: NDArray[Any]) -> None:
        self.X, self.dtype = X, X.dtype
        self.n, self.d = X.shape
        self.nbytes, self.nnz = X.nbytes, self.n * self.d

    def block(self, span: slice) -> DenseBlock:
        """Return the rows of a span as a block."""
        return DenseBlock(self.X[span])

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        return np.ascontiguousarray(self.X[rows], dtype=np.float64)

    def subset(self, rows: NDArray[np.intp]) -> DenseRows:
        """Return some rows in the same storage."""
        return DenseRows(self.X[rows])


def rows_at_once(X: NDArray[Any]) -> int:
    """Return how many rows of a dense array fit into the cache."""
    return max(_CACHE // int(X.itemsize * max(X.shape[1], 1)), 1)
