"""Examples of a stream: files that may be larger than memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._internal.format import quoted
from ...data import DenseRowsOnDisk, SparseRowsOnDisk
from ...streams import Opened, StreamOptions, open_stream
from .checks import Examples, check_examples
from .labels import encode_labels, require_two_classes
from .weights import row_weights

__all__ = ["check_stream", "stream_options"]


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
