"""The Hessian of the loss over some weights, at one point; more weights can join it later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import add_sparse_gram, native, softmax_variance
from ..passes import Forward
from ..protocol import F64

__all__ = ["Hessian", "Weights", "hessian"]

_ENTRIES, _ROWS = 1 << 15, 256  # of rows taken at a time: more is slower, by memory new each time
_SCATTERED = 0.99  # of the mean square: with a squared mean up to this two digits cancel

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Weights:
    """Some weights (K, d), in the order of columns."""

    own: Ints
    """Their rows,"""
    column: Ints
    """and columns."""
    key: Ints
    """A number of each, its own in all choices of columns."""


@dataclass(frozen=True, eq=False)
class Hessian:
    """sum_i s_i (x_i - means)_j (x_i - means)_l ((p_ik + mu) [k = m] - p_ik p_im - mu / C)."""

    weights: Weights
    P: F64
    """(C, n) the probabilities of its point."""
    damping: float
    """mu."""
    scattered: bool
    """Whether it was computed entry by entry of sparse rows, about means of 0."""
    means: F64
    """(d,): biases stand for the logits of a row of these."""
    H: F64
    """(m + K, m + K), biases last; (m, m) without biases."""


def hessian(
    forward: Forward, weights: Weights, damping: float, before: Hessian | None = None
) -> Hessian:
    """Return the Hessian of the loss over some weights.

    Args:
        forward: the rows, and the point where there is none before.
        weights: over which.
        damping: mu.
        before: another one with this damping, whose point is kept and entries taken.

    """
    model, m = forward.problem.model, len(weights.key)
    scattered = _scatters(forward, weights.column)
    means = forward.blocks.column_means if model.bias and not scattered else np.zeros(model.d)
    if before is not None and (before.scattered != scattered or not len(before.weights.key)):
        before = None
    K = model.K if model.bias else 0
    new = np.ones(m + K, dtype=bool)
    if before is None:
        P = np.concatenate(list(forward.read(forward.probabilities)), axis=1)
        H = np.zeros((m + K, m + K))
    else:
        P, known, order = before.P, before.weights.key, np.argsort(before.weights.key)
        place = order[np.minimum(np.searchsorted(known, weights.key, sorter=order), len(known) - 1)]
        new[:m], new[m:] = known[place] != weights.key, False
        place[new[:m]] = len(known) + K - 1 if K else 0  # to be overwritten
        place = np.concatenate([place, np.arange(len(known), len(known) + K)])
        H = before.H[place[:, None], place]
        H[new], H[:, new] = 0.0, 0.0
    found = Hessian(weights, P, damping, scattered, means, H)
    if new.any():
        (_add_scattered if scattered else _add_dense)(forward, found, new)
    return found


def _scatters(forward: Forward, column: Ints) -> bool:
    """Whether to go entry by entry: no column's mean is so large that digits would cancel."""
    blocks, problem = forward.blocks, forward.problem
    if not problem.rows.sparse or native() is None:
        return False
    means, rms = blocks.column_means[column], blocks.column_rms[column]
    return not problem.model.bias or bool((means**2 <= _SCATTERED * rms**2).all())


def _add_scattered(forward: Forward, to: Hessian, new: NDArray[np.bool_]) -> None:
    """Add the rows and columns that are new."""
    problem, weights, model = forward.problem, to.weights, forward.problem.model
    m, K = len(weights.key), model.K
    half, cross, some = np.zeros((m, m)), np.zeros((m, K)), np.flatnonzero(new[:m])
    for span in forward.blocks.spans:
        add_sparse_gram(
            problem.rows.block(span), to.P[:, span], problem.s[span], to.damping,
            (weights.own, weights.column, new[:m]), (half, cross),
        )  # fmt: skip
    rows = half[some]
    corner = rows[:, some] + rows[:, some].T  # of two entries one was added to
    corner[np.diag_indices(len(some))] = rows[np.arange(len(some)), some]
    rows[:, some] = corner
    to.H[some, :m] = rows
    to.H[:m, some] = rows.T
    if model.bias:
        to.H[some, m:], to.H[m:, some] = cross[some], cross[some].T
    if new[m:].any():
        A = forward.bias_curvature.copy()
        A[np.diag_indices(K)] += to.damping
        to.H[m:, m:] = A - to.damping / model.C


def _add_dense(forward: Forward, to: Hessian, new: NDArray[np.bool_]) -> None:
    """Add the rows and columns that are new."""
    problem, model, damping = forward.problem, forward.problem.model, to.damping
    columns, place = np.unique(to.weights.column, return_inverse=True)
    own, first = to.weights.own, model.C - model.K
    if model.bias:
        own = np.concatenate([own, np.arange(model.K)])
        place = np.concatenate([place, np.full(model.K, len(columns))])
    each_once = np.array_equal(place, np.arange(len(columns) + 1))
    of_class = [np.flatnonzero(own == k) for k in range(model.K)]
    whole, fresh = bool(new.all()), np.flatnonzero(new)
    of_fresh = [np.flatnonzero(own[fresh] == k) for k in range(model.K)]

    def part(span: slice, block: Any) -> F64:
        out = np.zeros((len(fresh), len(own)))
        step = max(_ENTRIES // max(len(own), 1), _ROWS)
        for begin in range(0, block.n, step):
            some = slice(begin, min(begin + step, block.n))
            out += of_rows(block.X[some], slice(span.start + some.start, span.start + some.stop))
        return out

    def of_rows(X: Any, span: slice) -> F64:
        P, root = to.P[:, span], np.sqrt(problem.s[span])
        X = X if len(columns) == model.d else X[:, columns]
        X = (X.toarray() if problem.rows.sparse else X) - to.means[columns]
        X *= root[:, None]
        X = np.concatenate([X, root[:, None]], axis=1)
        X = X if each_once else X[:, place]
        A = softmax_variance(P)[first:] + damping * (1.0 - 1.0 / model.C)
        if model.K == 1:
            X *= np.sqrt(A[0])[:, None]
            return np.asarray((X if whole else X[:, fresh]).T @ X)
        F = X * P[first:].T[:, own]
        out: F64 = -((F if whole else F[:, fresh]).T @ F)
        if damping:
            out -= (damping / model.C) * ((X if whole else X[:, fresh]).T @ X)
        for mine, all_, a in zip(of_fresh, of_class, A, strict=True):
            if len(mine):
                Y = X[:, all_] * np.sqrt(a)[:, None]
                Z = Y if whole else X[:, fresh[mine]] * np.sqrt(a)[:, None]
                out[np.ix_(mine, all_)] = Z.T @ Y
        return out

    found = sum(forward.read(part), np.zeros((len(fresh), len(own))))
    to.H[fresh] = found
    to.H[:, fresh] = found.T
