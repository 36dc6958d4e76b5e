"""Steps for differences: the first to try, and the shortest that moves w by enough digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..protocol import F64, Objective
from .ladder import EPS

__all__ = ["first_step", "least_step", "value_of"]

_START = 1e-3  # of the size of w: the first step that is tried
_LEAST = 1e4 * EPS  # of w's entries: shorter steps are rounded away
_SMALLEST = 1e-30  # where w is zero


def value_of(J: Objective) -> Callable[[F64], float]:
    """Return w -> J(w), without the gradient where that saves work."""
    alone: Callable[[F64], float] | None = getattr(J, "value_at", None)
    return alone if alone is not None else lambda w: float(J.at(w).value)


def first_step(w: F64, u: F64) -> float:
    """Return a step along u that is short beside w, or beside 1."""
    return _START * max(1.0, float(np.abs(w).max())) / float(np.linalg.norm(u))


def least_step(w: F64, u: F64) -> float:
    """Return the shortest step along u that moves w by enough digits."""
    size = float(np.abs(u).max())
    moved = float(np.abs(w[np.abs(u) > EPS * size]).max(initial=0.0))
    return max(_LEAST * moved, _SMALLEST) / size
