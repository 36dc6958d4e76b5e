"""What decisions come to on labelled rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .decision import DecisionClassifier
from .meta import MetaClassifier

__all__ = ["Outcome", "cost_matrix_of", "outcome_of"]


class Outcome(NamedTuple):
    """What a model's decisions come to; None where there is nothing to divide by."""

    answered: float | None
    """The share of rows of known classes that get a class."""
    accuracy: float | None
    """The share of these that is right."""
    strangers_found: float | None
    """The share of rows of other labels that are called none."""
    mean_cost: float | None
    """Of the rows whose cost is known; None without costs."""
    mean_cost_of_likeliest: float | None
    """The same, had the most probable class been said."""


def cost_matrix_of(model: Any) -> NDArray[np.float64] | None:
    """Return the costs by which a classifier decides, or None."""
    while isinstance(model, MetaClassifier):
        if isinstance(model, DecisionClassifier):
            return model.cost_
        model = model.estimator_
    return None


def outcome_of(
    model: Any, said: NDArray[Any], y: NDArray[Any], likeliest: NDArray[np.intp]
) -> Outcome:
    """Return what decisions come to.

    Args:
        model: the classifier that decided.
        said: (n,) what it said.
        y: (n,) labels, of its classes or not.
        likeliest: (n,) the number of the most probable class.

    """
    place = {label: k for k, label in enumerate(np.asarray(model.classes_).tolist())}
    codes = np.array([place.get(label, -1) for label in y.tolist()], dtype=np.intp)
    j = np.array([place.get(label, -1) for label in said.tolist()], dtype=np.intp)
    known, answered = codes >= 0, j >= 0
    cost, mean, plain = cost_matrix_of(model), None, None
    if cost is not None and known.any():
        of_none = cost.shape[1] > len(place)
        counted = known if of_none else known & answered
        if counted.any():
            columns = np.where(answered, j, len(place))[counted]
            mean = float(cost[codes[counted], columns].mean())
            plain = float(cost[codes[counted], likeliest[counted]].mean())
    return Outcome(
        _mean(answered[known]),
        _mean((codes == j)[known & answered]),
        _mean(~answered[~known]),
        mean,
        plain,
    )


def _mean(of: NDArray[np.bool_]) -> float | None:
    return float(of.mean()) if of.size else None
