"""A diagonal matrix for each class, about the means of the features."""

from __future__ import annotations

import numpy as np

from ..data import Block
from ..passes import Forward
from ..protocol import F64
from .sample import weights_of

__all__ = ["Diagonal", "diagonal"]

_AT_ONCE = 1 << 17  # parameters that a thread solves for at a time


def diagonal(forward: Forward, damping: float) -> Diagonal:
    """Treat the features as uncorrelated about their means m_k: M_k = D_k + a_k (m_k, 1)(m_k, 1)'.

    D_k holds a_k times the variances, plus l2.  Without a bias nothing is centred.
    """
    model, l2 = forward.problem.model, forward.problem.penalty.curvature
    sums, scale, total = (
        _at_zero(forward, damping) if forward.at_zero else _of_classes(forward, damping)
    )
    if model.bias:
        total[total <= 0.0] = 1.0
        means = sums / total[:, None]
        least = 1e-12 * scale
        scale -= np.multiply(means, sums, out=sums)
        np.maximum(scale, least, out=scale)
    else:
        means = np.zeros_like(scale)
    scale += l2
    scale[scale <= 0.0] = 1.0
    return Diagonal(forward, means, np.divide(1.0, scale, out=scale), total)


def _of_classes(forward: Forward, damping: float) -> tuple[F64, F64, F64]:
    """Return sum_i a_ik x_ij, sum_i a_ik x_ij^2 (K, d) and sum_i a_ik (K,)."""
    first, second = map(forward.problem.model.split, forward.moments(damping))
    return first[0], second[0], first[1]


def _at_zero(forward: Forward, damping: float) -> tuple[F64, F64, F64]:
    """Return the same where they are those of one class: (1, d), (1, d) and (1,)."""

    def part(span: slice, block: Block) -> tuple[F64, F64, F64]:
        a = weights_of(forward, forward.probabilities(span, block), span, damping, shared=True)
        return block.rmatmat(a), block.squares().rmatmat(a), a.sum(1)

    first, second, total = (sum(parts) for parts in zip(*forward.blocks.read(part), strict=True))
    return np.asarray(first), np.asarray(second), np.asarray(total)


class Diagonal:
    """r -> P M^-1 P r for those M_k; P takes off the mean over the classes where all have weights.

    With r = (R, r_b), S = D^-1 (R - m r_b) is the part of the weights and r_b / a - <m, S> that of
    the biases.

    Args:
        forward: its model, kernel and engine are used.
        means: m (K, d), or (1, d) if all classes are equal.
        inverse: 1 / D, as means.
        total: a (K,), or (1,).

    """

    centred = True

    def __init__(self, forward: Forward, means: F64, inverse: F64, total: F64) -> None:
        blocks, model = forward.blocks, forward.problem.model
        self.model, self.total, self.engine, self.kernel = (
            model,
            total,
            blocks.engine,
            blocks.kernel,
        )
        self.vectors = blocks.vectors
        self.means, self.inverse = means, inverse  # in the memory order of vectors
        step = max(1, _AT_ONCE // model.K)
        self.spans = [slice(j, min(j + step, model.d)) for j in range(0, model.d, step)]

    def __call__(self, r: F64) -> F64:
        """Return P M^-1 P r."""
        model, out, centre = self.model, self.vectors.empty_like(r), not self.model.reference
        (R, r_b), (W, b) = model.split(r), model.split(out)
        r_b = r_b - r_b.mean() if centre and len(r_b) else r_b

        def solve(span: slice) -> F64:
            return self.kernel.solve(self.means, self.inverse, r_b, R, centre, span, W)

        sums = sum(self.engine.map(solve, self.spans), np.zeros(model.K))
        if len(b):
            b[:] = r_b / self.total - sums
            b -= b.mean() if centre else 0.0
        return out
