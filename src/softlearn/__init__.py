"""softlearn: softmax classification with a proven optimum."""

from ._version import __version__

__all__ = ["__version__"]
