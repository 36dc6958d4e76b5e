r"""Why an objective may have no finite optimum, in words: who can be separated, and by what.

Along d the loss of row i ends with slope max_k u_k - <y_i, u>, u = d's logits, which is never
negative.  If all these slopes are 0 and some row's loss still falls, no penalty means no finite
optimum.  With or without a penalty, a free bias of a class that no row is of falls for ever.

Reference: Albert and Anderson, Biometrika 71 (1984).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .protocol import F64
from .recession import recession
from .words import quoted

if TYPE_CHECKING:
    from .data import Block
    from .objective import SoftmaxObjective

__all__ = ["Names", "diagnose"]

_NEARLY = 0.2  # a slope at infinity, relative to the steepest gain, that is worth a closer look
_CLEAR = 1e-3  # of the largest margin: what counts as a margin
_DIGITS = 64 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Names:
    """How messages call the classes and the features."""

    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    weights: Callable[[F64], F64] | None = None
    """From weights (K, d) of the objective's columns to those of the features, times spreads."""
    rows: Callable[[NDArray[np.intp]], F64] | None = None
    """Some rows as the user holds them, where the objective's are other ones."""

    def of_class(self, k: int) -> str:
        """Return the name of class k."""
        return quoted(self.classes[k]) if self.classes else str(k)

    def of_feature(self, j: int) -> str:
        """Return the name of feature j."""
        return quoted(self.features[j]) if self.features else f"column {j}"

    def of_classes(self, ks: NDArray[np.intp]) -> str:
        """Return the names of some classes, the first five if there are more."""
        more = f" and {len(ks) - 5} more" if len(ks) > 5 else ""
        return ", ".join(self.of_class(int(k)) for k in ks[:5]) + more


def diagnose(J: SoftmaxObjective, w: F64, d: F64) -> str:
    """Say why J has no minimum along d or w itself, in one sentence; '' if it may have one."""
    absent = _absent_classes(J)
    if absent or J.penalty.strength > 0.0:
        return absent
    for direction in (d, w):
        slope, growth, margin = _all_ends(J, direction)
        if not (growth.max() > 0.0 and slope <= _NEARLY * growth.max()):
            continue
        found = recession(J, direction)
        if found is not None:
            slope, growth, margin = _all_ends(J, found)
            return _separated(J, found, growth, margin)
    return ""


def _all_ends(J: SoftmaxObjective, d: F64) -> tuple[float, F64, F64]:
    """Return the worst slope at infinity of all rows; per class, the most and the least gain."""
    slope, growth, margin = 0.0, np.zeros(J.model.C), np.full(J.model.C, np.inf)
    for worst, most, least in J.sweep(partial(_ends, J, d)):
        slope = max(slope, worst)
        growth, margin = np.maximum(growth, most), np.minimum(margin, least)
    return slope, growth, margin


def _absent_classes(J: SoftmaxObjective) -> str:
    """Say which classes have a free bias but no weight, in one sentence; '' if none does."""
    absent = np.flatnonzero(J.shares == 0.0)
    if not (len(absent) and J.model.bias):
        return ""
    one = len(absent) == 1
    return (
        f"No weight lies on class {J.names.of_classes(absent)}, so "
        f"{'its intercept falls' if one else 'their intercepts fall'} for ever: leave "
        f"{'it' if one else 'them'} out."
    )


def _ends(J: SoftmaxObjective, d: F64, span: slice, block: Block) -> tuple[float, F64, F64]:
    """Return the worst slope at infinity; per class, the most and the least its rows gain."""
    U = J.model.logits(block, d)
    Y, live = J.labels(span), J.s[span] > 0.0
    hot = np.arange(J.model.C)[:, None] == Y if Y.ndim == 1 else Y
    slope = (U.max(0) - np.einsum("kn,kn->n", hot.astype(np.float64), U))[live]
    own = (hot > 0.0) & live
    most = np.where(own, U.max(0) - U.min(0), 0.0)
    rivals = np.where(hot > 0.0, -np.inf, U).max(0)
    least = np.where(own, np.where(hot > 0.0, U, np.inf).min(0) - rivals, np.inf)
    return float(slope.max(initial=0.0)), most.max(1, initial=0.0), least.min(1, initial=np.inf)


def _separated(J: SoftmaxObjective, d: F64, growth: F64, margin: F64) -> str:
    level = _CLEAR * growth.max()
    apart = np.isfinite(margin) & (margin > level)  # every row of these classes
    chosen = apart if apart.any() else growth > level
    classes = np.array([k for k in np.argsort(-growth) if chosen[k]])
    D = J.model.split(d)[0]
    D = D * _spread(J) if J.names.weights is None else J.names.weights(D)
    if J.model.reference:
        D = np.concatenate([np.zeros((1, D.shape[1])), D])
    most = np.maximum(D.max(0) - D[classes].min(0), D[classes].max(0) - D.min(0))
    features = np.argsort(-most)[:3]
    return (
        f"{'Rows' if apart.any() else 'Some rows'} of class {J.names.of_classes(classes)} can be "
        "told from the others without error, most by "
        f"{', '.join(J.names.of_feature(int(j)) for j in features)}. Add a penalty (a finite C)."
    )


def _spread(J: SoftmaxObjective) -> F64:
    """Return the standard deviation of each feature: a large mean tells no rows apart."""
    squares, means = np.zeros(J.model.d), np.zeros(J.model.d)

    def sums(span: slice, block: Block) -> tuple[F64, F64]:
        s = J.s[None, span]
        return block.squares().rmatmat(s)[0], block.rmatmat(s)[0]

    for square, mean in J.sweep(sums):
        squares += square
        means += mean
    variance = squares - means * means
    return np.sqrt(np.where(variance > _DIGITS * squares, variance, 0.0))
