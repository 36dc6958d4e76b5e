"""Model files as the commands see them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..model_file import ModelFileError, load, read_metadata, save
from . import CommandError
from .outputs import note

__all__ = ["header", "load_model", "refusing", "save_model"]


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
    """Return the pipeline of a model file, with the steps of `make_pipeline`, and its metadata.

    A file that `softlearn fit` wrote says what its input is; of a model saved from Python that is
    found out from its parts.

    Raises:
        CommandError: if the file cannot be read, is no model, or does not say what its input is.

    """
    metadata = header(path)["metadata"]
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
    if "kind" in metadata and "report" in metadata:
        return model, metadata
    from .python_models import as_pipeline, describe_input

    pipeline = as_pipeline(model)
    found = describe_input(pipeline)
    if found is None:
        raise CommandError(
            f"{path} was not made by softlearn fit and does not say what its input looks like; "
            "use softlearn.load in Python."
        )
    return pipeline, found


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn what a part of a model has against the rows it is given into a sentence.

    Raises:
        CommandError: for its ValueErrors, such as those on categories it does not know.

    """
    try:
        yield
    except ValueError as error:
        reason = (str(error).strip().splitlines() or ["no reason was given"])[0].rstrip(".:")
        raise CommandError(f"{path} cannot take these rows: {reason}.") from error


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
