"""How good predictions are, for labels as `fit` takes them; and the C whose scores are best."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from ...protocol import F64
from .labels import labels_of, shares_of
from .parameters import warn

__all__ = ["Scored", "best_C"]


class Scored(ClassifierMixin):  # type: ignore[misc]
    """Gives `score`, from predict and classes_."""

    classes_: NDArray[Any]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose label is the predicted one.

        Of rows of probabilities it is the mean probability of the predicted class: what the share
        would be on average if the labels were drawn from them.

        Args:
            X: (n, d) as in `fit`.
            y: (n,) labels, or (n, C) rows of one 1 and zeros, or of probabilities, as in `fit`.
            sample_weight: (n,) weights, or None.

        Raises:
            ValueError: y is no such thing, or has another length; one sentence.

        """
        check_is_fitted(self)
        predicted: Any = self.predict(X)
        P = shares_of(y, self.classes_)
        if P is None:
            return float(accuracy_score(labels_of(y), predicted, sample_weight=sample_weight))
        check_consistent_length(P, predicted, sample_weight)
        shares = P[np.arange(len(P)), np.searchsorted(self.classes_, predicted)]
        return float(np.average(shares, weights=sample_weight))


def best_C(scores: F64, Cs: F64, of: str) -> int:
    """Return the index of the C whose score is best: of equal ones the first, as in scikit-learn.

    Args:
        scores: (folds, n) scores, larger is better.
        Cs: (n,) values of C.
        of: where the folds are, such as "fold 2".

    Raises:
        ValueError: no C has scores that are finite in all folds.

    """
    bad = ~np.isfinite(scores).all(axis=0)
    if bad.all():
        folds, values = np.nonzero(~np.isfinite(scores))
        raise ValueError(
            f"No value of C can be chosen: for each the score is not finite in {of} (such as "
            f"{scores[folds[0], values[0]]} for C={Cs[values[0]]:g}); use another scoring, or "
            "folds in which it has a meaning."
        )
    if bad.any():
        values_ = ", ".join(f"{C:g}" for C in Cs[bad])
        warn(
            f"The score in {of} is not finite for C={values_}: none of these was chosen.",
            UserWarning,
        )
    return int(np.argmax(np.where(bad, -np.inf, np.where(bad, 0.0, scores).sum(axis=0))))
