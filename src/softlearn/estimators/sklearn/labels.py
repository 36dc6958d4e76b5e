"""Labels of any kind become codes 0 .. C - 1, or stay probabilities."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from ..._internal.format import quoted
from ...protocol import F64
from .label_arrays import label_array, labels_and_columns
from .warn import warn

__all__ = [
    "encode_labels",
    "expected_classes",
    "labels_of",
    "require_two_classes",
    "require_two_weights",
    "shares_of",
    "totals",
]

_FEW = 256  # whole numbers below are counted however few rows there are
_WIDTH_OF_NUMBERS = 4 * 32  # bytes of each string, where NumPy made strings of numbers


def encode_labels(
    y: NDArray[Any], classes: NDArray[Any] | None = None, columns: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return codes (n,) or probabilities (n, C), and the sorted classes.

    Args:
        y: (n,) labels, (n, 1) likewise with a warning, (n, C) rows of one 1 and zeros, which are
            labels too, or (n, C) rows of probabilities; with none missing, as of `label_array`.
        classes: the labels there may be, sorted; None for those of y.
        columns: (C,) the classes that the columns of y stand for; None for `classes`, or numbers
            from 0.

    Raises:
        ValueError: labels that are continuous, of mixed types or unknown; rows with several
            labels; rows that are no probabilities.

    """
    if y.ndim == 2 and y.shape[1] > 1:
        P, classes = _by_class(_probabilities(y), classes, columns)
        certain = np.count_nonzero(P) == len(P) and bool((P.max(1) == 1.0).all())
        return (P.argmax(1) if certain else P), classes
    if y.ndim != 1 or y.dtype.kind not in "biuU":  # these are labels whatever their values
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
    present, codes = _distinct(y)
    if y.dtype.kind == "U" and y.dtype.itemsize >= _WIDTH_OF_NUMBERS and "nan" in present:
        warn(
            f"y has a class 'nan', from row {(y == 'nan').argmax()} on, which looks like a missing "
            "label of which NumPy made a string; drop such rows if it is.",
            UserWarning,
        )
    return (codes, present) if classes is None else _among(classes, present, codes)


