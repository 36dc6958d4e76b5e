"""Penalties on the parameters, added once, outside the sum over examples.

L2 is l2/2 ||W||^2 on the weights; the biases are free.  `elastic_net` has penalties with kinks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..vector_space import VectorSpace
from .linear import Linear

__all__ = ["L2", "check_strength"]

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class L2:
    """l2/2 times the sum of squares of the first `penalised` parameters.

    Args:
        strength: l2, at least 0; for scikit-learn's C it is 1 / (C * sum of sample weights).
        penalised: how many parameters, from the front, are penalised (the weights come first,
            the biases after them).
    """

    strength: float
    penalised: int

    smooth: ClassVar[bool] = True
    """Whether there are no kinks: the value is the same under any rotation of the columns."""

    def __post_init__(self) -> None:
        check_strength(self.strength)

    @property
    def absent(self) -> bool:
        """Whether there is no penalty."""
        return self.strength == 0.0

    @property
    def curvature(self) -> float:
        """The second derivative in each penalised parameter."""
        return self.strength

    def conjugate(self, squares: float) -> float:
        """Return the penalty's conjugate at G: ||G||^2 / (2 l2), for l2 > 0.

        Args:
            squares: ||G||^2.

        """
        return squares / (2.0 * self.strength)

    def value(self, w: F64) -> float:
        """Return l2/2 ||W||^2."""
        W = w[: self.penalised]
        return 0.5 * self.strength * float(W @ W)

    def add_grad(self, w: F64, out: F64, on: VectorSpace | None = None) -> F64:
        """Add l2 W to the front of `out` (also the Hessian times w) and return it."""
        W = slice(0, self.penalised)
        (on or VectorSpace()).axpy(self.strength, w[W], out[W])
        return out

    def along(self, w: F64, d: F64) -> tuple[float, float, float]:
        """Return a, b, c such that the penalty at w + t d is a + b t + c t^2."""
        W, D = w[: self.penalised], d[: self.penalised]
        return self.value(w), self.strength * float(W @ D), 0.5 * self.strength * float(D @ D)

    def centred(self, W: F64) -> F64:
        """Return the weights (K, d) of least penalty with the same probabilities: sums of zero."""
        out: F64 = W - W.mean(0)
        return out

    def of(self, model: Linear) -> L2:
        """Return the same penalty on the weights of another model."""
        return replace(self, penalised=model.weights)


def check_strength(strength: float) -> None:
    """Check a strength.

    Raises:
        ValueError: it is negative or not finite.

    """
    if not (strength >= 0.0 and np.isfinite(strength)):
        raise ValueError(f"strength must be a finite number of at least 0, but it is {strength}.")
