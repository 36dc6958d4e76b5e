"""Tests of terms: likelihood ratio, Wald, score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from ..protocol import F64
from .covariance import information, inverse
from .fit import maximum
from .sample import Sample

__all__ = ["TermTest", "likelihood_ratio", "score", "wald"]


class TermTest(NamedTuple):
    """A statistic that is chi-squared where the hypothesis holds."""

    statistic: float
    df: int
    pvalue: float


def _test(statistic: float, df: int) -> TermTest:
    return TermTest(float(statistic), df, float(stats.chi2.sf(statistic, df)))


def wald(difference: F64, R: F64, V: F64) -> TermTest:
    """Test R b = q from R b - q and the covariance of b."""
    M = R @ V @ R.T
    scale = 1.0 / np.sqrt(np.maximum(np.diag(M), np.finfo(float).tiny))
    M, difference = M * scale[:, None] * scale, difference * scale
    rank = int(np.linalg.matrix_rank(M, hermitian=True))
    if rank < len(M):
        raise ValueError(
            f"The hypotheses depend on each other: {rank} of {len(M)} can be tested. Leave some "
            "out, or use errors of more clusters."
        )
    return _test(float(difference @ np.linalg.solve(M, difference)), rank)


def likelihood_ratio(sample: Sample, llf: float, base: int, columns: list[int]) -> TermTest:
    """Fit without some columns and compare the log-likelihoods."""
    restricted = sample.without(columns)
    fitted = maximum(restricted, base)
    statistic = 2.0 * (llf - restricted.log_likelihood(fitted.coefficients))
    return _test(statistic, len(columns) * (sample.K - 1))


def score(sample: Sample, llf: float, base: int, columns: list[int]) -> TermTest:
    """Ask the gradient of all parameters at the estimates without some columns."""
    fitted = maximum(sample.without(columns), base)
    kept = [j for j in range(sample.X.shape[1]) if j not in columns]
    B = np.zeros((sample.K, sample.X.shape[1]))
    B[:, kept] = fitted.coefficients
    P = sample.probabilities(B)
    V = inverse(information(sample, P), base)
    g = (sample.weights[:, None] * sample.residuals(P)).T @ sample.Z
    return _test(np.einsum("ki,kilj,lj->", g, V, g), len(columns) * (sample.K - 1))
