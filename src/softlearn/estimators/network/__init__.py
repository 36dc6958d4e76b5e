"""Softmax networks: the training task, its epochs or solver, and its outcome."""

from .softmax_network import SoftmaxNetwork

__all__ = ["SoftmaxNetwork"]
