r"""The certificate: a proven lower bound on the minimum of a softmax objective.

For every row let q_i be a probability vector.  With G(q) = sum_i s_i (q_i - y_i) x_i', weak
Fenchel duality gives, for weights W of penalty l2/2 ||W||^2 and free biases,

    min J  >=  D(q) = sum_i s_i H(q_i) - ||G(q)||^2 / (2 l2)     if sum_i s_i (q_i - y_i) = 0,

H the entropy.  The usual choice q = p(w) gives the gap ||grad||^2 / (2 l2) at a point whose bias
gradient is zero: it depends on the scale of the features, and says little when l2 is small.
Here q is moved along a direction v = (V, c), as Newton's method would move p:

    q_i = p_i * (1 + t_i),    t_i = u_i - <p_i, u_i>,    u_i = V x_i + c

which is in the simplex while t_i >= -1.  Then G(q) = G(p) + (H0 v)_W with H0 the Hessian of the
loss, and all terms that are large cancel exactly:

    J(w) - D(q) = || grad_W + (H0 v)_W ||^2 / (2 l2)  +  sum_i s_i KL(q_i, p_i)

with grad_b + (H0 v)_b = 0.  With v the Newton direction, the first term is l2/2 ||V||^2 and the
sum tends to half the Newton decrement: together, the true distance to first order, whatever the
scale of the features.  c is chosen so that the bias condition holds, so the bound is rigorous for
the free bias too.  Without a penalty the bound is another one: see `decrement.py`.

Rounding (docs/mathematics.md derives this).  Logits are known to z = 16 roundings of
|W||x| + |b|, sums over rows to 16 roundings of the sums of their terms' sizes.  Where the biases'
condition misses zero by e, a share theta of the probability that classes compete for, moved from
one class to another, makes it hold exactly.  So J(w) - min J is at most

    (sqrt(KL) + z / sqrt 2)^2  +  (||E|| + dG)^2 / (2 l2)  +  theta sqrt(m) (2 size + log C)

with size the root mean square of |W||x| + |b|, m the probability that classes compete for,
E = grad_W + (H0 v)_W, and dG a bound on what theta and rounding change in E.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np

from ..passes import LIMITS, Forward
from ..passes.rounding import ROUNDINGS
from ..problem import L2
from ..protocol import F64
from ..solve.cg import conjugate_gradients
from .decrement import newton_bound

__all__ = ["corrected", "dual_bound", "expected_gap", "moved", "of_all_classes", "share_to_move"]

_TINY = float(np.finfo(np.float64).tiny)
_NEAR = 1e-2  # of the loss: a divergence of q from p below which their logits are alike;
_FAR = 36.0  # beyond, how far apart those of q may be: it has no probabilities below rounding
_ENOUGH = 1e-13  # how far from zero the biases' condition may be where a pass can be saved
_MATTERS = 0.01  # of the gap: rounding that is judged by the sizes of columns alone
_NOTHING = 1e-10  # of J: as much of it as never matters
_POOR = 1e-9  # of J: a gap that another bound may better, where most of it is rounding
_PRODUCTS = 200  # with the biases' curvature, at most, where it is not a matrix


def dual_bound(
    forward: Forward, v: F64 | None = None, r: F64 | None = None, U: F64 | None = None
) -> float:
    """Return a lower bound on min J, -inf if none can be proven here.

    Args:
        forward: J at w.
        v: a guess of (minimiser - w), (size,); None for zero.
        r: grad + H v where it is known, exactly or nearly: it saves a pass, and the bound holds
            whatever it is.
        U: the logits of v (C, n), if all rows are one block and they are known.

    """
    problem, model = forward.problem, forward.problem.model
    v = np.zeros(model.size) if v is None else v
    if problem.doubt and problem.spared is None:
        return -np.inf
    if problem.penalty.absent or problem.spared is not None:
        return newton_bound(forward, v)
    enough = 1e-17 if r is None else _ENOUGH * forward.value
    if r is not None and not _many(forward) and _misses(forward, r, enough):
        v, U = corrected(forward, v, r), None
    e, divergence = moved(forward, v, U)
    if _misses(forward, e, enough):
        v = corrected(forward, v, e)
        e, divergence = moved(forward, v, None)
    gap, exact = _gap(forward, e, divergence)
    lower = forward.value - gap - forward.value_error - ROUNDINGS * gap
    if gap - exact <= max(exact, _POOR * forward.value):
        return lower
    return max(lower, newton_bound(forward, v))


def moved(forward: Forward, v: F64, U: F64 | None) -> tuple[F64, float]:
    """Return G(q) + l2 W for q moved along v, and sum_i s_i KL(q_i, p_i)."""
    e, divergence = forward.dual_step(v, U)
    forward.blocks.vectors.axpy(1.0, forward.grad, e)
    return e, divergence


def corrected(forward: Forward, v: F64, r: F64) -> F64:
    """Return v with other biases, for which the biases' part of the residual r is zero."""
    free = forward.problem.model.weights
    out = v.copy()
    solve = _solve_by_products if _many(forward) else _solve
    out[free:] -= solve(forward, r[free:])
    return out


