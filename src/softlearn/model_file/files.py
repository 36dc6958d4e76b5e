"""save, load, read_metadata."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar, overload

from .._internal.atomic_write import write_whole
from .._internal.format import one_line
from .._version import __version__
from ..sealed import MAX_BYTES, Form, UnsoundFileError, read_bytes, sealed
from .errors import ModelFileError

__all__ = ["FORMAT_VERSION", "MODEL_FILE", "load", "read_metadata", "save"]

FORMAT_VERSION = 2
MODEL_FILE = Form(
    "softlearn model file",
    re.compile(r"(?:metadata|schema)\.json|[0-9]{1,9}\.np[yz]"),
    needed=("metadata.json", "schema.json"),
    remedy="copy or save the model again",
)
Model = TypeVar("Model")
_PACKAGES = ("scikit-learn", "skrub", "numpy", "scipy")
_WARN_ABOUT = {"sklearn": "scikit-learn", "skrub": "skrub"}


def save(model: Any, path: str | Path, metadata: Mapping[str, Any] | None = None) -> None:
    """Write a fitted model to a file that `load` reads back, the same in every attribute.

    The file is written beside its final place and renamed when whole: on any failure an older
    file stays as it was, and nothing else is left.

    Args:
        model: a fitted SoftmaxRegression, SoftmaxRegressionCV or SoftmaxNetwork, a Pipeline that
            ends in one and whose transformers are among those of `docs/model_file.md`, or a
            classifier of `softlearn.decide` around one of these.
        path: where to write; any extension.
        metadata: anything JSON can hold, for `read_metadata`.

    Raises:
        ModelFileError: for a model that is not fitted or could not be loaded back, naming the type
            that is to blame.
        OSError: for a path that cannot be written.

    """
    path = Path(path)
    with _saying(f"The model cannot be saved to {one_line(path)}"):
        data = _encoded(model, dict(metadata or {}))
    write_whole(path, data)


@overload
def load(path: str | Path) -> Any: ...
@overload
def load(path: str | Path, expected: type[Model]) -> Model: ...
def load(path: str | Path, expected: type[Any] | None = None) -> Any:
    """Return the model in a file.  No file, whoever made it, can have code run by this.

    Args:
        path: where `save` wrote it.
        expected: its class, such as `SoftmaxRegression`, which is then checked, and is the type
            that type checkers know; None for any.

    Raises:
        ModelFileError: for a file that is not a sound model, or holds one of another class; one
            sentence, naming the file.
        OSError: for a file that cannot be read.

    Warns:
        UserWarning: once, where the model holds parts of another release of scikit-learn or skrub
            than the one installed.

    """
    path = Path(path)
    data = _read(path)
    with _saying(f"{one_line(path)} cannot be loaded"):
        from .coherence import fit_to_machine

        members = MODEL_FILE.open(data)
        header = _header(members["metadata.json"])
        model, types = _decoded(members)
        fit_to_machine(model)
        if expected is not None and not isinstance(model, expected):
            raise ModelFileError(f"it holds a {type(model).__name__}, not a {expected.__name__}.")
    _warn_of_versions(path, header["versions"], types)
    return model


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Return what a file says of itself, without building the model.

    Returns:
        "format_version", "softlearn_version", "versions" (of the packages it was saved with) and
        "metadata" (what was given to `save`).

    Raises:
        ModelFileError, OSError: as `load`.

    """
    path = Path(path)
    data = _read(path)
    with _saying(f"{one_line(path)} cannot be loaded"):
        return _header(MODEL_FILE.open(data)["metadata.json"])


# -- bytes <-> model


def _encoded(model: Any, metadata: dict[str, Any]) -> bytes:
    """Return the file's bytes, after reading them back and finding the same model in them."""
    from .coherence import check_model

    check_model(model)
    header = {
        "format_version": FORMAT_VERSION,
        "softlearn_version": __version__,
        "versions": _versions(),
        "metadata": metadata,
    }
    try:
        text = json.dumps(header).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"its metadata cannot be written as JSON: {error}.") from error
    members = _members(_silent(model))
    data = sealed({"metadata.json": text, **members})
    if len(data) > MAX_BYTES:
        raise ModelFileError(f"it takes {len(data)} bytes; a model file holds at most {MAX_BYTES}.")
    again, _ = _decoded(MODEL_FILE.open(data))
    if _members(again) != members:
        raise ModelFileError("what was written, read back, is not the same model.")
    return data


