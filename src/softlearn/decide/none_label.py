"""The label that says "none of the classes", of a kind that can stand beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._internal.format import quoted

__all__ = ["none_label", "with_label"]

_NUMBERS = "iuf"


def none_label(label: Any, classes: NDArray[Any]) -> Any:
    """Return the label as predictions can hold it.

    Where the classes are numbers and the label is a text, it is -1, or one less than the smallest
    class where that is negative.

    Raises:
        ValueError: the classes are texts and the label is none.

    """
    text = isinstance(label, str)
    if classes.dtype.kind in _NUMBERS and text:
        least = classes.min().item()
        return type(least)(min(0, least) - 1)
    if isinstance(classes[0], str) and not text:
        raise ValueError(
            f"label={quoted(label)} cannot stand beside classes that are texts; give a text."
        )
    return label


def with_label(said: NDArray[Any], label: Any, none: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a copy of predicted classes (n,) that has the label in some rows.

    Numbers beside numbers and texts beside texts stay what they are; all else becomes objects.
    """
    labels = said.astype(_dtype(said.dtype, label))
    labels[none] = label
    return labels


def _dtype(classes: np.dtype[Any], label: Any) -> DTypeLike:
    own = np.min_scalar_type(label)
    if classes.kind in _NUMBERS and own.kind in _NUMBERS:
        both = np.result_type(classes, own)
        whole = "f" not in (classes.kind, own.kind)
        return np.dtype(np.int64) if whole and both.kind == "f" else both  # of uint64 and -1
    return np.result_type(classes, own) if classes.kind == own.kind == "U" else np.dtype(object)
