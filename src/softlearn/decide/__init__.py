"""Decisions from probabilities: calibration, costs, "none of these", sets of classes."""

from .conformal import ConformalSets
from .none_of_these import NoneOfThese

__all__ = ["ConformalSets", "NoneOfThese"]
