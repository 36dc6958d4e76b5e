r"""A proven bound on the distance of estimates from the maximum, in standard errors.

Let g and I be gradient and information of the log-likelihood at the estimates, V = I^-1,
lambda = (g'V g)^(1/2), and rho >= max over rows i and classes k, l of ||(e_k - e_l) x_i'||_V.
Along a direction d the third derivative is at most rho ||d||_I times the second, so the information
a distance r away is at least exp(-rho r) I, and r = ||b - b*||_I satisfies

    (1 - exp(-rho r)) / rho  <=  lambda
    (exp(-rho r) + rho r - 1) / rho^2  <=  n (J - J*)  <=  n J gap

Each bounds r, by about lambda and (2 n J gap)^(1/2) where these are small; the smaller holds.

Reference: Bach, Electronic Journal of Statistics 4 (2010).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from ..protocol import F64
from .covariance import information, inverse
from .sample import Sample, spans

__all__ = ["Ascent", "distance"]

_EPS = float(np.finfo(np.float64).eps)
_FAR = 1e6  # times 1 / rho: beyond it a bound says nothing


class Ascent:
    """Newton's step at some parameters, for the columns `sample.Z`.

    Args:
        sample: what is fitted.
        B: (K, p) parameters.
        base: the class whose parameters are 0.

    """

    def __init__(self, sample: Sample, B: F64, base: int) -> None:
        P, s, Z = sample.probabilities(B), sample.weights, sample.Z
        V = inverse(information(sample, P), base)
        R = s[:, None] * sample.residuals(P)
        g = R.T @ Z
        step = np.einsum("kilj,lj->ki", V, g)
        self.to: F64 = B + step @ sample.spread.T
        """Where the step leads."""
        self.decrement = math.sqrt(max(float(np.einsum("ki,ki->", step, g)), 0.0))
        """lambda."""
        off, largest = np.zeros_like(g), 0.0
        for rows in spans(len(Z), Z.shape[1]):
            # products are rounded, and probabilities in the last digits of what logits are sums of
            size = 1.0 + (np.abs(sample.X[rows]) @ np.abs(B).T).max(1)
            off += (size[:, None] * (np.abs(R[rows]) + s[rows, None] * P[rows])).T @ np.abs(Z[rows])
            largest = max(largest, float(np.einsum("ij,ij->i", Z[rows], Z[rows]).max()))
        off *= 8.0 * _EPS
        self.rounding = math.sqrt(float(np.einsum("ki,kilj,lj->", off, np.abs(V), off)))
        """How far lambda may be off."""
        self.rho = math.sqrt(2.0 * float(np.linalg.norm(V)) * largest)


def distance(at: Ascent, missing: float = math.inf) -> float:
    """Return the bound.

    Args:
        at: Newton's step at the estimates.
        missing: n J gap, how much the log-likelihood may be below its maximum, at most.

    """
    rho, decrement = at.rho, at.decrement + at.rounding
    by_gradient = math.inf
    if rho * decrement < 1.0:
        by_gradient = -math.log1p(-rho * decrement) / rho
    return min(by_gradient, _by_value(missing, rho))


def _by_value(missing: float, rho: float) -> float:
    def excess(x: float) -> float:
        return float(math.expm1(-x) + x - rho * rho * missing)

    if missing <= 0.0 or not math.isfinite(missing):
        return math.inf
    x = math.sqrt(2.0 * rho * rho * missing)
    if x < 1e-4:  # where expm1(-x) + x loses its digits: x^2 / 2 - x^3 / 6 is less
        return x * (1.0 + x) / rho
    return float(brentq(excess, 0.0, _FAR)) / rho if excess(_FAR) > 0.0 else math.inf
