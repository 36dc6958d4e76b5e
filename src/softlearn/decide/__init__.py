"""Decisions from probabilities: calibration, costs, "none of these", sets of classes."""

from .calibration import CalibratedSoftmax
from .calibration_error import (
    ByChance,
    CalibrationComparison,
    CalibrationError,
    compare_calibration,
    expected_calibration_error,
)
from .conformal import ConformalSets
from .decision import DecisionClassifier
from .none_of_these import NoneOfThese

__all__ = [
    "ByChance",
    "CalibratedSoftmax",
    "CalibrationComparison",
    "CalibrationError",
    "ConformalSets",
    "DecisionClassifier",
    "NoneOfThese",
    "compare_calibration",
    "expected_calibration_error",
]
