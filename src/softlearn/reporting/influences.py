"""Which features move the logit of a class most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .measured import Measured

__all__ = ["Influence", "feature_names", "influences", "weights"]

F64 = NDArray[np.float64]

_MOST = 5
_FLAT = 1e-9  # a feature of less relative influence has none


class Influence(NamedTuple):
    """By how much one standard deviation more of a feature raises the logit of a class."""

    feature: str
    effect: float


def weights(model: Any) -> F64 | None:
    """Return the (C, d) weights of a linear classifier with a softmax; None of any other."""
    coef = getattr(model, "coef_", None)
    if coef is None or not hasattr(model, "predict_proba"):
        return None
    W = np.asarray(coef.toarray() if hasattr(coef, "toarray") else coef, dtype=np.float64)
    if W.ndim != 2:
        return None
    if len(W) == 1 and len(model.classes_) == 2:
        W = np.concatenate([-0.5 * W, 0.5 * W])
    return W if len(W) == len(model.classes_) else None


def influences(measured: Measured, names: Sequence[str]) -> list[list[Influence]]:
    r"""Return for each class its most influential features, the largest effect first.

    The effect of feature j on class c is (w_cj - mean_c w_cj) sd_j: softmax depends on differences
    between classes only.  sd_j is the standard deviation in the rows of the report.

    Args:
        measured: of a linear classifier with logits; of any other there are none.
        names: d names of features.

    """
    W = weights(measured.model)
    if W is None or measured.Z is None or W.shape[1] != len(names):
        return []
    effects = (W - W.mean(axis=0)) * _deviations(measured.F)
    most = min(_MOST, effects.shape[1])
    found = []
    for row in effects:
        size = np.abs(row)
        largest = np.argsort(-size, kind="stable")[:most]
        worth = [j for j in largest.tolist() if size[j] > _FLAT * size[largest[0]]]
        found.append([Influence(names[j], float(row[j])) for j in worth])
    return found if any(found) else []


def _deviations(F: Any) -> F64:
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler(with_mean=False).fit(F)
    return np.sqrt(np.asarray(scaler.var_, dtype=np.float64))


def feature_names(estimator: Any, measured: Measured, given: Sequence[str] | None) -> list[str]:
    """Return names of the d features the classifier sees: given, known to it, or numbered.

    Raises:
        ValueError: so many names were given as there are not features.

    """
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
