r"""Whether the loss falls without bound along a direction: decided, not estimated.

For a row of class y the margins along d are u_y - u_k, u = d's logits.  The loss falls without
bound along d if no margin is negative and some are positive; a row with several labels needs equal
logits for them.  A positive margin larger than rounding is certain.  A margin of zero is not: along
a computed direction it is a small number, which may hide an overlap.  So d is projected on the
space where those margins vanish, and the dimension of that space is decided in integers, from the
data as the user gave them: then there is a direction nearby with exact zeros, and margins that are
positive along d are positive along it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..passes import Blocks
from ..passes.rounding import ROUNDINGS
from ..presolve import tall_rank
from ..protocol import F64

__all__ = ["Recession"]

_CUTS = (0.0, 1e-3, 1e-6, 0.2)  # of the largest margin: what may be a margin of zero
_MAX_ENTRIES = 5e7  # logits, or entries of X, that are looked at together
_PARAMETERS = 1500  # beyond, only a direction with all margins positive is certain
_WORK = 2e10  # multiplications to decide a dimension in integers
_AT_ONCE = 4096  # margins of zero
_ROWS = 2000  # of them, or 8 for each parameter, that a direction is projected by
_RANK = 1e-9  # of the largest singular value
_KEPT = 1e-3  # of the largest margin: the least that must remain
_ZERO = 64.0  # roundings in a zero after projection


@dataclass(frozen=True, eq=False)
class _Margins:
    """Margins of all rows along a direction, (C, n); those of own classes are infinite."""

    M: F64
    zero: NDArray[np.bool_]
    """The margins that must be zero: those between several labels of a row."""
    own: NDArray[np.intp]
    noise: F64
    """(n,) the rounding error of a row's margins."""

    def certain(self, ties: NDArray[np.bool_], least: float) -> bool:
        """Whether margins are zero to rounding where they are tied, and positive elsewhere.

        The largest must be above `least`: otherwise all of them may be rounding errors.
        """
        noise = np.broadcast_to(self.noise, self.M.shape)
        level = bool((np.abs(self.M[ties]) <= _ZERO * noise[ties]).all())
        others = ~ties & np.isfinite(self.M)
        margins = self.M[others]
        return level and margins.max(initial=0.0) > least and bool((margins > noise[others]).all())


class Recession:
    """Directions along which the loss of a problem without a penalty falls without bound.

    Args:
        blocks: the rows.

    """

    def __init__(self, blocks: Blocks) -> None:
        self.blocks, self.problem = blocks, blocks.problem
        self._dimensions: dict[bytes, int] = {}

    @cached_property
    def _live(self) -> tuple[NDArray[np.intp], NDArray[Any], F64]:
        """The rows that have weight: their numbers, labels and squared lengths."""
        Y, s, squares = self.blocks.facts_of_rows()
        live = np.flatnonzero(s > 0.0)
        return live, Y[live], squares[live]

    def near(self, d: F64) -> F64 | None:
        """Return a direction near d along which the loss certainly falls without bound, or None.

        Args:
            d: (size,) a direction along which it seems to.

        """
        model = self.problem.model
        e = model.d + model.bias
        if self.problem.rows.n * max(model.C, e) > _MAX_ENTRIES:
            return None
        found = self._margins(d)
        finite = found.M[np.isfinite(found.M)]
        largest = float(finite.max(initial=0.0))
        for cut in _CUTS:
            ties = np.isfinite(found.M) & (found.zero | (cut * largest >= found.M))
            if not largest > 0.0 or (found.M[ties & ~found.zero] < -cut * largest).any():
                continue
            if not ties.any():
                return d if found.certain(ties, 0.0) else None
            if model.K * e <= _PARAMETERS:
                near = self._projected(d, found.own, ties, _KEPT * largest)
                if near is not None:
                    return near
        return None

    def _margins(self, d: F64) -> _Margins:
        """Return the margins of the rows that have weight."""
        problem, (live, Y, squares) = self.problem, self._live
        logits = self.blocks.read(lambda span, block: problem.model.logits(block, d))
        U = np.concatenate(list(logits), axis=1)[:, live]
        n = np.arange(len(live))
        if problem.labelled:
            own = Y
            zero = np.zeros(U.shape, dtype=bool)
        else:
            zero = Y.T > 0.0
            own = zero.argmax(0)
        M = U[own, n] - U
        zero[own, n], M[own, n] = False, np.inf
        sizes = np.sqrt(squares + problem.model.bias)
        return _Margins(M, zero, own, ROUNDINGS * np.linalg.norm(d) * sizes)

    def _projected(
        self, d: F64, own: NDArray[np.intp], ties: NDArray[np.bool_], least: float
    ) -> F64 | None:
        """Return d with its tied margins removed, if that is certainly such a direction, or None.

        Its largest margin must be above `least`.
        """
        size, (live, *_) = self.problem.model.size, self._live
        other, i = np.nonzero(ties)
        if len(other) * float(size) ** 2 > _WORK:
            return None
        some, max_rows = np.arange(len(other)), max(_ROWS, 8 * size)
        if len(other) > max_rows:  # where the others are zero too, `certain` says
            some = np.sort(np.random.default_rng(0).choice(len(other), max_rows, replace=False))
        A = self._constraints(self.problem.rows.take(live[i[some]]), own[i[some]], other[some])
        near, rank = self._without(A, d)
        if not self._margins(near).certain(ties, least):
            return None
        which = np.packbits(ties).tobytes()  # often the same ones, step after step
        if which not in self._dimensions:
            exact = self._exact_constraints(live[i], own[i], other)
            self._dimensions[which] = tall_rank(exact, size)
        return near if rank == self._dimensions[which] else None

    def _without(self, A: F64, d: F64) -> tuple[F64, int]:
        """Return d projected on the null space of A, and the rank of A in floating point."""
        model = self.problem.model
        lengths = np.linalg.norm(A, axis=1)
        A = A[lengths > 0.0] / lengths[lengths > 0.0, None]
        _, sizes, V = np.linalg.svd(np.linalg.qr(A, mode="r"))
        r = int(np.count_nonzero(sizes > _RANK * sizes.max(initial=0.0)))
        W, b = model.split(d)
        w = np.concatenate([W, b[:, None]], 1).ravel() if model.bias else W.ravel()
        for _ in range(2):  # the second time removes rounding errors
            w = w - V[:r].T @ (V[:r] @ w)
        W = w.reshape(model.K, -1)
        return model.join(W[:, : model.d], W[:, -1] if model.bias else None), r

    def _exact_constraints(
        self, rows: NDArray[np.intp], own: NDArray[np.intp], other: NDArray[np.intp]
    ) -> Iterator[F64]:
        """Yield the rows of the margins' matrix, from the data as the user gave them."""
        take = self.problem.names.rows or self.problem.rows.take
        for start in range(0, len(rows), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            yield self._constraints(take(rows[some]), own[some], other[some])

    def _constraints(self, X: F64, own: NDArray[np.intp], other: NDArray[np.intp]) -> F64:
        """Return rows of A with A d = margins of class own[i] over class other[i], (m, K e)."""
        model = self.problem.model
        if model.bias:
            X = np.concatenate([X, np.ones((len(X), 1))], 1)
        first, m = model.C - model.K, np.arange(len(X))
        A = np.zeros((len(X), model.C, X.shape[1]))
        A[m, own] = X
        A[m, other] = -X
        return A[:, first:].reshape(len(X), -1)
