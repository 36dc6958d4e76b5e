"""One within-class scatter for all classes, about each class's own mean and curvature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data import cut
from ..execution.threads import Engine
from ..linalg import factor_of
from ..passes import Forward
from ..problem import Linear
from ..protocol import F64, LinearMap
from .classwise import classwise
from .sample import gram_of

_AT_ONCE = 512  # classes that a thread solves for at a time
_PARTS = 8  # of the rows, for threads
_LEAST = 1e-12  # of the mean curvature of classes: each has at least as much
_TINY = float(np.finfo(np.float64).tiny)


def pooled(forward: Forward, seed: int, damping: float) -> LinearMap:
    r"""Invert M_k = a_k (S + m_k m_k') + l2 I and what couples its class to a bias.

    With a_ik the curvature of class k in row i, a_k = sum_i a_ik and m_k = sum_i a_ik x_i / a_k,

        S = (sum_ik a_ik x_i x_i' - sum_k a_k m_k m_k') / sum_k a_k

    Let a be the mean of the a_k.  One basis V, with V' (S + l2/a I) V = I and l2/a V' V = diag(u),
    makes all classes diagonal: V' (a_k S + l2 I) V = a_k (1 - u) + a u.  So d^2 + C d numbers are
    enough.
    """
    if forward.at_zero:  # all classes have the same matrix there, and one is made
        return classwise(forward, seed, damping, shared=True)
    problem, model, engine = forward.problem, forward.problem.model, forward.blocks.engine
    sums, a, weights = forward.moments_of_rows(damping)
    total = max(float(a.sum()), _TINY)
    means = model.split(sums)[0] / np.maximum(a, _TINY)[:, None]

    def part(span: slice) -> F64:
        return gram_of(problem.rows, np.arange(span.start, span.stop), weights[span], bias=False)

    scatter = sum(engine.map(part, cut(problem.rows.n, problem.rows.n // _PARTS + 1)))
    size = _LEAST * np.diagonal(scatter)
    scatter -= (means * a[:, None]).T @ means  # of which the lower half counts
    mean, l2 = total / model.K, problem.penalty.curvature
    factor = factor_of(np.asfortranarray(scatter) / total, size / total, l2 / mean, model.d)
    half = factor.half_inverse()
    u, Q = np.linalg.eigh(l2 / mean * (half @ half.T)) if l2 > 0.0 else (np.zeros(model.d), 1.0)
    V = half.T * Q if l2 == 0.0 else half.T @ Q
    own = np.maximum(a, _LEAST * mean)
    return _Pooled(model, engine, V, np.clip(u, 0.0, 1.0), means @ V, own, mean)


@dataclass(frozen=True)
class _Pooled:
    """The inverse of the M_k."""

    model: Linear
    engine: Engine
    V: F64
    """The basis (d, d),"""
    u: F64
    """the penalty's share in it (d,),"""
    means: F64
    """the means of the classes in it (K, d)."""
    own: F64
    """The curvature of each class (K,),"""
    mean: float
    """and their mean."""

    def __call__(self, r: F64) -> F64:
        """Return M^-1 r."""
        out = np.empty_like(r)
        (R, r_b), (W, b) = self.model.split(r), self.model.split(out)

        def solve(k: slice) -> None:
            m, a = self.means[k], self.own[k, None]
            D = a * (1.0 - self.u) + self.mean * self.u
            T = R[k] @ self.V
            if len(b):
                T = (T - m * r_b[k, None]) / D
                b[k] = r_b[k] / a[:, 0] - np.einsum("kj,kj->k", m, T)
            else:
                T, t = T / D, m / D
                along = np.einsum("kj,kj->k", m, T) / (1.0 / a[:, 0] + np.einsum("kj,kj->k", m, t))
                T -= t * along[:, None]
            np.matmul(T, self.V.T, out=W[k])

        for _ in self.engine.map(solve, cut(self.model.K, _AT_ONCE)):
            pass
        return out
