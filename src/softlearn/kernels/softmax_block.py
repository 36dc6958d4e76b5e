r"""Loss, probabilities, residual and curvature of a block in few sweeps, classes first (C, n).

`softlearn.softmax` is the definition; tests compare this file with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Forward",
    "columns",
    "dual_divergence",
    "forward",
    "probabilities",
    "softmax_variance",
    "centre_logits",
]

F64 = NDArray[np.float64]
Labels = NDArray[np.intp]
_CACHED = 1 << 15  # entries of an array that stay in a core's cache over several sweeps


class Forward(NamedTuple):
    """A block after the softmax."""

    loss: F64  # (n,)
    P: F64  # (C, n) probabilities
    R: F64  # (C, n) residual P - Y


def columns(Z: F64) -> Iterator[slice]:
    """Yield a few columns of Z (C, n) at a time: few enough to stay in the cache."""
    C, n = Z.shape
    width = max(_CACHED // max(C, 1), 64)
    for start in range(0, n, width):
        yield slice(start, start + width)


def forward(Z: F64, Y: Labels | F64) -> Forward:
    """Return loss, P and R of the logits Z (C, n) for labels (n,) or probabilities Y (C, n).

    With labels, the loss of a row whose true class leads is log1p(sum of the others) and its
    residual there is minus that sum: both keep their digits as the probability goes to 1.
    """
    if Z.size <= 2 * _CACHED:
        return _forward(Z, Y)
    whole = Forward(np.empty(Z.shape[1]), np.empty_like(Z), np.empty_like(Z))
    for part in columns(Z):
        some = _forward(Z[:, part], Y[..., part])
        whole.loss[part], whole.P[:, part], whole.R[:, part] = some
    return whole


def probabilities(Z: F64) -> F64:
    """Return the P (C, n) of `forward`, which does not depend on targets."""
    return forward(Z, np.zeros(Z.shape[1], dtype=np.intp)).P


def _forward(Z: F64, Y: Labels | F64) -> Forward:
    rows = np.arange(Z.shape[1])
    if Y.ndim == 2:
        top = (Z.argmax(0), rows)
        L = Z - Z[top]
        P = np.exp(L)
        P[top] = 0.0
        others = P.sum(0)
        P[top] = 1.0
        P /= 1.0 + others
        L -= np.log1p(others)
        return Forward(-np.einsum("kn,kn->n", Y, L), P, P - Y)
    m = Z.max(0)
    P = np.exp(Z - m)
    at = (Y, rows)
    zy, ty = Z[at], P[at]
    P[at] = 0.0
    others = P.sum(0)
    total = others + ty
    loss = np.where(zy == m, np.log1p(others), (m - zy) + np.log(total))
    P /= total
    R = P.copy()
    R[at] = -others / total
    P[at] = ty / total
    return Forward(loss, P, R)


def centre_logits(P: F64, U: F64) -> F64:
    """Return T = U - <P, U> per column, so that P * T is the curvature times U.

    U is shifted by its entry at the largest p first: no digits are lost when that p is near 1.
    """
    top = P.argmax(0)
    T: F64 = U - U[top, np.arange(U.shape[1])]
    T -= np.einsum("kn,kn->n", P, T)
    return T


def softmax_variance(P: F64) -> F64:
    """Return p (1 - p), the diagonal of the curvature; where p > 1/2, 1 - p is the sum of others.

    So no digits are lost as p goes to 1.
    """
    large = P > 0.5  # in one class at most
    rest = np.where(large, 0.0, P).sum(0)
    S: F64 = 1.0 - P
    np.copyto(S, rest, where=large)
    S *= P
    return S


def dual_divergence(P: F64, T: F64) -> F64:
    """Return sum_k p_k phi(t_k), phi(t) = (1 + t) log(1 + t) - t: KL(P (1 + T), P) per column.

    inf where some t < -1 at p > 0, which leaves the simplex.
    """
    small = np.abs(T) < 1e-3  # there the formula cancels; four terms of its series do not
    if small.all():
        phi = _series(T)
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            phi = (1.0 + T) * np.log1p(T) - T
        phi[small] = _series(T[small])
        phi[T == -1.0] = 1.0
        phi[P == 0.0] = 0.0
        phi[np.isnan(phi)] = np.inf
    out: F64 = np.einsum("kn,kn->n", P, phi)
    return out


def _series(t: F64) -> F64:
    out: F64 = t * t * (1 / 2 - t * (1 / 6 - t * (1 / 12 - t / 20)))
    return out
