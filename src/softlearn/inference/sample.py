"""Rows, labels and weights of a likelihood, and the sums over rows that inference is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from ..protocol import F64
from ..softmax import log_softmax, softmax

__all__ = ["Sample", "collinear", "moments", "spans"]

_CELLS = 2**17  # numbers that are looked at together: they stay in the cache
_DEPENDENT = 1e-9  # of a column's spread: what others leave of one that is a combination of them


@dataclass(frozen=True, eq=False)
class Sample:
    """What a multinomial logit is fitted to.

    Args:
        X: (n, p) columns, "const" first where there is an intercept.
        y: (n,) codes 0 .. K - 1.
        s: (n,) weights of the rows; None for 1 each.
        columns: names of the columns.
        classes: (K,) names of the classes.
        frame: the class of tables: that of X where it is a data frame, else None.
        const: whether the first column is the intercept's.

    """

    X: F64
    y: NDArray[np.intp]
    s: F64 | None
    columns: tuple[str, ...]
    classes: NDArray[Any]
    frame: Any = None
    const: bool = True

    @property
    def K(self) -> int:
        """Classes."""
        return len(self.classes)

    @property
    def parameters(self) -> int:
        """How many there are."""
        return (self.K - 1) * int(self.X.shape[1])

    @cached_property
    def ends(self) -> tuple[F64, F64]:
        """The least and the largest value of each column in each class, (K, p)."""
        rows = [self.X[(self.y == k) & (self.weights > 0.0)] for k in range(self.K)]
        return np.array([X.min(0) for X in rows]), np.array([X.max(0) for X in rows])

    @cached_property
    def flat(self) -> NDArray[np.bool_]:
        """Which columns have one value, (p,)."""
        low, high = self.ends
        return np.asarray(low.min(0) == high.max(0))

    @property
    def has_constant(self) -> bool:
        """Whether class frequencies are among what can be fitted."""
        return self.const or bool((self.flat & (self.ends[0][0] != 0.0)).any())

    @cached_property
    def weights(self) -> F64:
        """(n,) weights."""
        return np.ones(len(self.y)) if self.s is None else self.s

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(len(self.y)) if self.s is None else float(self.s.sum())

    @cached_property
    def _scaling(self) -> tuple[F64, F64]:
        """Means (zeros without an intercept) and spreads of the columns, (p,)."""
        share, (low, high) = self.weights / self.total, self.ends
        largest = np.maximum(high.max(0), -low.min(0))  # whose square might overflow
        largest[largest == 0.0] = 1.0
        mean, first = np.zeros(self.X.shape[1]), int(self.const)
        if self.const:
            mean[1:] = share @ self.X[:, 1:]
        square = np.zeros_like(mean)
        for rows in spans(*self.X.shape):
            square += share[rows] @ ((self.X[rows] - mean) / largest) ** 2
        size = np.sqrt(square) * largest
        size[size == 0.0] = 1.0
        size[:first] = 1.0
        return mean, size

    def _scaled(self) -> Iterator[tuple[slice, F64]]:
        """Yield rows of the columns, centred and scaled, some at a time."""
        mean, size = self._scaling
        for rows in spans(*self.X.shape):
            yield rows, (self.X[rows] - mean) / size

    @cached_property
    def triangle(self) -> F64:
        """(p, p) R of a QR decomposition of the columns, centred and scaled."""
        root, R = np.sqrt(self.weights / self.total), np.zeros((self.X.shape[1],) * 2)
        for rows, X in self._scaled():
            R[:] = np.linalg.qr(np.concatenate([R, root[rows, None] * X]), mode="r")
        return R

    @cached_property
    def spread(self) -> F64:
        """(p, p) L such that Z = X L has orthogonal columns of unit spread.

        Parameters of X are L times those of Z.  Sums over rows of Z lose no digits to the units of
        a column, to its mean, or to others that are nearly the same.
        """
        mean, size = self._scaling
        L = np.diag(1.0 / size)
        if self.const:
            L[0, 1:] = -mean[1:] / size[1:]
        return np.asarray(L @ la.solve_triangular(self.triangle, np.eye(len(L))))

    @cached_property
    def Z(self) -> F64:
        """(n, p) columns of unit spread, orthogonal."""
        Z = np.empty(self.X.shape)
        for rows, X in self._scaled():
            Z[rows] = la.solve_triangular(self.triangle, X.T, trans=1).T
        return Z

    def logits(self, B: F64) -> F64:
        """Return (n, K) logits for parameters B (K, p)."""
        return self.X @ B.T

    def probabilities(self, B: F64) -> F64:
        """Return (n, K) probabilities."""
        return np.asarray(softmax(self.logits(B)), dtype=np.float64)

    def log_likelihood(self, B: F64) -> float:
        """Return sum_i s_i log p_i,y(i)."""
        logp = log_softmax(self.logits(B))
        return float(self.weights @ logp[np.arange(len(self.y)), self.y])

    def null_log_likelihood(self) -> float:
        """Return that of the class frequencies; without a constant of 1 / K for each."""
        if not self.has_constant:
            return -self.total * float(np.log(self.K))
        counts = np.bincount(self.y, self.weights, minlength=self.K)
        shares = counts[counts > 0.0] / self.total
        return float(self.total * (shares @ np.log(shares)))

    def residuals(self, P: F64) -> F64:
        """Return (n, K) y_i - p_i."""
        R = -P
        R[np.arange(len(self.y)), self.y] += 1.0
        return R

    def without(self, columns: list[int]) -> Sample:
        """Return the sample without some columns."""
        kept = [j for j in range(self.X.shape[1]) if j not in columns]
        names = tuple(self.columns[j] for j in kept)
        X = np.ascontiguousarray(self.X[:, kept])
        return replace(self, X=X, columns=names, const=self.const and 0 in kept)


def spans(n: int, width: int) -> Iterator[slice]:
    """Yield n rows of `width` numbers each, some at a time."""
    step = max(_CELLS // width, 64)
    return (slice(start, start + step) for start in range(0, n, step))


def moments(Z: F64, W: F64) -> F64:
    """Return sum_i w_ik w_il z_i z_i' for each pair of classes, (K, p, K, p).

    Args:
        Z: (n, p).
        W: (n, K).

    """
    K, p = W.shape[1], Z.shape[1]
    out = np.zeros((K * p, K * p))
    for rows in spans(len(Z), K * p):
        A = (W[rows, :, None] * Z[rows, None, :]).reshape(-1, K * p)
        out += A.T @ A
    return out.reshape(K, p, K, p)


def collinear(sample: Sample) -> str:
    """Return which column is a combination of others, in words, or ''."""
    if not sample.columns:
        return ""
    if sample.const and sample.flat[1:].any():
        return f"the column {sample.columns[1 + int(sample.flat[1:].argmax())]!r} is constant"
    R, order = la.qr(sample.triangle, mode="r", pivoting=True)
    size = np.abs(np.diag(R))
    rank = int((size > _DEPENDENT).sum())
    if rank == len(sample.columns):
        return ""
    last = int(order[rank])
    found = la.solve_triangular(R[:rank, :rank], R[:rank, rank])
    parts = [sample.columns[order[j]] for j in np.flatnonzero(np.abs(found) > 1e-7)]
    if not parts or parts == ["const"]:
        return f"the column {sample.columns[last]!r} is constant"
    others = ", ".join(repr(name) for name in sorted(parts, key=sample.columns.index))
    return f"the column {sample.columns[last]!r} is a combination of {others}"
