"""Decisions from probabilities: calibration, costs, "none of these", sets of classes."""

from .calibration import CalibratedSoftmax
from .calibration_error import (
    ByChance,
    CalibrationComparison,
    CalibrationError,
    compare_calibration,
    expected_calibration_error,
)

__all__ = [
    "ByChance",
    "CalibratedSoftmax",
    "CalibrationComparison",
    "CalibrationError",
    "compare_calibration",
    "expected_calibration_error",
]
