"""How good predictions are, for labels as `fit` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from .labels import labels_of, shares_of
from .tensors import on_host

__all__ = ["Scored"]


class Scored(ClassifierMixin):  # type: ignore[misc]
    """Gives `score`, from predict and classes_."""

    classes_: NDArray[Any]

    if TYPE_CHECKING:  # scikit-learn's methods have no types

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the parameters by name."""

        def set_params(self, **params: Any) -> Self:
            """Set parameters by name."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose label is the predicted one.

        Of rows of probabilities it is the mean probability of the predicted class: what the share
        would be on average if the labels were drawn from them.

        Args:
            X: (n, d) as in `fit`.
            y: (n,) labels, or (n, C) rows of one 1 and zeros, or of probabilities, as in `fit`.
            sample_weight: (n,) weights, or None.

        Raises:
            ValueError: y has another form or length; one sentence.

        """
        check_is_fitted(self)
        predicted: Any = self.predict(X)
        y, sample_weight = on_host(y, "y"), on_host(sample_weight, "sample_weight")
        P = shares_of(y, self.classes_)
        if P is None:
            return float(accuracy_score(labels_of(y), predicted, sample_weight=sample_weight))
        check_consistent_length(P, predicted, sample_weight)
        shares = P[np.arange(len(P)), np.searchsorted(self.classes_, predicted)]
        return float(np.average(shares, weights=sample_weight))