def _many(forward: Forward) -> bool:
    """Whether there are too many classes for a matrix of all pairs."""
    return LIMITS.many_classes <= forward.problem.model.C


def _misses(forward: Forward, r: F64, enough: float) -> bool:
    """Whether the biases' condition misses zero by so much that it matters."""
    missing = r[forward.problem.model.weights :]
    if not len(missing):
        return False
    return _price(forward, missing) > 1.0 if _many(forward) else np.abs(missing).max() > enough


def _price(forward: Forward, missing: F64) -> float:
    """Return what it costs to move probability until nothing is missing, in units that matter."""
    problem = forward.problem
    of_all = of_all_classes(problem.model.reference, missing)
    share = float((np.abs(of_all) / np.maximum(problem.shares, _TINY)).max())
    price = share * (2.0 * forward.size + math.log(problem.model.C) + _FAR)
    return price / (_NOTHING * max(forward.value, _TINY))


def expected_gap(forward: Forward, v: F64, r: F64) -> float:
    """Estimate the gap of `dual_bound` to first order, from r = grad + H v."""
    problem, dot = forward.problem, forward.blocks.vectors.dot
    V, R = v[: problem.model.weights], r[: problem.model.weights]
    half = 0.5 * (dot(v, r) - dot(v, forward.grad))
    if problem.penalty.absent:
        return half  # and else ||R - l2 V||^2 / (2 l2) - l2/2 ||V||^2
    return half + cast(L2, problem.penalty).conjugate(dot(R, R)) - dot(R, V)


@dataclass(frozen=True)
class _Rounding:
    """Rounding errors of the parts of the bound."""

    residual: float
    """||sum_i s_i |R_i| |x_i|||, to whose last digits G is known."""
    theta: float
    """The share of probability to move, so that the biases' condition holds,"""
    mass: float
    """and of how much it is that, at most."""
    moved: float
    """A bound on the change of G if a share of 1 were moved."""


def _gap(forward: Forward, e: F64, divergence: float) -> tuple[float, float]:
    """Return J(w) - D(q) plus its rounding error (inf where unbounded), and without it."""
    problem, size, free = forward.problem, forward.size, forward.problem.model.weights
    conjugate = cast(L2, problem.penalty).conjugate
    missing = of_all_classes(problem.model.reference, e[free:])
    squares = forward.blocks.vectors.dot(e[:free], e[:free])
    length, loss = math.sqrt(squares), forward.loss
    exact = divergence + conjugate(squares)

    def with_rounding(by: _Rounding) -> float:
        if not by.theta < 0.5:  # nor where a class has no weight: its bias falls without end
            return np.inf
        hidden = 2.0 * ROUNDINGS * by.residual + by.theta * by.moved
        near = math.sqrt(divergence) + (ROUNDINGS * size + forward.drift) / math.sqrt(2.0)
        price = (
            2.0 * size + math.log(problem.model.C) + (_FAR if divergence > _NEAR * loss else 0.0)
        )
        mended = by.theta * math.sqrt(by.mass) * price
        return near * near + conjugate((length + hidden) ** 2) + mended

    gap = with_rounding(_by_columns(forward, missing, loss))
    if gap - exact <= _MATTERS * exact + _NOTHING * forward.value:
        return gap, exact
    return min(gap, with_rounding(_by_rows(forward, missing))), exact


