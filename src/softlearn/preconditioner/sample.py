"""Sums over rows for preconditioners, and samples of the rows.

No array here has an entry for each row and each class: the rows are read block by block, twice.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data import Block, Rows
from ..kernels import softmax_variance
from ..linalg import add_square
from ..passes import Forward
from ..protocol import F64

ROWS_PER_FEATURE = 3
FEWEST_ROWS = 512
_PIECE = 1 << 20  # bytes of drawn rows that are multiplied at once

Piece: TypeAlias = tuple[F64, F64]
"""The weights of rows in each matrix, and their importance: both (matrices, n_k)."""


def weights_of(forward: Forward, P: F64, span: slice, damping: float, shared: bool = False) -> F64:
    """Return a (K, n_k) of a block with probabilities P (C, n_k), or its mean (1, n_k)."""
    problem, other = forward.problem, 1.0 - 1.0 / forward.problem.model.C
    if shared and forward.at_zero:
        return ((1.0 / problem.model.C + damping) * other * problem.s[span])[None]
    A: F64 = softmax_variance(P)[problem.model.C - problem.model.K :]
    A += damping * other
    A *= problem.s[span]
    return A.mean(0, keepdims=True) if shared else A


def squares_of(forward: Forward, damping: float, shared: bool) -> F64:
    """Return sum_i a_ik x_ij^2, a bias's column of ones the last: (K or 1, e)."""
    problem, e = forward.problem, forward.problem.model.d + forward.problem.model.bias

    def part(span: slice, block: Block) -> F64:
        A = weights_of(forward, forward.probabilities(span, block), span, damping, shared)
        sums = block.squares().rmatmat(A)
        return np.concatenate([sums, A.sum(1, keepdims=True)], 1) if problem.model.bias else sums

    return sum(forward.read(part), np.zeros((1 if shared else problem.model.K, e)))


def scores(
    forward: Forward, D: F64, damping: float, shared: bool
) -> Callable[[slice, Block], Piece]:
    """Return what gives a_ik of a block, and a_ik ||x_i||^2 in units of D: (K or 1, n_k)."""
    d = forward.problem.model.d
    with np.errstate(divide="ignore"):
        inverse = np.where(D > 0.0, 1.0 / D, 0.0)

    def score(span: slice, block: Block) -> Piece:
        A = weights_of(forward, forward.probabilities(span, block), span, damping, shared)
        importance = block.squares().matmat(inverse[:, :d])
        importance += inverse[:, d:].sum(1, keepdims=True)  # of the bias, if there is one
        importance *= A
        return A, importance

    return score


def draw(
    forward: Forward,
    piece: Callable[[slice, Block], Piece],
    matrices: int,
    wanted: int,
    seed: int,
) -> list[tuple[NDArray[np.intp], F64]]:
    """Draw rows for each matrix; return their ascending numbers, and weights that correct the sums.

    With u uniform in (0, 1], the `wanted` rows of highest importance / u are kept.  If t is that
    ratio of the next one, a kept row gets the factor max(1, t / importance): sums are unbiased,
    and rows of an importance above t are always kept.

    Reference: Duffield, Lund and Thorup, J. ACM 54 (2007), priority sampling.
    """
    highest = _Highest(matrices, min(wanted, forward.problem.rows.n) + 1)

    def look(into: _Highest, span: slice, block: Block, first: int) -> None:
        weight, importance = piece(span, block)
        u = 1.0 - np.random.default_rng((seed, first)).random(importance.shape)
        into.add(first, np.divide(importance, u, out=u), weight, importance)

    highest = forward.gather(look, highest)
    return [highest.sample(k) for k in range(matrices)]


