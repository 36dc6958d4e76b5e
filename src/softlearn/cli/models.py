"""Model files as the commands see them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..model_file import ModelFileError, load, read_metadata, save
from . import CommandError
from .outputs import note

__all__ = ["header", "load_model", "save_model"]


def save_model(model: Any, path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a model file, whole or not at all.

    Raises:
        CommandError: if it cannot be written.

    """
    try:
        save(model, path, metadata)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
    except ModelFileError as error:
        raise CommandError(str(error)) from error


def load_model(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the pipeline of a model file that `softlearn fit` wrote, and its metadata.

    Raises:
        CommandError: if the file cannot be read, is no model, or does not say what its input is.

    """
    metadata = header(path)["metadata"]
    if "kind" not in metadata:
        raise CommandError(
            f"{path} was not made by softlearn fit and does not say what its input looks like; "
            "use softlearn.load in Python."
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        try:
            model = load(path)
        except ModelFileError as error:
            raise CommandError(str(error)) from error
    for warning in caught:
        if type(warning.message) is UserWarning:  # softlearn's own, on versions that differ
            note(str(warning.message))
    return model, metadata


def header(path: Path) -> dict[str, Any]:
    """Return what a model file says of itself.

    Raises:
        CommandError: if the file cannot be read or is no model.

    """
    if path.is_dir():
        raise CommandError(f"{path} is a folder, not a model file.")
    try:
        return read_metadata(path)
    except FileNotFoundError as error:
        raise CommandError(f"{path} does not exist.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ModelFileError as error:
        raise CommandError(str(error)) from error