def of_all_classes(reference: bool, e: F64) -> F64:
    """Return what is missing for each class (C,), from e of the classes with a bias."""
    return np.concatenate([[-e.sum()], e]) if reference and len(e) else e


def _by_columns(forward: Forward, missing: F64, loss: float) -> _Rounding:
    """Bound rounding by the sizes of columns and the shares of classes: fast, often sufficient."""
    model = forward.problem.model
    length, theta = forward.blocks.row_rms, share_to_move(forward, missing, loss)
    return _Rounding(math.sqrt(2.0 * loss) * length, theta, 1.0, math.sqrt(2.0 * model.C) * length)


def share_to_move(forward: Forward, missing: F64, loss: float) -> float:
    """Return the share of probability to move from class to class so that none is missing (C,)."""
    problem, model = forward.problem, forward.problem.model
    if not len(missing):
        return 0.0
    # of a class, at most; where the shares of P are other ones, q differs from p by as much
    off_shares = np.abs(of_all_classes(model.reference, forward.grad[model.weights :]))
    errors = np.minimum(problem.shares, loss) + off_shares
    off = np.abs(missing) + 2.0 * ROUNDINGS * errors
    return float((off / np.maximum(problem.shares, _TINY)).max())


def _by_rows(forward: Forward, missing: F64) -> _Rounding:
    """Bound it row by row: a row of large values counts only by its uncertain probabilities."""
    problem, C = forward.problem, forward.problem.model.C
    row_squares = forward.blocks.row_squares

    def part(span: slice, P: F64) -> tuple[F64, F64, float, float]:
        Y, s = problem.labels(span), problem.s[span]
        R = np.abs(P - (np.arange(C)[:, None] == Y if Y.ndim == 1 else Y)) * s
        A = np.minimum(P, 1.0 - P) * s
        both = R.sum(0) + A.sum(0)
        return R.sum(1), A.sum(1), float(both.sum()), float(both @ row_squares[span])

    residual, open_, mass, squares = np.zeros(C), np.zeros(C), 0.0, 0.0
    for of_block in forward.over_blocks(part):
        residual += of_block[0]
        open_ += of_block[1]
        mass, squares = mass + of_block[2], squares + of_block[3]
    length, theta = math.sqrt(mass) * math.sqrt(squares), 0.0
    if len(missing):
        with np.errstate(divide="ignore", invalid="ignore"):
            need = (np.abs(missing) + ROUNDINGS * residual) / open_
        theta = 2.0 * float(need.max())
    return _Rounding(length, theta, min(float(open_.sum()), 1.0), 2.0 * length)


def _solve(forward: Forward, e: F64) -> F64:
    """Return the least c with A c = e, A scaled to a unit diagonal (rare classes count too)."""
    A = forward.bias_curvature
    scale = 1.0 / np.sqrt(np.where(A.diagonal() > 0.0, A.diagonal(), 1.0))
    out: F64 = scale * np.linalg.lstsq(A * scale[:, None] * scale, scale * e, rcond=1e-14)[0]
    return out


def _solve_by_products(forward: Forward, e: F64) -> F64:
    """Return c with A c = e, nearly, by conjugate gradients: no matrix of all pairs of classes."""
    _, diagonal, _ = forward.moments_of_rows()
    scale = 1.0 / np.where(diagonal > 0.0, diagonal, 1.0)

    def stop(c: F64, r: F64, decrement: float, remaining: float) -> bool:
        return _price(forward, r) <= 0.5

    found = conjugate_gradients(
        forward.bias_product, e, lambda r: scale * r, stop, max_products=_PRODUCTS
    )
    return -found.v
