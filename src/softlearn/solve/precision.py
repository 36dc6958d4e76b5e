"""Whether Hessian products in low precision are accurate enough in a run of a solver."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..protocol import F64, LinearMap, Objective, Point

__all__ = ["PrecisionCheck"]

_RTOL = 1e-3  # the relative error that conjugate gradients allow in a product
_FIRST, _TIMES = 8, 8  # the product compared first, and the factor to the next one


class PrecisionCheck:
    """Compares some products in low precision with exact ones, and gives them up if they fail.

    They are inaccurate where a feature's mean is far larger than its spread, by cancellation.  No
    proof depends on them.

    Args:
        J: the objective of the run.

    """

    def __init__(self, J: Objective) -> None:
        self.accepted, self._error = bool(J.low_precision), J.low_precision
        self._asked, self._next = 0, _FIRST

    def product(self, point: Point, damping: float, M: LinearMap) -> Callable[[F64], F64]:
        """Return v -> (H + damping G) v at a point.

        Args:
            point: where.
            damping: at least 0.
            M: an approximate inverse, in whose norm errors are measured.

        """

        def product(v: F64) -> F64:
            if not self.accepted:
                return point.hvp(v, damping)
            found = point.hvp(v, damping, _RTOL)
            self._asked += 1
            finite = math.isfinite(float(found @ found))  # as X may be in float64 alone
            if self._asked < self._next and finite:
                return found
            self._next *= _TIMES
            exact = point.hvp(v, damping)
            off = found - exact
            close = finite and float(off @ M(off)) <= self._error**2 * float(exact @ M(exact))
            self.accepted = close
            return exact

        return product
