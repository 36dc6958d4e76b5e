"""Softmax classification by a network with hidden layers."""

from .objective import NetworkObjective, NetworkPoint, objective_of

__all__ = ["NetworkObjective", "NetworkPoint", "objective_of"]