class _Highest:
    """For each matrix the rows of highest priority among those added so far.

    Threads may add blocks in any order: a block that waited for its turn would take memory.
    """

    def __init__(self, matrices: int, n_kept: int) -> None:
        self.n_kept, self._lock = n_kept, Lock()
        self.filled = np.zeros(matrices, dtype=np.intp)
        self.least = np.zeros(matrices)
        """The threshold for a priority."""
        self.priority, self.weight, self.importance = np.zeros((3, matrices, 2 * n_kept))
        self.rows = np.zeros((matrices, 2 * n_kept), dtype=np.intp)

    def add(self, first: int, priority: F64, weight: F64, importance: F64) -> None:
        """Add rows from `first` on: (matrices, n_k) each."""
        rows = np.broadcast_to(np.arange(first, first + priority.shape[1]), priority.shape)
        self._add_best(priority, weight, importance, rows)

    def merge(self, other: _Highest) -> None:
        """Add the rows of another."""
        self._add_best(other.priority, other.weight, other.importance, other.rows)

    def __reduce__(self) -> Any:  # without the lock
        kept = {name: value for name, value in vars(self).items() if name != "_lock"}
        return _Highest, (len(self.filled), self.n_kept), kept

    def _add_best(self, priority: F64, *others: NDArray[Any]) -> None:
        given = priority, *others
        if priority.shape[1] > self.n_kept:
            best = np.argpartition(-priority, self.n_kept - 1, axis=1)[:, : self.n_kept]
            given = tuple(np.take_along_axis(each, best, 1) for each in given)
        with self._lock:
            self._add(*given)

    def _add(self, priority: F64, weight: F64, importance: F64, rows: NDArray[np.intp]) -> None:
        new = k, _ = np.nonzero(priority > self.least[:, None])
        count = np.bincount(k, minlength=len(self.filled))
        if (self.filled + count).max() > 2 * self.n_kept:
            self._drop()
        at = k, self.filled[k] + np.arange(len(k)) - (np.cumsum(count) - count)[k]
        self.priority[at], self.rows[at] = priority[new], rows[new]
        self.weight[at], self.importance[at] = weight[new], importance[new]
        self.filled += count

    def _drop(self) -> None:
        """Keep `n_kept` rows of each matrix that has more."""
        more = np.flatnonzero(self.filled > self.n_kept)
        best = np.argpartition(-self.priority[more], self.n_kept - 1, axis=1)[:, : self.n_kept]
        for own in (self.priority, self.weight, self.importance, self.rows):
            own[more, : self.n_kept] = own[more[:, None], best]
        self.priority[:, self.n_kept :] = 0.0
        self.least = self.priority[:, : self.n_kept].min(1)
        self.filled = np.minimum(self.filled, self.n_kept)

    def sample(self, k: int) -> tuple[NDArray[np.intp], F64]:
        """Return the rows of matrix k except the last of `n_kept`, and their weights."""
        if self.filled[k] > self.n_kept:
            self._drop()
        some = slice(0, self.filled[k])
        t = self.priority[k, some].min() if self.filled[k] == self.n_kept else 0.0
        kept = np.flatnonzero(self.priority[k, some] > t)
        kept = kept[np.argsort(self.rows[k, kept])]
        weight = self.weight[k, kept] * np.maximum(1.0, t / self.importance[k, kept])
        return self.rows[k, kept], weight


def gram(X: F64, weight: F64, bias: bool, onto: F64 | None = None) -> F64:
    """Return the lower half of X' diag(weight) X, with a column of ones for the bias.

    Args:
        X: (m, d).
        weight: (m,), at least 0.
        bias: whether there is such a column.
        onto: such a half, to which this one is added, in the same memory.

    """
    m, d = X.shape
    B = np.empty((m, d + bias))
    B[:, d:] = np.sqrt(weight)[:, None]
    np.multiply(X, np.sqrt(weight)[:, None], out=B[:, :d])
    return add_square(B.T, np.zeros((d + bias, d + bias), order="F") if onto is None else onto)


def gram_of(rows: Rows, numbers: NDArray[np.intp], weight: F64, bias: bool) -> F64:
    """Return the same for some of the rows, of which few are held at a time."""
    own = getattr(rows, "gram", None)
    if own is not None:
        square: F64 = own(numbers, weight, bias)
        return square
    out = np.zeros((rows.d + bias, rows.d + bias), order="F")
    step = max(getattr(rows, "piece", _PIECE) // (8 * max(rows.d, 1)), 64)
    for start in range(0, len(numbers), step):
        part = slice(start, start + step)
        out = gram(rows.take(numbers[part]), weight[part], bias, out)
    return out
