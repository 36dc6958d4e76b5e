"""Which files a stream is made of: a glob, a list, or a pyarrow.dataset.Dataset."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Columns", "File", "arrow", "files_of", "is_stream", "reading"]

_SUFFIXES = {
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), "arrow"),
    ".csv": "csv",
    ".tsv": "tsv",
    ".npy": "npy",
    ".npz": "npz",
    **dict.fromkeys((".svm", ".svmlight", ".libsvm"), "svmlight"),
}


@dataclass(frozen=True)
class File:
    """One file of a stream."""

    path: str
    kind: str
    size: int
    changed: int
    """When it was last changed, in nanoseconds."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Values of columns that the names of its folders say (country=de/)."""
    filesystem: Any = None
    """pyarrow's, where it is not this machine's."""

    @property
    def facts(self) -> list[Any]:
        """What must stay the same."""
        return [self.path, self.size, self.changed, dict(self.keys)]

    def check(self) -> None:
        """Raise a ValueError if a file of this machine is no longer what it was."""
        if self.filesystem is not None:
            return
        try:
            now = Path(self.path).stat()
            same = (now.st_size, now.st_mtime_ns) == (self.size, self.changed)
        except OSError:
            same = False
        if not same:
            raise ValueError(f"{self.path} has changed since this fit began: fit again.")

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Yield the file, opened for reading bytes."""
        if self.filesystem is None:
            with Path(self.path).open("rb") as file:
                yield file
        else:
            with self.filesystem.open_input_file(self.path) as file:
                yield file


@dataclass(frozen=True)
class Columns:
    """Which columns are read."""

    target: str | None
    weight: str | None
    features: tuple[str, ...] | None
    """None for all others."""
    without: tuple[str, ...] = ()
    """Those that are left out."""


def is_stream(X: Any) -> bool:
    """Whether X names files: text, a path, a list of them, or a pyarrow.dataset.Dataset."""
    if isinstance(X, str | os.PathLike):
        return True
    if isinstance(X, list | tuple):
        return bool(X) and all(isinstance(x, str | os.PathLike) for x in X)
    return _is_dataset(X)


def _is_dataset(X: Any) -> bool:
    module = str(type(X).__module__)
    return module.startswith("pyarrow") and hasattr(X, "get_fragments")


def files_of(X: Any) -> list[File]:
    """Return the files, in a fixed order: that of the list, and by name for a glob.

    Raises:
        ValueError: there is none, or one is of no known kind; one sentence.

    """
    if _is_dataset(X):
        return _of_dataset(X)
    paths: list[str] = []
    for given in X if isinstance(X, list | tuple) else [X]:
        text = os.fspath(given)
        some = [text]
        if glob.has_magic(text):
            some = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - Path has no such glob
        if not some:
            raise ValueError(f"X: no file matches {text!r}.")
        paths += [path for path in some if not (len(some) > 1 and Path(path).is_dir())]
    return [_local(path) for path in paths]


def _local(path: str) -> File:
    try:
        facts = Path(path).stat()
    except OSError as error:
        raise ValueError(f"X: {path} cannot be read: {error.strerror}.") from error
    if Path(path).is_dir():
        raise ValueError(f"X: {path} is a folder; name its files, such as '{path}/*.parquet'.")
    return File(path, _kind(path), facts.st_size, facts.st_mtime_ns)


def _kind(path: str) -> str:
    kind = _SUFFIXES.get(Path(path).suffix.lower())
    if kind is None:
        known = ", ".join(_SUFFIXES)
        raise ValueError(f"X: {path} is none of the files a stream is made of ({known}).")
    return kind


def _of_dataset(dataset: Any) -> list[File]:
    ds, fs = arrow("dataset"), arrow("fs")
    files = []
    for fragment in dataset.get_fragments():
        path = getattr(fragment, "path", None)
        if path is None:
            raise ValueError("X: this dataset is not one of files; give its table as X instead.")
        system = fragment.filesystem
        local = isinstance(system, fs.LocalFileSystem)
        (facts,) = system.get_file_info([path])
        kind = {"feather": "arrow", "ipc": "arrow"}.get(
            fragment.format.default_extname, fragment.format.default_extname
        )
        if kind not in ("parquet", "arrow", "csv"):
            raise ValueError(f"X: {path} is {kind}, which a stream is not made of.")
        keys = ds.get_partition_keys(fragment.partition_expression)
        files.append(
            File(path, kind, facts.size, facts.mtime_ns or 0, keys, None if local else system)
        )
    if not files:
        raise ValueError("X: the dataset has no files.")
    return sorted(files, key=lambda file: file.path)


def arrow(part: str) -> Any:
    """Return a module of pyarrow, which is an extra.

    Raises:
        ImportError: it is not installed; the sentence names the extra.

    """
    from importlib import import_module

    try:
        return import_module(f"pyarrow.{part}")
    except ImportError as error:
        raise ImportError(
            "Parquet, Arrow and CSV files are read by pyarrow: pip install 'softlearn[stream]'."
        ) from error


@contextmanager
def reading(file: File) -> Iterator[None]:
    """Turn what readers raise into a ValueError of one sentence that names the file."""
    try:
        yield
    except (ImportError, MemoryError, UnicodeDecodeError):
        raise
    except Exception as error:
        text = " ".join(str(error).split()).rstrip(".")
        if isinstance(error, ValueError) and text.startswith(file.path):
            raise
        raise ValueError(f"{file.path} cannot be read: {text or type(error).__name__}.") from error
