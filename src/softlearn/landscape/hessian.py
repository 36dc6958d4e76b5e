"""The Hessian at a point as an operator, its flat directions set aside and its products counted."""

from __future__ import annotations

import numpy as np

from ..protocol import F64, Point
from .lanczos import Ritz
from .symmetries import Flat

__all__ = ["Hessian"]

_ROUNDING = 32.0  # in units of the last place of the largest curvature: what products are wrong by


class Hessian:
    """P H P at a point, P the projection away from flat directions.

    Args:
        point: where; its `hvp` is the Hessian.
        flat: the directions set aside.
        rough: what products are wrong by since they are differences.

    """

    def __init__(self, point: Point, flat: Flat, rough: float = 0.0) -> None:
        self.point, self.flat, self.rough, self.products = point, flat, rough, 0
        self.eps = float(np.finfo(point.grad.dtype).eps)

    @property
    def dimension(self) -> int:
        """Of what is left."""
        return self.flat.left

    def __call__(self, v: F64) -> F64:
        """Return P H v, v one of the directions left."""
        self.products += 1
        return self.flat.away(np.asarray(self.point.hvp(v), dtype=np.float64))

    def dense(self) -> tuple[F64, F64, float]:
        """Return P H P in a basis of what is left, (k, k), the basis as rows, and its error.

        The error is that of rounding, and half the asymmetry, which exact products would not have.
        """
        B = self.flat.basis()
        H = np.array([B @ self(b) for b in B]).reshape(len(B), len(B))
        asymmetry = 0.5 * float(np.linalg.norm(H - H.T))
        A = 0.5 * (H + H.T)
        size = float(np.linalg.norm(A, 2)) if len(B) else 0.0
        return A, B, asymmetry + len(B) * self.eps * size + self.rough

    def noise(self, found: Ritz) -> float:
        """Return what eigenvalues may be wrong by because products are rounded."""
        return found.noise + _ROUNDING * self.eps * found.size + self.rough
