"""Memory that is reused.

The system clears a page that is freed and allocated again, and on many machines that takes longer
than writing the results there.  Every step of a fit needs the same few arrays.
"""

from __future__ import annotations

from math import prod
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BufferPool"]

F64 = NDArray[np.float64]
_SMALL = 1 << 13  # entries: malloc reuses smaller arrays itself
_SLAB = 1 << 20  # entries allocated at once, at most: in large pages, where the system has them


class BufferPool:
    """Allocates arrays; once an array and all its views are gone, its memory is reused.

    Threads may share it.
    """

    def __init__(self) -> None:
        self._free: dict[int, list[F64]] = {}
        self._rest, self._got, self._lock = np.empty(0), 0, Lock()

    def empty(self, *shape: int, dtype: type = np.float64) -> Any:
        """Return an array of float64, or of float32, uninitialised."""
        size = prod(shape)
        if dtype is np.float32:
            return self.empty((size + 1) // 2).view(dtype)[:size].reshape(shape)
        free = self._free.setdefault(size, [])
        try:
            memory = free.pop()
        except IndexError:
            memory = self._new(size)
        return np.asarray(_Buffer(memory, free)).reshape(shape)

    def _new(self, size: int) -> F64:
        if not _SMALL <= size <= _SLAB // 2:
            return np.empty(size)
        with self._lock:
            if size > len(self._rest):
                self._rest = np.empty(max(size, min(self._got, _SLAB)))
                self._got += len(self._rest)
            memory, self._rest = self._rest[:size], self._rest[size:]
        return memory

    def zeros(self, *shape: int) -> F64:
        """Return an array of zeros."""
        out: F64 = self.empty(*shape)
        out.fill(0.0)
        return out


class _Buffer:
    """The owner of an array's memory, alive until the last view is gone."""

    __slots__ = ("__array_interface__", "free", "memory")

    def __init__(self, memory: F64, free: list[F64]) -> None:
        self.memory, self.free = memory, free
        self.__array_interface__: dict[str, Any] = memory.__array_interface__

    def __del__(self) -> None:
        self.free.append(self.memory)
