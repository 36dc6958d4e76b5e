"""Sums over the rows that preconditioners are made of, and samples of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..kernels import spread
from ..protocol import F64

if TYPE_CHECKING:
    from ..data import Block
    from ..objective import SoftmaxPoint

ROWS_PER_FEATURE = 4
FEWEST_ROWS = 512


def weights_of(point: SoftmaxPoint, damping: float, shared: bool) -> list[tuple[slice, F64]]:
    """Return a (K or 1, n_k) per block."""
    J = point.J

    def weights(span: slice, P: F64) -> tuple[slice, F64]:
        A = spread(P)[J.model.C - J.model.K :] + damping * (1.0 - 1.0 / J.model.C)
        return span, (A.mean(0, keepdims=True) if shared else A) * J.s[span]

    return list(point.over_blocks(weights))


def squares_of(point: SoftmaxPoint, A: list[tuple[slice, F64]]) -> tuple[F64, F64]:
    """Return sum_i a_ik x_ij^2 (K, d) and sum_i a_ik (K,)."""
    by_start = {span.start: a for span, a in A}
    parts = point.J.sweep(lambda span, block: block.squares().pull(by_start[span.start]))
    rows = len(A[0][1])
    squares = sum(parts, np.zeros((rows, point.J.model.d)))
    return squares, sum((a.sum(1) for _, a in A), np.zeros(rows))


def drawn_for_each(
    point: SoftmaxPoint, A: list[tuple[slice, F64]], D: F64, total: F64, seed: int
) -> list[tuple[NDArray[np.intp], F64]]:
    """Draw rows for each matrix; return their numbers and their weights a_ik / probability."""
    scores = importance_of(point, A, D, total)
    weights = np.concatenate([a for _, a in A], axis=1)
    wanted = max(ROWS_PER_FEATURE * (point.J.model.d + 1), FEWEST_ROWS)
    rng = np.random.default_rng(seed)
    out = []
    for importance, a in zip(scores, weights, strict=True):
        chance = chances(importance, wanted)
        rows = np.flatnonzero(rng.random(len(chance)) < chance)
        out.append((rows, a[rows] / chance[rows]))
    return out


def importance_of(point: SoftmaxPoint, A: list[tuple[slice, F64]], D: F64, total: F64) -> F64:
    """Return a_ik ||x_i||^2, in units of D and with a 1 for the bias: (K or 1, n)."""
    with np.errstate(divide="ignore"):
        inverse = np.where(D > 0.0, 1.0 / D, 0.0)
        inverse_total = np.where(total > 0.0, 1.0 / total, 0.0)
    by_start = {span.start: a for span, a in A}

    def score(span: slice, block: Block) -> F64:
        a = by_start[span.start]
        return a * (block.squares().times(inverse) + inverse_total[:, None])

    return np.concatenate(list(point.J.sweep(score)), axis=1)


def chances(importance: F64, wanted: int) -> F64:
    """Return min(1, t importance), t such that the sum is about `wanted`."""
    total = float(importance.sum())
    if np.count_nonzero(importance) <= wanted or total <= 0.0:
        return (importance > 0.0).astype(np.float64)
    t = wanted / total
    for _ in range(4):  # rows kept for certain leave more for the others
        certain = t * importance >= 1.0
        rest = float(importance[~certain].sum())
        if rest <= 0.0:
            break
        t = max(wanted - int(np.count_nonzero(certain)), wanted // 4) / rest
    return np.minimum(1.0, t * importance)


def gram(X: F64, weight: F64, bias: bool) -> F64:
    """Return X' diag(weight) X, with a column of ones for the bias."""
    root = np.sqrt(weight)[:, None]
    B = np.concatenate([X * root, root], 1) if bias else X * root
    out: F64 = B.T @ B
    return out
