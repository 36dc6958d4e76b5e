"""How good the weights are: cost, accuracy, confusion."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import DenseBlock
from ..protocol import length
from .settings import Model
from .training import cost_of, network_of

__all__ = ["Measured", "finite", "measured"]

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]


def finite(x: float) -> float | None:
    """Return a number, None in place of what JSON has no word for."""
    return float(x) if math.isfinite(x) else None


class Measured(NamedTuple):
    """How good some weights are on some points."""

    cost: float
    accuracy: float
    """nan without points."""
    confusion: NDArray[np.int64]
    """(C, C): rows are the true classes."""
    gradient_norm: float

    def facts(self) -> dict[str, Any]:
        """Return what an event says of it."""
        return {
            "cost": finite(self.cost),
            "accuracy": finite(self.accuracy),
            "confusion": self.confusion.tolist(),
        }


def measured(model: Model, w: F64, X: F64, y: Ints, l2: float) -> Measured:
    """Return cost, accuracy and confusion on some points.

    Args:
        model: the network.
        w: its weights.
        X: (n, 2) points.
        y: (n,) their labels.
        l2: of the penalty that is part of the cost.

    """
    C, n = model.classes, len(y)
    cost = cost_of(model, w, X, y, l2)
    if not n:
        return Measured(math.nan, math.nan, np.zeros((C, C), dtype=np.int64), 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        predicted = network_of(model).logits(DenseBlock(X), w).argmax(0)
    confusion = np.bincount(C * y + predicted, minlength=C * C).reshape(C, C)
    right = float(np.trace(confusion)) / n
    return Measured(cost.value, right, confusion, length(cost.grad))
