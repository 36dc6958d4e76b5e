r"""The certificate for penalties with kinks: an elastic net, or L1 alone.

For probabilities q with sum_i s_i (q_i - y_i) = 0, and G = sum_i s_i (q_i - y_i) x_i',

    min J  >=  D(q) = sum_i s_i H(q_i) - penalty*(-G)

as in `certificate`, with the penalty's own conjugate.  That of L1 alone is 0 where |G| <= l1 and
else infinite, so q is drawn towards y until it is finite: q_t = y + t (q - y) is a probability
vector for t in [0, 1], and has t G and the biases' condition too.  q is p moved along the step of
a proximal Newton method, at whose solution |G| <= l1 holds to second order.  Without cancellation,

    J - D(q_t)  =  sum_i s_i KL(q_ti, p_i)  +  [ penalty(W) + penalty*(-t G) + <t G, W> ]

Weights that are zero at every minimum: entropy is 1-strongly concave in the 1-norm, so with gap =
J(w) - D(q) the G of the optimum differs from that of q by at most sigma_j sqrt(gap / 2) in column
j, sigma_j its standard deviation, and where that leaves |G_kj| < l1 the weight is proven to be 0.
For features as groups |G_kj| is the length of a column of G, which differs by sigma_j sqrt(gap).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Block
from ..passes import Forward
from ..passes.rounding import ROUNDINGS
from ..problem import ElasticNet
from ..protocol import F64
from .certificate import corrected, moved, of_all_classes, share_to_move
from .decrement import gap_of_residual
from .free_columns import FreeColumns, free_columns

__all__ = ["DualPoint", "proven_zeros", "sparse_bound"]

_FAR = 36.0  # how far apart logits of q may be, where they are not those of p
_ENOUGH = 1e-17  # how far from zero the biases' condition may be
_MATTERS = 0.01  # of the gap: rounding that is judged by the sizes of columns alone
_NOTHING = 1e-10  # of J: as much of it as never matters
_POOR = 1e-10  # of J: a gap that another bound may better, where most of it is rounding


@dataclass(frozen=True, eq=False)
class DualPoint:
    """A lower bound on min J, and a G that proves one."""

    lower: float
    own: float
    """The lower bound that G proves, perhaps a lower one,"""
    size: F64
    """and the sizes of G, as the penalty has them, at most."""


def sparse_bound(forward: Forward, v: F64 | None = None) -> DualPoint | None:
    """Return a bound; None where none can be proven here.

    Args:
        forward: J at w.
        v: a guess of (minimiser - w), (size,); None for zero.

    """
    model, penalty = forward.problem.model, forward.problem.penalty
    assert isinstance(penalty, ElasticNet)
    v, free = np.zeros(model.size) if v is None else v, model.weights
    e, divergence = moved(forward, v, None)
    unpenalised = free_columns(forward, penalty.free) if len(penalty.free) else None
    if unpenalised is not None or (model.bias and np.abs(e[free:]).max() > _ENOUGH):
        v = corrected(forward, v, e) if unpenalised is None else unpenalised.corrected(v, e)
        e, divergence = moved(forward, v, None)
    if not math.isfinite(divergence):
        return None
    W, _ = model.split(forward.w)
    G = model.split(e)[0] - penalty.l2 * W
    missing = of_all_classes(model.reference, e[free:])

    def with_rounding(by: _Rounding) -> tuple[float, float]:
        """Return the gap, and the t of q_t."""
        if not by.theta < 0.5:
            return np.inf, 0.0
        near = math.sqrt(divergence) + (ROUNDINGS * forward.size + forward.drift) / math.sqrt(2.0)
        gap, t = penalty.gap(W, G, by.off, near * near, forward.loss)
        return gap + by.price, t

    if len(penalty.free):
        by = _by_free_columns(forward, unpenalised, e, divergence, penalty.free)
        G[:, penalty.free] = 0.0
    else:
        by = _by_columns(forward, missing, divergence)
    exact, _ = penalty.gap(W, G, np.zeros(model.d), divergence, forward.loss)
    gap, t = with_rounding(by)
    rough = not gap - exact <= _MATTERS * exact + _NOTHING * forward.value
    if rough and not len(penalty.free):
        by_rows = _by_rows(forward, missing)
        other = with_rounding(by_rows)
        if other[0] < gap:
            by, (gap, t) = by_rows, other
    size = penalty.sizes(G) + penalty.sizes(np.broadcast_to(by.off, G.shape))
    lower = best = _lower(forward, gap)
    if gap - exact > max(exact, _POOR * forward.value):
        best = max(lower, _lower(forward, _gap_by_curvature(forward)))
    return DualPoint(best, lower, t * size) if math.isfinite(best) else None


def _lower(forward: Forward, gap: float) -> float:
    return forward.value - gap - forward.value_error - ROUNDINGS * (gap + forward.value)


def _gap_by_curvature(forward: Forward) -> float:
    """Return J(w) - min J, at most, by the Newton decrement, in which units do not matter."""
    model, penalty = forward.problem.model, forward.problem.penalty
    assert isinstance(penalty, ElasticNet)
    (W, _), (g, g_b) = model.split(forward.w), model.split(forward.grad)
    s, cost = penalty.residual(W, g)
    if not math.isfinite(cost):
        return np.inf
    g_b = g_b if model.reference or not len(g_b) else g_b - g_b.mean()
    return cost + gap_of_residual(forward, model.join(s, g_b if len(g_b) else None))


@dataclass(frozen=True)
class _Rounding:
    """Rounding errors of the parts of the bound."""

    off: F64
    """How much the entries of G may be wrong, (d,) or (K, d)."""
    theta: float
    """The share of probability to move, so that the biases' condition holds,"""
    price: float
    """and what it adds to the gap."""


