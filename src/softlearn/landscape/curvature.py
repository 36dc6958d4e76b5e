"""How a cost curves at a point: the ends of its spectrum away from flat directions, with errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point
from .differences import ByDifferences
from .hessian import Hessian
from .lanczos import Ritz, accurate, lanczos
from .symmetries import flat_directions

__all__ = ["Curvature", "curvature_at"]

_WHOLE = 300  # parameters whose Hessian is made whole
_PRODUCTS = 90  # for Lanczos's method
_ACCURACY = 1e-3  # of the extreme eigenvalues, relative to the largest
_TRUST = 1e-6  # of the largest curvature: a smaller one is not told from zero


@dataclass(frozen=True)
class Curvature:
    """The eigenvalues of the Hessian away from flat directions, and what is sure of them."""

    values: F64
    """(m,) ascending: all, or Ritz values."""
    errors: F64
    """(m,) an eigenvalue of the Hessian lies within the error of each."""
    slack: float
    """What the curvature along a direction may be wrong by: rounding."""
    low: F64
    """(size,) of length 1, the direction of the smallest."""
    high: F64
    """(size,) of length 1, the direction of the largest."""
    null: F64
    """(k, size) directions whose curvature is not told from zero, of those that were found."""
    exact: bool
    """Whether these are all eigenvalues."""
    unseen: float
    """How far beyond the ends eigenvalues may lie but for a chance of 1e-6; 0 if exact."""
    flat: dict[str, int]
    """How many directions were set aside, by name."""
    products: int
    """Products with the Hessian that this took."""

    @property
    def size(self) -> float:
        """The largest |curvature|."""
        return float(np.abs(self.values).max(initial=0.0))

    @property
    def down(self) -> int:
        """Eigenvalues below zero, or a lower bound on how many there are.

        Ritz values are the eigenvalues of the Hessian on a subspace, so it has at least as many
        below zero as they are (Cauchy), however far they are from any of its own.
        """
        return int((self.values < -self.slack).sum())

    @property
    def up(self) -> int:
        """Eigenvalues above zero, or a lower bound on how many there are."""
        return int((self.values > self.slack).sum())


def curvature_at(
    J: Objective, point: Point, seed: int = 0, most: int = _PRODUCTS, whole: int = _WHOLE
) -> Curvature:
    """Return how J curves at a point.

    Args:
        J: the objective.
        point: J at w.
        seed: of the random vectors.
        most: the most products, beyond `whole` parameters.
        whole: up to so many, and up to `most`, all eigenvalues are computed.

    Raises:
        ValueError: J is not finite there.

    """
    if not (np.isfinite(point.value) and np.isfinite(point.grad).all()):
        raise ValueError("J or its gradient is not finite at w: choose another w.")
    rough = J.rounding(point.w)[1] if isinstance(J, ByDifferences) else 0.0
    H = Hessian(point, flat_directions(J, point, seed), rough)
    if H.dimension <= max(most, whole):
        return _all(H)
    return _ends(H, most, np.random.default_rng(seed))


def _all(H: Hessian) -> Curvature:
    A, B, error = H.dense()
    values, V = np.linalg.eigh(A)
    slack = error + _TRUST * float(np.abs(values).max(initial=0.0))
    vectors = V.T @ B if len(B) else np.zeros((1, B.shape[1]))
    return Curvature(
        values=values,
        errors=np.full(len(values), slack),
        slack=slack,
        low=vectors[0],
        high=vectors[-1],
        null=vectors[: len(values)][np.abs(values) <= slack],
        exact=True,
        unseen=0.0,
        flat=H.flat.counts,
        products=H.products,
    )


def _ends(H: Hessian, most: int, rng: np.random.Generator) -> Curvature:
    def slack(found: Ritz) -> float:
        return H.noise(found) + _TRUST * found.size

    def enough(found: Ritz) -> bool:
        """Whether J curves both ways, and how much; that it does not takes all products."""
        both = found.values[0] < -slack(found) and found.values[-1] > slack(found)
        return both and accurate(found, 1, 1, _ACCURACY)

    size = len(H.flat.idle)
    found = lanczos(H, lambda: H.flat.away(rng.normal(size=size)), H.dimension, most, enough)
    low, high, errors = found.vector(0), found.vector(-1), found.bounds + slack(found)
    return Curvature(
        values=found.values,
        errors=errors,
        slack=slack(found),
        low=low,
        high=high,
        null=low[None] if abs(found.values[0]) <= errors[0] else np.zeros((0, size)),
        exact=False,
        unseen=found.unseen(),
        flat=H.flat.counts,
        products=H.products,
    )
