"""Softmax networks: what is trained, by which epochs or solver, and what is said of it."""

from .softmax_network import SoftmaxNetwork

__all__ = ["SoftmaxNetwork"]
