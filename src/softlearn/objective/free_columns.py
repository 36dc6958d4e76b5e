r"""Columns without a penalty beside others with one: what the proof asks of them.

For weights without a penalty, as for free biases, a bound holds only if G(q) = 0 exactly.  Let F be
these weights and biases, H their part of the Hessian of the loss, and ||.|| the norm in H^-1.  Then
q is moved along -H^-1 e, e what is missing, until rounding is all that is left, ||e|| <= eta.

There are probabilities r = p * (1 + t) with G_F(r) = -e (1 - theta) / theta: t is that of a
direction c in F with H c = G_F(r) - G_F(p), and t >= -1 where rho ||H c|| <= 1, rho the largest
||(e_k - e_l) x_i'||.  That holds for theta = 2 rho eta where rho ||G_F(p)|| <= 1/2; and G_F is 0 at
(1 - theta) q + theta r.  By convexity KL rises by at most theta KL(r, p) <= theta / rho^2, and the
rest of G changes by at most theta times the size of its column.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..linalg import scaled_cholesky
from ..passes import Forward
from ..passes.rounding import ROUNDINGS
from ..protocol import F64
from .decrement import FAINT

__all__ = ["FreeColumns", "free_columns"]

_MOST = 1500  # weights: the square of it in memory, its cube for a factor
_SOUND = 1e-7  # the least share of a weight beside others for which the factor is reliable
_SLACK = 1e-6  # what it may be wrong by


@dataclass(frozen=True, eq=False)
class FreeColumns:
    """The free columns and biases at a point, their curvature factorised: H^-1 = B' B."""

    forward: Forward
    some: NDArray[np.intp]
    """The columns."""
    means: F64
    """Theirs; biases stand for the logits at the mean."""
    B: F64
    """(size, K, e), e of columns and bias."""
    rho: float
    """The largest ||(e_k - e_l) x_i'||, or more."""

    def _arranged(self, r: F64) -> F64:
        """Return the part of a gradient, (K, e)."""
        G, g = self.forward.problem.model.split(r)
        if not len(g):
            return G[:, self.some]
        return np.concatenate([G[:, self.some] - g[:, None] * self.means, g[:, None]], axis=1)

    def corrected(self, v: F64, e: F64) -> F64:
        """Return v with other weights and biases here, for which their part of e is zero."""
        half = np.einsum("akj,kj->a", self.B, self._arranged(e))
        step = np.einsum("akj,a->kj", self.B, half)
        out = v.copy()
        V, c = self.forward.problem.model.split(out)
        V[:, self.some] -= step[:, : len(self.some)]
        if len(c):
            c -= step[:, -1] - step[:, :-1] @ self.means
        return out

    def share(self, e: F64, residual: float) -> float:
        """Return theta, inf where there is no such r.

        Args:
            e: what is missing in G(q), computed.
            residual: the size of what it is the sum of, per unit of a column.

        """
        off = 2.0 * ROUNDINGS * residual * self.forward.blocks.column_rms[self.some]
        if self.forward.problem.model.bias:
            more = 2.0 * ROUNDINGS * residual
            off = np.append(off + np.abs(self.means) * more, more)
        B = self.B
        eta = float(
            np.linalg.norm(np.einsum("akj,kj->a", np.abs(B), np.abs(self._arranged(e)) + off))
        )
        at_p = float(np.linalg.norm(np.einsum("akj,kj->a", B, self._arranged(self.forward.grad))))
        if not self.rho * (at_p + eta) * (1.0 + _SLACK) <= 0.5:
            return np.inf
        return 2.0 * self.rho * eta * (1.0 + _SLACK)


def free_columns(forward: Forward, some: NDArray[np.intp]) -> FreeColumns | None:
    """Return the free columns at a point; None where their curvature is not reliable."""
    problem, model = forward.problem, forward.problem.model
    e = len(some) + model.bias
    if model.C * e > _MOST or not ROUNDINGS * forward.size < _SLACK:
        return None
    means = forward.blocks.column_means[some] if model.bias else np.zeros(len(some))

    def columns(block: Any) -> F64:
        X = block.X[:, some]
        X = (X.toarray() if problem.rows.sparse else X) - means
        return np.concatenate([X, np.ones((len(X), 1))], axis=1) if model.bias else X

    def part(span: slice, block: Any) -> F64:
        X = columns(block) * np.sqrt(problem.s[span])[:, None]
        P = forward.probabilities(span, block)
        F = (P.T[:, :, None] * X[:, None, :]).reshape(len(X), -1)
        return np.asarray(F.T @ F)

    H = -sum(forward.read(part), np.zeros((model.C * e, model.C * e)))
    H = H.reshape(model.C, e, model.C, e)
    for k in range(model.C):  # which keeps digits that p - p^2 would lose
        H[k, :, k] = 0.0
        H[k, :, k] = -H[k].sum(1)
    first, j = model.C - model.K, np.arange(e)
    H = H[first:, :, first:]
    faint = (np.einsum("kjkj->kj", H) < FAINT).any(0)

    def moves(span: slice, block: Any) -> bool:
        return bool(columns(block)[problem.s[span] > 0.0][:, faint].any())

    if faint.any() and any(list(forward.read(moves))):
        return None
    if not model.reference:  # a ridge along directions that change no probability
        H[:, j, :, j] += np.einsum("kjkj->j", H)[:, None, None] / model.C**2
    factor = scaled_cholesky(H.reshape(model.K * e, model.K * e), 0.0)
    if not factor.least > _SOUND:
        return None
    B = factor.half_inverse().reshape(model.K * e, model.K, e)

    def longest(span: slice, block: Any) -> float:
        X = columns(block)
        return max(float(((X @ b.T) ** 2).sum(1).max(initial=0.0)) for b in B.swapaxes(0, 1))

    rho = math.sqrt(max(forward.read(longest))) * (1.0 if model.reference else 2.0)
    return FreeColumns(forward, some, means, B, rho * (1.0 + _SLACK))
