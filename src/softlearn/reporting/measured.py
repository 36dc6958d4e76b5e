"""What a classifier says of rows whose labels are known, asked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.format import quoted
from ..decide.meta import MetaClassifier, innermost
from ..estimators.sklearn.labels import labels_of
from ..measures import BINS, Scores
from ..plots import ReliabilityDisplay
from ..plots.canvas import require
from ..plots.outputs import logits_of
from ..softmax import log_softmax

__all__ = ["Measured", "ask", "features_of"]

F64 = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Measured(Scores):
    """Labels and predictions of n rows, and what predicted them.

    The logarithms are exact, beyond what P can hold, where there are logits.
    """

    model: Any
    """The classifier itself: the last step of a pipeline, the best of a search."""
    F: Any
    """(n, d) the features it sees."""
    classes: Sequence[Any]
    """Its C labels."""
    P: F64
    """(n, C) probabilities."""
    Z: F64 | None
    """(n, C) logits: z with softmax(z) = p; None where the classifier tells none."""
    said: NDArray[Any]
    """(n,) what it says, which may be that a row is of none of the classes."""

    @cached_property
    def fitted(self) -> Any:
        """The classifier within those that calibrate it or decide for it."""
        return innermost(self.model)

    @cached_property
    def reliability(self) -> ReliabilityDisplay:
        """The rows of known classes in bins by the probability of the most probable class."""
        known, C = self.known, len(self.classes)
        return ReliabilityDisplay(self.codes[known], self.P[known], range(C), n_bins=BINS)


def ask(estimator: Any, X: Any, y: Any) -> Measured:
    """Ask a fitted classifier about rows.

    Args:
        estimator: any classifier with `predict_proba`; a pipeline or a search is taken apart.
        y: (n,) labels, or (n, C) rows of one 1 and zeros.

    """
    name = type(estimator).__name__
    require(
        hasattr(estimator, "predict_proba"),
        f"estimator {name} has no predict_proba: a report needs a fitted classifier with "
        "probabilities.",
    )
    model, F = features_of(estimator, X)
    P = np.asarray(model.predict_proba(F), dtype=np.float64)
    classes = np.asarray(model.classes_).tolist()
    require(
        P.ndim == 2 and P.shape[1] == len(classes),
        f"estimator {name} must give one probability for each class of one target, but "
        f"predict_proba gives an array of shape {P.shape}.",
    )
    codes = _codes(y, classes, len(P))
    Z = logits_of(model, F, P)
    with np.errstate(divide="ignore"):
        log_P = np.log(P) if Z is None else np.asarray(log_softmax(Z), dtype=np.float64)
    said = np.asarray(model.predict(F))
    winners = _numbers(said.tolist(), classes)
    if isinstance(model, MetaClassifier):  # measured as if each row were answered by probability
        winners = P.argmax(1)
    return Measured(codes, winners, log_P, model, F, classes, P, Z, said)


def features_of(estimator: Any, X: Any) -> tuple[Any, Any]:
    """Return the classifier behind pipelines and searches, and X as it sees it."""
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "steps"):
            if len(estimator.steps) > 1:
                X = estimator[:-1].transform(X)
            estimator = estimator.steps[-1][1]
        else:
            return estimator, X


def _codes(y: Any, classes: Sequence[Any], n: int) -> Codes:
    labels = labels_of(y, np.asarray(classes))
    require(
        labels.shape == (n,),
        f"y must have one label for each of the {n} rows of X, but its shape is {labels.shape}.",
    )
    require(n > 0, "X has no rows: there is nothing to report on.")
    values = labels.tolist()
    codes = _numbers(values, classes)
    require(
        (codes >= 0).any(),
        f"y has no label that is a class of the model: it has {quoted(values[0])}, the model knows "
        f"{', '.join(map(quoted, classes[:10]))}.",
    )
    return codes


def _numbers(labels: Sequence[Any], classes: Sequence[Any]) -> Codes:
    """Return the place of each label among the classes, -1 where it has none."""
    places = {label: k for k, label in enumerate(classes)}
    return np.array([places.get(label, -1) for label in labels], dtype=np.intp)
