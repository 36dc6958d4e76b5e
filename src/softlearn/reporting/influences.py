"""Which features move the logit of a class most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import influences as of_classes
from ..plots.outputs import dense_weights, feature_names_of
from .measured import Measured, features_of
from .words import short

__all__ = ["Influence", "Spread", "feature_names", "influences", "remaining", "spread_of"]

_NAMED = 20  # features of a class


class Influence(NamedTuple):
    """By how much one standard deviation more of a feature raises the logit of a class."""

    feature: str
    effect: float


class Spread(NamedTuple):
    """The standard deviations of the features, which make weights of any units comparable."""

    deviations: NDArray[np.float64]
    """(d,) one for each feature."""
    rows: str
    """Of which rows."""


def spread_of(estimator: Any, measured: Measured, training: Any) -> Spread:
    """Return the deviations in the training rows if there are any, else in those of the report."""
    if training is None:
        return Spread(of_classes.spread(measured.F), "rows of this report")
    return Spread(of_classes.spread(features_of(estimator, training)[1]), "training rows")


def influences(measured: Measured, names: Sequence[str], spread: Spread) -> list[list[Influence]]:
    """Return for each class its most influential features."""
    W = of_classes.class_weights(measured.fitted)
    if W is None or measured.Z is None or W.shape[1] != len(names):
        return []
    found = of_classes.influences(W, spread.deviations)
    return (
        [[Influence(names[j], effect) for j, effect in row] for row in found] if any(found) else []
    )


def remaining(measured: Measured, names: Sequence[str], spread: Spread) -> list[str]:
    """Return for each class, where a penalty has an L1 part, the features whose weight is not 0."""
    model = measured.fitted
    if not hasattr(model, "zeros_proven_") or model.zeros_proven_.shape[1] != len(names):
        return []
    W = dense_weights(model.coef_)
    size, found = np.abs(W) * spread.deviations, []
    for row in np.broadcast_to(size, (len(measured.classes), size.shape[1])):
        some = np.flatnonzero(row)[np.argsort(-row[row > 0.0], kind="stable")]
        listed = ", ".join(short(names[j], 30) for j in some[:_NAMED])
        more = f" and {len(some) - _NAMED:,} more" if len(some) > _NAMED else ""
        found.append(f"{len(some):,} of {len(row):,}{': ' * bool(len(some))}{listed}{more}")
    return found


def feature_names(estimator: Any, measured: Measured, given: Sequence[str] | None) -> list[str]:
    """Return names of the d features the classifier sees: given, known to it, or numbered."""
    d = int(np.shape(measured.F)[1]) if len(np.shape(measured.F)) == 2 else 0
    if given is not None:
        if len(given) != d:
            raise ValueError(
                f"features must name the {d} features that the classifier sees, but it has "
                f"{len(given)} names."
            )
        return [str(name) for name in given]
    known = feature_names_of(estimator, measured.model, d)
    if known is None and hasattr(measured.F, "columns"):
        known = [str(name) for name in measured.F.columns]
    if known is None:
        return [f"feature {j}" for j in range(d)]
    # without the part of a pipeline they come from, if they can be told apart so
    own = [name.partition("__")[2] or name for name in known]
    return own if len(set(own)) == len(own) else known
