"""After loading: do the parts of a classifier around a classifier fit each other?"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from ..decide import CalibratedSoftmax, ConformalSets, DecisionClassifier, NoneOfThese
from ..decide.recalibration import METHODS, parameters
from ..protocol import Status
from .errors import ModelFileError

__all__ = ["DECISIONS", "check_decision"]


def check_decision(model: Any) -> None:
    """Raise `ModelFileError` unless its parts agree; one that is not fitted has none."""
    if not hasattr(model, "estimator_"):
        return
    classes = model.classes_
    _require(isinstance(classes, np.ndarray) and classes.ndim == 1, "classes_ is not a list")
    _require(
        np.array_equal(classes, model.estimator_.classes_), "classes_ are not the classifier's"
    )
    _OF_KIND[type(model)](model, len(classes))


def _require(condition: Any, what: str) -> None:
    if not condition:
        raise ModelFileError(f"its parts do not fit each other: {what}.")


def _numbers(value: Any, shape: tuple[int, ...], name: str) -> None:
    sound = isinstance(value, np.ndarray) and value.shape == shape and value.dtype.kind == "f"
    _require(sound and np.isfinite(value).all(), f"{name} is no array {shape} of finite numbers")


def _check_calibrated(model: CalibratedSoftmax, C: int) -> None:
    _require(model.method in METHODS, "method is none that softlearn knows")
    _numbers(model.parameters_, (parameters(model.method, C),), "parameters_")
    _require(model._status in Status.__members__, "the status is not one softlearn knows")
    for name in ("temperature_", "gap_", "objective_", "log_loss_before_", "log_loss_after_"):
        _require(isinstance(getattr(model, name), float), f"{name} is not a number")


def _check_costs(model: DecisionClassifier, C: int) -> None:
    said = model.decisions_
    _require(isinstance(said, np.ndarray) and said.shape in ((C,), (C + 1,)), "decisions_ differ")
    _numbers(model.cost_, (C, len(said)), "cost_")


def _check_p_values(model: NoneOfThese | ConformalSets, groups: Any, wanted: int) -> None:
    alpha, models = model.alpha, model.fold_estimators_
    _require(isinstance(alpha, Real) and 0.0 < float(alpha) < 1.0, "alpha is not between 0 and 1")
    _require(isinstance(models, list) and models, "fold_estimators_ is not a list")
    for fold in models:
        known = hasattr(fold, "classes_") and np.isin(fold.classes_, model.classes_).all()
        _require(known, "the classes of a fold's classifier are others")
    _require(isinstance(groups, list) and len(groups) == wanted, "calibration_ has another length")
    for group in groups:
        alike = isinstance(group, list) and len(group) == len(models)
        _require(alike, "calibration_ and fold_estimators_ have different lengths")
        for scores in group:
            sound = isinstance(scores, np.ndarray) and scores.ndim == 1 and scores.dtype.kind == "f"
            _require(sound and (scores[:-1] <= scores[1:]).all(), "calibration_ is not in order")


def _check_none(model: NoneOfThese, C: int) -> None:
    _check_p_values(model, [model.calibration_], 1)


def _check_sets(model: ConformalSets, C: int) -> None:
    _check_p_values(model, model.calibration_, C if model.per_class else 1)


_OF_KIND: dict[type, Callable[[Any, int], None]] = {
    CalibratedSoftmax: _check_calibrated,
    ConformalSets: _check_sets,
    DecisionClassifier: _check_costs,
    NoneOfThese: _check_none,
}
DECISIONS = tuple(_OF_KIND)
