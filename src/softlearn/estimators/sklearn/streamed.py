"""Examples of a stream: files that may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from ..._internal.format import quoted
from ...data import DenseRowsOnDisk, SparseRowsOnDisk, cut
from ...streams import Opened, StreamOptions, is_stream, known_batches, open_stream
from .checks import Examples, check_examples
from .labels import encode_labels, require_two_classes
from .weights import row_weights

__all__ = [
    "RowsOfFiles",
    "check_stream",
    "examples_of",
    "over_files",
    "score_of_files",
    "stream_names",
    "stream_options",
]

R = TypeVar("R")
_AT_ONCE = 1 << 25  # bytes of rows that predictions read


def stream_names(X: Any) -> set[str]:
    """Return the names of arguments that are for files, if X names some."""
    return set(StreamOptions.__dataclass_fields__) if is_stream(X) else set()


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


def examples_of(
    estimator: Any, X: Any, y: Any, sample_weight: Any, given: Mapping[str, Any], what: str
) -> Examples:
    """Return the examples of arrays, or of files, for several fits to them.

    Args:
        estimator, X, y, sample_weight: as of `check_stream` or `check_examples`.
        given: further arguments, for files.
        what: the function whose arguments they are.

    Raises:
        TypeError: some of them are for fits to files alone, or for one fit alone.
        ValueError: one sentence that names the argument or the file.

    """
    if given and not is_stream(X):
        raise TypeError(f"{what} takes {', '.join(given)} for files alone: leave it out.")
    if not given and not is_stream(X):
        return check_examples(estimator, X, y, sample_weight)
    options = stream_options(given)
    if options.checkpoint is not None or options.resume:
        raise TypeError(f"{what} writes no checkpoints, which SoftmaxRegression.fit does.")
    return check_stream(estimator, X, y, sample_weight, options)[0]


@dataclass(frozen=True, eq=False)
class RowsOfFiles:
    """Some of the rows on disk, which predictions read a batch at a time."""

    rows: DenseRowsOnDisk | SparseRowsOnDisk
    numbers: NDArray[np.intp]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.numbers), self.rows.d

    def __iter__(self) -> Iterator[Any]:
        """Yield arrays of rows."""
        of_row = max(self.rows.nbytes // max(self.rows.n, 1), 1)
        for some in cut(len(self.numbers), max(_AT_ONCE // of_row, 1)):
            yield self.rows.subset(self.numbers[some]).X


def check_stream(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    options: StreamOptions,
    classes: NDArray[Any] | None = None,
) -> tuple[Examples, Opened]:
    """Open files and check them; what fits in memory is checked as arrays are.

    Args:
        estimator: gives class_weight and solver; receives n_features_in_, feature_names_in_.
        X: the files.
        y: (n,) labels, where the files hold none.
        sample_weight: (n,) weights, where the files hold none.
        options: how they are read.
        classes: the labels there may be, where these are rows for a model that is known.

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
    names = getattr(estimator, "feature_names_in_", None)
    if classes is not None and names is not None and opened.names != list(names):
        raise ValueError("The files have other columns than those of the fit.")
    if sample_weight is None:
        sample_weight = opened.weights
    if not isinstance(opened.X, DenseRowsOnDisk | SparseRowsOnDisk):
        labels = y if opened.codes is None else _array(opened.labels)[opened.codes]
        estimator.__dict__.pop("feature_names_in_", None)
        reset = classes is None
        examples = check_examples(estimator, opened.X, labels, sample_weight, classes, reset)
    else:
        examples = _on_disk(estimator, opened, y, sample_weight, classes)
    estimator.__dict__.pop("feature_names_in_", None)
    if opened.names is not None:
        estimator.feature_names_in_ = np.array(opened.names, dtype=object)
    return examples, opened


def _on_disk(
    estimator: Any, opened: Opened, y: Any, sample_weight: Any, known: NDArray[Any] | None
) -> Examples:
    X = opened.X
    if known is not None and X.d != estimator.n_features_in_:
        raise ValueError(
            f"The files have {X.d} features, but those of the fit {estimator.n_features_in_}."
        )
    if estimator.solver == "liblinear":
        raise ValueError(
            "solver='liblinear' adds a column to X, which is on disk: use solver='auto'."
        )
    if opened.codes is None:
        labels = np.asarray(y)
        if len(labels) != X.n:
            raise ValueError(f"y has {len(labels)} labels, but the files hold {X.n} rows.")
        codes, classes = encode_labels(labels, known)
    else:
        of_label, classes = encode_labels(_array(opened.labels), known)
        codes = of_label[opened.codes]
    estimator.n_features_in_ = X.d
    s, unit = row_weights(estimator.class_weight, sample_weight, X, codes, classes)
    if known is None:
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
        if not (isinstance(X, RowsOfFiles) or is_stream(X)):
            return predict(self, X, *args, **named)
        check_is_fitted(self)
        model, names = _without_names(self)
        batches: Any = X
        if not isinstance(X, RowsOfFiles):
            batches = (batch.X for batch in known_batches(X, names))
        some = (rows for rows in batches if rows.shape[0])
        parts: list[Any] = [predict(model, rows, *args, **named) for rows in some]
        if not parts:
            raise ValueError("X has no rows: all its files are empty.")
        if isinstance(parts[0], tuple):
            return tuple(map(np.concatenate, zip(*parts, strict=True)))  # type: ignore[return-value]
        return np.concatenate(parts)  # type: ignore[return-value]

    return predicting


def _without_names(model: Any) -> tuple[Any, list[str] | None]:
    """Return a copy without names of features, which are compared file by file, and these."""
    bare, names = copy(model), getattr(model, "feature_names_in_", None)
    bare.__dict__.pop("feature_names_in_", None)
    return bare, None if names is None else list(names)


def score_of_files(model: Any, X: Any, given: Mapping[str, Any]) -> float:
    """Return the share of rows in files whose label is the predicted one.

    Args:
        model: a fitted classifier.
        X: the files.
        given: "target" and "weight", the columns of labels and weights, if there are any.

    Raises:
        TypeError: there is another argument.
        ValueError: a file cannot be used; one sentence names it.

    """
    check_is_fitted(model)
    unknown = given.keys() - {"target", "weight"}
    if unknown:
        raise TypeError(f"score() got an unexpected argument {min(unknown)!r}.")
    right, total = 0.0, 0.0
    bare, names = _without_names(model)
    for batch in known_batches(X, names, **given):
        if batch.labels is None:
            raise ValueError(
                "The files hold no labels that were asked for: name their column with target=, or "
                "give y."
            )
        if len(batch.labels[0]):
            codes, labels = batch.labels
            s = np.ones(len(codes)) if batch.weights is None else batch.weights
            right += float(s @ (bare.predict(batch.X) == _array(labels)[codes]))
            total += float(s.sum())
    if not total > 0.0:
        raise ValueError("X has no rows with weight: all its files are empty.")
    return right / total
