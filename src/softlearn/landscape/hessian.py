"""The Hessian at a point as an operator, its flat directions set aside and its products counted."""

from __future__ import annotations

import numpy as np

from ..protocol import F64, Objective, Point
from .forms import form_at
from .lanczos import Ritz
from .symmetries import Flat

__all__ = ["Hessian"]

_ROUNDING = 32.0  # in units of the last place of the largest curvature: the error of products
_LOOKS = 3  # random directions in which products by differences are compared with better ones


class Hessian:
    """P H P at a point, P the projection away from flat directions."""

    def __init__(self, J: Objective, point: Point, flat: Flat) -> None:
        self.J, self.point, self.flat, self.products = J, point, flat, 0
        self.eps = float(np.finfo(point.grad.dtype).eps)
        self._rough: float | None = None

    @property
    def dimension(self) -> int:
        """Of what is left."""
        return self.flat.left

    def __call__(self, v: F64) -> F64:
        """Return P H v, v one of the directions left."""
        self.products += 1
        return self.flat.away(np.asarray(self.point.hvp(v), dtype=np.float64))

    def dense(self) -> F64:
        """Return P H P in a basis of what is left."""
        B = self.flat.basis()
        H = np.array([B @ self(b) for b in B]).reshape(len(B), len(B))
        return np.asarray(0.5 * (H + H.T))

    def noise(self, found: Ritz) -> float:
        """Return the error of eigenvalues from products with rounding or difference errors."""
        return found.noise + _ROUNDING * self.eps * found.size + self._differences

    @property
    def _differences(self) -> float:
        """The norm of the error of products by differences, from random directions."""
        if not getattr(self.J, "hessian_by_differences", False):
            return 0.0
        if self._rough is None:
            form, rng, size = (
                form_at(self.J, self.point),
                np.random.default_rng(0),
                len(self.flat.idle),
            )
            self._rough = 0.0
            for _ in range(_LOOKS):
                v = self.flat.away(rng.normal(size=size))
                v /= np.linalg.norm(v)
                better, error = form.product(v)
                off = np.abs(np.asarray(self.point.hvp(v)) - better) + error
                self._rough = max(self._rough, float(np.linalg.norm(off)))
        return self._rough
