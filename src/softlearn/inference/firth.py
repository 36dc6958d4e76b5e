r"""Bias-reduced estimates, which are finite for separable classes too.

Maximises l(B) + log |I(B)| / 2, Jeffreys' prior as a penalty.  Its gradient is that of l with the
residuals

    r*_il = s_i (y_il - p_il) + s_i p_il (c_il - p_i'c_i) / 2,   c_i = diag(H_i) - 2 H_i p_i

H_i = X_i V X_i' the leverage of a row; steps are V times it, halved where the penalised
log-likelihood would fall.

Reference: Firth, Biometrika 80 (1993); Kosmidis and Firth, Biometrika 98 (2011).
"""

from __future__ import annotations

import numpy as np

from ..protocol import F64
from .covariance import information, inverse, row_leverage
from .sample import Sample

__all__ = ["firth"]

_STEPS = 2000  # near separation they close in slowly
_STILL = 1e-10  # standard errors: a step so short is the last
_HALVINGS = 30


def firth(sample: Sample, base: int) -> tuple[F64, float]:
    """Return the parameters (K, p), and how far from stationary they are, in standard errors.

    Raises:
        ArithmeticError: no end was reached.

    """
    B = np.zeros((sample.K, sample.X.shape[1]))
    value = -np.inf
    for _ in range(_STEPS):
        P = sample.probabilities(B)
        info = information(sample, P)
        V = inverse(info, base)
        g = _gradient(sample, P, V)
        step = np.einsum("kilj,lj->ki", V, g)
        distance = float(np.sqrt(max(np.einsum("ki,ki->", step, g), 0.0)))
        if distance <= _STILL:
            return B, distance
        value = max(value, _value(sample, B, base))
        t = 1.0
        for _ in range(_HALVINGS):
            new = B + t * step @ sample.spread.T
            there = _value(sample, new, base)
            if there >= value - 1e-12 * abs(value):
                break
            t *= 0.5
        B, value = new, there
    raise ArithmeticError(f"Firth's estimates were not reached in {_STEPS:,} steps.")


def _value(sample: Sample, B: F64, base: int) -> float:
    info = information(sample, sample.probabilities(B))
    others = [k for k in range(sample.K) if k != base]
    size = len(others) * info.shape[1]
    sign, logdet = np.linalg.slogdet(info[others][:, :, others].reshape(size, size))
    return sample.log_likelihood(B) + 0.5 * float(logdet) if sign > 0 else -np.inf


def _gradient(sample: Sample, P: F64, V: F64) -> F64:
    """Return the gradient for the columns `sample.Z`, (K, p)."""
    H = row_leverage(sample.Z, V)
    c = np.einsum("ikk->ik", H) - 2.0 * np.einsum("ikl,il->ik", H, P)
    extra = 0.5 * P * (c - np.einsum("ik,ik->i", P, c)[:, None])
    R = sample.weights[:, None] * (sample.residuals(P) + extra)
    g: F64 = R.T @ sample.Z
    return g
