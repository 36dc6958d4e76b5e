"""Fully connected networks: the model, its objective, and the steps that train it.

`model` says what logits and derivatives are; `objective` what is minimised; `plan` what a training
is asked; `numpy_trainer` what a step is; `trainer` chooses C++ for these steps where it was built.
"""

from .initial import initial_parameters
from .model import Network
from .objective import NetworkObjective, NetworkPoint, objective_of

__all__ = ["Network", "NetworkObjective", "NetworkPoint", "initial_parameters", "objective_of"]
