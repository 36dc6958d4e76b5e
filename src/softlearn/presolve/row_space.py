r"""Rows in the coordinates of their span, which has far fewer dimensions than columns.

    X' = Q R,    Q'Q = I  (d x n),    X = L Q',    L = R'  (n x n, lower)

The penalised objective's optimum lies in the span of the rows: the part of W orthogonal to it
changes no logit and only adds to the penalty.  With W = V Q' the logits are those of V and L, and V
has the norm of W, so both objectives have the same minimum, and a bound for one is a bound for the
other.

Householder reflections leave an error of rounding times the length of a row in its entries.  That
is negligible for columns of similar size, but not for a column a million times smaller than
another, so such data stay as they are.

Reference: Hastie and Tibshirani, Biostatistics 5 (2004), "Efficient quadratic regularization for
expression arrays".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from ..data import DenseRows, Rows, mapped
from ..problem import Problem
from .affine import spreads
from .reduction import Reduced, with_columns

__all__ = ["Rotated", "project_to_row_space", "row_space"]

F64 = NDArray[np.float64]
_FEWER = 2  # columns to a row, at least
_MAX_ROWS = 2500  # the work rises with their square
_LEAST = 1e5  # entries of X: below them nothing is worth a copy
_MAX_BYTES = 1 << 28  # of the copy
_SPREAD = 1e3  # the largest column beside the smallest


@dataclass(frozen=True, eq=False)
class Rotated:
    """Rows in the coordinates of their span, and the change of weights."""

    rows: DenseRows
    """The rows L (n, n)."""
    reflections: F64
    """Q and R as LAPACK's geqrf leaves them (d, n)."""
    tau: F64
    """(n,)."""

    @property
    def d(self) -> int:
        """The number of columns of X."""
        return len(self.reflections)

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return V = W Q (K, n) for W (K, d), and the biases."""
        return np.ascontiguousarray(self._times(W.T, "T")[: len(self.tau)].T), b

    def expand(self, V: F64, b: F64) -> tuple[F64, F64]:
        """Return W = V Q' (K, d) for V (K, n), and the biases."""
        padded = np.zeros((self.d, len(V)))
        padded[: len(self.tau)] = V.T
        return np.ascontiguousarray(self._times(padded, "N").T), b

    def _times(self, B: F64, trans: str) -> F64:
        """Return Q B or Q' B, Q whole."""
        B = np.asfortranarray(B, dtype=np.float64)
        work = max(64 * B.shape[1], 1)
        out, _, info = la.lapack.dormqr("L", trans, self.reflections, self.tau, B, work)
        assert info == 0
        return np.asarray(out)


def row_space(problem: Problem) -> Reduced | None:
    """Return a penalised problem over fewer columns; None where few would be saved."""
    rows = problem.rows
    penalty = problem.penalty
    if not isinstance(rows, DenseRows) or penalty.absent or problem.spared is not None:
        return None
    if not penalty.smooth:  # |W| changes under rotations
        return None
    found = project_to_row_space(rows)
    return (
        None if found is None else Reduced(with_columns(problem, found.rows, found, spreads), found)
    )


def project_to_row_space(rows: Rows) -> Rotated | None:
    """Return the rows in the coordinates of their span; None where that saves too little.

    A float64 copy of X is made, of 256 MiB at most.
    """
    n, d = rows.n, rows.d
    worth = _FEWER * n <= d and n <= _MAX_ROWS and _LEAST <= n * d <= _MAX_BYTES / 8
    if not worth or not isinstance(rows, DenseRows) or mapped(rows.X):
        return None
    A = np.array(rows.X.T, dtype=np.float64, order="F")
    with np.errstate(over="ignore"):
        sizes = np.sqrt(np.einsum("ij,ij->i", A, A))
    sizes = sizes[sizes > 0.0]
    if not len(sizes) or not sizes.max() <= _SPREAD * sizes.min():
        return None
    A, tau, _, info = la.lapack.dgeqrf(A, lwork=64 * n, overwrite_a=1)
    if info or not np.isfinite(tau).all():
        return None
    L = np.ascontiguousarray(np.triu(A[:n]).T)
    return Rotated(DenseRows(L), A, tau)
