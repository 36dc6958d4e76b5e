"""Labels of any kind become codes 0 .. C - 1, or stay probabilities; classes get weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.multiclass import check_classification_targets

from ..protocol import F64

__all__ = [
    "encode_labels",
    "expected_classes",
    "require_two_classes",
    "totals",
    "weigh_classes",
]

_FEW = 256  # whole numbers below are counted however few rows there are


def encode_labels(
    y: NDArray[Any], classes: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return codes (n,) or probabilities (n, C), and the sorted classes.

    Args:
        y: (n,) labels, (n, 1) likewise with a warning, or (n, C) rows of probabilities.
        classes: the labels there may be, sorted; None for those of y.

    Raises:
        ValueError: labels that are continuous, of mixed types, unknown or all the same; rows
            that are no probabilities.

    """
    if y.ndim == 2 and y.shape[1] > 1:
        P = _probabilities(y)
        if classes is None:
            return P, np.arange(P.shape[1])
        if len(classes) != P.shape[1]:
            raise ValueError(
                f"y has probabilities of {P.shape[1]} classes, but there are {len(classes)} "
                "classes."
            )
        return P, classes
    if y.ndim != 1 or y.dtype.kind not in "biuU":  # these are labels whatever their values
        y = column_or_1d(y, warn=True)
        _require_known(y)
        check_classification_targets(y)
    present, codes = _distinct(y)
    if classes is None:
        return codes, present
    known = {c: k for k, c in enumerate(classes.tolist())}
    unknown = [c for c in present.tolist() if c not in known]
    if unknown:
        raise ValueError(f"y has the label {unknown[0]!r}, which is not in classes.")
    return np.array([known[c] for c in present.tolist()], dtype=np.intp)[codes], classes


def totals(codes: NDArray[Any], C: int, s: F64 | None) -> F64:
    """Return the weight of each class, (C,), for codes (n,) or probabilities (n, C)."""
    if codes.ndim == 2:
        return np.asarray(codes.sum(0) if s is None else s @ codes, dtype=np.float64)
    return np.bincount(codes, s, C).astype(np.float64)


def require_two_classes(codes: NDArray[Any], classes: NDArray[Any], s: F64 | None) -> None:
    """Raise a ValueError unless two classes have rows of positive weight."""
    weight = totals(codes, len(classes), s)
    if (weight > 0.0).sum() < 2:
        raise ValueError(
            "This solver needs samples of at least 2 classes in the data, but the data contains "
            f"only one class{'' if s is None else ' of positive weight'}: "
            f"{classes[weight.argmax()]!r}"
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
    classes, _ = _distinct(column_or_1d(np.asarray(given)))
    if len(classes) < 2:
        raise ValueError(f"classes must have at least 2 labels, but is {given!r}: 1 class.")
    if known is not None and not np.array_equal(classes, known):
        raise ValueError(
            f"`classes={given!r}` is not the same as on last call to partial_fit, was: {known!r}"
        )
    return classes


def _distinct(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the sorted distinct labels, and for each row which it is.

    Words are told apart by their hash and small numbers counted, which is faster than to sort.
    """
    if y.dtype.kind in "iu" and len(y) and y.min() >= 0 and y.max() < max(len(y), _FEW):
        return _counted(y)
    try:
        if y.dtype.kind not in "OU":
            return np.unique(y, return_inverse=True)
        labels = y.tolist()
        try:
            present = sorted(set(labels))
        except TypeError:  # no order, which is said below, or no hash
            return np.unique(y, return_inverse=True)
        code = {c: k for k, c in enumerate(present)}
        classes = np.empty(len(present), dtype=y.dtype)
        classes[:] = present
        return classes, np.fromiter(map(code.__getitem__, labels), dtype=np.intp, count=len(labels))
    except TypeError:
        kinds = sorted({type(c).__name__ for c in y.tolist()})
        raise ValueError(
            f"y has labels of types that cannot be sorted together ({', '.join(kinds)}); convert "
            "them to one type."
        ) from None


def _counted(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Do it for whole numbers from 0 to not much more than there are rows."""
    codes = y.astype(np.intp, copy=False)
    seen = np.bincount(codes) > 0
    if seen.all():
        return np.arange(len(seen), dtype=y.dtype), codes
    return np.flatnonzero(seen).astype(y.dtype), (np.cumsum(seen) - 1)[codes]


def _require_known(y: NDArray[Any]) -> None:
    """Raise a ValueError for None, NaN and pandas.NA among labels that are objects."""
    if y.dtype != object:
        return
    labels = y.tolist()
    try:
        few: Any = set(labels)
    except TypeError:
        few = labels
    if not any(map(_is_unknown, few)):
        return
    i = next(i for i, label in enumerate(labels) if _is_unknown(label))
    raise ValueError(
        f"y has no label in row {i} ({labels[i]!r}); drop such rows, or give them a label."
    )


def _is_unknown(label: Any) -> bool:
    return label is None or bool(is_pandas_na(label)) or bool(is_scalar_nan(label))


def _probabilities(y: NDArray[Any]) -> F64:
    try:
        P = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
        P = np.full((1, 1), np.nan)
    if not (P >= 0.0).all() or (np.abs(P.sum(1) - 1.0) > 1e-6).any():
        raise ValueError(
            f"y should be a 1d array of labels, or rows of probabilities; got an array of shape "
            f"{y.shape} instead."
        )
    return P


def weigh_classes(
    class_weight: Any, codes: NDArray[Any], classes: NDArray[Any], s: F64 | None
) -> F64 | None:
    """Return the weights of the rows times those of their classes; None for 1 each.

    Args:
        class_weight: {label: weight}, "balanced" or None.
        codes: (n,) codes; probabilities have no class weights.
        classes: (C,) labels.
        s: (n,) weights of the rows, or None.

    Raises:
        ValueError: for probabilities, labels that are no classes, or negative weights.

    """
    if class_weight is None or len(class_weight) == 0:
        return s
    if codes.ndim == 2:
        raise ValueError("class_weight needs labels; with probabilities as y use sample_weight.")
    if isinstance(class_weight, str):
        counts = totals(codes, len(classes), s)
        seen = counts > 0.0  # a class without rows, or whose rows weigh nothing, has no say
        weight = np.zeros(len(classes))
        weight[seen] = counts.sum() / (seen.sum() * counts[seen])
    else:
        weight = _given(class_weight, classes.tolist())
    by_row: F64 = weight[codes]
    return by_row if s is None else s * by_row


def _given(class_weight: dict[Any, float], classes: list[Any]) -> F64:
    """Look up the weights of all classes; 1 where none is given, as in scikit-learn."""
    without = [c for c in classes if c not in class_weight]
    if without and len(classes) - len(without) != len(class_weight):
        raise ValueError(f"The classes, {without}, are not in class_weight")
    weight = np.array([float(class_weight.get(c, 1.0)) for c in classes])
    if not (np.isfinite(weight) & (weight >= 0.0)).all():
        raise ValueError(f"class_weight must be finite and at least 0, but is {class_weight}.")
    return weight
