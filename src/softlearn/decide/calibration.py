"""A classifier whose probabilities are recalibrated, out of fold."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from ..estimators.sklearn.typed import checks_own_parameters
from ..estimators.sklearn.warn import warn
from ..protocol import F64, Status
from .meta import CV, ESTIMATOR, MetaClassifier, logits_of
from .recalibration import METHODS, log_probabilities, logits
from .strength import fit_recalibration, log_loss

__all__ = ["CalibratedSoftmax"]

_FAR = 1.25  # a temperature beyond it, or below 1 / it, is a fault of the model
_NORMAL = 1.959963984540054  # the 97.5 % quantile of the normal distribution


class CalibratedSoftmax(MetaClassifier):
    r"""Any classifier with recalibrated probabilities, softmax(beta x + V x + b).

    x are the log-probabilities of the classifier, beta = 1 / T, and T the temperature.  The
    parameters minimise the log-loss of rows that the classifier was not fitted to; how is
    described in `softlearn.decide.recalibration`.

    Args:
        estimator: a classifier with `decision_function` or `predict_proba`; fitted if
            ``cv="prefit"``.
        method: "temperature" (beta alone), "vector" (V diagonal) or "dirichlet" (V full, with
            off-diagonal and intercept regularisation, ODIR); the strength of the penalty of the
            last two is cross-validated.
        cv: a number of folds or a splitter: the calibration rows are those held out, and
            `estimator_` is fitted to all rows; "prefit": `estimator` is used as it is, and `fit`
            gets rows that it has not seen.

    Attributes:
        estimator_: the fitted classifier.
        classes_, n_features_in_, feature_names_in_: those of the classifier.
        temperature_: T of temperature scaling, for every method; above 1 the classifier is too
            sure of itself, below 1 not sure enough.
        temperature_interval_: its 95 % interval, from the curvature of the log-loss in log T.
        parameters_: beta, then V row after row, then b.
        strength_: that of the penalty, 0 for "temperature".
        status_, status_detail_, gap_, objective_: how the fit of the parameters ended, as of
            `SoftmaxRegression`.
        log_loss_before_, log_loss_after_: of the calibration rows.
        advice_: a sentence if the temperature says that the classifier itself should be fitted
            otherwise, or "".

    Raises:
        ValueError: from `fit`, for data or parameters that cannot be used; one sentence each.

    References: Guo et al., On calibration of modern neural networks, ICML (2017); Kull et al.,
    Beyond temperature scaling, NeurIPS (2019).

    >>> from sklearn.datasets import load_digits
    >>> from softlearn import SoftmaxRegression
    >>> from softlearn.decide import CalibratedSoftmax
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CalibratedSoftmax(SoftmaxRegression(C=0.03)).fit(X[::2], y[::2])
    >>> print(f"{model.temperature_:.2f}", model.status_.name, model.predict(X[1:4:2]))
    0.91 CONVERGED [1 3]

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": ESTIMATOR,
        "method": [StrOptions(set(METHODS))],
        "cv": CV,
    }

    def __init__(self, estimator: Any, *, method: str = "temperature", cv: Any = 5) -> None:
        self.estimator = estimator
        self.method = method
        self.cv = cv

    @checks_own_parameters
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> CalibratedSoftmax:
        """Fit the classifier and the calibration.

        Args:
            X: (n, d) rows as the classifier takes them.
            y: (n,) labels.
            sample_weight: (n,) weights, at least 0, for both.
            **params: for the classifier and the splitter, where metadata routing is on.

        """
        held = self._fit_held_out(X, y, sample_weight, params)
        x = log_probabilities(held.outputs)
        s = np.full(len(x), 1.0) if held.s is None else held.s
        total = float(s.sum())
        if not total > 0.0:
            raise ValueError("The rows that are held out weigh nothing: use other folds.")
        s = s / total
        found = temperature = fit_recalibration("temperature", x, held.codes, s)
        if self.method != "temperature":
            found = fit_recalibration(self.method, x, held.codes, s)
        beta = float(temperature.w[0])
        self.temperature_ = 1.0 / beta if beta > 0.0 else math.inf
        self.temperature_interval_ = _interval(beta, temperature.curvature * total)
        self.parameters_, self.strength_ = found.w, found.strength
        self._status, self.status_detail_ = found.status.name, found.detail
        self.gap_, self.objective_ = float(found.gap), float(found.objective)
        self.log_loss_before_ = log_loss(x, held.codes, s)
        self.log_loss_after_ = log_loss(logits(self.method, found.w, x), held.codes, s)
        last = _last(self.estimator_)
        self.advice_ = _advice(last, self.temperature_, self.temperature_interval_)
        if self.advice_ and _has_C(last):
            warn(self.advice_, UserWarning)
        if not found.status.ok:
            warn(f"{found.status.value} {found.detail}", ConvergenceWarning)
        return self

    @property
    def status_(self) -> Status:
        """How the fit of the parameters ended."""
        return Status[self._status]

    def decision_function(self, X: Any) -> F64:
        """Return the calibrated logits.

        Args:
            X: (n, d) as in `fit`.

        Returns:
            (n, C); with two classes (n,), the logit of ``classes_[1]`` less the other's.

        """
        Z = self._logits(X)
        return Z[:, 1] - Z[:, 0] if Z.shape[1] == 2 else Z

    def predict_proba(self, X: Any) -> F64:
        """Return the calibrated probabilities (n, C)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> F64:
        """Return their logarithms (n, C)."""
        return log_probabilities(self._logits(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable classes (n,); a temperature alone changes none."""
        check_is_fitted(self)
        if self.method == "temperature":
            labels: NDArray[Any] = self.classes_[logits_of(self.estimator_, X).argmax(1)]
            return labels
        labels = self.classes_[self._logits(X).argmax(1)]
        return labels

    def _logits(self, X: Any) -> F64:
        check_is_fitted(self)
        x = log_probabilities(logits_of(self.estimator_, X))
        return logits(self.method, self.parameters_, x)


def _interval(beta: float, curvature: float) -> tuple[float, float]:
    """Return the 95 % interval of T, symmetric about log T.

    Args:
        beta: 1 / T.
        curvature: that of the sum of the rows' losses in beta.

    """
    if not (beta > 0.0 and curvature > 0.0):
        return 0.0, math.inf
    times = math.exp(min(_NORMAL / (beta * math.sqrt(curvature)), 700.0))
    return 1.0 / beta / times, times / beta


def _last(fitted: Any) -> Any:
    """Return the classifier at the end of pipelines."""
    while isinstance(fitted, Pipeline):
        fitted = fitted.steps[-1][1]
    return fitted


def _has_C(classifier: Any) -> bool:
    """Whether the strength of its penalty can be chosen, or was."""
    return hasattr(classifier, "C") or hasattr(classifier, "C_")


def _advice(classifier: Any, T: float, interval: tuple[float, float]) -> str:
    """Return what to do about a temperature far from 1, or ""."""
    if 1.0 / _FAR <= T <= _FAR or interval[0] <= 1.0 <= interval[1]:
        return ""
    if _has_C(classifier):
        wrong = "weak" if T > 1.0 else "strong"
        return f"The temperature is {T:.2g}: the penalty is too {wrong}; choose C by log-loss."
    wrong = "too sure of itself" if T > 1.0 else "not sure enough of itself"
    name = type(classifier).__name__
    return f"The temperature is {T:.2g}: without calibration {name} is {wrong}."
