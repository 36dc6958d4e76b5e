"""Warnings that point at the user's line that called softlearn."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import sklearn

__all__ = ["warn"]

_LIBRARIES = tuple(f"{Path(p)}{os.sep}" for p in (Path(__file__).parents[2], *sklearn.__path__))


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the user's line that called softlearn, directly or through scikit-learn."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_LIBRARIES):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
