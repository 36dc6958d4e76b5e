r"""Why an objective may have no finite optimum, in words: which classes are separable, and how.

Along d the loss of row i ends with slope max_k u_k - <y_i, u>, u = d's logits, which is never
negative.  If all these slopes are 0 and some row's loss still falls, there is no finite optimum
without a penalty.  With or without a penalty, a free bias of a class without rows falls without
bound.

Reference: Albert and Anderson, Biometrika 71 (1984).
"""

from __future__ import annotations

import numpy as np

from ..data import Block
from ..passes import Blocks
from ..problem import Problem
from ..protocol import F64
from .recession import Recession

__all__ = ["REMEDY", "Separation"]

REMEDY = "Add a penalty (a finite C)."

_NEARLY = 0.2  # a slope at infinity, relative to the steepest gain, below which d is examined
_CLEAR = 1e-3  # of the largest margin: what counts as a margin
_DIGITS = 64 * float(np.finfo(np.float64).eps)


class Separation:
    """Describes a problem whose loss seems to fall without bound.

    Args:
        blocks: the rows.

    """

    def __init__(self, blocks: Blocks) -> None:
        self.blocks, self.problem = blocks, blocks.problem
        self._recession = Recession(blocks)

    def diagnose(self, w: F64, d: F64) -> str:
        """Say why J has no minimum along d or w itself, in one sentence; '' if it may have one."""
        absent = _absent_classes(self.problem)
        if absent or not self.problem.penalty.absent:
            return absent
        for direction in (d, w):
            slope, growth, _ = self._ends(direction)
            if not (growth.max() > 0.0 and slope <= _NEARLY * growth.max()):
                continue
            found = self._recession.near(direction)
            if found is not None:
                return self._separated(found)
        return ""

    def _ends(self, d: F64) -> tuple[float, F64, F64]:
        """Return the worst slope at infinity of all rows; per class, most and least gain."""
        problem = self.problem
        slope, growth, margin = 0.0, np.zeros(problem.model.C), np.full(problem.model.C, np.inf)
        ends = self.blocks.read(lambda span, block: _ends_of(problem, d, span, block))
        for worst, largest, least in ends:
            slope = max(slope, worst)
            growth, margin = np.maximum(growth, largest), np.minimum(margin, least)
        return slope, growth, margin

    def _separated(self, d: F64) -> str:
        names, model = self.problem.names, self.problem.model
        _, growth, margin = self._ends(d)
        level = _CLEAR * growth.max()
        apart = np.isfinite(margin) & (margin > level)  # every row of these classes
        chosen = apart if apart.any() else growth > level
        classes = np.array([k for k in np.argsort(-growth) if chosen[k]])
        D = model.split(d)[0]
        D = D * self._spread() if names.weights is None else names.weights(D)
        if model.reference:
            D = np.concatenate([np.zeros((1, D.shape[1])), D])
        largest = np.maximum(D.max(0) - D[classes].min(0), D[classes].max(0) - D.min(0))
        features = [j for j in np.argsort(-largest)[:3] if largest[j] > 0.0]
        return (
            f"{'Rows' if apart.any() else 'Some rows'} of class {names.of_classes(classes)} can be "
            "told from the others without error, most by "
            f"{', '.join(names.of_feature(int(j)) for j in features)}. {REMEDY}"
        )

    def _spread(self) -> F64:
        """Return the standard deviation of each feature: a large mean separates no rows."""
        problem = self.problem
        squares, means = np.zeros(problem.model.d), np.zeros(problem.model.d)

        def sums(span: slice, block: Block) -> tuple[F64, F64]:
            s = problem.s[None, span]
            return block.squares().rmatmat(s)[0], block.rmatmat(s)[0]

        for square, mean in self.blocks.read(sums):
            squares += square
            means += mean
        variance = squares - means * means
        return np.sqrt(np.where(variance > _DIGITS * squares, variance, 0.0))


def _absent_classes(problem: Problem) -> str:
    """Say which classes have a free bias but no weight, in one sentence; '' if none does."""
    absent = np.flatnonzero(problem.shares == 0.0)
    if not (len(absent) and problem.model.bias):
        return ""
    one = len(absent) == 1
    return (
        f"No weight lies on class {problem.names.of_classes(absent)}, so "
        f"{'its intercept falls' if one else 'their intercepts fall'} without bound: leave "
        f"{'it' if one else 'them'} out."
    )


def _ends_of(problem: Problem, d: F64, span: slice, block: Block) -> tuple[float, F64, F64]:
    """Return the worst slope at infinity; per class, the most and the least its rows gain."""
    U = problem.model.logits(block, d)
    Y, live = problem.labels(span), problem.s[span] > 0.0
    hot = np.arange(problem.model.C)[:, None] == Y if Y.ndim == 1 else Y
    slope = (U.max(0) - np.einsum("kn,kn->n", hot.astype(np.float64), U))[live]
    own = (hot > 0.0) & live
    largest = np.where(own, U.max(0) - U.min(0), 0.0)
    rivals = np.where(hot > 0.0, -np.inf, U).max(0)
    least = np.where(own, np.where(hot > 0.0, U, np.inf).min(0) - rivals, np.inf)
    return float(slope.max(initial=0.0)), largest.max(1, initial=0.0), least.min(1, initial=np.inf)
