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
the free bias too.  Without a penalty the first term must vanish: v must solve Newton's equations,
and the bound holds up to the rounding of their solution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .kernels import dual_divergence, tilt
from .protocol import F64

if TYPE_CHECKING:
    from .data import Block
    from .objective import SoftmaxPoint

__all__ = ["dual_bound", "expected_gap"]


def dual_bound(point: SoftmaxPoint, v: F64 | None = None) -> float:
    """Return a lower bound on min J, -inf if none can be proven here.

    Args:
        point: J at w.
        v: a guess of (minimiser - w), (size,); None for zero.

    """
    J = point.J
    v = np.zeros(J.size) if v is None else v.copy()
    Hv, divergence = _moved(point, v)
    if J.model.bias:
        weights = J.model.weights
        e_b = (point.grad + Hv)[weights:]
        if np.abs(e_b).max() > 1e-17:
            v[weights:] -= np.linalg.lstsq(_bias_curvature(point), e_b, rcond=1e-14)[0]
            Hv, divergence = _moved(point, v)
    return point.value - _gap(point, v, Hv, divergence)


def expected_gap(point: SoftmaxPoint, v: F64, r: F64) -> float:
    """Estimate what `dual_bound` would leave, to first order, from r = grad + H v."""
    J, l2 = point.J, point.J.penalty.strength
    V, r_W = v[: J.model.weights], r[: J.model.weights]
    half = 0.5 * float(v @ (r - point.grad)) - 0.5 * l2 * float(V @ V)
    if l2 > 0.0:
        e = r_W - l2 * V
        return half + float(e @ e) / (2.0 * l2)
    return half + 2.0 * float(np.abs(r_W) @ np.abs(V))


def _gap(point: SoftmaxPoint, v: F64, Hv: F64, divergence: float) -> float:
    """Return J(w) - D(q), with an allowance for what rounding leaves of the bias condition."""
    J, l2 = point.J, point.J.penalty.strength
    e = point.grad + Hv
    e_W, e_b = e[: J.model.weights], e[J.model.weights :]
    b, c = point.w[J.model.weights :], v[J.model.weights :]
    slack = float(np.abs(e_b) @ (np.abs(b) + np.abs(c) + 1.0)) if len(e_b) else 0.0
    if l2 > 0.0:
        return divergence + slack + float(e_W @ e_W) / (2.0 * l2)
    # No penalty: <e, w - minimiser> remains, and Newton's step says how far the minimiser is.
    left = 2.0 * float(np.abs(e_W) @ np.abs(v[: J.model.weights]))
    return divergence + slack + left if left <= 0.01 * divergence + 1e-13 * point.value else np.inf


def _moved(point: SoftmaxPoint, v: F64) -> tuple[F64, float]:
    """Return H0 v and sum_i s_i KL(q_i, p_i) for q moved along v."""
    J = point.J
    if not v.any():
        return np.zeros(J.size), 0.0
    point.value  # noqa: B018  (the forward pass, before threads ask for it)

    def moved(span: slice, block: Block) -> tuple[F64, float]:
        P, s = point.kept(span, block).P, J.s[span]
        t = tilt(P, J.model.logits(block, v))
        return J.model.pull(block, P * t * s), float(s @ dual_divergence(P, t))

    Hv, divergence = np.zeros(J.size), 0.0
    for part, d in J.sweep(moved):
        Hv += part
        divergence += d
    return Hv, divergence


def _bias_curvature(point: SoftmaxPoint) -> F64:
    """Return sum_i s_i (diag p_i - p_i p_i') over the classes that have a bias."""
    J = point.J
    A = np.zeros((J.model.C, J.model.C))
    for span, P in point.probabilities():
        # Off the diagonal -p_k p_l; each diagonal entry is minus the sum of its row, which
        # keeps the digits that p - p^2 would lose.
        A -= (P * J.s[span]) @ P.T
    np.fill_diagonal(A, 0.0)
    np.fill_diagonal(A, -A.sum(1))
    first = J.model.C - J.model.K
    return A[first:, first:]
