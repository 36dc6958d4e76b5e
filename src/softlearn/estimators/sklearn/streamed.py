"""Examples of a stream: files that may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..._internal.format import quoted
from ...data import DenseRowsOnDisk, SparseRowsOnDisk
from ...streams import Opened, StreamOptions, feature_batches, is_stream, open_stream
from .checks import Examples, check_examples
from .labels import encode_labels, require_two_classes
from .weights import row_weights

__all__ = ["check_stream", "over_files", "stream_options"]

R = TypeVar("R")


def stream_options(given: Mapping[str, Any]) -> StreamOptions:
    """Return the options of a stream from the further arguments of `fit`.

    Raises:
        TypeError: there is no such argument.

    """
    known = StreamOptions.__dataclass_fields__
    for name in given:
        if name not in known:
            raise TypeError(
                f"fit() got an unexpected argument {name!r}; for files it takes {', '.join(known)}."
            )
    return StreamOptions(**given)


def check_stream(
    estimator: Any, X: Any, y: Any, sample_weight: Any, options: StreamOptions
) -> tuple[Examples, Opened]:
    """Open files and check them; what fits in memory is checked as arrays are.

    Args:
        estimator: gives class_weight and solver; receives n_features_in_, feature_names_in_.
        X: the files.
        y: (n,) labels, where the files hold none.
        sample_weight: (n,) weights, where the files hold none.
        options: how they are read.

    Raises:
        ValueError: one sentence that names the argument or the file.

    """
    opened = open_stream(X, options)
    if (y is None) == (opened.codes is None):
        raise ValueError(
            "y is given, but the files hold labels too: leave one of them out."
            if y is not None
            else "The files hold no labels that were asked for: name their column with target=, "
            "or give y."
        )
    if sample_weight is None:
        sample_weight = opened.weights
    if not isinstance(opened.X, DenseRowsOnDisk | SparseRowsOnDisk):
        labels = y if opened.codes is None else _array(opened.labels)[opened.codes]
        examples = check_examples(estimator, opened.X, labels, sample_weight)
    else:
        examples = _on_disk(estimator, opened, y, sample_weight)
    estimator.__dict__.pop("feature_names_in_", None)
    if opened.names is not None:
        estimator.feature_names_in_ = np.array(opened.names, dtype=object)
    return examples, opened


def _on_disk(estimator: Any, opened: Opened, y: Any, sample_weight: Any) -> Examples:
    X = opened.X
    if estimator.solver == "liblinear":
        raise ValueError(
            "solver='liblinear' adds a column to X, which is on disk: use solver='auto'."
        )
    if opened.codes is None:
        labels = np.asarray(y)
        if len(labels) != X.n:
            raise ValueError(f"y has {len(labels)} labels, but the files hold {X.n} rows.")
        codes, classes = encode_labels(labels)
    else:
        of_label, classes = encode_labels(_array(opened.labels))
        codes = of_label[opened.codes]
    estimator.n_features_in_ = X.d
    s, unit = row_weights(estimator.class_weight, sample_weight, X, codes, classes)
    require_two_classes(codes, classes, s)
    return Examples(X, codes, classes, s, unit)


def _array(labels: list[Any] | None) -> Any:
    """Return the distinct labels as an array of one kind."""
    assert labels is not None
    kinds = {type(label) for label in labels}
    if str in kinds and len(kinds) > 1:
        odd = next(label for label in labels if not isinstance(label, str))
        raise ValueError(
            f"The labels of the files are text in some rows and not in others ({quoted(odd)}): "
            "write all in one way."
        )
    return np.array(labels)


def over_files(predict: Callable[..., R]) -> Callable[..., R]:
    """Let a method that predicts rows of X take files too, which are read a batch at a time."""

    @wraps(predict)
    def predicting(self: Any, X: Any, *args: Any, **named: Any) -> R:
        if not is_stream(X):
            return predict(self, X, *args, **named)
        check_is_fitted(self)
        model, names = copy(self), getattr(self, "feature_names_in_", None)
        model.__dict__.pop("feature_names_in_", None)  # those of files are compared by file
        batches = feature_batches(X, None if names is None else list(names))
        parts: list[Any] = [predict(model, rows, *args, **named) for rows in batches if len(rows)]
        if not parts:
            raise ValueError("X has no rows: all its files are empty.")
        if isinstance(parts[0], tuple):
            return tuple(map(np.concatenate, zip(*parts, strict=True)))  # type: ignore[return-value]
        return np.concatenate(parts)  # type: ignore[return-value]

    return predicting
