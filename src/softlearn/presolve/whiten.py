r"""Nearly dependent columns, replaced by orthogonal combinations.

Without a penalty J keeps its minimum under any linear map of the columns (any affine one, where
biases are free), so a fit may use other coordinates.  Where columns are nearly dependent (a year
and its square, measurements that differ in the ninth digit) float64 cannot solve Newton's equations
in the original coordinates, nor measure how far a gradient is from zero.  With the pivoted
factorisation of the centred columns X' P = Q R, T = R^-1 and a constant m,

    x~ = T' (x_S - m_S),    W_S = V T',    b' = b + W m

has columns that are orthogonal, or nearly.  T and m are fixed float64 numbers, and the product
X_S T is computed to its last digit (`exact.py`), so the new rows are an exact function of the old.

Columns with nothing left in R are set aside: their weights are 0.  Where they depend on the others
exactly, which integer arithmetic decides, nothing is lost.  Where they do so only up to rounding,
it is unknown what their last digits could explain, and nothing can be proven: `doubtful` names
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from ..data import DenseRows, Rows, SparseRows
from ..problem import Names, Problem
from .affine import spreads
from .exact import depend, exact_product, shifted, two_sum
from .reduction import Reduced, with_columns

__all__ = ["Whitened", "orthogonal_columns", "whitened"]

_LISTED = 5  # columns that a sentence names

F64 = NDArray[np.float64]
Columns = NDArray[np.intp]
_SOUND = 1e-8  # of a column's variance, beside the others: with more left, columns stay
_NOTHING = 64 * float(np.finfo(np.float64).eps)  # of a column's length: the size of rounding errors
_REFINED = 30  # times, at most: each leaves rounding times the condition of the error
_DIGITS = float(np.finfo(np.float64).eps)
_MAX_ENTRIES = 1 << 25  # entries of X that may be copied
_WORK = 5e8  # multiplications to decide dependence exactly


@dataclass(frozen=True, eq=False)
class Whitened:
    """Rows with orthogonal columns, and the change of parameters."""

    rows: DenseRows
    kept: Columns
    """S, the columns from which x~ is computed (r,)."""
    T: F64
    """(r, r)."""
    R: F64
    """(r, d), X' = Q R: the way back."""
    mean: F64
    """m (d,)."""
    dependent: Columns
    """Columns set aside that others determine exactly."""
    doubtful: Columns
    """Columns set aside that others determine up to rounding."""

    @property
    def d(self) -> int:
        """The number of columns of X."""
        return int(self.R.shape[1])

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return V (K, r) and b' for W and b, to the last digits where W is 0 outside S."""
        V = W @ self.R.T
        if np.count_nonzero(W) == np.count_nonzero(W[:, self.kept]):
            for _ in range(_REFINED):
                high, low = exact_product(V, self.T.T)
                step = ((W[:, self.kept] - high) - low) @ self.R[:, self.kept].T
                V = V + step
                if not np.abs(step).max(initial=0.0) > _DIGITS * np.abs(V).max(initial=0.0):
                    break
        return V, shifted(W, b, self.mean)

    def expand(self, V: F64, b: F64) -> tuple[F64, F64]:
        """Return W (K, d) and b for V and b'; each is rounded once."""
        W = np.zeros((len(V), self.d))
        W[:, self.kept] = exact_product(V, self.T.T)[0]
        return W, shifted(W, b, -self.mean)


def orthogonal_columns(problem: Problem) -> Reduced | None:
    """Return a problem without a penalty in orthogonal coordinates; None where not needed."""
    if not problem.penalty.absent:
        return None
    names, rows = problem.names, problem.rows
    found = whitened(rows, problem.model.bias, names.rows or rows.take)
    if found is None:
        return None
    doubt = _named("set aside, because, up to rounding, others determine", found.doubtful, names)
    if doubt:
        doubt += " What its last digits could explain is not known, so nothing is proven."
    reduced = with_columns(problem, found.rows, found, spreads, found.kept)
    return Reduced(
        replace(reduced, doubt=doubt),
        found,
        note=_named("set aside, because others determine", found.dependent, names),
        digits=_close(found, names),
        rounds=True,
    )


