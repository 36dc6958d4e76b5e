r"""Matrix products without rounding, and linear dependence decided exactly.

A product of matrices whose entries are integers times one power of two is exact in float64 while
its sums stay below 2^53.  Slices of 20 bits or so of each factor are such matrices, so a few
products of slices, added with compensation, give A B to far more digits than its terms cancel.

Floats are integers times powers of two, so columns of floats are linearly dependent if they are so
modulo large primes, up to a chance of 1e-15.

Reference: Ozaki, Ogita, Oishi and Rump, Numer. Algorithms 59 (2012), for the slices.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["depend", "exact_product", "shifted", "tall_rank", "two_sum"]

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_SLICES = 4  # of a factor: some 80 bits
_PRIMES = (2**31 - 1, 2**31 - 19)  # products of residues fit into 64 bits
_MORE = 8  # combinations of rows, beyond the columns


def two_sum(a: F64, b: F64) -> tuple[F64, F64]:
    """Return a + b rounded, and its rounding error, exactly (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def exact_product(A: F64, B: F64) -> tuple[F64, F64]:
    """Return A B as a sum hi + lo of float64 matrices: hi is A B correctly rounded, or nearly.

    Args:
        A: (n, d), moderate entries (no overflow of their products).
        B: (d, r).

    """
    power = np.frexp(np.abs(A).max(0, initial=0.0))[1]  # columns of like size lose no digits
    A, B = np.ldexp(A, -power), np.ldexp(B, power[:, None])
    bits = (53 - int(np.ceil(np.log2(max(A.shape[1], 2))))) // 2 - 1
    left, right = list(_slices(A, 1, bits)), list(_slices(B, 0, bits))
    hi = np.zeros((len(A), B.shape[1]))
    lo = np.zeros_like(hi)
    for order in range(_SLICES):  # the largest products first
        for k in range(order + 1):
            hi, rest = two_sum(hi, left[k] @ right[order - k])
            lo += rest
    return two_sum(hi, lo)


def _slices(A: F64, axis: int, bits: int) -> Iterator[F64]:
    """Yield matrices that add up to A, of so many bits below the largest of a row or column."""
    rest = A
    for _ in range(_SLICES):
        _, top = np.frexp(np.abs(rest).max(axis, keepdims=True, initial=0.0))
        part = np.ldexp(np.rint(np.ldexp(rest, bits - top)), top - bits)
        yield part
        rest = rest - part


def shifted(W: F64, b: F64, c: F64) -> F64:
    """Return b + W c, rounded once.

    Args:
        W: (K, d).
        b: (K,), or empty where there are no biases: then it stays so.
        c: (d,).

    """
    some = np.flatnonzero(c)
    if not len(b) or not len(some):
        return b
    c, power = np.frexp(c[some])
    terms = (_products(np.ldexp(w[some], power), c) for w in W)
    return np.array([math.fsum([bias, *of]) for bias, of in zip(b, terms, strict=True)])


def _products(x: F64, y: F64) -> list[float]:
    """Return floats whose exact sum is <x, y> (Dekker's product)."""
    high = x * y
    (x1, x2), (y1, y2) = _halves(x), _halves(y)
    low = ((x1 * y1 - high) + x1 * y2 + x2 * y1) + x2 * y2
    return [*high.tolist(), *low.tolist()]


def _halves(x: F64) -> tuple[F64, F64]:
    big = x * 134217729.0
    high = big - (big - x)
    return high, x - high


def depend(basis: F64, others: F64) -> NDArray[np.bool_]:
    """Return which of the other columns are linear combinations of the basis, exactly.

    Args:
        basis: (n, r) columns of finite floats.
        others: (n, m).

    """
    found = np.ones(others.shape[1], dtype=bool)
    for p in _PRIMES:
        A = np.concatenate([_residues(basis, p), _residues(others, p)], axis=1)
        rank = _eliminate(A, basis.shape[1], p)
        found &= ~A[rank:, basis.shape[1] :].any(0)
    return found


def tall_rank(parts: Iterable[F64], columns: int) -> int:
    """Return the rank of a matrix that comes in parts, some rows each: exactly, as a rule.

    Random combinations of its rows, modulo a prime, have its rank except with a chance of 1e-9,
    and then a lower one.
    """
    p, rng = _PRIMES[0], np.random.default_rng(0)
    sums = np.zeros((columns + _MORE, columns), dtype=np.int64)
    for part in parts:
        sums = (sums + _product(rng.integers(0, p, (len(sums), len(part))), part, p)) % p
    return _eliminate(sums, columns, p)


def _product(R: I64, A: F64, p: int) -> I64:
    """Return R A modulo p, at most 2^21 terms each: halves of 16 bits are exact in float64."""
    B = _residues(A, p)
    (high, low), (top, rest) = ((M >> 16, M & 0xFFFF) for M in (R, B))

    def times(x: I64, y: I64) -> I64:
        whole: I64 = (x.astype(np.float64) @ y.astype(np.float64)).astype(np.int64) % p
        return whole

    middle = (times(high, rest) + times(low, top)) % p
    out: I64 = ((times(high, top) * 2**16 % p + middle) * 2**16 + times(low, rest)) % p
    return out


def _residues(A: F64, p: int) -> I64:
    """Return A modulo p: a float is an integer times a power of two, which has an inverse."""
    mantissas, exponents = np.frexp(A)
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    low = int(exponents.min(initial=0))
    powers = [pow(2, k - 53, p) for k in range(low, int(exponents.max(initial=0)) + 1)]
    out: I64 = (integers % p) * np.array(powers, np.int64)[exponents - low] % p
    return out


def _eliminate(A: I64, columns: int, p: int) -> int:
    """Bring the first columns of A to row echelon form modulo p, in place; return their rank."""
    rank = 0
    for j in range(columns):
        below = np.flatnonzero(A[rank:, j])
        if not len(below):
            continue
        A[[rank, rank + below[0]]] = A[[rank + below[0], rank]]
        A[rank] = A[rank] * pow(int(A[rank, j]), -1, p) % p
        live = rank + 1 + np.flatnonzero(A[rank + 1 :, j])
        A[live] = (A[live] - A[live, j, None] * A[rank] % p) % p
        rank += 1
    return rank
