"""Class by class in the space of the rows, where there are fewer of them than columns."""

from __future__ import annotations

import numpy as np
import scipy.linalg as la

from ..linalg import RIDGE, Factor, factor_of, solve_each
from ..passes import Forward
from ..protocol import F64, LinearMap
from .sample import gram, weights_of


def rowspace(forward: Forward, damping: float) -> LinearMap:
    """Factorise every M_k where X = L Q' with Q orthonormal: n x n matrices instead of d x d.

    Gradients lie in the span of the rows, where M_k is Q (L' diag(a_k) L + l2 I) Q'.  Q is never
    formed: Q' r = L^-1 X r.
    """
    blocks, model, l2 = forward.blocks, forward.problem.model, forward.problem.penalty.curvature
    L, equal = blocks.row_factor, forward.at_zero
    parts = forward.over_blocks(lambda span, P: weights_of(forward, P, span, damping, shared=equal))
    A = np.concatenate(list(parts), axis=1)
    diagonal = np.zeros(len(L) + model.bias)

    def make(a: F64) -> Factor:
        M = gram(L, a, model.bias)
        # A row that others determine is rounding in L, not a direction that changes nothing: it
        # stays, held by a ridge.
        M[np.diag_indices_from(M)] *= 1.0 + RIDGE
        return factor_of(M, diagonal, l2, len(L))

    factors = list(blocks.engine.map(make, list(A))) * (model.K if equal else 1)

    def rows_times(W: F64) -> F64:
        return np.concatenate(list(blocks.read(lambda span, block: block.matmat(W))), axis=1)

    def vjp(R: F64) -> F64:
        parts = blocks.read(lambda span, block: block.rmatmat(np.ascontiguousarray(R[:, span])))
        return sum(parts, np.zeros((len(R), model.d)))

    def solve(r: F64) -> F64:
        W, b = model.split(r)
        inside = la.solve_triangular(L, rows_times(W).T, lower=True, check_finite=False).T
        R = np.concatenate([inside, b[:, None]], 1) if model.bias else inside
        S = solve_each(blocks.engine, factors, R)
        rest = 1.0 / l2 if l2 > 0.0 else 0.0  # outside the span only the penalty curves
        change = S[:, : len(L)] - rest * inside
        up = la.solve_triangular(L, change.T, lower=True, trans="T", check_finite=False).T
        return model.join(vjp(up) + rest * W, S[:, -1])

    return solve
