"""Fully connected networks: the model, its objective, and the steps that train it.

`model` has the logits and derivatives; `objective` the function that is minimised; `plan` the
settings and state of training; `numpy_trainer` defines a step; `trainer` runs these steps in C++
where it was compiled.
"""

from .initial import initial_parameters
from .model import Network
from .objective import NetworkObjective, NetworkPoint, objective_of

__all__ = ["Network", "NetworkObjective", "NetworkPoint", "initial_parameters", "objective_of"]
