"""The objective of softmax regression: J at a point, its bounds, and why it may have no minimum."""

from .objective import SoftmaxObjective
from .over_rows import OverRows
from .point import SoftmaxLine, SoftmaxPoint
from .sparse import SparseObjective, SparsePoint

__all__ = [
    "OverRows",
    "SoftmaxLine",
    "SoftmaxObjective",
    "SoftmaxPoint",
    "SparseObjective",
    "SparsePoint",
]
