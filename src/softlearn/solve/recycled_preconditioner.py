r"""A preconditioner kept from one objective to the next, updated with the products made since.

Directions s_j with known products y_j = H s_j, made conjugate (S'Y = I), update M to

    M_new^-1 = (I - S Y') M^-1 (I - Y S') + S S'

which equals the inverse of H on the span of the directions and M^-1 elsewhere.  It is positive
definite for any S and Y, so products from another point do no harm beyond being out of date.

Reference: Gratton, Sartenaer and Tshimanga, SIAM J. Optim. 21 (2011), limited memory
preconditioners; Morales and Nocedal, SIAM J. Optim. 10 (2000).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..protocol import F64, LinearMap, Point
from .reused_preconditioner import ReusedPreconditioner

__all__ = ["RecycledPreconditioner"]

_SOLVES = 3  # products of so many solves are kept,
_PAIRS = 32  # and so many products
_ALIKE = 1e-3  # of the largest eigenvalue of S'Y, scaled: nearly dependent directions are left out


@dataclass
class RecycledPreconditioner(ReusedPreconditioner):
    """A kept preconditioner, updated with the last products."""

    pairs: list[list[tuple[F64, F64]]] = field(default_factory=list)
    """Per solve: directions and their products, s'y = 1."""
    most: int = _PAIRS

    def move(self, change: F64 | float) -> None:
        """Record a change of the Hessian's diagonal."""
        self.pairs = [[(s, y + change * s) for s, y in solve] for solve in self.pairs]

    def at(self, point: Point, mu: float = 0.0) -> LinearMap:
        """Return the present one, or a new one where the old one has become too costly."""
        return self._mended(super().at(point, mu))

    def renew(self, point: Point, mu: float) -> None:
        """Make a new one; the updates of the old one do not apply to it."""
        super().renew(point, mu)
        self.pairs = []

    def recorded(self, product: LinearMap) -> LinearMap:
        """Return v -> H v, which stores the products it makes."""
        made: list[tuple[F64, F64]] = []
        self.pairs = [*self.pairs[1 - _SOLVES :], made]

        def storing(v: F64) -> F64:
            out = product(v)
            curvature = float(v @ out)
            if curvature > 0.0 and sum(map(len, self.pairs)) < self.most:
                made.append((v / np.sqrt(curvature), out / np.sqrt(curvature)))
            return out

        return storing

    def _mended(self, M: LinearMap) -> LinearMap:
        pairs = [pair for solve in self.pairs for pair in solve]
        if not pairs:
            return M
        S, Y = np.stack([s for s, _ in pairs]), np.stack([y for _, y in pairs])
        A = S @ Y.T
        scale = 1.0 / np.sqrt(np.maximum(A.diagonal(), np.finfo(float).tiny))
        e, U = np.linalg.eigh(0.5 * (A + A.T) * scale[:, None] * scale)
        kept = e > _ALIKE * e[-1]
        B = (U[:, kept] / np.sqrt(e[kept])).T * scale
        S, Y = B @ S, B @ Y

        def solve(r: F64) -> F64:
            a = S @ r
            v = M(r - a @ Y)
            out: F64 = v + (a - Y @ v) @ S
            return out

        return solve
