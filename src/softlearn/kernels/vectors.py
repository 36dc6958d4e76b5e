"""Vector operations in C++ for vectors as long as w: fused, and on all threads.

Where there are many features and classes such vectors are longer than X, and conjugate gradients
spend more time on them than on their products.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..vector_space import VectorSpace
from .buffer_pool import BufferPool

__all__ = ["NativeVectorSpace"]

F64 = NDArray[np.float64]
_STRETCH = 1 << 18  # entries per task of a thread


class NativeVectorSpace(VectorSpace):
    """`softlearn.protocol.VectorSpace` with native kernels.

    Args:
        kernels: for one instruction set.
        engine: its threads are used; sums have the same order on any number of them.
        pool: allocates memory.

    """

    def __init__(self, kernels: Any, engine: Any, pool: BufferPool) -> None:
        self.kernels, self.engine, self.pool = kernels, engine, pool

    def empty_like(self, x: F64) -> F64:
        """Return an uninitialised vector like x."""
        out: F64 = self.pool.empty(len(x))
        return out

    def dot(self, x: F64, y: F64) -> float:
        """Return <x, y>."""
        return float(sum(self._each(lambda span: self.kernels.dot(x[span], y[span]), len(x))))

    def scale_into(self, a: float, x: F64, to: F64) -> None:
        """Write a x to another vector."""
        self._each(lambda span: np.multiply(x[span], a, out=to[span]), len(x))

    def axpy_pair(self, a: float, p: F64, Hp: F64, v: F64, r: F64) -> None:
        """Add a p to v and a Hp to r."""
        self._each(
            lambda span: self.kernels.axpy_pair(a, p[span], Hp[span], v[span], r[span]), len(p)
        )

    def scale_subtract(self, b: float, p: F64, y: F64) -> None:
        """Replace p by b p - y."""
        self._each(lambda span: self.kernels.scale_subtract(b, p[span], y[span]), len(p))

    def axpy(self, a: float, x: F64, to: F64) -> None:
        """Add a x to another vector."""
        self._each(lambda span: self.kernels.axpy(a, x[span], to[span]), len(x))

    def _each(self, f: Callable[[slice], Any], size: int) -> list[Any]:
        if size <= _STRETCH:
            return [f(slice(None))]
        spans = [slice(i, min(i + _STRETCH, size)) for i in range(0, size, _STRETCH)]
        return list(self.engine.map(f, spans))
