"""Where pickles of softlearn 0.1 look for the transformers; they are in `softlearn.features`."""

from ..features.images import ImageReader
from ..features.text import TextColumn

__all__ = ["ImageReader", "TextColumn"]