def _named(what: str, columns: Columns, names: Names) -> str:
    if not len(columns):
        return ""
    one, more = len(columns) == 1, len(columns) - _LISTED
    listed = ", ".join(names.of_feature(int(j)) for j in columns[:_LISTED])
    listed += f" and {more} more" if more > 0 else ""
    start = f"{listed[0].upper()}{listed[1:]}"
    return f"{start} {'was' if one else 'were'} {what} {'it' if one else 'them'}."


def _close(found: Whitened, names: Names) -> str:
    """Name the column with the least part independent of the others."""
    if not len(found.kept):
        return ""
    left = np.abs(np.diagonal(found.R[:, found.kept]))
    size = np.linalg.norm(found.R[:, found.kept], axis=0)
    j = int(found.kept[int(np.argmin(left / size))])
    return f"columns nearly depend on each other, among them {names.of_feature(j)}"


def whitened(rows: Rows, bias: bool, given: Callable[[Columns], F64]) -> Whitened | None:
    """Return the rows in orthogonal coordinates; None where their columns are independent enough.

    Args:
        rows: n of them, columns of moderate size.
        bias: whether biases are free.
        given: returns the user's rows, for which dependence is decided.

    """
    if not isinstance(rows, DenseRows | SparseRows) or rows.n * rows.d > _MAX_ENTRIES:
        return None
    X = rows.take(np.arange(rows.n))
    A = X - X.mean(0) if bias else X.copy()
    power = np.frexp(np.sqrt(np.einsum("ij,ij->j", A, A)))[1]
    A = np.ldexp(A, -power)  # columns of lengths 1/2 to 1
    if _independent(A):
        return None
    noise = _NOTHING * np.linalg.norm(np.ldexp(X, -power), axis=0)  # what centring has left
    R, order = la.qr(A, mode="r", pivoting=True, check_finite=False)
    left = np.abs(R.diagonal())
    r = int(np.count_nonzero(left > np.maximum(_NOTHING, noise[order[: len(left)]])))
    kept, aside = order[:r], np.sort(order[r:])
    T = np.zeros((0, 0))
    if r:
        T = la.solve_triangular(R[:r, :r], np.eye(r), check_finite=False) * np.sqrt(rows.n)
    T = np.ldexp(T, -power[kept, None])
    mean = X.mean(0) if bias else np.zeros(rows.d)
    centred, rest = two_sum(X[:, kept], np.broadcast_to(-mean[kept], (rows.n, r)))
    high, low = exact_product(centred, T)
    back = np.empty((r, rows.d))
    back[:, order] = R[:r] / np.sqrt(rows.n)
    exact = _exactly(given, (rows.n, rows.d), kept, aside, bias)
    return Whitened(
        DenseRows(high + (low + rest @ T)),
        kept,
        T,
        np.ldexp(back, power),
        mean,
        aside[exact],
        aside[~exact],
    )


def _independent(A: F64) -> bool:
    """Whether no column is nearly a combination of others, by the pivots of A'A."""
    if A.shape[0] <= A.shape[1]:
        return False
    G = A.T @ A
    size = np.sqrt(G.diagonal())
    if not size.all():
        return False
    try:
        L = np.linalg.cholesky(G / size / size[:, None])
    except np.linalg.LinAlgError:
        return False
    return bool(L.diagonal().min() ** 2 > _SOUND)


def _exactly(
    given: Callable[[Columns], F64],
    shape: tuple[int, int],
    kept: Columns,
    aside: Columns,
    bias: bool,
) -> NDArray[np.bool_]:
    """Return which columns set aside are exact combinations of the kept ones (and of 1)."""
    n, d = shape
    if not len(aside) or len(kept) + bias >= n:
        return np.ones(len(aside), dtype=bool)  # the kept ones span all there is
    if n * (len(kept) + 1.0) * d > _WORK:
        return np.zeros(len(aside), dtype=bool)
    X = given(np.arange(n))
    one = np.ones((n, int(bias)))
    return depend(np.concatenate([one, X[:, kept]], axis=1), X[:, aside])
