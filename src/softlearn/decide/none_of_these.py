"""A classifier that may say: none of these classes."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length, indexable
from sklearn.utils._indexing import _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._internal.format import counted, percent, quoted
from ..estimators.sklearn.labels import labels_of
from ..estimators.sklearn.typed import available_if, checks_own_parameters
from ..estimators.sklearn.warn import warn
from ..protocol import F64
from .meta import CV, ESTIMATOR, MetaClassifier, logits_of, probabilities_of
from .none_label import none_label, with_label
from .p_values import least_rows, p_values, proven_rate
from .strangeness import SCORES, strangeness

__all__ = ["NoneOfThese"]


class NoneOfThese(MetaClassifier):
    r"""Says "none" of rows that look like none of the classes, at a stated rate of error.

    Each row has a conformal p-value: the share of the rows set aside that look at least as strange,
    itself included.  Rows with p <= alpha are called none of the classes.  So at most alpha of
    the rows that do belong to a class are called none, whatever the estimator and the score, if new
    rows are like those set aside (exchangeable).  Nothing is promised of how many strangers
    are found: that depends on the score and on them.

    Rows with the label of "none" in y are examples of strangers.  The estimator learns them as a
    class of its own, but the decision is the p-value's, never that class's probability alone; no
    p-value is computed from them.

    Args:
        estimator: a classifier with `predict_proba` or `decision_function`.
        alpha: the largest share of rows that belong to a class and may be called none.
        label: what `predict` says of a row that is none of the classes.  Where the classes are
            numbers and this is a text, it says -1, or one less than the smallest class where that
            is negative; see `label_`.
        cv: which rows are set aside.  "prefit": the estimator is fitted already, and all rows
            given to `fit` are; they must be others than it was fitted to, and none that chose its
            parameters.  A number of folds or a splitter: each fold in turn, and the estimator is
            fitted to all rows; a model of each fold is kept, since p-values compare what one and
            the same model says.  A splitter with a single split sets that part aside.
        conformity_score: how a row's likeness to the known classes is measured.
            "max_probability": by the largest probability of a known class.
            "entropy": by the entropy of these probabilities, scaled to sum to 1; low is like.
            "max_logit", "energy": by the largest of their logits, by their log-sum-exp; for
            estimators with `decision_function`.
            "logit_difference": by the largest of their logits less that of the class `label`,
            which y must have.

    Attributes:
        estimator_: the classifier that says which class.
        fold_estimators_: the classifier of each fold, which say how strange a row is.
        calibration_: of each fold, the sorted strangeness of its held-out rows that belong to a
            class.
        label_: the label as predictions hold it.
        classes_: the classes of the estimator.

    References: Vovk, Gammerman and Shafer, Algorithmic learning in a random world (2005); Hendrycks
    and Gimpel, ICLR (2017), for the largest probability; Liu et al., NeurIPS (2020), for energy.

    >>> from sklearn.datasets import load_iris
    >>> from softlearn import SoftmaxRegression
    >>> from softlearn.decide import NoneOfThese
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> y = y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    >>> judge = NoneOfThese(SoftmaxRegression(), alpha=0.1).fit(X, y)
    >>> print(judge.predict(X[81:85]), judge.p_value(X[81:85]).round(2))
    ['versicolor' 'versicolor' 'none' 'versicolor'] [0.52 0.51 0.08 0.13]

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": ESTIMATOR,
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "label": "no_validation",  # type: ignore[dict-item]
        "cv": CV,
        "conformity_score": [StrOptions(set(SCORES))],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        alpha: float = 0.05,
        label: Any = "none",
        cv: Any = 5,
        conformity_score: str = "max_probability",
    ) -> None:
        self.estimator = estimator
        self.alpha = alpha
        self.label = label
        self.cv = cv
        self.conformity_score = conformity_score

    @checks_own_parameters
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Fit the estimator unless it is fitted, and keep how strange the rows set aside are.

        Args:
            X: (n, d) rows, as the estimator takes them.
            y: (n,) labels.
            sample_weight: (n,) weights for the estimator's fit, or None.  In p-values each row set
                aside counts once.
            params: further arguments for the estimator's fit and the splitter.

        Raises:
            ValueError: what is given cannot be used; one sentence.

        """
        if self._prefit:
            sample_weight = None
            X, y = self._of_a_class(X, y)
        rows, to_fit, to_split = self._prepared(X, y, sample_weight, params)
        self.label_ = none_label(self.label, rows.classes)
        models, scores = [], []
        for fold in self._folds(rows, to_fit, to_split):
            own = rows.y[fold.rows] != self.label_
            models.append(fold.model)
            scores.append(np.sort(self._strangeness(fold.model, fold.X)[own]))
        self._fit_all(rows, to_fit)
        self.fold_estimators_, self.calibration_ = models, scores
        self._warn_of_few()
        return self

    @property
    def proven_rate_(self) -> float:
        """The largest share of rows that belong to a class and are called none that is proven.

        It is alpha for one fold, and about 2 alpha for several (Vovk and Wang, Biometrika 107,
        2020); in practice that too is near alpha.
        """
        check_is_fitted(self)
        return proven_rate(self.alpha, list(map(len, self.calibration_)))

    @property
    def guarantee_(self) -> str:
        """The same as a sentence."""
        check_is_fitted(self)
        several = len(self.calibration_) > 1
        usually = f", usually about {percent(self.alpha)}" if several else ""
        return (
            f"At most {percent(self.proven_rate_)} of new rows that belong to a class are called "
            f"{quoted(self.label_)}{usually}, if they are like the "
            f"{counted(sum(map(len, self.calibration_)), 'row')} set aside."
        )

    def p_value(self, X: Any) -> F64:
        """Return (n,) the share of the rows set aside that look at least as strange as each row.

        The row itself is counted: p = (1 + number) / (rows set aside + 1).  Small is strange.
        Nothing is random: the same row has the same p in every call.

        Args:
            X: (n, d) rows as in `fit`.

        """
        check_is_fitted(self)
        return p_values(self.calibration_, [self._strangeness(m, X) for m in self.fold_estimators_])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return (n,) the class of each row, or `label_` where p <= alpha.

        Args:
            X: (n, d) rows as in `fit`.

        """
        check_is_fitted(self)
        said = np.array(self.estimator_.predict(X))
        if (learned := self.classes_ == self.label_).any():  # as a class, but p decides
            none = said == self.label_
            Z = np.where(learned, -np.inf, logits_of(self.estimator_, X))
            said[none] = self.classes_[Z.argmax(1)][none]
        return with_label(said, self.label_, self.p_value(X) <= self.alpha)

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))
    def predict_proba(self, X: Any) -> F64:
        """Return (n, C) the estimator's probabilities, columns as in `classes_`.

        They say which class, given that a row is of one of them; p says whether it is.

        Args:
            X: (n, d) rows as in `fit`.

        """
        check_is_fitted(self)
        return probabilities_of(self.estimator_, X)

    def _strangeness(self, model: Any, X: Any) -> F64:
        return strangeness(self.conformity_score, model, X, self.label_)

    def _of_a_class(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return the rows that have another label than that of "none"."""
        classes = self._fitted().classes_
        if y is None:
            return X, y
        X, _ = indexable(X, None)
        y = labels_of(y, classes)
        check_consistent_length(X, y)
        own = np.flatnonzero(y != none_label(self.label, classes))
        return _safe_indexing(X, own), y[own]

    def _warn_of_few(self) -> None:
        """Warn if nothing can be called none."""
        n, least = sum(map(len, self.calibration_)), least_rows(self.alpha)
        if n < least:
            warn(
                f"Nothing will be called {quoted(self.label_)}: with {counted(n, 'row')} set aside "
                f"no p-value is as small as alpha={self.alpha}; give {least:,} or more, or a "
                "larger alpha.",
                UserWarning,
            )
