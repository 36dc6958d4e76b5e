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
the free bias too.  Without a penalty every parameter is free like a bias, and v must solve
Newton's equations.

What rounding allows.  In float64 a condition e = 0 on free parameters holds only nearly, and what
is missing is <e, w - w*>, w* the minimiser.  No bound is given unless

    sum_j |e_j| / r_j  <=  1e-9 J(w),      r_j the root mean square of the feature (1 for a bias)

and then sum_j |e_j| (|w_j| + |v_j| + 1 / r_j) is taken off, which covers every w* within that
distance of w.  A w* farther away can make the bound false by no more than 1e-9 J(w) for each unit
of max_j r_j |w_j - w*_j|, its farthest logit; J(w*) itself is rounded at 1e-16 times its logits.
Sixteen roundings of J(w) and of the gap are taken off as well: far from the minimum both are huge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .protocol import F64

if TYPE_CHECKING:
    from .objective import SoftmaxPoint

__all__ = ["dual_bound", "expected_gap"]

_ENOUGH = 1e-13  # how far from zero the biases' condition may be where a pass can be saved
_ROUNDING = 1e-9  # how far from zero a condition may be, relative to J
_LAST_DIGITS = 16 * float(np.finfo(np.float64).eps)


def dual_bound(point: SoftmaxPoint, v: F64 | None = None, r: F64 | None = None) -> float:
    """Return a lower bound on min J, -inf if none can be proven here.

    Args:
        point: J at w.
        v: a guess of (minimiser - w), (size,); None for zero.
        r: grad + H v where it is known, at least nearly: it saves a pass, and the bound does not
            rest on it.

    """
    J = point.J
    v = np.zeros(J.size) if v is None else v
    correct = J.penalty.strength > 0.0 and J.model.bias
    enough = 1e-17 if r is None else _ENOUGH * point.value
    if correct and r is not None and np.abs(r[J.model.weights :]).max() > enough:
        v = _corrected(point, v, r)
    e, divergence = _moved(point, v)
    if correct and np.abs(e[J.model.weights :]).max() > enough:
        v = _corrected(point, v, e)
        e, divergence = _moved(point, v)
    gap = divergence + _left(point, v, e)
    return point.value - gap - _LAST_DIGITS * (point.value + gap)


def _moved(point: SoftmaxPoint, v: F64) -> tuple[F64, float]:
    """Return G(q) + l2 W for q moved along v, and sum_i s_i KL(q_i, p_i)."""
    e, divergence = point.moved_dual(v)
    point.J.vectors.add(1.0, point.grad, e)
    return e, divergence


def _corrected(point: SoftmaxPoint, v: F64, r: F64) -> F64:
    """Return v with other biases, which leave nothing of the residual r of the biases."""
    free = point.J.model.weights
    out = v.copy()
    out[free:] -= _solve(point.bias_curvature, r[free:])
    return out


def expected_gap(point: SoftmaxPoint, v: F64, r: F64) -> float:
    """Estimate what `dual_bound` would leave, to first order, from r = grad + H v."""
    J, l2, dot = point.J, point.J.penalty.strength, point.J.vectors.dot
    V, R = v[: J.model.weights], r[: J.model.weights]
    half = 0.5 * (dot(v, r) - dot(v, point.grad))
    if l2 > 0.0:  # ||R - l2 V||^2 / (2 l2) - l2/2 ||V||^2
        return half + dot(R, R) / (2.0 * l2) - dot(R, V)
    return half + _left(point, v, r)


def _left(point: SoftmaxPoint, v: F64, e: F64) -> float:
    """Return what e = G(q) + l2 W leaves of the gap, inf if a condition does not hold."""
    J, l2 = point.J, point.J.penalty.strength
    free = J.model.weights if l2 > 0.0 else 0
    size, missing = J.sizes(free), np.abs(e[free:])
    if not float((missing / size).sum()) <= _ROUNDING * point.value:
        return np.inf
    left = float(missing @ (np.abs(point.w[free:]) + np.abs(v[free:]) + 1.0 / size))
    return left + J.vectors.dot(e[:free], e[:free]) / (2.0 * l2) if free else left


def _solve(A: F64, e: F64) -> F64:
    """Return the least c with A c = e, A scaled to a unit diagonal (rare classes count too)."""
    scale = 1.0 / np.sqrt(np.where(A.diagonal() > 0.0, A.diagonal(), 1.0))
    out: F64 = scale * np.linalg.lstsq(A * scale[:, None] * scale, scale * e, rcond=1e-14)[0]
    return out
