"""Fitted models in files, without pickle: loading a file runs no code from it.

    save(model, "iris.softlearn")        model = load("iris.softlearn")

The format is described in `docs/model_file.md`.
"""

from .errors import ModelFileError
from .files import load, read_metadata, save

__all__ = ["ModelFileError", "load", "read_metadata", "save"]
