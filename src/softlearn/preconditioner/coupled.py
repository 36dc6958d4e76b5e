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
from .sample import FEWEST_ROWS, Piece, draw, gram, scores, squares_of

ROWS_PER_PARAMETER = 2
_MULTIPLIED_OUT = 256  # parameters
_FEW_COLUMNS = 32  # up to as many, pairs of them are multiplied at once,
_PIECE = 1 << 17  # as many products as stay in the cache
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

    def inverse(self) -> LinearMap:
        """Return the inverse, multiplied out for few parameters: two products with a vector."""
        model, size = self.model, self.factor.size
        if size > _MULTIPLIED_OUT:
            return self
        half = self.factor.half_inverse().reshape(size, model.K, -1)
        W, b = half[:, :, : model.d], half[:, :, model.d :]
        W = W.swapaxes(1, 2) if model.by_feature else W
        B = np.concatenate([W.reshape(size, -1), b.reshape(size, -1)], 1)
        return lambda r: B.T @ (B @ r)


def exact(forward: Forward, damping: float, sparing: bool = False) -> WholeFactor:
    """Factorise the whole Hessian; if sparing, without the penalty on columns that J spares."""
    problem = forward.problem

    def part(span: slice, block: Any) -> F64:
        X = block.X.toarray() if problem.rows.sparse else block.X
        P = forward.probabilities(span, block)
        return _pair_sums(problem.model, X, P, problem.s[span], damping)

    sums = sum(forward.read(part), _no_pairs(problem.model))
    return _whole_factor(forward, sums, spared=problem.spared if sparing else None)


def coupled(forward: Forward, seed: int, damping: float) -> WholeFactor:
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
        return _pair_sums(model, block.X, P, s[span], damping)

    spans = [slice(start, start + _AT_ONCE) for start in range(0, len(rows), _AT_ONCE)]
    return _whole_factor(forward, sum(blocks.engine.map(part, spans), _no_pairs(model)), D)


def _no_pairs(model: Linear) -> F64:
    e = model.d + model.bias
    return np.zeros((model.C * (model.C - 1) // 2, e, e))


def _pair_sums(model: Linear, X: F64, P: F64, s: F64, damping: float) -> F64:
    """Return X' diag(s (p_k p_l + damping / C)) X for all k < l, (pairs, e, e).

    These are minus the blocks of the Hessian off its diagonal.  With few columns the products of
    all pairs of columns are multiplied with those of all pairs of classes, in one product of large
    matrices.
    """
    e, share = model.d + model.bias, damping / model.C
    k, m = np.triu_indices(model.C, 1)
    if e > _FEW_COLUMNS:
        lower = [gram(X, s * (P[a] * P[b] + share), model.bias) for a, b in zip(k, m, strict=True)]
        return np.stack([L + np.tril(L, -1).T for L in lower]) if lower else _no_pairs(model)
    i, j = np.tril_indices(e)
    flat = np.zeros((len(k), len(i)))
    step = max(_PIECE // (len(k) + len(i)), 64)
    for start in range(0, len(X), step):
        part = slice(start, start + step)
        XT = np.ones((e, len(X[part])))
        XT[: model.d] = X[part].T
        columns, at = np.empty((len(i), XT.shape[1])), 0
        for row in range(e):
            np.multiply(XT[row], XT[: row + 1], out=columns[at : at + row + 1])
            at += row + 1
        classes = P[k, part]
        classes *= P[m, part]
        classes += share
        classes *= s[part]
        flat += classes @ columns.T
    out = np.empty((len(k), e, e))
    out[:, i, j] = out[:, j, i] = flat
    return out


def _whole_factor(
    forward: Forward, pairs: F64, diagonal: F64 | None = None, spared: Any = None
) -> WholeFactor:
    """Return the solver for a Hessian, ordered by class and feature, from minus its blocks k < l.

    A block of a class with itself is minus the sum of its row, which keeps digits that p - p^2
    would lose.  `diagonal` (K, e) is the true one, used where the matrix's is far too small.
    """
    problem, model = forward.problem, forward.problem.model
    C, e = model.C, model.d + model.bias
    H, (a, b) = np.zeros((C, e, C, e)), np.triu_indices(C, 1)
    H[a, :, b, :] = H[b, :, a, :] = -pairs
    for k in range(C):
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
