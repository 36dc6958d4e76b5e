"""What is minimised: rows, targets, a model and a penalty, frozen."""

from .linear import Linear
from .names import Names
from .penalty import L2
from .problem import Problem

__all__ = ["L2", "Linear", "Names", "Problem"]
