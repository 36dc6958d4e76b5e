r"""Effects on probabilities, with errors by the delta method.

dp_k / dx_j = p_k (b_kj - sum_l p_l b_lj)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from ..protocol import F64
from ..softmax import softmax
from .sample import Sample

__all__ = [
    "Effect",
    "Prediction",
    "average_comparison",
    "average_prediction",
    "average_slope",
    "prediction",
]


class Effect(NamedTuple):
    """A mean change of the probability of each class, and its standard errors, (K,)."""

    effect: F64
    bse: F64

    @property
    def pvalues(self) -> F64:
        """Two-sided p-values, normal."""
        return np.asarray(2.0 * stats.norm.sf(np.abs(self.effect / self.bse)))

    def conf_int(self, alpha: float = 0.05) -> F64:
        """Return intervals, (K, 2)."""
        half = stats.norm.isf(alpha / 2.0) * self.bse
        return np.stack([self.effect - half, self.effect + half], axis=-1)


class Prediction(NamedTuple):
    """Probabilities of rows, and their standard errors, (n, K)."""

    predicted: F64
    bse: F64

    def conf_int(self, alpha: float = 0.05, method: str = "logit") -> F64:
        """Return intervals, (n, K, 2).

        Args:
            alpha: 1 - the level.
            method: "logit", which stays inside [0, 1], or "delta".

        """
        if method not in ("logit", "delta"):
            raise ValueError(f"method must be 'logit' or 'delta', but it is {method!r}.")
        p, half = self.predicted, stats.norm.isf(alpha / 2.0) * self.bse
        if method == "delta":
            return np.stack([p - half, p + half], axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            half, z = half / (p * (1.0 - p)), logit(p)
            out = np.stack([expit(z - half), expit(z + half)], axis=-1)
        return np.where(np.isfinite(out), out, p[..., None])


def average_slope(sample: Sample, P: F64, B: F64, V: F64, j: int) -> Effect:
    """Return the mean of dp_k / dx_j."""
    share, X, K = sample.weights / sample.total, sample.X, sample.K
    away = B[:, j] - (P @ B[:, j])[:, None]  # (n, K): b_kj - sum_l p_l b_lj
    effect = share @ (P * away)
    J = np.empty((K, K, X.shape[1]))
    for k in range(K):
        for l in range(K):
            own = P[:, k] * ((k == l) - P[:, l])
            J[k, l] = (share * (own * away[:, k] - P[:, k] * P[:, l] * away[:, l])) @ X
            J[k, l, j] += share @ own
    return Effect(effect, _errors(J, V))


def average_comparison(
    sample: Sample, B: F64, V: F64, columns: list[int], low: F64, high: F64
) -> Effect:
    """Return the mean change where columns go from one set of values to another."""
    (before, J), (after, K) = (_average(sample, B, columns, v) for v in (low, high))
    return Effect(after - before, _errors(K - J, V))


def average_prediction(
    sample: Sample, B: F64, V: F64, columns: list[int], values: list[F64]
) -> Prediction:
    """Return mean probabilities where columns have these values in all rows, (m, K)."""
    found = [_average(sample, B, columns, v) for v in values]
    return Prediction(np.array([p for p, _ in found]), np.array([_errors(J, V) for _, J in found]))


def _average(sample: Sample, B: F64, columns: list[int], values: F64) -> tuple[F64, F64]:
    """Return the mean probabilities and their derivatives by the parameters, (K, K, p)."""
    share, X, K = sample.weights / sample.total, sample.X.copy(), sample.K
    X[:, columns] = values
    P = softmax(X @ B.T)
    J = np.empty((K, K, X.shape[1]))
    for k in range(K):
        for l in range(K):
            J[k, l] = (share * P[:, k] * ((k == l) - P[:, l])) @ X
    return share @ P, J


def prediction(X: F64, B: F64, V: F64) -> Prediction:
    """Return probabilities of rows X (n, p), and their errors."""
    P, K = softmax(X @ B.T), len(B)
    variance = np.zeros_like(P)
    G = -P[:, :, None] * P[:, None, :]  # dp_k / dz_l
    G[:, range(K), range(K)] += P
    for l in range(K):
        for m in range(K):
            H = np.einsum("ij,ij->i", X @ V[l, :, m, :], X)
            variance += G[:, :, l] * G[:, :, m] * H[:, None]
    return Prediction(np.asarray(P, dtype=np.float64), np.sqrt(np.maximum(variance, 0.0)))


def _errors(J: F64, V: F64) -> F64:
    variance = np.einsum("cki,kilj,clj->c", J, V, J, optimize=True)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
