r"""Columns less a constant and divided by a power of two: an exact change of variables.

    x' = (x - c) / 2^k,    W' = W 2^k,    b' = b + W c

gives the same logits, so with free biases the objective keeps its minimum under any c; without a
penalty on W, under any k too.  It avoids two numerical problems: a mean far larger than the spread
(dates, identifiers), whose products with the weights lose the digits of the rest, and values whose
squares overflow float64.

c is a multiple of about the spread, so x - c is exact but for entries much nearer to zero than c.
With a penalty only columns beyond 2^300 are divided, to that size.  This multiplies their penalty,
which usually stays below 1e-180 of the loss that they can save, but not where other rows have
values of ordinary size.  So the proof assumes no penalty on these columns (`sparing`).  With an L1
penalty none is divided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..data import DenseRows, Rows, SparseRows, mapped
from ..problem import Names, Problem
from .exact import shifted
from .reduction import Reduced, with_columns

__all__ = ["Affine", "affine", "centred_columns", "spreads"]

F64 = NDArray[np.float64]
_FAR = 32.0  # spreads from zero: beyond, the mean is subtracted; the condition number is its square
_LARGE = 300  # binary digits: the squares of larger values, times weights, may overflow
_USUAL = 64  # binary digits either side of 1 that need no scaling, where it is free
_VARIES = 1.0 - 1.0 / _FAR**2  # (sum x)^2 / (n sum x^2), beyond which a mean is far
_SEEN = 1 << 17  # entries of X that are looked at where that is a matter of speed alone,
_ROWS = 64  # or rows of a sparse X
_AT_ONCE = 1 << 18  # entries looked at at once


_TOO_LARGE = "The values of {column} are too large beside a penalty so strong."


@dataclass(frozen=True, eq=False)
class Affine:
    """Rows with columns shifted and scaled, and the change of parameters."""

    rows: Rows
    shift: F64
    """c (d,)."""
    power: NDArray[np.int64]
    """k (d,)."""

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return W' (K, d) and b' for W and b; b' is rounded once."""
        return np.ldexp(W, self.power), shifted(W, b, self.shift)

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return W (K, d) and b for W' and b'; b is rounded once."""
        with np.errstate(over="ignore"):
            W = np.ldexp(W, -self.power)
        return W, shifted(W, b, -self.shift)


def centred_columns(problem: Problem) -> Reduced | None:
    """Return the problem with columns shifted and scaled; None where none needs it."""
    names, penalised = problem.names, not problem.penalty.absent
    found = affine(problem.rows, problem.model.bias, penalised, problem.penalty.smooth)
    if found is None:
        return None
    reduced = with_columns(problem, found.rows, found, spreads)
    if penalised and found.power.any():
        column = names.of_feature(int(np.argmax(found.power)))
        doubt = _TOO_LARGE.format(column=column)
        reduced = replace(reduced, doubt=doubt, spared=found.power > 0)
    far = bool(found.shift.any())
    return Reduced(reduced, found, digits=_far(found, names) if far else "", rounds=far)


def _far(found: Affine, names: Names) -> str:
    """Name the column with the largest mean relative to its spread."""
    size = np.abs(found.shift) / np.ldexp(1.0, np.minimum(found.power, 1000))
    j = int(np.argmax(size))
    return (
        f"{names.of_feature(j)} lies about {abs(found.shift[j]):.0e} from zero, so the intercept "
        "needs more digits; take off a constant before the fit"
    )


def affine(rows: Rows, bias: bool, penalised: bool, scaling: bool = True) -> Affine | None:
    """Return the rows shifted and scaled; None where none needs it, or X may not be copied.

    Args:
        rows: n of them.
        bias: whether biases are free, so that columns may be shifted.
        penalised: whether a penalty ties the scale of W.
        scaling: whether columns may be divided at all.

    """
    if not isinstance(rows, DenseRows | SparseRows) or not rows.n or mapped(rows.X):
        return None
    if penalised and _ordinary(rows, bias):
        return None
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        largest, mean, spread = _statistics(rows)
        far = (np.abs(mean) > _FAR * spread) if bias else np.zeros(rows.d, dtype=bool)
        size = np.where(far, 8.0 * spread, largest)
    power = np.frexp(size)[1].astype(np.int64)
    if penalised:
        power = np.maximum(power - _LARGE, 0)
    else:
        power[(np.abs(power) <= _USUAL) | (size == 0.0)] = 0
    if not scaling:
        power[:] = 0
    if not (far.any() or power.any()):
        return None
    unit = np.frexp(spread)[1]
    near = np.where(spread > 0.0, np.ldexp(np.rint(np.ldexp(mean, -unit)), unit), mean)
    shift = np.where(far, near, 0.0)
    if isinstance(rows, SparseRows):
        return Affine(SparseRows(_sparse(rows.X, far, shift, power)), shift, power)
    X = np.subtract(rows.X, shift, dtype=np.float64)
    return Affine(DenseRows(np.ldexp(X, -power) if power.any() else X), shift, power)


def spreads(rows: Rows) -> F64:
    """Return the standard deviation of each column, about; 1 for those of few entries."""
    return _statistics(rows)[2] if isinstance(rows, DenseRows | SparseRows) else np.ones(rows.d)


def _ordinary(rows: DenseRows | SparseRows, bias: bool) -> bool:
    """Whether no column that is looked at has a mean far from zero, or values too large to square.

    Of many rows only some are checked, since with a penalty only speed depends on it.
    """
    if isinstance(rows, SparseRows):
        S = rows.X
        seen = S[np.linspace(0, rows.n - 1, min(rows.n, _ROWS)).astype(int)]
        full = np.bincount(seen.indices, minlength=1).max() >= 0.9 * seen.shape[0]
        large = (
            rows.dtype != np.float32 and S.nnz and max(S.data.max(), -S.data.min()) >= 2.0**_LARGE
        )
        return not (large or (bias and full))
    X = rows.X if rows.X.size <= _SEEN else rows.X[:: rows.X.size // _SEEN + 1]
    # einsum does not warn where squares overflow
    squares = np.einsum("ij,ij->j", X, X, dtype=np.float64)
    if not squares.max(initial=0.0) < 2.0**_LARGE:
        return False
    if not bias:
        return True
    sums = X.sum(0, dtype=np.float64)
    return not (len(X) * _VARIES * squares < sums * sums).any()


def _sparse(X: Any, far: NDArray[np.bool_], shift: F64, power: NDArray[np.int64]) -> sp.csr_array:
    """Return a CSR array shifted and scaled: columns that are shifted become full."""
    if far.any():
        kept = sp.csr_array(X, dtype=np.float64, copy=True)
        kept.data[far[kept.indices]] = 0.0
        kept.eliminate_zeros()
        some = np.flatnonzero(far)
        full = X[:, some].toarray().astype(np.float64) - shift[some]
        n, m = full.shape
        starts = np.arange(0, n * m + 1, m)
        X = kept + sp.csr_array((full.ravel(), np.tile(some, n), starts), shape=X.shape)
    data = np.ldexp(np.asarray(X.data, dtype=np.float64), -power[X.indices])
    return sp.csr_array((data, X.indices, X.indptr), shape=X.shape)


def _statistics(rows: DenseRows | SparseRows) -> tuple[F64, F64, F64]:
    """Return the largest size, the mean and the standard deviation of each column, about."""
    if isinstance(rows, SparseRows):
        return _sparse_statistics(rows.X)
    X, step = rows.X, max(_AT_ONCE // max(rows.d, 1), 1)
    parts = [X[a : a + step] for a in range(0, len(X), step)]
    lowest = np.min([part.min(0) for part in parts], axis=0).astype(np.float64)
    highest = np.max([part.max(0) for part in parts], axis=0).astype(np.float64)
    largest = np.maximum(np.abs(lowest), np.abs(highest))
    whole = np.frexp(largest)[1]

    def scaled(x: Any) -> F64:  # below 1 in size: nothing overflows
        out: F64 = np.ldexp(np.asarray(x, dtype=np.float64), -whole)
        return out

    first = scaled(X[0])  # what differs from it keeps its digits beside any mean
    width = np.frexp(np.maximum(scaled(highest) - first, first - scaled(lowest)))[1]
    sums, squares = np.zeros(rows.d), np.zeros(rows.d)
    for part in parts:
        off = np.ldexp(scaled(part) - first, -width)
        sums += off.sum(0)
        squares += np.einsum("ij,ij->j", off, off)
    mean = sums / len(X)
    spread = np.sqrt(np.maximum(squares / len(X) - mean * mean, 0.0))
    centre = first + np.ldexp(mean, width)
    return largest, np.ldexp(centre, whole), np.ldexp(spread, width + whole)


def _sparse_statistics(X: sp.csr_array) -> tuple[F64, F64, F64]:
    """Return the same of a CSR array; only columns that nearly every row has can be far from 0."""
    n, d = X.shape
    largest, mean, spread = np.zeros(d), np.zeros(d), np.ones(d)
    np.maximum.at(largest, X.indices, np.abs(X.data.astype(np.float64)))
    full = np.flatnonzero(np.bincount(X.indices, minlength=d) > n - n / _FAR**2)
    for start in range(0, len(full), 256):
        some = full[start : start + 256]
        part = DenseRows(np.asarray(X[:, some].toarray(), dtype=np.float64))
        _, mean[some], spread[some] = _statistics(part)
    return largest, mean, spread
