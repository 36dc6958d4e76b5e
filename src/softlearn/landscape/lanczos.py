"""Lanczos's method: the extremes of a spectrum, and its density, from matrix-vector products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal

from ..protocol import F64

__all__ = ["Ritz", "accurate", "lanczos"]

_LOST = 1e-10  # of the matrix's size: a shorter remainder is rounding, and the space is exhausted
_LOOK = 5  # products between two checks of convergence
_CHANCE = 1e-6


@dataclass(frozen=True)
class Ritz:
    """Approximate eigenvalues of a symmetric matrix, from the smallest to the largest."""

    values: F64
    """(m,) theta_i = u_i' H u_i."""
    bounds: F64
    """(m,) ||H u_i - theta_i u_i||: within it of theta_i there is an eigenvalue."""
    weights: F64
    """(m,) squared parts of the u_i in the first vector: a quadrature rule for the density."""
    noise: float
    """The norm of the error of a product, from quantities that are zero for exact products."""
    basis: F64
    """(m, n) orthonormal rows."""
    S: F64
    """(m, m): u_i is the i-th column of basis' S."""
    dimension: int
    """Of the space in which the matrix lives."""

    @property
    def size(self) -> float:
        """The largest |theta|."""
        return float(np.abs(self.values).max())

    def vector(self, i: int) -> F64:
        """Return u_i, (n,)."""
        out: F64 = self.S[:, i] @ self.basis
        return out

    def unseen(self) -> float:
        """Return how far beyond the extremes eigenvalues may lie, except with a chance of 1e-6.

        lambda_max - theta_max <= e (lambda_max - lambda_min), and so at the other end, with
        e = (ln(1.648 sqrt(n) / chance) / (2m - 1))^2 for a first vector drawn at random.

        Reference: Kuczynski and Wozniakowski, SIAM J. Matrix Anal. Appl. 13 (1992), theorem 3.2.

        """
        m = len(self.values)
        if m == self.dimension:
            return 0.0
        e = (np.log(1.648 * np.sqrt(self.dimension) / _CHANCE) / (2 * m - 1)) ** 2
        spread = float(self.values[-1] - self.values[0])
        return float(e / (1.0 - 2.0 * e)) * spread if e < 0.5 else np.inf


def accurate(found: Ritz, low: int, high: int, accuracy: float) -> bool:
    """Return whether so many values at either end are right, relative to the largest in size."""
    bounds = [*found.bounds[:low], *found.bounds[len(found.bounds) - high :]]
    return max(bounds, default=0.0) <= accuracy * found.size


def lanczos(
    product: Callable[[F64], F64],
    draw: Callable[[], F64],
    dimension: int,
    max_products: int,
    enough: Callable[[Ritz], bool],
) -> Ritz:
    """Return the Ritz values once they are enough, or after `max_products` products.

    With full reorthogonalisation, so that no simple eigenvalue is found twice; where a space is
    exhausted another vector is drawn, so that multiple ones are found too.  In exact arithmetic
    H q_j is orthogonal to all q_i but three.  Its parts along the others are the errors of two
    products, q_i'e_j - q_j'e_i; they give the norm of e_j, if its direction is random.

    Args:
        product: v -> H v, H symmetric.
        draw: a random vector (n,) of the space.
        dimension: of the space, at most n.
        max_products: the most products.
        enough: returns whether the values found are accurate enough; called every few products.

    Reference: Golub and Van Loan, Matrix Computations, 4th ed., section 10.3.

    """
    max_products = min(max_products, dimension)
    q = draw()
    q = q / np.linalg.norm(q)
    Q = np.empty((min(max_products, 64), len(q)))
    a, b, size, noise = np.zeros(max_products), np.zeros(max_products), 0.0, 0.0
    for m in range(max_products):
        if m == len(Q):
            Q = np.concatenate([Q, np.empty((min(len(Q), max_products - m), len(q)))])
        Q[m] = q
        r = np.asarray(product(q), dtype=np.float64)
        size = max(size, float(np.linalg.norm(r)))
        along = Q[: m + 1] @ r
        a[m] = along[m]
        along[m] = 0.0
        along[m - 1 : m] -= b[m - 1 : m]
        noise += float(along @ along)
        r = _orthogonal(r, Q[: m + 1])
        b[m] = float(np.linalg.norm(r))
        if b[m] <= _LOST * size:
            b[m], r = 0.0, _orthogonal(draw(), Q[: m + 1])
        last = m + 1 == max_products
        if last or m % _LOOK == _LOOK - 1:
            error = np.sqrt(dimension * noise / max(1, m * (m + 1)))
            found = _ritz(a[: m + 1], b[: m + 1], Q[: m + 1], float(error), dimension)
            if last or enough(found):
                return found
        q = r / np.linalg.norm(r)
    raise AssertionError("the last round returns")


def _orthogonal(r: F64, Q: F64) -> F64:
    """Return r less its parts along the rows of Q; twice, since once leaves rounding."""
    for _ in range(2):
        r = r - (Q @ r) @ Q
    return r


def _ritz(a: F64, b: F64, Q: F64, noise: float, dimension: int) -> Ritz:
    values, S = (np.asarray(x, np.float64) for x in eigh_tridiagonal(a, b[:-1]))
    left = 0.0 if len(a) == dimension else float(b[-1])
    return Ritz(values, left * np.abs(S[-1]), S[0] ** 2, noise, Q, S, dimension)
