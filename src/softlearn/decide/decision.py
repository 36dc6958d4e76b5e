"""A classifier that says what costs least in expectation, and may abstain."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_is_fitted

from ..estimators.sklearn.labels import encode_labels, labels_of
from ..estimators.sklearn.typed import checks_own_parameters
from ..protocol import F64
from .costs import cost_matrix
from .meta import MetaClassifier, probabilities_of
from .none_label import none_label, with_label

__all__ = ["SAME_COST", "DecisionClassifier"]

SAME_COST = 1e-12  # of the largest cost: expected costs that differ by less are equal


class DecisionClassifier(MetaClassifier):
    """Any classifier with probabilities, saying what costs least: argmin_j sum_k p_k cost[k, j].

    The probabilities should be calibrated (`CalibratedSoftmax`).  Of several decisions that cost
    the same, the class with the largest probability is said.

    Args:
        estimator: a classifier with `predict_proba`; fitted if ``prefit=True``.
        cost: cost[k, j] of saying class j of a row of class k, (K, K), or (K, K + 1) with a last
            column for saying none; or a data frame with labels as index and columns.  None for 1
            where the class is wrong.
        reject_cost: the cost of saying none, whatever the class.
        thresholds: instead of `cost`: {label: t}, (K,) numbers, or for two classes the threshold
            of the second; the class with the largest p_k / t_k is said.
        reject_label: what is said for none; where the classes are numbers and it is a text, -1.
        prefit: whether the classifier is fitted already and used as it is.

    Attributes:
        estimator_: the fitted classifier.
        classes_, n_features_in_, feature_names_in_: those of the classifier.
        cost_: (K, K) or (K, K + 1) costs.
        decisions_: what may be said: the classes, and the label for none if it may be said.

    Raises:
        ValueError: from `fit`, for costs, thresholds or data that cannot be used.

    Reference: Elkan, The foundations of cost-sensitive learning, IJCAI (2001); Chow, IEEE
    Transactions on Information Theory 16 (1970), for the price of abstaining.

    >>> from sklearn.datasets import load_iris
    >>> from softlearn import SoftmaxRegression
    >>> from softlearn.decide import DecisionClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = DecisionClassifier(SoftmaxRegression(), reject_cost=0.2).fit(X, y)
    >>> print(model.predict(X[[0, 83, 149]]), model.expected_cost(X[[83]]).round(2))
    [ 0 -1 -1] [[1.   0.65 0.35 0.2 ]]

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "reject_cost": [Real, None],
        "thresholds": ["array-like", Real, Mapping, None],
        "prefit": ["boolean"],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        cost: Any = None,
        reject_cost: float | None = None,
        thresholds: Any = None,
        reject_label: Any = "none",
        prefit: bool = False,
    ) -> None:
        self.estimator = estimator
        self.cost = cost
        self.reject_cost = reject_cost
        self.thresholds = thresholds
        self.reject_label = reject_label
        self.prefit = prefit

    @checks_own_parameters
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> DecisionClassifier:
        """Fit the classifier, and check the costs against its classes.

        Args:
            X: (n, d) rows as the classifier takes them.
            y: (n,) labels.
            sample_weight: (n,) weights, for the classifier.
            **params: for the classifier, where metadata routing is on.

        """
        self._fit_estimator(X, y, sample_weight, params)
        self.cost_ = cost_matrix(
            self.cost, self.reject_cost, self.thresholds, self.classes_, self.reject_label
        )
        K, label = len(self.classes_), self.reject_label
        self.decisions_ = self.classes_
        if self.cost_.shape[1] > K:
            none = np.arange(K + 1) == K
            said = self.classes_[np.minimum(np.arange(K + 1), K - 1)]
            self.decisions_ = with_label(said, none_label(label, self.classes_), none)
        return self

    def predict_proba(self, X: Any) -> F64:
        """Return the classifier's probabilities (n, K)."""
        check_is_fitted(self)
        return probabilities_of(self.estimator_, X)

    def expected_cost(self, X: Any) -> F64:
        """Return what each decision costs in expectation, a column for each of `decisions_`."""
        P = self.predict_proba(X)
        return np.asarray(P @ self.cost_)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the decision of least expected cost (n,), of `decisions_`."""
        P = self.predict_proba(X)
        costs = P @ self.cost_
        least = costs.min(1, keepdims=True) + SAME_COST * np.abs(self.cost_).max(initial=0.0)
        P = np.column_stack([P, np.full(len(P), -1.0)])[:, : costs.shape[1]]
        said: NDArray[Any] = self.decisions_[np.where(costs <= least, P, -2.0).argmax(1)]
        return said

    def mean_cost(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return what the decisions cost on average.

        Args:
            X: (n, d) rows.
            y: (n,) labels.
            sample_weight: (n,) weights, or None.

        Raises:
            ValueError: a label is no class.

        """
        said = self.predict(X)
        codes, _ = encode_labels(labels_of(y, self.classes_), self.classes_)
        check_consistent_length(codes, said)
        place = {label: j for j, label in enumerate(self.decisions_.tolist())}
        j = np.array([place[label] for label in said.tolist()], dtype=np.intp)
        return float(np.average(self.cost_[codes, j], weights=sample_weight))
