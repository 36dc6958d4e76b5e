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

so H^-1 need only be known well enough for what a direction leaves.  It is factorised where that
is cheap; else a part of H stands for it, M = sum_i s_i min_k p_ik x_i x_i' for every class, which
is at most H because the least eigenvalue of diag(p) - p p' on sums of zero is at least min_k p_k.

References: Bach, Electron. J. Stat. 4 (2010); Sun and Tran-Dinh, Math. Program. 178 (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .preconditioner import Factor, exact_factor, scaled_cholesky
from .protocol import F64
from .rounding import ROUNDINGS, uncertain

if TYPE_CHECKING:
    from .objective import SoftmaxObjective, SoftmaxPoint

__all__ = ["newton_bound"]

_OUTRIGHT = 1e9  # multiplications for the whole Hessian and for rho
_COLUMNS = 7000  # more, and not even a part of H is factorised
_SOUND = 1e-7  # of a parameter, beside others: less, and the factor is not to be relied on
_FAINT = 1e-290  # a curvature that underflow has left of one, by rows of hardly any weight
_SLACK = 1e-6  # what a sound factor may be wrong by


def newton_bound(point: SoftmaxPoint, v: F64) -> float:
    """Return a lower bound on min J, -inf if none can be proven here.

    Args:
        point: J at w.
        v: a guess of (minimiser - w), (size,).

    """
    J, reference = point.J, point.J.model.reference
    if not J.size:  # nothing is to be chosen
        return point.value
    metric = _metric(point)
    if metric is None:
        return -np.inf
    Hv = point.hvp(v) if v.any() else v
    left, common = _centred(J, _sparing(J, point.grad + Hv, point.w + v)), _common(J, point.w)
    loss = max(point.value - J.penalty.value(point.w), 0.0)
    rounded = ROUNDINGS * math.sqrt(2.0 * loss) * J.sizes()
    decrement = math.sqrt(max(J.vectors.dot(v, Hv), 0.0)) + metric.norm(left)
    decrement += metric.norm_at_most(rounded) + ROUNDINGS * point.size
    decrement += point.drift
    rho = metric.rho(1.0 if reference else math.sqrt(2.0))
    x = rho * decrement * (1.0 + _SLACK)
    if not x < 1.0:
        return -np.inf
    if x < 1e-3:  # the first terms of its series, and more than the rest
        gap = 0.5 * decrement**2 * (1.0 + x / (3.0 * (1.0 - x)))
    else:
        gap = (x + (1.0 - x) * math.log1p(-x)) / rho**2
    gap = gap * (1.0 + _SLACK) + common + _spared(J, point.w)
    return point.value - gap - uncertain(point) - ROUNDINGS * gap


def _centred(J: SoftmaxObjective, r: F64) -> F64:
    """Take off what classes share, in place: no probability depends on it."""
    if not J.model.reference:
        for part in J.model.split(r):
            if len(part):
                part -= part.mean(0)
    return r


def _sparing(J: SoftmaxObjective, r: F64, w: F64) -> F64:
    """Take off the gradient at w of the penalty of columns that are spared, in place."""
    if J.spared is not None:
        J.model.split(r)[0][:, J.spared] -= J.penalty.strength * J.model.split(w)[0][:, J.spared]
    return r


def _spared(J: SoftmaxObjective, w: F64) -> float:
    """Return the penalty of columns that are spared."""
    if J.spared is None:
        return 0.0
    return 0.5 * J.penalty.strength * float((J.model.split(w)[0][:, J.spared] ** 2).sum())


def _common(J: SoftmaxObjective, w: F64) -> float:
    """Return what the penalty has of the weights that classes share: the minimum has none."""
    if J.model.reference:
        return 0.0
    return J.model.C * J.penalty.value(J.model.split(w)[0].mean(0))


class _Metric(Protocol):
    """A matrix M of at most the Hessian, factorised."""

    def norm(self, r: F64) -> float:
        """Return ||r||_{M^-1}."""
        ...

    def norm_at_most(self, r: F64) -> float:
        """Return the most that it can be for vectors of entries up to those of r >= 0."""
        ...

    def rho(self, classes: float) -> float:
        """Return max ||(e_k - e_l) x_i'||_{M^-1}, or more; `classes` is ||e_k - e_l||."""
        ...


def _metric(point: SoftmaxPoint) -> _Metric | None:
    """Return the Hessian factorised, or a part of it; None where neither can be relied on."""
    J, model = point.J, point.J.model
    e = model.d + model.bias
    pairs = model.C * (model.C - 1) / 2.0
    if J.rows.n * (e * model.K) ** 2 + pairs * J.rows.n * e**2 <= _OUTRIGHT:
        whole = exact_factor(point)
        if whole.least > _SOUND and _seen(point, whole.factor.diagonal):
            return _Whole(point, whole.factor.half_inverse())
    if model.d > _COLUMNS:
        return None
    part = _part(point)
    sound = part.least > _SOUND and _seen(point, part.diagonal)
    return _Part(point, part.half_inverse()) if sound else None


def _seen(point: SoftmaxPoint, diagonal: F64) -> bool:
    """Whether curvatures have all their digits; those of columns of zeros are rightly zero."""
    faint = np.flatnonzero(diagonal < _FAINT)
    if not len(faint):
        return True
    J = point.J
    some = np.unique(faint % (J.model.d + J.model.bias))
    return not any(_rows(point, span)[J.s[span] > 0.0][:, some].any() for span in J.spans)


@dataclass(frozen=True, eq=False)
class _Whole:
    """The whole Hessian, class by class by feature: M^-1 = B' B."""

    point: SoftmaxPoint
    B: F64

    def _arranged(self, r: F64) -> F64:
        model = self.point.J.model
        W, b = model.split(r)
        return np.concatenate([W, b[:, None]], 1).ravel() if model.bias else W.ravel()

    def norm(self, r: F64) -> float:
        return float(np.linalg.norm(self.B @ self._arranged(r)))

    def norm_at_most(self, r: F64) -> float:
        return float(np.linalg.norm(np.abs(self.B) @ self._arranged(r)))

    def rho(self, classes: float) -> float:
        model = self.point.J.model
        B = self.B.reshape(len(self.B), model.K, -1)
        alone = range(model.K) if model.reference else ()  # against class 0, without parameters
        differences = [B[:, k] for k in alone]
        differences += [B[:, k] - B[:, other] for k, other in combinations(range(model.K), 2)]
        return float(np.sqrt(np.max([_longest(self.point, D.T @ D) for D in differences])))


@dataclass(frozen=True, eq=False)
class _Part:
    """The same matrix for each class: M^-1 = B' B, (e, e)."""

    point: SoftmaxPoint
    B: F64

    def _by_class(self, r: F64) -> F64:
        model = self.point.J.model
        W, b = model.split(r)
        return np.concatenate([W, b[:, None]], 1).T if model.bias else W.T

    def norm(self, r: F64) -> float:
        return float(np.linalg.norm(self.B @ self._by_class(r)))

    def norm_at_most(self, r: F64) -> float:
        return float(np.linalg.norm(np.abs(self.B) @ self._by_class(r)))

    def rho(self, classes: float) -> float:
        return classes * float(np.sqrt(_longest(self.point, self.B.T @ self.B)))


def _rows(point: SoftmaxPoint, span: slice) -> F64:
    """Return rows with a last entry of 1 for the bias, dense."""
    X = point.J.rows.take(np.arange(span.start, span.stop))
    return np.concatenate([X, np.ones((len(X), 1))], 1) if point.J.model.bias else X


def _longest(point: SoftmaxPoint, S: F64) -> float:
    """Return max_i x_i' S x_i, nan where one is not known."""
    each = []
    for span in point.J.spans:
        X = _rows(point, span)
        each.append(np.einsum("ij,ij->i", X @ S, X).max(initial=0.0))
    return float(np.max(each))


def _part(point: SoftmaxPoint) -> Factor:
    """Factorise sum_i s_i m_i x_i x_i', m_i at most the least eigenvalue of a row's curvature."""
    J = point.J
    e = J.model.d + J.model.bias

    def part(span: slice, P: F64) -> F64:
        least = P[0] * P[1] if J.model.reference else P.min(0)
        X = _rows(point, span) * np.sqrt(J.s[span] * least)[:, None]
        out: F64 = X.T @ X
        return out

    return scaled_cholesky(sum(point.over_blocks(part), np.zeros((e, e))), 0.0)
