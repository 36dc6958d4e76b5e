"""The spectrum of the Hessian: extreme eigenvalues, and the density of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..protocol import F64
from .differences import Cost, as_objective
from .hessian import Hessian
from .lanczos import Ritz, accurate, lanczos
from .symmetries import Flat

__all__ = ["Spectrum", "spectrum"]


@dataclass(frozen=True)
class Spectrum:
    """What `spectrum` found."""

    eigenvalues: F64
    """(k,) ascending: the smallest and the largest."""
    errors: F64
    """(k,) an eigenvalue lies within the error of each."""
    vectors: F64
    """(k, size) a direction of length 1 for each."""
    nodes: F64
    """The nodes of the quadrature for the density."""
    weights: F64
    """Its weights, the shares of all eigenvalues; they sum to 1."""
    products: int
    """Products with the Hessian that this took."""

    def density(self, t: F64, width: float) -> F64:
        """Return the density of the eigenvalues at t, smoothed by a Gaussian of this width.

        phi(t) = sum_i weight_i N(t; node_i, width^2), by stochastic Lanczos quadrature.

        Raises:
            ValueError: width is not above 0.

        Reference: Lin, Saad and Yang, SIAM Review 58 (2016); Ghorbani et al., ICML (2019).

        """
        if not width > 0.0:
            raise ValueError(f"width must be above 0, but it is {width}.")
        x = (np.asarray(t, dtype=np.float64)[..., None] - self.nodes) / width
        bells = np.exp(-0.5 * x * x) / (width * np.sqrt(2.0 * np.pi))
        out: F64 = bells @ self.weights
        return out

    def moment(self, f: Callable[[F64], F64]) -> float:
        """Return the mean of f over all eigenvalues, by the quadrature."""
        return float(f(self.nodes) @ self.weights)


def spectrum(
    J: Cost,
    w: F64,
    k: int = 10,
    *,
    grad: Callable[[F64], F64] | None = None,
    draws: int = 1,
    max_products: int = 90,
    accuracy: float = 1e-3,
    seed: int = 0,
) -> Spectrum:
    """Return the k extreme eigenvalues of the Hessian of J at w, half at each end, and its density.

    Lanczos's method with full reorthogonalisation from random vectors.  It stops when the k are
    accurate, or after `max_products`: the errors say how far it came.  Equal eigenvalues are found
    once unless there are as many products as parameters.  Flat directions are included: this is
    the whole Hessian.

    Args:
        J: an objective, or a plain function w -> number.
        w: (size,), where.
        k: how many; the larger half at the upper end.
        grad: the gradient of a plain function; by differences if absent.
        draws: random vectors that the density is averaged over.
        max_products: products for each.
        accuracy: of the k, relative to the largest in size.
        seed: of the vectors.

    Raises:
        ValueError: w does not fit, k or draws is below 1, or J is not finite there.

    """
    w = np.atleast_1d(np.asarray(w, dtype=np.float64))
    for name, value in (("k", k), ("draws", draws), ("max_products", max_products)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, but it is {value}.")
    J, k = as_objective(J, w, grad), min(k, len(w))
    point, rng = J.at(w), np.random.default_rng(seed)
    if not np.isfinite(point.grad).all():
        raise ValueError("The gradient of J is not finite at w: choose another w.")
    H, ends = Hessian(J, point, Flat.none(len(w))), (k // 2, k - k // 2)

    def enough(found: Ritz) -> bool:
        return len(found.values) >= k and accurate(found, *ends, accuracy)

    runs = [
        lanczos(H, lambda: rng.normal(size=len(w)), len(w), max_products, enough)
        for _ in range(draws)
    ]
    first = runs[0]
    m = len(first.values)
    at = sorted({*range(min(ends[0], m)), *range(max(0, m - ends[1]), m)})
    return Spectrum(
        eigenvalues=first.values[at],
        errors=first.bounds[at] + H.noise(first),
        vectors=np.array([first.vector(i) for i in at]),
        nodes=np.concatenate([run.values for run in runs]),
        weights=np.concatenate([run.weights for run in runs]) / draws,
        products=H.products,
    )