def _among(
    classes: NDArray[Any], present: NDArray[Any], codes: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the codes among all classes, and these."""
    known = {c: k for k, c in enumerate(classes.tolist())}
    same = present.dtype.kind == classes.dtype.kind and present.dtype.kind in "mM"
    labels = (present.astype(classes.dtype) if same else present).tolist()  # dates in one unit
    for k, label in enumerate(labels):
        if label not in known:
            raise ValueError(
                f"y has the label {quoted(present[k])} in row {(codes == k).argmax()}, which is "
                "not in classes."
            )
    return np.array([known[c] for c in labels], dtype=np.intp)[codes], classes


def labels_of(y: Any, classes: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the labels (n,) of rows; y may be one-hot.

    Args:
        y: (n,) labels, or (n, C) rows of one 1 and zeros.
        classes: (C,) the classes of the columns, where they have no names.

    Raises:
        ValueError: as `label_array` and `encode_labels`; rows of probabilities.

    """
    values, columns = labels_and_columns(y)
    if values.ndim != 2 or values.shape[1] < 2:
        return values.ravel() if values.ndim == 2 else values
    codes, known = encode_labels(values, None if columns is not None else classes, columns)
    if codes.ndim == 2:
        raise ValueError("y must be labels, not rows of probabilities.")
    labels: NDArray[Any] = known[codes]
    return labels


def shares_of(y: Any, classes: NDArray[Any]) -> F64 | None:
    """Return rows of probabilities (n, C), or None if y are labels.

    Raises:
        ValueError: as `encode_labels`.

    """
    values, columns = labels_and_columns(y)
    if values.ndim != 2 or values.shape[1] < 2:
        return None
    codes = encode_labels(values, classes, columns)[0]
    return codes if codes.ndim == 2 else np.eye(len(classes))[codes]


def totals(codes: NDArray[Any], C: int, s: F64 | None) -> F64:
    """Return the weight of each class, (C,), for codes (n,) or probabilities (n, C)."""
    if codes.ndim == 2:
        return np.asarray(codes.sum(0) if s is None else s @ codes, dtype=np.float64)
    return np.bincount(codes, s, C).astype(np.float64)


def require_two_classes(codes: NDArray[Any], classes: NDArray[Any], s: F64 | None) -> None:
    """Raise a ValueError unless two classes have rows of positive weight."""
    require_two_weights(totals(codes, len(classes), s), classes, s is not None)


def require_two_weights(weight: F64, classes: NDArray[Any], weighted: bool) -> None:
    """Raise a ValueError unless two of the weights of the classes are positive."""
    if (weight > 0.0).sum() < 2:
        raise ValueError(
            "This solver needs samples of at least 2 classes in the data, but the data contains "
            f"only one class{' of positive weight' if weighted else ''}: "
            f"{quoted(classes[weight.argmax()])}"
        )


def expected_classes(given: Any, known: NDArray[Any] | None) -> NDArray[Any]:
    """Return the sorted classes that batches may have, from what `partial_fit` was given.

    Args:
        given: the labels, or None.
        known: the classes of earlier calls; None at the first.

    Raises:
        ValueError: at the first call without classes, or where they differ from those known.

    """
    if given is None:
        if known is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return known
    classes, _ = _distinct(column_or_1d(label_array(given, "classes", "place")))
    if len(classes) < 2:
        raise ValueError(f"classes must have at least 2 labels, but is {quoted(given)}: 1 class.")
    if known is not None and not np.array_equal(classes, known):
        raise ValueError(
            f"`classes={quoted(given)}` is not the same as on last call to partial_fit, was: "
            f"{quoted(known)}"
        )
    return classes


def _distinct(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the sorted distinct labels, and the number of each row's label.

    Strings are hashed and small numbers counted, which is faster than sorting.
    """
    if y.dtype.kind in "iu" and len(y) and y.min() >= 0 and y.max() < max(len(y), _FEW):
        return _counted(y)
    if y.dtype.kind not in "OU":
        return np.unique(y, return_inverse=True)
    labels = y.tolist()
    present = sorted(set(labels))
    code = {c: k for k, c in enumerate(present)}
    classes = np.empty(len(present), dtype=y.dtype)
    classes[:] = present
    return classes, np.fromiter(map(code.__getitem__, labels), dtype=np.intp, count=len(labels))


def _counted(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Do it for whole numbers from 0 to not much more than there are rows."""
    codes = y.astype(np.intp, copy=False)
    seen = np.bincount(codes) > 0
    if seen.all():
        return np.arange(len(seen), dtype=y.dtype), codes
    return np.flatnonzero(seen).astype(y.dtype), (np.cumsum(seen) - 1)[codes]


def _by_class(
    P: F64, classes: NDArray[Any] | None, columns: NDArray[Any] | None
) -> tuple[F64, NDArray[Any]]:
    """Return P with a column for each class, and the sorted classes."""
    C = P.shape[1]
    if columns is None:
        if classes is not None and len(classes) != C:
            raise ValueError(
                f"y has probabilities of {C} classes, but there are {len(classes)} classes."
            )
        return P, np.arange(C) if classes is None else classes
    present, codes = _distinct(columns)
    if classes is None:
        return P[:, codes.argsort()], present
    known = {c: k for k, c in enumerate(classes.tolist())}
    for column in columns.tolist():
        if column not in known:
            raise ValueError(f"y has a column {quoted(column)}, which is not in classes.")
    out = np.zeros((len(P), len(classes)))
    out[:, [known[c] for c in columns.tolist()]] = P
    return out, classes


def _probabilities(y: NDArray[Any]) -> F64:
    """Return y as rows of probabilities.

    Raises:
        ValueError: they are none; for zeros and ones the error speaks of several labels.

    """
    try:
        P = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
        _refuse(y, "")
    sums = P.sum(1)
    wrong = ~((P >= 0.0).all(1) & (np.abs(sums - 1.0) <= 1e-6))
    if not wrong.any():
        return P
    i = int(wrong.argmax())
    if not ((P == 0.0) | (P == 1.0)).all():
        low = P[i].min()
        _refuse(y, f"; row {i} {f'sums to {sums[i]:.6g}' if low >= 0.0 else f'holds {low:.6g}'}")
    if sums.max() <= 1.0:
        raise ValueError(f"y has no 1 in row {i}: each row needs one; drop rows without a label.")
    i = int((sums > 1.0).argmax())
    raise ValueError(
        f"y has {sums[i]:.0f} ones in row {i}: to give a row several labels is multi-label, which "
        "a softmax over classes is not made for; fit one model for each column, or give each row "
        "one label."
    )


def _refuse(y: NDArray[Any], why: str) -> NoReturn:
    raise ValueError(
        f"y should be a 1d array of labels, or rows of probabilities; got an array of shape "
        f"{y.shape} instead{why}."
    )
