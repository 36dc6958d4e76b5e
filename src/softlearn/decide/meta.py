"""What classifiers around another classifier share: checks, held-out outputs, routing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags, indexable
from sklearn.utils._indexing import _safe_indexing
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    process_routing,
)
from sklearn.utils.validation import (
    _check_method_params,
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    has_fit_parameter,
)

from ..estimators.sklearn.label_arrays import labels_and_columns
from ..estimators.sklearn.labels import encode_labels, labels_of, require_two_classes
from ..estimators.sklearn.typed import available_if
from ..protocol import F64

__all__ = [
    "CV",
    "ESTIMATOR",
    "Fold",
    "HeldOut",
    "LEAST_PROBABILITY",
    "MetaClassifier",
    "innermost",
    "logits_of",
    "probabilities_of",
]

ESTIMATOR = [HasMethods(["fit", "predict_proba"]), HasMethods(["fit", "decision_function"])]
CV = ["cv_object", StrOptions({"prefit"})]
"""Constraints of the parameters `estimator` and `cv`."""

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Smaller probabilities count as this one before a logarithm is taken, as in scikit-learn."""

Response = Callable[[Any, Any], F64]
"""(fitted classifier, X) -> (n, C), a column for each of its `classes_`."""


def logits_of(estimator: Any, X: Any) -> F64:
    """Return (n, C) logits: those of `decision_function`, or else the logarithms of probabilities.

    Two classes have the logits 0 and `decision_function`.

    Args:
        estimator: a fitted classifier.
        X: (n, d) rows as it takes them.

    """
    C = len(estimator.classes_)
    if hasattr(estimator, "decision_function"):
        Z = np.asarray(estimator.decision_function(X), dtype=np.float64)
        if Z.ndim == 1 and C == 2:
            return np.stack([np.zeros_like(Z), Z], axis=1)
        if Z.shape[1:] == (C,):  # and not, say, a column for each pair of classes
            return Z
    P = probabilities_of(estimator, X)
    return np.log(np.maximum(P, LEAST_PROBABILITY))


def probabilities_of(estimator: Any, X: Any) -> F64:
    """Return (n, C) probabilities of a fitted classifier."""
    P: F64 = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    return P


def innermost(model: Any) -> Any:
    """Return the fitted classifier within those around it; the model itself if there are none."""
    while isinstance(model, MetaClassifier):
        model = model.estimator_
    return model


class HeldOut(NamedTuple):
    """What models said of rows that they were not fitted to."""

    outputs: F64
    """(n, C), as of the response that was asked for."""
    codes: NDArray[np.intp]
    """(n,) the number of each row's class in `classes_`."""
    s: F64 | None
    """(n,) weights, or None for 1 each."""


class Fold(NamedTuple):
    """A fitted model, and rows that it was not fitted to."""

    model: Any
    X: Any
    rows: NDArray[np.intp]
    """The numbers of these rows."""


@dataclass(frozen=True, eq=False)
class _Checked:
    """Rows, labels and weights, all of one length."""

    X: Any
    y: NDArray[Any]
    codes: NDArray[np.intp]
    classes: NDArray[Any]
    s: F64 | None


class MetaClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that holds another: a subclass has the parameters `estimator` and perhaps `cv`.

    A subclass calls `_fit_held_out`, or `_fit_estimator` where no held-out outputs are needed;
    these set estimator_, classes_, n_features_in_ and feature_names_in_.
    """

    estimator: Any
    estimator_: Any
    classes_: NDArray[Any]

    def _fit_estimator(self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]) -> None:
        """Fit a clone of the estimator to all rows; with ``cv="prefit"`` take it as it is."""
        if self._prefit:
            self._keep(self._fitted())
            return
        rows, to_fit, _ = self._prepared(X, y, sample_weight, params)
        self._fit_all(rows, to_fit)

    def _fit_held_out(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        params: dict[str, Any],
        response: Response = logits_of,
    ) -> HeldOut:
        """Fit the estimator, and return what models say of rows that they were not fitted to.

        With a number or a splitter as `cv` these are models of the folds, and the estimator is
        fitted to all rows; with ``cv="prefit"`` it is taken as it is, and X are rows that it has
        not seen.  A row is left out if its fold's model does not know its class.

        Args:
            X, y, sample_weight: as in `fit`.
            params: further arguments of `fit`, for the estimator and the splitter.
            response: what is asked of the models: `logits_of` or `probabilities_of`; a class that a
                fold's model does not know gets a logit far below the others, or probability 0.

        """
        rows, to_fit, to_split = self._prepared(X, y, sample_weight, params)
        outputs = np.full((len(rows.y), len(rows.classes)), np.nan)
        for fold in self._folds(rows, to_fit, to_split):
            given, test = response(fold.model, fold.X), fold.rows
            known = np.searchsorted(rows.classes, fold.model.classes_)
            if len(known) < len(rows.classes):
                least = (
                    0.0
                    if response is probabilities_of
                    else given.max(1) + np.log(LEAST_PROBABILITY)
                )
                outputs[test] = np.broadcast_to(np.reshape(least, (-1, 1)), outputs[test].shape)
            outputs[np.ix_(test, known)] = given
            outputs[test[~np.isin(rows.codes[test], known)]] = np.nan
        self._fit_all(rows, to_fit)
        held = ~np.isnan(outputs).any(1)
        if not held.any():
            raise ValueError("cv holds out no rows of classes that its models know.")
        s = None if rows.s is None else rows.s[held]
        return HeldOut(outputs[held], rows.codes[held], s)

    def _prepared(
        self, X: Any, y: Any, sample_weight: Any, params: dict[str, Any]
    ) -> tuple[_Checked, dict[str, Any], dict[str, Any]]:
        """Return the checked rows, and the arguments for the estimator's fit and the splitter."""
        if self._prefit:
            return self._check(X, y, sample_weight, self._fitted().classes_), {}, {}
        rows = self._check(X, y, sample_weight, None)
        to_fit, to_split = self._routed(rows.s, params)
        return rows, to_fit, to_split

    def _folds(
        self, rows: _Checked, to_fit: dict[str, Any], to_split: dict[str, Any]
    ) -> Iterator[Fold]:
        """Yield a model for each fold and the rows it has not seen; one fold if prefit."""
        if self._prefit:
            yield Fold(self._fitted(), rows.X, np.arange(len(rows.y)))
            return
        cv: Any = check_cv(self.cv, rows.y, classifier=True)
        for train, test in cv.split(rows.X, rows.y, **to_split):
            own = _check_method_params(rows.X, to_fit, train)
            model = clone(self.estimator).fit(_safe_indexing(rows.X, train), rows.y[train], **own)
            yield Fold(model, _safe_indexing(rows.X, test), test)

    def _fit_all(self, rows: _Checked, to_fit: dict[str, Any]) -> None:
        """Fit the estimator to all rows; with ``cv="prefit"`` take it as it is."""
        if self._prefit:
            self._keep(self._fitted())
        else:
            self._keep(clone(self.estimator).fit(rows.X, rows.y, **to_fit))

    @property
    def _prefit(self) -> bool:
        return bool(getattr(self, "prefit", isinstance(getattr(self, "cv", None), str)))

    def _fitted(self) -> Any:
        check_is_fitted(self.estimator)
        return self.estimator

    def _check(self, X: Any, y: Any, sample_weight: Any, classes: NDArray[Any] | None) -> _Checked:
        """Check all but what is in X, which the estimator does.

        Args:
            X, y, sample_weight: as in `fit`.
            classes: those that y may have; None for those that it has.

        """
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        X, _ = indexable(X, None)
        values, columns = labels_and_columns(y)
        codes, known = encode_labels(values, classes, columns)
        if codes.ndim == 2:
            raise ValueError("y must be labels, not rows of probabilities.")
        y = known[codes]
        check_consistent_length(X, y)
        s = None
        if sample_weight is not None:
            s = _check_sample_weight(sample_weight, y, dtype=np.float64, ensure_non_negative=True)
        if classes is None:
            require_two_classes(codes, known, s)
        return _Checked(X, y, codes, known, s)

    def _routed(
        self, s: F64 | None, params: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the arguments for the estimator's fit, and those for the splitter."""
        _raise_for_params(params, self, "fit")
        if _routing_enabled():
            routed = process_routing(self, "fit", sample_weight=s, **params)
            splitter = getattr(routed, "splitter", None)
            return dict(routed.estimator.fit), dict(splitter.split) if splitter else {}
        return ({} if s is None else {_weights_of(self.estimator): s}), {}

    def _keep(self, fitted: Any) -> None:
        self.estimator_, self.classes_ = fitted, np.asarray(fitted.classes_)
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(fitted, name):
                setattr(self, name, getattr(fitted, name))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose label is what is said, also where that is no class.

        Args:
            X: (n, d) rows as in `fit`.
            y: (n,) labels.
            sample_weight: (n,) weights, or None.

        """
        truth = labels_of(y, getattr(self, "classes_", None))
        return float(accuracy_score(truth, self.predict(X), sample_weight=sample_weight))

    # -- what goes through to the estimator

    @available_if(lambda self: hasattr(self.estimator, "predict_log_proba"))
    def predict_log_proba(self, X: Any) -> F64:
        """Return the logarithms of the classifier's probabilities (n, C)."""
        check_is_fitted(self)
        return np.asarray(self.estimator_.predict_log_proba(X), dtype=np.float64)

    @available_if(lambda self: hasattr(self.estimator, "set_output"))
    def set_output(self, *, transform: str | None = None) -> Self:
        """Set the containers in which transformers of the estimator give their output."""
        self.estimator.set_output(transform=transform)
        return self

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which object receives which parameters."""
        router = MetadataRouter(owner=self).add_self_request(self)
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        router.add(estimator=self.estimator, method_mapping=to_fit)
        if hasattr(self, "cv") and not self._prefit:
            to_split = MethodMapping().add(caller="fit", callee="split")
            router.add(splitter=self.cv, method_mapping=to_split)
        return router

    def __sklearn_tags__(self) -> Any:
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags


def _weights_of(estimator: Any) -> str:
    """Return the name of the argument of fit for weights of rows; of a pipeline, its last step's.

    Raises:
        ValueError: there is none.

    """
    prefix, last = "", estimator
    while isinstance(last, Pipeline):
        name, last = last.steps[-1]
        prefix += f"{name}__"
    if not has_fit_parameter(last, "sample_weight"):
        raise ValueError(
            f"sample_weight cannot be used, since {type(last).__name__} takes no weights: leave it "
            "out, or use another estimator."
        )
    return f"{prefix}sample_weight"
