"""Sets of classes that hold the right one, at a stated rate of error."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._internal.format import counted, percent, quoted
from ..estimators.sklearn.typed import checks_own_parameters
from ..estimators.sklearn.warn import warn
from ..protocol import F64
from .meta import CV, MetaClassifier, probabilities_of
from .p_values import least_rows, p_values, proven_rate

__all__ = ["ConformalSets"]


def _lac(P: F64) -> F64:
    """Return minus the probability of each class."""
    return -P


def _aps(P: F64) -> F64:
    """Return the probability of all classes that are more probable than each."""
    order = np.argsort(-P, axis=1, kind="stable")
    falling = np.take_along_axis(P, order, axis=1)
    above = np.zeros_like(P)
    np.cumsum(falling[:, :-1], axis=1, out=above[:, 1:])
    # Classes that are equally probable have the first one's sum.
    first = np.diff(falling, axis=1, prepend=2.0) < 0.0
    places = np.maximum.accumulate(np.where(first, np.arange(P.shape[1]), 0), axis=1)
    strange = np.empty_like(P)
    np.put_along_axis(strange, order, np.take_along_axis(above, places, axis=1), axis=1)
    return strange


_SCORES: dict[str, Callable[[F64], F64]] = {"lac": _lac, "aps": _aps}


class ConformalSets(MetaClassifier):
    r"""Gives each row the set of classes that cannot be ruled out.

    Each row and class have a conformal p-value: the share of the rows set aside whose own class
    looked at least as strange to them, the row itself included.  The set of a row are the classes
    with p > alpha.  So the sets hold the right class of at least 1 - alpha of new rows, whatever
    the estimator, if new rows are like those set aside (exchangeable).  A set may be
    empty: no class fits.  Nothing is random: the same row has the same set in every call.

    Args:
        estimator: a classifier with `predict_proba`.
        alpha: the largest share of rows whose set lacks the right class.
        per_class: whether this holds for the rows of each class by itself, p being computed from
            the rows of that class alone.  A class with fewer than 1 / alpha - 1 of them is in every
            set, and some 100 are needed for sets of a useful size.
        conformity_score: how well a class fits a row.
            "lac": its probability; the smallest sets on average, which may be empty (Sadinle,
            Lei and Wasserman, JASA 114, 2019).
            "aps": how little the more probable classes hold together; the most probable class is in
            every set, and sets grow with the difficulty of a row (Romano, Sesia and Candès, NeurIPS
            2020; without its random part, which would let the surest rows have empty sets).
        cv: which rows are set aside, as in `NoneOfThese`.

    Attributes:
        estimator_: the classifier that `predict` and `predict_proba` ask.
        fold_estimators_: the classifier of each fold, which say how well classes fit a row.
        calibration_: for all classes together, or for each class: of each fold, the sorted scores
            of the rows set aside, large for a class that does not fit.
        classes_: the classes of the estimator.

    >>> from sklearn.datasets import load_iris
    >>> from softlearn import SoftmaxRegression
    >>> from softlearn.decide import ConformalSets
    >>> X, y = load_iris(return_X_y=True)
    >>> sets = ConformalSets(SoftmaxRegression(), alpha=0.02).fit(X, y)
    >>> print(sets.predict_set(X[[0, 70, 149]]).astype(int))
    [[1 0 0]
     [0 1 1]
     [0 0 1]]

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "per_class": ["boolean"],
        "conformity_score": [StrOptions(set(_SCORES))],
        "cv": CV,
    }

    def __init__(
        self,
        estimator: Any,
        *,
        alpha: float = 0.1,
        per_class: bool = False,
        conformity_score: str = "lac",
        cv: Any = 5,
    ) -> None:
        self.estimator = estimator
        self.alpha = alpha
        self.per_class = per_class
        self.conformity_score = conformity_score
        self.cv = cv

    @checks_own_parameters
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Fit the estimator unless it is fitted, and keep the scores of the rows set aside.

        Args:
            X: (n, d) rows, as the estimator takes them.
            y: (n,) labels.
            sample_weight: (n,) weights for the estimator's fit, or None.  In p-values each row set
                aside counts once.
            params: further arguments for the estimator's fit and the splitter.

        Raises:
            ValueError: what is given cannot be used; one sentence.

        """
        rows, to_fit, to_split = self._prepared(X, y, sample_weight, params)
        models, scores, classes = [], [], []
        for fold in self._folds(rows, to_fit, to_split):
            own = rows.codes[fold.rows]
            S = self._scores(fold.model, fold.X, rows.classes)
            models.append(fold.model)
            scores.append(S[np.arange(len(own)), own])
            classes.append(own)
        self._fit_all(rows, to_fit)
        self.fold_estimators_ = models
        pairs = list(zip(scores, classes, strict=True))
        if self.per_class:
            C = range(len(rows.classes))
            self.calibration_ = [[np.sort(s[own == k]) for s, own in pairs] for k in C]
        else:
            self.calibration_ = [[np.sort(s) for s in scores]]
        self._warn_of_few()
        return self

    @property
    def proven_rate_(self) -> float:
        """The largest share of rows whose set lacks the right class that is proven.

        It is alpha for one fold, and about 2 alpha for several (Vovk and Wang, Biometrika 107,
        2020); in practice that too is near alpha.  With ``per_class`` it is the worst class's.
        """
        check_is_fitted(self)
        return max(proven_rate(self.alpha, list(map(len, group))) for group in self.calibration_)

    @property
    def guarantee_(self) -> str:
        """The same as a sentence."""
        check_is_fitted(self)
        n = sum(len(scores) for group in self.calibration_ for scores in group)
        several = len(self.fold_estimators_) > 1
        usually = f", usually about {percent(1.0 - self.alpha)}" if several else ""
        return (
            f"The sets hold the right class of at least {percent(1.0 - self.proven_rate_)} of new "
            f"rows{' of each class' if self.per_class else ''}{usually}, if they are like the "
            f"{counted(n, 'row')} set aside."
        )

    def predict_p(self, X: Any) -> F64:
        """Return (n, C) p-values: small where a class does not fit a row.

        Args:
            X: (n, d) rows as in `fit`.

        """
        check_is_fitted(self)
        S = [self._scores(model, X, self.classes_) for model in self.fold_estimators_]
        if not self.per_class:
            return p_values(self.calibration_[0], S)
        columns = [p_values(own, [s[:, k] for s in S]) for k, own in enumerate(self.calibration_)]
        return np.stack(columns, axis=1)

    def predict_set(self, X: Any) -> NDArray[np.bool_]:
        """Return (n, C) whether each class is in the set of a row: p > alpha.

        Args:
            X: (n, d) rows as in `fit`.

        """
        return np.asarray(self.predict_p(X) > self.alpha)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return (n,) the estimator's predictions, which may lie outside the sets.

        Args:
            X: (n, d) rows as in `fit`.

        """
        check_is_fitted(self)
        return np.asarray(self.estimator_.predict(X))

    def predict_proba(self, X: Any) -> F64:
        """Return (n, C) the estimator's probabilities, columns as in `classes_`.

        Args:
            X: (n, d) rows as in `fit`.

        """
        check_is_fitted(self)
        return probabilities_of(self.estimator_, X)

    def _scores(self, model: Any, X: Any, classes: NDArray[Any]) -> F64:
        """Return (n, C) how strange each class is, probability 0 for those the model lacks."""
        given = probabilities_of(model, X)
        P = np.zeros((len(given), len(classes)))
        P[:, np.searchsorted(classes, model.classes_)] = given
        return _SCORES[self.conformity_score](P)

    def _warn_of_few(self) -> None:
        """Warn of classes that can never be ruled out."""
        least = least_rows(self.alpha)
        few = np.array([sum(map(len, group)) < least for group in self.calibration_])
        if not few.any():
            return
        which = quoted(self.classes_[few]) if self.per_class else "all classes"
        warn(
            f"Every set holds {which}: with fewer than {counted(least, 'row')} set aside"
            f"{' of a class' if self.per_class else ''} no p-value is as small as "
            f"alpha={self.alpha}; give more, or a larger alpha.",
            UserWarning,
        )
