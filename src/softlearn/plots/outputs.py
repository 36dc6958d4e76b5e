"""What a classifier says of points: probabilities, or at least which class; and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.format import quoted
from ..softmax import softmax
from .canvas import require

__all__ = [
    "RESPONSES",
    "class_index",
    "class_names",
    "dense_weights",
    "feature_names_of",
    "last_step",
    "logits_of",
    "probabilities",
    "require_probabilities",
    "response_of",
]

F64 = NDArray[np.float64]

_SAME = 1e-6  # softmax(z) and p differ by less where z are the logits
RESPONSES = ("predict_proba", "decision_function", "predict")


def response_of(estimator: Any, wanted: str = "auto") -> str:
    """Return the method to ask: the first the estimator has of those in `RESPONSES`."""
    require(
        wanted in ("auto", *RESPONSES),
        f"response_method must be 'auto' or one of {', '.join(RESPONSES)}, but it is {wanted!r}.",
    )
    choices = RESPONSES if wanted == "auto" else (wanted,)
    found = [name for name in choices if hasattr(estimator, name)]
    require(
        found,
        f"estimator {type(estimator).__name__} has no {' or '.join(choices)}: give a fitted "
        f"classifier.",
    )
    return found[0]


def probabilities(estimator: Any, X: Any, response: str, classes: Sequence[Any]) -> NDArray[Any]:
    """Return (n, C): probabilities, or booleans, true for the class predicted."""
    if response == "predict_proba":
        return np.asarray(estimator.predict_proba(X), dtype=np.float64)
    found = class_index(estimator.predict(X), classes)
    return np.asarray(found[:, None] == np.arange(len(classes)))


def class_index(y: Any, classes: Sequence[Any]) -> NDArray[np.intp]:
    """Return the positions of labels in `classes`; labels of several types may be mixed.

    Args:
        y: (n,) labels, or (n, C) rows of one 1 and zeros.

    """
    if np.ndim(y) == 2:
        from ..estimators.sklearn.labels import labels_of

        y = labels_of(y, np.asarray(classes))
    values = y.tolist() if hasattr(y, "tolist") else list(y)
    index = {label: k for k, label in enumerate(classes)}
    if any(v not in index for v in values):  # a list of mixed labels became strings in an array
        index = {str(label): k for k, label in enumerate(classes)}
        values = [str(v) for v in values]
    unknown = [v for v in values if v not in index]
    require(
        not unknown,
        f"y has the label {quoted(unknown[0]) if unknown else ''}, which is not among the classes "
        f"{', '.join(map(str, classes))}.",
    )
    return np.array([index[v] for v in values], dtype=np.intp)


def logits_of(estimator: Any, X: Any, P: F64) -> F64 | None:
    """Return (n, C) `decision_function` if its softmax gives P (of two classes: 0 and it)."""
    if not hasattr(estimator, "decision_function"):
        return None
    Z = np.asarray(estimator.decision_function(X), dtype=np.float64)
    if Z.ndim == 1:
        Z = np.stack([np.zeros_like(Z), Z], axis=1)
    same = Z.shape == P.shape and np.allclose(softmax(Z), P, rtol=0.0, atol=_SAME)
    return Z if same else None


def feature_names_of(estimator: Any, model: Any, d: int) -> list[str] | None:
    """Return the names of the d features that reach the model in an estimator, if anyone knows."""
    names: Any = getattr(model, "feature_names_in_", None)
    if names is None and model is not estimator and hasattr(estimator, "steps"):
        try:
            names = estimator[:-1].get_feature_names_out()
        except (AttributeError, ValueError):  # a step that does not say
            names = None
    return None if names is None or len(names) != d else [str(name) for name in names]


def dense_weights(coef: Any) -> F64:
    """Return a `coef_`, which may be sparse, as a matrix of a row for each class."""
    return np.atleast_2d(np.asarray(coef.toarray() if hasattr(coef, "toarray") else coef, float))


def class_names(classes: Sequence[Any]) -> tuple[list[str], list[str]]:
    """Return what stands in a region and in the legend for each class.

    Labels of up to three characters stand for themselves, others for their number from 0.

    >>> class_names([-1, 7, "cat"])
    (['-1', '7', 'cat'], ['-1', '7', 'cat'])
    >>> class_names(["setosa", "virginica"])
    (['0', '1'], ['0: setosa', '1: virginica'])

    """
    names = [str(c) for c in classes]
    if all(len(name) <= 3 for name in names):
        return names, names
    short = [str(k) for k in range(len(names))]
    return short, [f"{k}: {name}" for k, name in zip(short, names, strict=True)]


def last_step(estimator: Any) -> Any:
    """Return the estimator that was fitted: the best of a search, the last step of a pipeline."""
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        else:
            return estimator


def require_probabilities(estimator: Any, what_for: str) -> None:
    """Raise ValueError if a classifier gives no probabilities."""
    require(
        hasattr(estimator, "predict_proba"),
        f"estimator {type(estimator).__name__} has no predict_proba: there are no "
        f"probabilities to {what_for}.",
    )
