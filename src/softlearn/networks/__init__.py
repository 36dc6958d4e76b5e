"""Fully connected networks: the model, where it starts, and the steps that train it.

`model` says what logits and derivatives are; `plan` what a training is asked; `numpy_trainer` what
a step is; `trainer` chooses C++ for the same steps where it was built.
"""

from .initial import initial_parameters
from .model import Network

__all__ = ["Network", "initial_parameters"]
