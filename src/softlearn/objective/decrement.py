r"""A proven distance from the minimum that needs no penalty: the Newton decrement's.

Along any direction the softmax loss has |third derivative| <= r (second derivative), r the range
of its logits' change.  With H the Hessian at w and g the gradient, over parameters whose sums over
the classes are zero, let

    lambda = ||g||_{H^-1},    rho = max_{i,k,l} || (e_k - e_l) x_i' ||_{H^-1}

Then, where x = rho lambda < 1,

    J(w) - min J  <=  ( x + (1 - x) log(1 - x) ) / rho^2     (about lambda^2 / 2)

Neither changes under affine maps of the columns.  A penalty adds to H and nothing to the third
derivative, so the bound holds with one too.  For any direction v,

    lambda  <=  sqrt(v' H v)  +  || g + H v ||_{H^-1}

so H^-1 is only needed for the residual of a direction.  H is factorised where that is cheap;
otherwise a matrix below H replaces it, M = sum_i s_i min_k p_ik x_i x_i' for every class, which
is at most H because the least eigenvalue of diag(p) - p p' on sums of zero is at least min_k p_k.

References: Bach, Electron. J. Stat. 4 (2010); Sun and Tran-Dinh, Math. Program. 178 (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..data import Block
from ..linalg import Factor, scaled_cholesky
from ..passes import Forward
from ..passes.rounding import ROUNDINGS
from ..preconditioner import exact_factor
from ..problem import Problem
from ..protocol import F64

__all__ = ["FAINT", "gap_of_residual", "newton_bound"]

_OUTRIGHT = 1e9  # multiplications for the whole Hessian and for rho
_COLUMNS = 7000  # beyond, not even a part of H is factorised
_SOUND = 1e-7  # the least share of a parameter beside others for which the factor is reliable
FAINT = 1e-290  # a curvature that underflow has left of one, by rows of hardly any weight
_SLACK = 1e-6  # what a sound factor may be wrong by


def newton_bound(forward: Forward, v: F64) -> float:
    """Return a lower bound on min J, -inf if none can be proven here.

    Args:
        forward: J at w.
        v: a guess of (minimiser - w), (size,).

    """
    problem, blocks = forward.problem, forward.blocks
    if not problem.model.size:  # nothing is to be chosen
        return forward.value
    metric = _metric(forward)
    if metric is None:
        return -np.inf
    Hv = forward.product(v) if v.any() else v
    left = _centred(problem, _sparing(problem, forward.grad + Hv, forward.w + v))
    gap = _gap(forward, metric, left, math.sqrt(max(blocks.vectors.dot(v, Hv), 0.0)))
    gap += _common(problem, forward.w) + _spared(problem, forward.w)
    return forward.value - gap - forward.value_error - ROUNDINGS * gap


def gap_of_residual(forward: Forward, r: F64) -> float:
    """Return J(w) - min J, at most, from a subgradient of J, whose sums over the classes are zero.

    The penalty may have kinks: it lies above its tangent at w, so only the loss needs curvature.
    """
    metric = _metric(forward)
    return np.inf if metric is None else _gap(forward, metric, r, 0.0)


def _gap(forward: Forward, metric: _Metric, left: F64, along: float) -> float:
    """Return the distance from the minimum, at most, for lambda <= along + ||left||."""
    rounded = ROUNDINGS * math.sqrt(2.0 * forward.loss) * forward.blocks.parameter_rms()
    decrement = along + metric.norm(left) + metric.norm_at_most(rounded)
    decrement += ROUNDINGS * forward.size + forward.drift
    rho = metric.rho(1.0 if forward.problem.model.reference else math.sqrt(2.0))
    x = rho * decrement * (1.0 + _SLACK)
    if not x < 1.0:
        return np.inf
    if x < 1e-3:  # the first terms of its series, and more than the rest
        gap = 0.5 * decrement**2 * (1.0 + x / (3.0 * (1.0 - x)))
    else:
        gap = (x + (1.0 - x) * math.log1p(-x)) / rho**2
    return gap * (1.0 + _SLACK)


def _centred(problem: Problem, r: F64) -> F64:
    """Subtract the part that all classes share, in place: no probability depends on it."""
    if not problem.model.reference:
        for part in problem.model.split(r):
            if len(part):
                part -= part.mean(0)
    return r


def _sparing(problem: Problem, r: F64, w: F64) -> F64:
    """Subtract the gradient at w of the penalty on the spared columns, in place."""
    if problem.spared is not None:
        W = problem.model.split(w)[0][:, problem.spared]
        problem.model.split(r)[0][:, problem.spared] -= problem.penalty.curvature * W
    return r


def _spared(problem: Problem, w: F64) -> float:
    """Return the penalty on the spared columns."""
    if problem.spared is None:
        return 0.0
    return problem.penalty.value(problem.model.split(w)[0][:, problem.spared].ravel())


def _common(problem: Problem, w: F64) -> float:
    """Return the penalty on the part of the weights that classes share: 0 at the minimum."""
    if problem.model.reference:
        return 0.0
    return problem.model.C * problem.penalty.value(problem.model.split(w)[0].mean(0))


@dataclass(frozen=True, eq=False)
class _Metric:
    """A matrix M of at most the Hessian, factorised: M^-1 = B' B."""

    forward: Forward
    B: F64

    def _arranged(self, r: F64) -> F64:
        """Return the weights and biases of r as B multiplies them."""
        W, b = self.forward.problem.model.split(r)
        return np.concatenate([W, b[:, None]], 1) if len(b) else W

    def norm(self, r: F64) -> float:
        """Return ||r||_{M^-1}."""
        return float(np.linalg.norm(self.B @ self._arranged(r)))

    def norm_at_most(self, r: F64) -> float:
        """Return the largest norm of vectors whose entries are at most those of r >= 0."""
        return float(np.linalg.norm(np.abs(self.B) @ self._arranged(r)))

    def rho(self, classes: float) -> float:
        """Return max ||(e_k - e_l) x_i'||_{M^-1}, or more; `classes` is ||e_k - e_l||."""
        return classes * math.sqrt(_longest(self.forward, [self.B.T @ self.B]))


