"""Which features move the logit of a class most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import influences as of_classes
from .measured import Measured

__all__ = ["Influence", "feature_names", "influences"]


class Influence(NamedTuple):
    """By how much one standard deviation more of a feature raises the logit of a class."""

    feature: str
    effect: float


def influences(measured: Measured, names: Sequence[str]) -> list[list[Influence]]:
    """Return for each class its most influential features, in the rows of the report."""
    W = of_classes.class_weights(measured.model)
    if W is None or measured.Z is None or W.shape[1] != len(names):
        return []
    found = of_classes.influences(W, of_classes.spread(measured.F))
    return (
        [[Influence(names[j], effect) for j, effect in row] for row in found] if any(found) else []
    )


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
    known: Any = getattr(measured.model, "feature_names_in_", None)
    if known is None and measured.model is not estimator and hasattr(estimator, "steps"):
        try:
            known = estimator[:-1].get_feature_names_out()
        except (AttributeError, ValueError):  # a step that does not say
            known = None
    if known is None and hasattr(measured.F, "columns"):
        known = list(measured.F.columns)
    if known is not None and len(known) == d:
        return _without_parts([str(name) for name in known])
    return [f"feature {j}" for j in range(d)]


def _without_parts(names: list[str]) -> list[str]:
    """Return names without the part of a pipeline they come from, if they can be told apart so."""
    own = [name.partition("__")[2] or name for name in names]
    return own if len(set(own)) == len(own) else names
