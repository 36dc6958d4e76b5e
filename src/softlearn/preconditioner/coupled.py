"""All classes together: the whole Hessian, of all rows or of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import DenseBlock
from ..kernels import probabilities
from ..linalg import Factor, scaled_cholesky
from ..passes import Forward
from ..problem import Linear
from ..protocol import F64, LinearMap
from .sample import FEWEST_ROWS, Piece, draw, scores, squares_of

ROWS_PER_PARAMETER = 2
_AT_ONCE = 1024  # rows: their products with the weights of every class may be larger than X


@dataclass(frozen=True)
class WholeFactor:
    """The inverse of a Hessian that was factorised class by class by feature."""

    model: Linear
    factor: Factor

    @property
    def least(self) -> float:
        """The smallest share of a parameter's diagonal that the others do not explain."""
        return self.factor.least

    def __call__(self, r: F64) -> F64:
        """Return M^-1 r."""
        model = self.model
        W, b = model.split(r)
        R = np.concatenate([W, b[:, None]], 1) if model.bias else W
        S = self.factor(R.ravel()).reshape(R.shape)
        return model.join(S[:, : model.d], S[:, -1] if model.bias else None)


def exact(forward: Forward, damping: float, sparing: bool = False) -> WholeFactor:
    """Factorise the whole Hessian; if sparing, without the penalty on columns that J spares."""
    problem = forward.problem

    def part(span: slice, block: Any) -> F64:
        X = block.X.toarray() if problem.rows.sparse else block.X
        return _minus_hessian(
            forward, X, forward.probabilities(span, block), problem.s[span], damping
        )

    e = problem.model.d + problem.model.bias
    minus = sum(forward.read(part), np.zeros((problem.model.C * e, problem.model.C * e)))
    return _whole_factor(forward, minus, spared=problem.spared if sparing else None)


def coupled(forward: Forward, seed: int, damping: float) -> LinearMap:
    """Factorise the whole Hessian of a sample of rows.

    Where classes compete in pairs, as they do once most rows are classified with certainty, blocks
    per class leave out that moving both classes of a pair together hardly changes the loss.
    """
    blocks, problem, model = forward.blocks, forward.problem, forward.problem.model
    D = squares_of(forward, damping, shared=False)
    score = scores(forward, D, damping, shared=False)

    def for_all(span: slice, block: Any) -> Piece:
        return problem.s[None, span], score(span, block)[1].sum(0, keepdims=True)

    wanted = max(ROWS_PER_PARAMETER * model.K * (model.d + 1), FEWEST_ROWS)
    ((rows, s),) = draw(forward, for_all, 1, wanted, seed)

    def part(span: slice) -> F64:
        block = DenseBlock(problem.rows.take(rows[span]))
        P = probabilities(model.logits(block, forward.w))
        return _minus_hessian(forward, block.X, P, s[span], damping)

    spans = [slice(start, start + _AT_ONCE) for start in range(0, len(rows), _AT_ONCE)]
    Ce = model.C * (model.d + model.bias)
    return _whole_factor(forward, sum(blocks.engine.map(part, spans), np.zeros((Ce, Ce))), D)


def _minus_hessian(forward: Forward, X: F64, P: F64, s: F64, damping: float) -> F64:
    """Return X' diag(s (p_k p_l + damping / C)) X for all k, l (C e, C e).

    Its blocks of two different classes are minus those of the Hessian.
    """
    model = forward.problem.model
    C, e = model.C, model.d + model.bias
    if model.bias:
        X = np.concatenate([X, np.ones((len(X), 1))], 1)
    Q = P * np.sqrt(s)
    F = (Q.T[:, :, None] * X[:, None, :]).reshape(len(X), C * e)
    out: F64 = F.T @ F
    if damping:
        G = (damping / C) * (X.T @ (X * s[:, None]))
        out.reshape(C, e, C, e)[...] += G[None, :, None, :]
    return out


def _whole_factor(
    forward: Forward, minus: F64, diagonal: F64 | None = None, spared: Any = None
) -> WholeFactor:
    """Return the solver for a Hessian, ordered by class and feature, from minus its blocks k != l.

    A block of a class with itself is minus the sum of its row, which keeps digits that p - p^2
    would lose.  `diagonal` (K, e) is the true one, used where the matrix's is far too small.
    """
    problem, model = forward.problem, forward.problem.model
    C, e = model.C, model.d + model.bias
    H = -minus.reshape(C, e, C, e)
    for k in range(C):
        H[k, :, k, :] = 0.0
        H[k, :, k, :] = -H[k].sum(1)
    first = C - model.K
    H = H[first:, :, first:, :]
    j = np.arange(e)
    if diagonal is not None:
        for k in range(model.K):
            own = H[k, j, k, j]
            H[k, j, k, j] = np.where(own < 0.25 * diagonal[k], diagonal[k], own)
    fined = j[: model.d] if spared is None else np.flatnonzero(~spared)
    H[:, fined, :, fined] += problem.penalty.curvature * np.eye(model.K)
    if not model.reference:  # a ridge along directions that change no probability
        stiff = np.einsum("kjkj->j", H) / C**2
        H[:, j, :, j] += stiff[:, None, None]
    M = H.reshape(model.K * e, model.K * e)
    return WholeFactor(model, scaled_cholesky(M, problem.penalty.curvature))
