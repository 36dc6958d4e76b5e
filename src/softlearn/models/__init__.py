"""Floor 2: models turn parameters and a block of rows into logits; they know no loss."""

from .linear import Linear

__all__ = ["Linear"]
