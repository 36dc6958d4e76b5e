"""Model files as the commands see them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...model_file import load, read_metadata, save
from .. import CommandError
from ..inspect.measures import plain
from ..terminal.page import listed
from ..terminal.stdout import note
from .metadata import check_metadata, written_by_fit

__all__ = ["header", "load_model", "save_model"]


def save_model(model: Any, path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a model file, whole or not at all."""
    try:
        save(model, path, metadata)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error


def load_model(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the pipeline of a model file, with the steps of `make_pipeline`, and its metadata.

    A file that `softlearn fit` wrote says what its input is; of a model saved from Python that is
    found out from its parts.
    """
    metadata = header(path)["metadata"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        model = load(path)
    for warning in caught:
        if type(warning.message) is UserWarning:  # softlearn's own, on versions that differ
            note(str(warning.message))
    if written_by_fit(metadata):
        _require_same(path, model, metadata)
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


def _require_same(path: Path, model: Any, metadata: Mapping[str, Any]) -> None:
    """Raise CommandError unless a model is what its file says that it is."""
    steps = [name for name, _ in getattr(model, "steps", ())]
    if steps != ["vectoriser", "classifier"]:
        raise _other_than_it_says(path, "parts", ["vectoriser", "classifier"], steps)
    classes = [entry["class"] for entry in metadata["report"]["classes"]]
    labels = [plain(label) for label in model.classes_]
    if labels != classes:
        raise _other_than_it_says(path, "classes", classes, labels)
    vectoriser, classifier = (step for _, step in model.steps)
    first = classifier if vectoriser == "passthrough" else vectoriser
    names, width = (getattr(first, of, None) for of in ("feature_names_in_", "n_features_in_"))
    if metadata["kind"] == "table" and names is not None and [*names] != [*metadata["columns"]]:
        raise _other_than_it_says(path, "columns", metadata["columns"], names)
    if metadata["kind"] == "matrix" and width != metadata["n_features"]:
        raise _other_than_it_says(path, "features", [metadata["n_features"]], [width])


def _other_than_it_says(
    path: Path, what: str, described: Iterable[Any], found: Iterable[Any]
) -> CommandError:
    return CommandError(
        f"{path} says that its {what} are {listed(described)}, but those of its model are "
        f"{listed(found)}: fit it again, or use softlearn.load in Python."
    )


def header(path: Path) -> dict[str, Any]:
    """Return what a model file says of itself, which is checked where `softlearn fit` wrote it."""
    if path.is_dir():
        raise CommandError(f"{path} is a folder, not a model file.")
    try:
        found = read_metadata(path)
    except FileNotFoundError as error:
        raise CommandError(f"{path} does not exist.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
    if written_by_fit(found["metadata"]):
        check_metadata(path, found["metadata"])
    return found
