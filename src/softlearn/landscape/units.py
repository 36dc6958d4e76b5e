"""A function scaled to units in which its values are neither tiny nor huge."""

from __future__ import annotations

import math

import numpy as np

from ..function import Function
from ..protocol import F64, Objective, length

__all__ = ["in_units", "unit_of"]

_USUAL = 1e-90, 1e90  # sizes whose squares and fourth powers neither overflow nor underflow


def unit_of(J: Objective, w: F64) -> float:
    """Return a power of two such that J over it is of usual size around w; 1.0 if J is.

    Its size is its gradient's, or what J changes by at a distance of 1 + |w|.
    """
    rng, w = np.random.default_rng(0), np.asarray(w, dtype=np.float64)
    point, u = J.at(w), rng.normal(size=len(w))
    far = (1.0 + length(w)) / length(u) * u if len(w) else u
    with np.errstate(all="ignore"):
        changes = [abs(J.at(w + s * far).value - point.value) for s in (1.0, -1.0)]
        sizes = [length(np.asarray(point.grad, np.float64)), *changes]
    size = max((x for x in sizes if math.isfinite(x)), default=0.0)
    if size == 0.0 or _USUAL[0] < size < _USUAL[1]:
        return 1.0
    return math.ldexp(1.0, max(-1020, min(1020, math.frexp(size)[1])))


def in_units(J: Function, unit: float) -> Function:
    """Return J / unit."""
    if unit == 1.0:
        return J
    product = J.hessian_product

    def both(w: F64) -> tuple[float, F64]:
        value, grad = J.fun(w)
        return float(value) / unit, np.asarray(grad, dtype=np.float64) / unit

    hvp = None if product is None else lambda w, v: np.asarray(product(w, v)) / unit
    return _InUnits(J, unit, both, hvp)


class _InUnits(Function):
    def __init__(self, J: Function, unit: float, fun, hvp) -> None:  # type: ignore[no-untyped-def]
        super().__init__(fun, J.size, hvp)
        self.J, self.unit = J, unit
        self.gradient_by_differences = J.gradient_by_differences

    @property
    def hessian_by_differences(self) -> bool:
        return self.J.hessian_by_differences

    def value_at(self, w: F64) -> float:
        return self.J.value_at(w) / self.unit