def _silent(model: Any) -> Any:
    """Return the model without callbacks: they watch a fit, and are no part of what it found.

    What has none is returned itself, so that an object used twice stays one.
    """
    if hasattr(model, "_skl_callbacks"):
        model = copy(model)
        del model._skl_callbacks
    steps = getattr(model, "steps", [])
    silent = [(name, _silent(step)) for name, step in steps]
    if any(new is not old for (_, new), (_, old) in zip(silent, steps, strict=True)):
        model = copy(model)
        model.steps = silent
    return model


def _members(model: Any) -> dict[str, bytes]:
    from .encode import encoded

    try:
        return encoded(model)
    except RecursionError:
        raise ModelFileError(
            "it holds an object that refers to itself, as what set_fit_request keeps does."
        ) from None
    except Exception as error:  # whatever the parts of the model raise
        raise ModelFileError(f"a part of it cannot be written: {error}") from error


def _decoded(members: Mapping[str, bytes]) -> tuple[Any, set[str]]:
    """Return the model and the types in it; everything is checked before any of it is built."""
    from sklearn.exceptions import InconsistentVersionWarning

    from .coherence import check_model
    from .decode import decoded
    from .moved import with_new_names
    from .schema import checked_types

    schema = json.loads(with_new_names(members["schema.json"]))
    types = checked_types(schema, members)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)  # `load` says it once
        model = decoded(schema, members)
    check_model(model)
    return model, types


def _header(text: bytes) -> dict[str, Any]:
    header: Any = json.loads(text)
    number = header.get("format_version") if isinstance(header, dict) else None
    if type(number) is not int or number < 1:
        raise ModelFileError("its metadata.json has no format version.")
    if number > FORMAT_VERSION:
        raise ModelFileError(
            f"it was written by softlearn {header.get('softlearn_version')} in format {number}; "
            f"softlearn {__version__} reads formats up to {FORMAT_VERSION}: upgrade softlearn "
            "(pip install -U softlearn)."
        )
    kinds = {"softlearn_version": str, "versions": dict, "metadata": dict}
    if not all(isinstance(header.get(key), kind) for key, kind in kinds.items()):
        raise ModelFileError("its metadata.json lacks an entry.")
    found: dict[str, Any] = header
    return found


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _warn_of_versions(path: Path, versions: Mapping[str, Any], types: set[str]) -> None:
    used = {_WARN_ABOUT[t.partition(".")[0]] for t in types if t.partition(".")[0] in _WARN_ABOUT}
    here = _versions()
    differing = [
        f"{p} {_printable(versions.get(p, '(unknown)'))} ({here.get(p)} is installed)"
        for p in sorted(used)
        if _release(versions.get(p)) != _release(here.get(p))
    ]
    if differing:
        warnings.warn(
            f"{one_line(path)} was saved with {' and '.join(differing)}: its predictions may "
            "differ; install that version, or fit and save the model again.",
            UserWarning,
            stacklevel=3,
        )


def _release(number: Any) -> list[str]:
    """Return major and minor: patch releases keep their models."""
    return str(number).split(".")[:2]


# -- files


@contextmanager
def _saying(failure: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into one sentence that begins with the failure."""
    try:
        yield
    except UnsoundFileError as error:
        raise ModelFileError(f"{failure}: {_printable(error)}") from error
    except ImportError as error:
        raise ModelFileError(
            f"{failure}: it needs {error.name}, which is not installed or is another release than "
            "the one it was saved with (pip install 'softlearn[cli]')."
        ) from error
    except MemoryError as error:
        raise ModelFileError(f"{failure}: there is not enough memory for it.") from error
    except Exception as error:  # bytes chosen by an enemy can make a parser raise anything
        reason = f"{type(error).__name__}: {_printable(error)}"
        raise ModelFileError(f"{failure}: it is not a sound model ({reason}).") from error


def _printable(text: object) -> str:
    """Return text that may come from the file, fit for a terminal: short, on one line."""
    text = str(text)
    if len(text) > 500:
        text = f"{text[:400]} ... {text[-80:]}"
    return one_line(text)


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except UnsoundFileError as error:
        raise ModelFileError(f"{one_line(path)} cannot be loaded: {error}") from error
