"""What is minimised: rows, targets, a model and a penalty, frozen."""

from .linear import Linear
from .names import Names
from .penalty import L2, ElasticNet, Penalty
from .problem import Problem

__all__ = ["L2", "ElasticNet", "Linear", "Names", "Penalty", "Problem"]
