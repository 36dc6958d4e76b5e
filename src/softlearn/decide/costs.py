"""What wrong decisions cost: a matrix, a price of abstaining, or thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.format import quoted
from ..protocol import F64

__all__ = ["cost_matrix"]


def cost_matrix(
    cost: Any, reject_cost: float | None, thresholds: Any, classes: NDArray[Any], reject: Any
) -> F64:
    """Return (K, K) costs of saying class j (columns) of a row of class k (rows), or (K, K + 1).

    The last of K + 1 columns is the cost of saying none.

    Args:
        cost: (K, K) or (K, K + 1) numbers, or a data frame with the classes as its index and the
            decisions as its columns; None for 1 where the class is wrong.
        reject_cost: the cost of saying none, instead of such a column.
        thresholds: instead of `cost`: {label: t}, (K,) numbers, or for two classes the threshold
            of the second: the class with the largest p_k / t_k is said.
        classes: (K,) labels.
        reject: the label of the column for none in a data frame.

    Raises:
        ValueError: they cannot be used, or say the same thing twice; one sentence.

    """
    K = len(classes)
    if cost is not None and thresholds is not None:
        raise ValueError("cost and thresholds are two ways to say the same: give one of them.")
    if thresholds is not None:
        A = (1.0 / _thresholds(thresholds, classes))[:, None] * (1.0 - np.eye(K))
    elif cost is None:
        A = 1.0 - np.eye(K)
    else:
        A = _by_label(cost, classes, reject) if hasattr(cost, "columns") else _numbers(cost)
    if A.shape not in ((K, K), (K, K + 1)):
        raise ValueError(
            f"cost must have a row for each of {K} classes and a column for each (and one more for "
            f"saying none), but its shape is {A.shape}."
        )
    if reject_cost is not None:
        if A.shape[1] > K:
            raise ValueError("cost has a column for saying none already: leave reject_cost out.")
        A = np.column_stack([A, np.full(K, float(reject_cost))])
    if not np.isfinite(A).all():
        raise ValueError("cost and reject_cost must be finite numbers.")
    return A


def _numbers(cost: Any) -> F64:
    try:
        return np.asarray(cost, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"cost must be numbers, but it is {quoted(cost)}.") from None


def _by_label(cost: Any, classes: NDArray[Any], reject: Any) -> F64:
    """Return the costs of a data frame in the order of the classes."""
    known = classes.tolist()
    rows, columns = _places(list(cost.index), known), _places(list(cost.columns), [*known, reject])
    for what, places, wanted in (("row", rows, known), ("column", columns, known)):
        missing = [label for label in wanted if label not in places]
        if missing:
            raise ValueError(f"cost has no {what} for the class {quoted(missing[0])}.")
    order = [columns[label] for label in [*known, reject] if label in columns]
    return _numbers(cost)[[rows[label] for label in known]][:, order]


def _places(labels: list[Any], known: list[Any]) -> dict[Any, int]:
    """Return {label: place}; labels that are not known may be the text of one that is."""
    text = {str(label): label for label in known}
    places = {}
    for place, label in enumerate(labels):
        own = label if label in known else text.get(str(label))
        if own is None:
            raise ValueError(f"cost has the label {quoted(label)}, which is no class.")
        if own in places:
            raise ValueError(f"cost has the label {quoted(label)} twice.")
        places[own] = place
    return places


def _thresholds(thresholds: Any, classes: NDArray[Any]) -> F64:
    K = len(classes)
    if isinstance(thresholds, Real):
        if K != 2:
            raise ValueError(
                f"thresholds must be a number for each of {K} classes: one number is enough for "
                "two classes alone."
            )
        t = np.array([1.0 - float(thresholds), float(thresholds)])
    elif isinstance(thresholds, Mapping):
        missing = [label for label in classes.tolist() if label not in thresholds]
        if missing or len(thresholds) != K:
            raise ValueError(
                "thresholds must have one number for each class"
                + (f"; there is none for {quoted(missing[0])}." if missing else ".")
            )
        t = np.array([float(thresholds[label]) for label in classes.tolist()])
    else:
        t = np.asarray(thresholds, dtype=np.float64)
    if t.shape != (K,) or not ((t > 0.0) & np.isfinite(t)).all():
        raise ValueError(
            f"thresholds must be {K} finite numbers above 0, but they are {quoted(thresholds)}."
        )
    return t