def _by_columns(forward: Forward, missing: F64, divergence: float) -> _Rounding:
    """Bound rounding by the sizes of columns and the shares of classes."""
    loss, C = forward.loss, forward.problem.model.C
    theta = share_to_move(forward, missing, loss)
    residual = math.sqrt(2.0 * loss) + math.sqrt(2.0 * divergence)
    part = 2.0 * ROUNDINGS * residual + theta * math.sqrt(2.0 * C)
    return _Rounding(part * forward.blocks.column_rms, theta, theta * _dear(forward))


def _dear(forward: Forward) -> float:
    """Return how far apart logits of q may lie."""
    return 2.0 * forward.size + math.log(forward.problem.model.C) + _FAR


def _by_free_columns(
    forward: Forward, unpenalised: FreeColumns | None, e: F64, divergence: float, some: Any
) -> _Rounding:
    """Bound rounding where columns are free as the biases are: see `free_columns`."""
    residual = math.sqrt(2.0 * forward.loss) + math.sqrt(2.0 * divergence)
    theta = np.inf if unpenalised is None else unpenalised.share(e, residual)
    if unpenalised is None or not theta < np.inf:
        return _Rounding(np.zeros(forward.problem.model.d), np.inf, np.inf)
    off = (2.0 * ROUNDINGS * residual + theta) * forward.blocks.column_rms
    off[some] = 0.0
    return _Rounding(off, theta, theta / unpenalised.rho**2)


def _by_rows(forward: Forward, missing: F64) -> _Rounding:
    """Bound it row by row: a row counts by its uncertain probabilities."""
    problem, model = forward.problem, forward.problem.model
    first, C = model.C - model.K, model.C

    def part(span: slice, block: Block) -> tuple[F64, F64, F64, F64]:
        P, Y, s = forward.probabilities(span, block), problem.labels(span), problem.s[span]
        R = np.abs(P - (np.arange(C)[:, None] == Y if Y.ndim == 1 else Y)) * s
        A = np.minimum(P, 1.0 - P) * s
        return R.sum(1), A.sum(1), (R + A).sum(1), block.squares().rmatmat((R + A)[first:])

    residual, free, mass = np.zeros((3, C))
    squares = np.zeros((model.K, model.d))
    for of_block in forward.read(part):
        for total, one in zip((residual, free, mass, squares), of_block, strict=True):
            total += one
    theta = 0.0
    if len(missing):
        with np.errstate(divide="ignore", invalid="ignore"):
            theta = 2.0 * float(((np.abs(missing) + ROUNDINGS * residual) / free).max())
    off = 2.0 * (ROUNDINGS + theta) * np.sqrt(mass[first:, None] * squares)
    mass_free = min(float(free.sum()), 1.0)
    return _Rounding(off, theta, theta * math.sqrt(mass_free) * _dear(forward))


def proven_zeros(forward: Forward, dual: DualPoint) -> NDArray[np.bool_]:
    """Return which weights (K, d) are proven to be zero at every minimum.

    Args:
        forward: J at any w.
        dual: a bound.

    """
    blocks, problem, penalty = forward.blocks, forward.problem, forward.problem.penalty
    assert isinstance(penalty, ElasticNet)
    spread = blocks.column_rms
    if problem.model.bias:
        share = blocks.column_means / np.where(spread > 0.0, spread, 1.0)  # squares may underflow
        spread = spread * np.sqrt(np.maximum(1.0 - share**2, ROUNDINGS))
    gap = max(forward.value + forward.value_error - dual.own, 0.0)
    change = spread * math.sqrt(penalty.change * gap)
    zero = dual.size + change * (1.0 + ROUNDINGS) < penalty.l1 * (1.0 - ROUNDINGS)
    return np.broadcast_to(zero, (problem.model.K, problem.model.d))
