"""What is minimised: rows, targets, a model and a penalty, frozen."""

from .elastic_net import ElasticNet, GroupedElasticNet
from .linear import Linear
from .names import Names
from .penalty import L2
from .problem import Penalty, Problem

__all__ = ["L2", "ElasticNet", "GroupedElasticNet", "Linear", "Names", "Penalty", "Problem"]
