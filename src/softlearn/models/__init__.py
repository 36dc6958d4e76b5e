"""Floor 2: models turn parameters and a block of rows into logits; they know no loss."""

from .initial import initial_parameters
from .linear import Linear
from .network import Network

__all__ = ["Linear", "Network", "initial_parameters"]
