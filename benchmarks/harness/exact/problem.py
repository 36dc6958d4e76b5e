r"""The judge of proofs: softmax objectives and their optima in ball arithmetic, to any precision.

    J = sum_i s_i CE(y_i, softmax(W x_i + b)) / S
        + sum_j f_j (r |W_j| + (1 - r) ||W_j||^2 / 2) / (C S)

|W_j| is the sum of the sizes of column j, or its length; r is 0 and each f_j is 1 unless given.

Data and coefficients are the binary numbers that they are; balls (FLINT's Arb) enclose whatever is
computed from them, so no rounding can hide a fault or make one up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpz_mat
from numpy.typing import NDArray

__all__ = [
    "BITS",
    "MOST_BITS",
    "Balls",
    "Given",
    "balls",
    "bits",
    "loss",
    "mid",
    "objective",
    "product",
]

Balls = NDArray[Any]
BITS = 320
MOST_BITS = 10_000
_ENOUGH = 64  # bits of a value that are wanted
_LEAST_J = 1e-60  # a J below need not be told to so many bits


@contextmanager
def bits(precision: int) -> Iterator[None]:
    """Compute with so many bits."""
    before = ctx.prec
    ctx.prec = precision
    try:
        yield
    finally:
        ctx.prec = before


def balls(A: Any) -> Balls:
    """Return floats as exact balls."""
    A = np.asarray(A, dtype=np.float64)
    out = np.empty(A.shape, dtype=object)
    out.flat = [arb(x) for x in A.ravel().tolist()]
    return out


def mid(v: Balls) -> Balls:
    """Return the midpoints."""
    return np.array([x.mid() for x in v], dtype=object)


def product(A: Balls, B: Balls) -> Balls:
    """Return A B."""
    n, m, k = A.shape[0], B.shape[1], A.shape[1]
    if not (n and m and k):
        return balls(np.zeros((n, m)))
    C = arb_mat(n, k, A.ravel().tolist()) * arb_mat(k, m, B.ravel().tolist())
    return np.array(C.entries(), dtype=object).reshape(n, m)


@dataclass(frozen=True, eq=False)
class Given:
    """A problem as its user gave it: only rows that weigh something."""

    X: NDArray[np.float64]
    """(n, d)"""
    Y: NDArray[np.float64]
    """(n, K) probabilities, 1 and 0 for labels; rows are divided by their sums."""
    s: Balls
    """(n,) weights."""
    C: float
    intercept: bool
    reference: bool
    """Whether one row of weights stands for two classes."""
    ratio: float = 0.0
    """The share of L1 in the penalty,"""
    grouped: bool = False
    """whether it is of the columns' lengths,"""
    factors: NDArray[np.float64] | None = None
    """and a factor of each column."""

    @cached_property
    def S(self) -> Any:
        """The sum of the weights."""
        with bits(MOST_BITS):
            return sum(self.s, arb(0)).mid()

    @cached_property
    def exact_X(self) -> Balls:
        """X in balls."""
        return balls(self.X)

    @cached_property
    def columns(self) -> fmpz_mat:
        """(n, d) or (n, 1 + d), the intercept's first: each column times a power of two."""
        parts = [_integers(np.ones(len(self.X)))] if self.intercept else []
        parts += [_integers(self.X[:, j]) for j in range(self.X.shape[1])]
        return fmpz_mat([list(row) for row in zip(*parts, strict=True)])

    @cached_property
    def pivots(self) -> list[int]:
        """Which of these columns are a basis of all."""
        reduced, _, rank = self.columns.rref()
        table = reduced.tolist()
        return [next(j for j, x in enumerate(table[i]) if x != 0) for i in range(rank)]


def _integers(column: NDArray[np.float64]) -> list[int]:
    """Return a column times a power of two that makes all of it whole."""
    mantissa, exponent = np.frexp(column)
    whole = [int(m) for m in np.ldexp(mantissa, 53).tolist()]
    least = min((int(e) for e, m in zip(exponent, whole, strict=True) if m), default=0)
    return [m << (int(e) - least) if m else 0 for m, e in zip(whole, exponent, strict=True)]


# -- the objective


def objective(given: Given, W: Any, b: Any) -> Any:
    """Return J as a ball of at least 64 right bits (or below 1e-60)."""
    W, b = np.atleast_2d(W), np.atleast_1d(b)
    precision = BITS
    while True:
        with bits(precision):
            Z = product(given.exact_X, balls(W).T) + balls(b)
            if given.reference:
                Z = np.concatenate([balls(np.zeros((len(Z), 1))), Z], axis=1)
            J = loss(given, Z) + _penalty(given, balls(W))
            if J.rel_accuracy_bits() >= _ENOUGH or J.upper() < _LEAST_J:
                return J
        precision *= 2
        if precision > MOST_BITS:
            raise ArithmeticError("J cannot be told at these coefficients.")


def _penalty(given: Given, W: Balls) -> Any:
    if np.isinf(given.C):
        return arb(0)
    r, total = arb(given.ratio), arb(0)
    factors = np.ones(W.shape[1]) if given.factors is None else given.factors
    for column, factor in zip(W.T, factors.tolist(), strict=True):
        squares = sum((x * x for x in column), arb(0))
        size = squares.sqrt() if given.grouped else sum((abs(x) for x in column), arb(0))
        total += arb(factor) * (r * size + (1 - r) * squares / 2)
    return total / (arb(given.C) * given.S)


def loss(given: Given, Z: Balls) -> Any:
    """Return the mean of sum_c y_c log(1 + sum_(k != c) e^(z_k - z_c))."""
    total = arb(0)
    for z, y, s in zip(Z, given.Y, given.s, strict=True):
        for c in np.flatnonzero(y):
            others = sum(((z[k] - z[c]).exp() for k in range(len(z)) if k != c), arb(0))
            total += s * arb(float(y[c])) * others.log1p()
    return total / given.S
