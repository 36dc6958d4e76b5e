"""One matrix for each class, or one for all, from a sample of the rows, factorised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..data import cut
from ..execution.threads import Engine
from ..linalg import Factor, factor_of, solve_each
from ..passes import Forward
from ..protocol import F64, LinearMap
from .sample import FEWEST_ROWS, ROWS_PER_FEATURE, draw, gram_of, scores, squares_of

_TIMES, _FEW_COLUMNS = 8, 64  # rows per drawn row, and columns, up to which all rows cost less
_SMALL = 128  # parameters of a class whose inverse is worth making
_AT_ONCE = 2048  # classes that are solved for at a time

_SomeSolves = Callable[[slice, F64], F64]


def classwise(forward: Forward, seed: int, damping: float, shared: bool) -> LinearMap:
    """Factorise the matrix of every class, or their mean, from a sample of rows each.

    Where all parameters are 0, every class has the same matrix, and one is made.
    """
    blocks, problem, model = forward.blocks, forward.problem, forward.problem.model
    wanted = max(ROWS_PER_FEATURE * (model.d + 1), FEWEST_ROWS)
    if forward.at_zero and (problem.rows.n <= _TIMES * wanted or model.d < _FEW_COLUMNS):
        solve_some = _together(blocks.engine, lambda k: _of_all_rows(forward, damping), 1, 0)
    else:
        shared = shared or forward.at_zero
        D = squares_of(forward, damping, shared)
        samples = draw(forward, scores(forward, D, damping, shared), len(D), wanted, seed)

        def make(k: int) -> Factor:
            M = gram_of(problem.rows, *samples[k], model.bias)
            return factor_of(M, D[k], problem.penalty.curvature, model.d)

        solve_some = _together(blocks.engine, make, *D.shape)

    def solve(r: F64) -> F64:
        out = np.empty_like(r)
        (R, r_b), (W, b) = model.split(r), model.split(out)
        for k in cut(model.K, _AT_ONCE):
            S = solve_some(k, np.concatenate([R[k], r_b[k, None]], 1) if len(b) else R[k])
            W[k] = S[:, : model.d]
            if len(b):
                b[k] = S[:, -1]
        return out

    return solve


def _of_all_rows(forward: Forward, damping: float) -> Factor:
    """Factorise the matrix of every class where all parameters are 0: exactly, from all rows.

    There H is (I / C - 1 1' / C^2) times X' diag(s) X, so this is its inverse on vectors whose sums
    over the classes are zero; with a single row of weights it is the inverse, too.
    """
    problem, model = forward.problem, forward.problem.model
    curvature = 1.0 / model.C + damping
    if model.reference:
        curvature *= 1.0 - 1.0 / model.C
    M = gram_of(problem.rows, np.arange(problem.rows.n), curvature * problem.s, model.bias)
    return factor_of(M, M.diagonal().copy(), problem.penalty.curvature, model.d)


def _together(engine: Engine, make: Callable[[int], Factor], K: int, e: int) -> _SomeSolves:
    """Return (classes k, R (len(k), e)) -> M_k^-1 r_k for each row; one factor serves all rows.

    Small factors are inverted and stacked: one product for all classes instead of a call for each.
    """
    if K > 1 and e <= _SMALL:
        B = np.empty((K, e, e))  # M^-1 = B' B
        for k, half in enumerate(engine.map(lambda k: make(k).half_inverse(), range(K))):
            B[k] = half
        Bt = B.transpose(0, 2, 1)
        return lambda k, R: np.matmul(Bt[k], np.matmul(B[k], R[:, :, None]))[:, :, 0]
    factors = list(engine.map(make, range(K)))
    if K == 1 and factors[0].size <= _SMALL:
        B = factors[0].half_inverse()
        return lambda k, R: (R @ B.T) @ B
    if K == 1:
        return lambda k, R: factors[0](R.T).T
    return lambda k, R: solve_each(engine, factors[k], R)