def _metric(forward: Forward) -> _Metric | None:
    """Return the Hessian factorised, or a part of it; None where neither is reliable."""
    problem, model = forward.problem, forward.problem.model
    e = model.d + model.bias
    pairs = model.C * (model.C - 1) / 2.0
    if problem.rows.n * (e * model.K) ** 2 + pairs * problem.rows.n * e**2 <= _OUTRIGHT:
        whole = exact_factor(forward)
        if whole.least > _SOUND and _seen(forward, whole.factor.diagonal):
            return _Whole(forward, whole.factor.half_inverse())
    if model.d > _COLUMNS:
        return None
    part = _part(forward)
    sound = part.least > _SOUND and _seen(forward, part.diagonal)
    return _Part(forward, part.half_inverse()) if sound else None


def _seen(forward: Forward, diagonal: F64) -> bool:
    """Whether curvatures have all their digits; those of columns of zeros are rightly zero."""
    faint = np.flatnonzero(diagonal < FAINT)
    if not len(faint):
        return True
    problem = forward.problem
    some = np.unique(faint % (problem.model.d + problem.model.bias))
    found = forward.blocks.read(
        lambda span, _: bool(_rows(problem, span)[problem.s[span] > 0.0][:, some].any())
    )
    return not any(list(found))


class _Whole(_Metric):
    """The whole Hessian, class by class by feature."""

    def _arranged(self, r: F64) -> F64:
        return super()._arranged(r).ravel()

    def rho(self, classes: float) -> float:
        model = self.forward.problem.model
        B = self.B.reshape(len(self.B), model.K, -1)
        alone = range(model.K) if model.reference else ()  # against class 0, without parameters
        differences = [B[:, k] for k in alone]
        differences += [B[:, k] - B[:, other] for k, other in combinations(range(model.K), 2)]
        return math.sqrt(_longest(self.forward, [D.T @ D for D in differences]))


class _Part(_Metric):
    """The same matrix (e, e) for each class."""

    def _arranged(self, r: F64) -> F64:
        return super()._arranged(r).T


def _rows(problem: Problem, span: slice) -> F64:
    """Return rows with a last entry of 1 for the bias, dense."""
    X = problem.rows.take(np.arange(span.start, span.stop))
    return np.concatenate([X, np.ones((len(X), 1))], 1) if problem.model.bias else X


def _longest(forward: Forward, matrices: list[F64]) -> float:
    """Return the largest x_i' S x_i of all rows and matrices S, nan where one is not known."""
    problem = forward.problem

    def of_block(span: slice, block: Block) -> float:
        X = _rows(problem, span)
        each = [np.einsum("ij,ij->i", X @ S, X).max(initial=0.0) for S in matrices]
        return float(np.max(each, initial=0.0))

    return float(np.max(list(forward.blocks.read(of_block))))


def _part(forward: Forward) -> Factor:
    """Factorise sum_i s_i m_i x_i x_i', m_i at most the least eigenvalue of a row's curvature."""
    problem = forward.problem
    e = problem.model.d + problem.model.bias

    def part(span: slice, P: F64) -> F64:
        least = P[0] * P[1] if problem.model.reference else P.min(0)
        X = _rows(problem, span) * np.sqrt(problem.s[span] * least)[:, None]
        out: F64 = X.T @ X
        return out

    return scaled_cholesky(sum(forward.over_blocks(part), np.zeros((e, e))), 0.0)
