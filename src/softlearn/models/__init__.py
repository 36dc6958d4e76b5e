"""Networks: parameters and a block of rows to logits; they know no loss."""

from .initial import initial_parameters
from .network import Network

__all__ = ["Network", "initial_parameters"]
