"""The weights of rows: those given times those of their classes, in units without overflow."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from ...protocol import F64
from .labels import totals

__all__ = ["in_units", "row_weights", "total_of", "weights_of_classes"]

_LARGE, _SMALL = 2.0**400, 2.0**-400  # weights whose largest lies between are left as they are
_LEAST = 1e-300  # of the largest: a smaller weight adds less to J than its rounding error


def row_weights(
    class_weight: Any, sample_weight: Any, X: Any, codes: NDArray[Any], classes: NDArray[Any]
) -> tuple[F64 | None, float]:
    """Return the weights of the rows times those of their classes, and the unit they are in.

    The unit is a power of two, near the largest weight where that is very large or very small, and
    else 1.  No positive weight is 0 in it.

    Args:
        class_weight: {label: weight}, "balanced" or None.
        sample_weight: (n,) numbers of at least 0, one number for all rows, or None for 1 each.
        X: (n, d), for the number of rows.
        codes: (n,) codes; probabilities have no class weights.
        classes: (C,) labels.

    Returns:
        (n,) weights, or None for 1 each, and their unit.

    Raises:
        ValueError: weights that are negative, not finite, no numbers, or all zero; class weights
            for probabilities or for labels that are no classes.

    """
    s, unit, given = None, 1.0, []
    if sample_weight is not None:
        s, unit = in_units(_numbers(sample_weight, X))
        given.append("sample_weight")
    if class_weight is not None and len(class_weight) > 0:
        if codes.ndim == 2:
            raise ValueError(
                "class_weight needs labels; with probabilities as y use sample_weight."
            )
        counts = totals(codes, len(classes), s)
        of_class, times = weights_of_classes(class_weight, classes, counts)
        s, again = in_units(_product(s, of_class[codes]))
        unit *= times * again
        given.append("class_weight")
    if s is not None and not float(s.sum()) > 0.0:
        raise ValueError(f"{' times '.join(given)} is zero throughout: there is nothing to fit.")
    return s, unit


def total_of(s: F64 | None, unit: float, n: int) -> float:
    """Return the sum of the weights of n rows, at most the largest float."""
    return float(n) if s is None else min(unit * float(s.sum()), sys.float_info.max)


def _numbers(sample_weight: Any, X: Any) -> F64:
    try:
        given = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"sample_weight must be numbers, one for each row, but: {error}."
        ) from error
    if given.ndim == 0:
        given = np.full(X.shape[0], given)
    checked: F64 = _check_sample_weight(given, X, dtype=np.float64, ensure_non_negative=True)
    return checked


def in_units(s: F64) -> tuple[F64, float]:
    """Return weights whose sums do not overflow, and their unit.

    Args:
        s: weights, at least 0.

    """
    top, unit = float(s.max(initial=0.0)), 1.0
    small = (s > 0.0) & (s < _LEAST * top)
    if top > 0.0 and not _SMALL < top < _LARGE:
        exponent = math.frexp(top)[1] - 1
        s, unit = np.ldexp(s, -exponent), math.ldexp(1.0, exponent)
        top /= unit
    return (np.where(small, _LEAST * top, s) if small.any() else s), unit


def _product(s: F64 | None, of_class: F64) -> F64:
    """Return s times the weights of classes: 0 only where one of them is."""
    if s is None:
        return of_class
    out = s * of_class
    lost = (out == 0.0) & (s > 0.0) & (of_class > 0.0)
    out[lost] = sys.float_info.min
    return out


def weights_of_classes(class_weight: Any, classes: NDArray[Any], counts: F64) -> tuple[F64, float]:
    """Return a weight for each class (C,), and their unit.

    Args:
        class_weight: {label: weight} or "balanced".
        classes: (C,) labels.
        counts: (C,) the weight of each one's rows.

    Raises:
        ValueError: as `row_weights`.

    """
    if not isinstance(class_weight, str):
        return in_units(_given(class_weight, classes.tolist()))
    seen = counts > 0.0  # a class without rows, or with rows of weight 0, does not count
    weight = np.zeros(len(classes))
    weight[seen] = counts.sum() / (seen.sum() * counts[seen])
    return weight, 1.0


def _given(class_weight: dict[Any, Any], classes: list[Any]) -> F64:
    """Look up the weights of all classes; 1 where none is given, as in scikit-learn."""
    without = [c for c in classes if c not in class_weight]
    if without and len(classes) - len(without) != len(class_weight):
        raise ValueError(f"The classes, {without}, are not in class_weight")
    try:
        weight = np.array([float(class_weight.get(c, 1.0)) for c in classes])
    except (TypeError, ValueError):
        weight = np.array([np.nan])
    if not (np.isfinite(weight) & (weight >= 0.0)).all():
        raise ValueError(
            f"class_weight must be finite numbers of at least 0, but it is {class_weight}."
        )
    return weight
