"""Cholesky factors of badly scaled and of singular matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from ..execution.threads import Engine
from ..protocol import F64
from .lapack import cholesky, solve_packed

RIDGE = 1e-13
DETERMINED = 1e-10
"""The share of a parameter's diagonal below which rounding dominates."""
COMMON = 1e-12
"""Relative to J: a penalty this small is not worth removing."""
_EPS = float(np.finfo(np.float64).eps)


def factor_of(M: F64, diagonal: F64, l2: float, penalised: int) -> Factor:
    """Return the solver for M + l2 I, with M's true diagonal where M's is far too small.

    M is overwritten.

    A feature that is zero in almost all drawn rows would otherwise seem to have no curvature.
    (Where the diagonal is nearly right it is kept: for a mean far from zero, a small increase would
    exceed the variance, which is what matters beside a bias.)
    """
    own = M.diagonal()
    M[np.diag_indices_from(M)] = np.where(own < 0.25 * diagonal, diagonal, own)
    M[np.arange(penalised), np.arange(penalised)] += l2
    return scaled_cholesky(M, l2)


def scaled_cholesky(M: F64, l2: float) -> Factor:
    """Return the solver for M, scaled to a unit diagonal before its Cholesky factor.

    The scaling makes the factor as accurate for badly scaled features as for standardised ones.  It
    overwrites M, of which only the lower half is used.
    """
    diagonal = M.diagonal().copy()
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    M *= scale[:, None]
    M *= scale
    M[np.diag_indices_from(M)] = 1.0
    order, L = pivoted_cholesky(M, np.sqrt(_zero(len(M))) if l2 > 0.0 else np.inf)
    least = float((L.diagonal() ** 2).min(initial=1.0)) if isinstance(order, slice) else 0.0
    return Factor(scale, order, la.lapack.dtrttf(L, uplo="L")[0], least, diagonal)


@dataclass(frozen=True)
class Factor:
    """M^-1 = S Q' (L L')^-1 Q S, S diagonal and Q a permutation.

    Reference: Gustavson, Wasniewski, Dongarra and Langou, ACM Trans. Math. Softw. 37 (2010).
    """

    scale: F64
    order: NDArray[np.intp] | slice
    packed: F64
    """L in rectangular full packed format: half the memory, and faster solves."""
    least: float
    """The smallest share of a parameter's diagonal that the others do not explain."""
    diagonal: F64
    """The diagonal of M."""

    @property
    def size(self) -> int:
        """The number of parameters."""
        return len(self.scale)

    def __call__(self, r: F64) -> F64:
        """Return M^-1 r for r (e,) or (e, any)."""
        column = self.scale if r.ndim == 1 else self.scale[:, None]
        out = np.empty_like(r)
        scaled = np.asfortranarray((column * r)[self.order])
        out[self.order] = solve_packed(self.packed, scaled)
        out *= column
        return out

    def half_inverse(self) -> F64:
        """Return B (e, e) with M^-1 = B' B."""
        B = np.empty((self.size, self.size))
        L = la.lapack.dtfttr(self.size, self.packed, uplo="L")[0]
        B[:, self.order] = la.solve_triangular(L, np.eye(self.size), lower=True, check_finite=False)
        return B * self.scale


def solve_each(engine: Engine, factors: list[Factor], R: F64) -> F64:
    """Return M_k^-1 r_k for each row of R (K, e), side by side."""
    return np.stack(list(engine.map(lambda k: factors[k](R[k]), range(len(R)))))


def pivoted_cholesky(M: F64, rest: float) -> tuple[NDArray[np.intp] | slice, F64]:
    """Return an order of the parameters and L, L L' = M in that order; M has a unit diagonal.

    M may be overwritten.

    Parameters that the others determine up to rounding come last, and their entry of L, which would
    be rounding error, is set to `rest`.  With infinity the inverse leaves them unchanged, which is
    right where nothing else determines them: their M^-1 r would be noise.  But a penalty, however
    small, does determine them, and conjugate gradients would never see it.

    """
    e, zero = len(M), _zero(len(M))
    saved = la.lapack.dtrttf(M, uplo="L")[0]  # half of M, in case L is not accurate enough
    L = np.asfortranarray(M)
    if cholesky(L) and (L.diagonal() ** 2).min(initial=1.0) > zero:
        return slice(None), L
    L, pivots, rank, _ = la.lapack.dpstrf(
        la.lapack.dtfttr(e, saved, uplo="L")[0], tol=zero, lower=1, overwrite_a=1
    )
    L = np.tril(L)
    last = np.arange(rank, e)
    L[rank:, rank:] = 0.0
    L[last, last] = rest
    return pivots - 1, L


def _zero(e: int) -> float:
    """Return the rounding error of a zero in a matrix of e parameters and unit diagonal."""
    return _EPS * (12.0 + 3.0 * float(np.sqrt(e)))
