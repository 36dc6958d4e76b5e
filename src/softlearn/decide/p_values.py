"""Conformal p-values: how many of the rows that were set aside are at least as strange."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import ceil

import numpy as np

from ..protocol import F64

__all__ = ["ROUNDING", "least_rows", "p_values", "proven_rate"]

ROUNDING = 1e-6
"""Scores that differ by less, relative to the larger of 1 and themselves, count as the same.

The same row may have another last bit in another batch.  Counting it as a tie is on the safe side:
p only grows.
"""


def p_values(calibration: Sequence[F64], scores: Sequence[F64]) -> F64:
    """Return p = (1 + the number of calibration scores at least as large) / (their number + 1).

    Where a score is exchangeable with those of the calibration, P(p <= alpha) <= alpha.  Nothing is
    random: ties count as at least as large.

    Args:
        calibration: sorted scores (n_f,) of each fold's held-out rows, given by the fold's model.
        scores: new scores of any one shape, given by the model of each fold in turn.

    """
    stranger = np.ones(np.shape(scores[0]))
    for known, new in zip(calibration, scores, strict=True):
        least = new - ROUNDING * np.maximum(1.0, np.abs(new))
        stranger += len(known) - np.searchsorted(known, least, side="left")
    return stranger / (1 + sum(map(len, calibration)))


def proven_rate(alpha: float, sizes: Sequence[int]) -> float:
    r"""Return the largest probability that p <= alpha for a row like those of the calibration.

    It is alpha for one fold, whose p is conformal, and 0 where no p is as small as alpha.  For k
    folds of n rows in all, the mean of the folds' own p-values, weighted by $n_f + 1$, is
    $(k - 1 + p (n + 1)) / (n + k)$, and twice a mean of p-values is a p-value again (Vovk and Wang,
    Biometrika 107, 2020):

    $$P(p \le \alpha) \le 2 \frac{k - 1 + \alpha (n + 1)}{n + k}.$$

    Args:
        alpha: the level.
        sizes: the number of rows of each fold.

    """
    k, n = np.count_nonzero(sizes), sum(sizes)  # an empty fold changes no p-value
    if n < least_rows(alpha):
        return 0.0
    if k == 1:
        return alpha
    return min(1.0, 2.0 * (k - 1 + alpha * (n + 1)) / (n + k))


def least_rows(alpha: float) -> int:
    """Return how many rows set aside it takes for a p-value to be as small as alpha."""
    return next(n for n in count(max(0, ceil(1.0 / alpha) - 2)) if 1.0 / (n + 1) <= alpha)
