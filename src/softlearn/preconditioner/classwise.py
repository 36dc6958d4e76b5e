"""One matrix for each class, or one for all, from a sample of the rows, factorised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..protocol import F64, Preconditioner
from .factor import Factor, factor_of
from .sample import drawn_for_each, gram, squares_of, weights_of

if TYPE_CHECKING:
    from ..engine import Engine
    from ..objective import SoftmaxPoint

_SMALL = 128  # parameters of a class whose inverse is worth making


def classwise(point: SoftmaxPoint, seed: int, damping: float, shared: bool) -> Preconditioner:
    """Factorise the matrix of every class, or their mean, from a sample of rows each."""
    J, model = point.J, point.J.model
    A = weights_of(point, damping, shared)
    D, total = squares_of(point, A)
    diagonal = np.concatenate([D, total[:, None]], 1) if model.bias else D

    def make(drawn: tuple[tuple[NDArray[np.intp], F64], F64]) -> Factor:
        (rows, weight), full = drawn
        M = gram(J.rows.take(rows), weight, model.bias)
        return factor_of(M, full, J.penalty.strength, model.d)

    samples = zip(drawn_for_each(point, A, D, total, seed), diagonal, strict=True)
    factors = list(J.engine.map(make, list(samples)))
    solve_all = _together(factors, J.engine)

    def solve(r: F64) -> F64:
        W, b = model.split(r)
        R = np.concatenate([W, b[:, None]], 1) if model.bias else W
        S = solve_all(R)
        return model.join(S[:, : model.d], S[:, -1])

    return solve


def _together(factors: list[Factor], engine: Engine) -> Preconditioner:
    """Return R (K, e) -> M_k^-1 r_k for each row; one factor serves all rows.

    Small factors are inverted and stacked: one product for all classes instead of a call for each.
    """
    if len(factors) == 1:
        return lambda R: factors[0](R.T).T
    e = factors[0].size
    if e > _SMALL:
        return lambda R: np.stack(list(engine.map(lambda k: factors[k](R[k]), range(len(factors)))))
    half = np.stack([f.half_inverse() for f in factors])  # M^-1 = half' half
    other = np.ascontiguousarray(half.transpose(0, 2, 1))
    return lambda R: np.matmul(other, np.matmul(half, R[:, :, None]))[:, :, 0]
