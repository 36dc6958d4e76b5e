r"""Whether the loss falls for ever along a direction: decided, not judged.

With own class y_i the margins of row i along d are u_y - u_k, u = d's logits.  The loss falls
without end along d if no margin is negative and some are positive; a row of several labels needs
equal logits for them.  Positive margins beyond rounding are so for certain.  Margins of zero are
not: a direction that was computed leaves a little of them, and a little may be an overlap.  So d is
projected on the space where those margins vanish, and the dimension of that space is decided in
integers, from the data as the user holds them: then a direction with exact zeros is nearby, and
what is positive along d is positive along it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .presolve import tall_rank
from .protocol import F64
from .rounding import ROUNDINGS

if TYPE_CHECKING:
    from .objective import SoftmaxObjective

__all__ = ["recession"]

_CUTS = (0.0, 1e-3, 1e-6, 0.2)  # of the largest margin: what may be a margin of zero
_MOST = 5e7  # logits, or entries of X, that are looked at together
_PARAMETERS = 1500  # more, and only margins that all are positive are certain
_WORK = 2e10  # multiplications to decide a dimension in integers
_AT_ONCE = 4096  # margins of zero
_ROWS = 2000  # of them, or 8 for each parameter, that a direction is projected by
_RANK = 1e-9  # of the largest singular value
_KEPT = 1e-3  # of the largest margin: what must be left of it
_ZERO = 64.0  # roundings that a projection leaves of a zero


@dataclass(frozen=True, eq=False)
class _Margins:
    """Margins of all rows along a direction, (C, n); those of own classes are infinite."""

    M: F64
    zero: NDArray[np.bool_]
    """Which must be zero: those between several labels of a row."""
    own: NDArray[np.intp]
    noise: F64
    """(n,) what rounding may have done to a row's margins."""

    def certain(self, ties: NDArray[np.bool_], least: float) -> bool:
        """Whether margins are zero to rounding where they are tied, and positive elsewhere.

        The largest must be above `least`: a projection that leaves nothing leaves rounding.
        """
        noise = np.broadcast_to(self.noise, self.M.shape)
        level = bool((np.abs(self.M[ties]) <= _ZERO * noise[ties]).all())
        others = ~ties & np.isfinite(self.M)
        margins = self.M[others]
        return level and margins.max(initial=0.0) > least and bool((margins > noise[others]).all())


def recession(J: SoftmaxObjective, d: F64) -> F64 | None:
    """Return a direction near d along which the loss certainly falls without end, or None.

    Args:
        J: an objective without a penalty.
        d: (size,) a direction along which it seems to.

    """
    n, C, e = J.rows.n, J.model.C, J.model.d + J.model.bias
    live = np.flatnonzero(J.s > 0.0)
    if n * max(C, e) > _MOST:
        return None
    found = _margins(J, d, live)
    finite = found.M[np.isfinite(found.M)]
    largest = float(finite.max(initial=0.0))
    for cut in _CUTS:
        ties = np.isfinite(found.M) & (found.zero | (cut * largest >= found.M))
        if not largest > 0.0 or (found.M[ties & ~found.zero] < -cut * largest).any():
            continue
        if not ties.any():
            return d if found.certain(ties, 0.0) else None
        if J.model.K * e <= _PARAMETERS:
            near = _projected(J, d, live, found.own, ties)
            if near is not None and _margins(J, near, live).certain(ties, _KEPT * largest):
                return near
    return None


def _margins(J: SoftmaxObjective, d: F64, live: NDArray[np.intp]) -> _Margins:
    """Return the margins of the rows that have weight."""
    U = np.concatenate(list(J.sweep(lambda span, block: J.model.logits(block, d))), axis=1)[:, live]
    n = np.arange(len(live))
    if J.Y.ndim == 1:
        own = J.Y[live]
        zero = np.zeros(U.shape, dtype=bool)
    else:
        zero = J.Y[live].T > 0.0
        own = zero.argmax(0)
    M = U[own, n] - U
    zero[own, n], M[own, n] = False, np.inf
    noise = ROUNDINGS * np.linalg.norm(d) * np.sqrt(J.row_squares[live] + J.model.bias)
    return _Margins(M, zero, own, noise)


def _projected(
    J: SoftmaxObjective,
    d: F64,
    live: NDArray[np.intp],
    own: NDArray[np.intp],
    ties: NDArray[np.bool_],
) -> F64 | None:
    """Return d less what it has of the tied margins; None where their rank is in doubt."""
    k, i = np.nonzero(ties)
    if len(k) * float(J.size) ** 2 > _WORK:
        return None
    which = np.packbits(ties).tobytes()  # often the same ones, step after step
    if which not in J.ranks:
        J.ranks[which] = tall_rank(_exact_constraints(J, live[i], own[i], k), J.size)
    dimension = J.ranks[which]
    most = max(_ROWS, 8 * J.size)
    if len(k) > most:  # where the others are zero too, `certain` says
        some = np.sort(np.random.default_rng(0).choice(len(k), most, replace=False))
        k, i = k[some], i[some]
    A = _constraints(J, J.rows.take(live[i]), own[i], k)
    lengths = np.linalg.norm(A, axis=1)
    A = A[lengths > 0.0] / lengths[lengths > 0.0, None]
    _, sizes, V = np.linalg.svd(np.linalg.qr(A, mode="r"))
    r = int(np.count_nonzero(sizes > _RANK * sizes.max(initial=0.0)))
    if r != dimension:
        return None
    w = _by_class(J, d)
    w = w - V[:r].T @ (V[:r] @ w)
    w = w - V[:r].T @ (V[:r] @ w)  # what rounding has left
    W = w.reshape(J.model.K, -1)
    return J.model.join(W[:, : J.model.d], W[:, -1] if J.model.bias else None)


def _exact_constraints(
    J: SoftmaxObjective, rows: NDArray[np.intp], own: NDArray[np.intp], other: NDArray[np.intp]
) -> Iterator[F64]:
    """Yield the rows of the margins' matrix, from the data as the user holds them."""
    take = J.rows.take if J.names.rows is None else J.names.rows
    for start in range(0, len(rows), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        yield _constraints(J, take(rows[some]), own[some], other[some])


def _by_class(J: SoftmaxObjective, d: F64) -> F64:
    W, b = J.model.split(d)
    return np.concatenate([W, b[:, None]], 1).ravel() if J.model.bias else W.ravel()


def _constraints(
    J: SoftmaxObjective, X: F64, own: NDArray[np.intp], other: NDArray[np.intp]
) -> F64:
    """Return rows of A with A d = margins of class own[i] over class other[i], (m, K e)."""
    if J.model.bias:
        X = np.concatenate([X, np.ones((len(X), 1))], 1)
    first, m = J.model.C - J.model.K, np.arange(len(X))
    A = np.zeros((len(X), J.model.C, X.shape[1]))
    A[m, own] = X
    A[m, other] = -X
    return A[:, first:].reshape(len(X), -1)
