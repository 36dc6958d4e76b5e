"""The vector operations that solvers need: dot, axpy and their like, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["VectorSpace"]

F64 = NDArray[np.float64]
_STRETCH = 1 << 15  # entries whose products stay in a core's cache


class VectorSpace:
    """The vector operations of conjugate gradients; an objective may have faster ones."""

    def empty_like(self, x: F64) -> F64:
        """Return an uninitialised vector like x."""
        return np.empty_like(x)

    def dot(self, x: F64, y: F64) -> float:
        """Return <x, y>."""
        return float(x @ y)

    def scale_into(self, a: float, x: F64, to: F64) -> None:
        """Write a x to another vector."""
        np.multiply(x, a, out=to)

    def axpy_pair(self, a: float, p: F64, Hp: F64, v: F64, r: F64) -> None:
        """Add a p to v and a Hp to r."""
        v += a * p
        r += a * Hp

    def scale_subtract(self, b: float, p: F64, y: F64) -> None:
        """Replace p by b p - y."""
        p *= b
        p -= y

    def axpy(self, a: float, x: F64, to: F64) -> None:
        """Add a x to another vector, by stretches whose products stay in a core's cache."""
        for start in range(0, len(x), _STRETCH):
            span = slice(start, start + _STRETCH)
            to[span] += a * x[span]
