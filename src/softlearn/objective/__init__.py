"""The objective of softmax regression: J at a point, its bounds, and why it may have no minimum."""

from .objective import SoftmaxObjective
from .point import SoftmaxLine, SoftmaxPoint

__all__ = ["SoftmaxLine", "SoftmaxObjective", "SoftmaxPoint"]
