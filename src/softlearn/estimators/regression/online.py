r"""One batch after another: each is fitted exactly, with a quadratic prior for those before it.

    w_t = argmin_w  sum_{i in batch t} s_i CE_i(w)  +  1/2 (w - w_{t-1})' A_{t-1} (w - w_{t-1})
    A_t = A_{t-1} + the curvature of batch t at w_t

A_0 is the penalty, 1/C on the weights, so one batch alone gives the ordinary fit.  A keeps one
block per class where that fits in memory, and its diagonal where not: (K, e, e) or (K, e), with
e = d + bias.  It is a plain array; only it and the coefficients need to be kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...data import Block
from ...function import Function
from ...kernels import softmax_variance
from ...objective import SoftmaxObjective, SoftmaxPoint
from ...protocol import F64, Result
from ...solve import LBFGS, Newton, minimize
from ..sklearn.checks import quiet
from ..sklearn.labels import totals
from .formulation import Formulation

__all__ = ["first_precision", "accumulate", "update"]

_BLOCK_ENTRIES = 2e7
_EXACT = 200_000  # parameters up to which Newton's method fits a batch
_MAX_STEPS = 200
_UNSEEN = 0.1
_JITTER = 1e-8  # for features that are combinations of others
_DENSE_ROWS = 4096  # of a sparse batch that are dense at a time


def first_precision(problem: Formulation, C: float) -> F64:
    """Return A_0, the penalty.

    The intercept of a class without rows would go to minus infinity, where the curvature
    vanishes and no precision is accumulated: a weak ridge keeps it about where half a row of that
    class would.
    """
    J = problem.objective
    model = J.model
    ridge = np.full((model.K, model.d + model.bias), 0.0 if np.isinf(C) else 1.0 / C)
    if model.bias:
        first = model.C - model.K
        unseen = totals(J.problem.Y, model.C, J.problem.s) == 0.0
        ridge[:, -1] = _UNSEEN * (unseen[first:] | unseen[:first].any())
    if ridge.size * ridge.shape[1] > _BLOCK_ENTRIES:
        return ridge
    return np.stack([np.diag(r) for r in ridge])


def update(
    problem: Formulation, start: F64, A: F64, tol: float, max_steps: int
) -> tuple[Result, F64]:
    """Fit the batch with the prior precision A; return the result and the next prior precision.

    The unknown is u with w = start + T u, T T' about the inverse of the curvature at the start:
    then no direction is much steeper than another.
    """
    J, S = problem.objective.with_penalty(0.0), problem.total
    ours = A / S  # the objective is divided by S, which may be very large
    T = _whitening(accumulate(problem, start, ours, 1.0))
    back = T.swapaxes(1, 2) if T.ndim == 3 else T
    points: dict[bytes, SoftmaxPoint] = {}

    def at(u: F64) -> SoftmaxPoint:
        key = u.tobytes()
        if key not in points:
            points.clear()
            points[key] = J.at(start + _times(J, T, u))
        return points[key]

    def fun(u: F64) -> tuple[float, F64]:
        point, move = at(u), _times(J, T, u)
        prior = _times(J, ours, move)
        value = point.value + 0.5 * float(move @ prior)
        return value, _times(J, back, point.grad + prior)

    def hvp(u: F64, v: F64) -> F64:
        move = _times(J, T, v)
        return _times(J, back, at(u).hvp(move) + _times(J, ours, move))

    solver = Newton("none") if J.size <= _EXACT else LBFGS()
    F = Function(fun, J.size, hvp)
    found = minimize(F, solver, tol=1e-3 * tol, max_steps=min(max_steps, _MAX_STEPS))
    result = replace(found, w=start + _times(J, T, found.w))
    return result, accumulate(problem, result.w, A, S)


def _whitening(B: F64) -> F64:
    """Return T, (K, e, e) or (K, e), with T T' about the inverse of B."""
    scale = np.einsum("kii->ki", B) if B.ndim == 3 else B
    scale = 1.0 / np.sqrt(np.where(scale > 0.0, scale, 1.0))
    if B.ndim == 2:
        return scale
    correlation = B * scale[:, :, None] * scale[:, None, :] + _JITTER * np.eye(B.shape[1])
    inverse = np.linalg.inv(np.linalg.cholesky(correlation))
    return np.asarray(scale[:, :, None] * inverse.swapaxes(1, 2), dtype=np.float64)


def accumulate(problem: Formulation, w: F64, A: F64, weight: float) -> F64:
    """Return A plus the curvature of the rows at w, as if they weighed `weight` together.

    Raises:
        ValueError: it overflows.

    """
    J = problem.objective
    first, A = J.model.C - J.model.K, A.copy()
    with quiet():
        forward, rows = J.at(w).forward, J.problem.rows
        for span, a in forward.over_blocks(lambda span, P: (span, softmax_variance(P)[first:])):
            a *= weight * J.problem.s[span]
            A += _diagonal(J, rows.block(span), a) if A.ndim == 2 else _blocks(J, span, a)
    if not np.isfinite(A).all():
        raise ValueError(
            "partial_fit remembers sums of weights times squares of features, which are beyond the "
            f"range of numbers here, where the weights add up to {problem.total:g}: give smaller "
            "weights, or features on a smaller scale."
        )
    return A


def _diagonal(J: SoftmaxObjective, block: Block, a: F64) -> F64:
    D = block.squares().rmatmat(a)
    return np.concatenate([D, a.sum(1)[:, None]], 1) if J.model.bias else D


def _blocks(J: SoftmaxObjective, span: slice, a: F64) -> F64:
    out = np.zeros((len(a), *2 * (J.model.d + J.model.bias,)))
    for start in range(span.start, span.stop, _DENSE_ROWS):
        X = J.problem.rows.take(np.arange(start, min(start + _DENSE_ROWS, span.stop)))
        if J.model.bias:
            X = np.concatenate([X, np.ones((len(X), 1))], 1)
        part = a[:, start - span.start :][:, : len(X)]
        for block, row in zip(out, part, strict=True):
            block += (X * row[:, None]).T @ X
    return out


def _times(J: SoftmaxObjective, A: F64, v: F64) -> F64:
    model = J.model
    W, b = model.split(v)
    V = np.concatenate([W, b[:, None]], 1) if model.bias else W
    R = (A @ V[:, :, None])[:, :, 0] if A.ndim == 3 else A * V
    return model.join(R[:, : model.d], R[:, -1])
