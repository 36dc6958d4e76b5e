"""A source as a file that the readers take: fetched, unpacked or converted where it is not one.

`-` is standard input, `https://...` an address; `.bz2`, `.xz`, `.zst` and `.zip` are unpacked;
workbooks, databases, ARFF and JSON arrays are converted.  Each ends as a file in a temporary
folder, whose suffix names its format.  Sentences name the source as the user gave it.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..._internal.addresses import address_of, as_given
from ...features.dataset import Dataset, SourceError
from .addresses import INPUT, fetched
from .archives import PACKED, unpacked
from .arff import arff_to_arrow
from .databases import database_to_arrow
from .files import reading, suffix, within
from .json_arrays import json_to_lines
from .read_options import ReadOptions
from .signatures import reject_other_formats
from .workbooks import WORKBOOKS, workbook_to_arrow

__all__ = ["Local", "local"]

_Convert = Callable[[Path, Path, ReadOptions], Path]

_CONVERTED: dict[str, _Convert] = {
    **dict.fromkeys(WORKBOOKS, workbook_to_arrow),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), database_to_arrow),
    ".arff": arff_to_arrow,
    ".json": json_to_lines,
}
"""By suffix; each writes a file into a folder, and returns it."""


@dataclass(frozen=True)
class Local:
    """The file to read for a source.

    Args:
        path: the file.
        source: as the user gave it.
        folder: the temporary one.

    """

    path: Path
    source: Path
    folder: Path

    def named(self, sentence: str) -> str:
        """Return a sentence with the source's name for that of any temporary file."""
        name = "standard input" if str(self.source) == INPUT else as_given(self.source)
        for file in sorted(self.folder.iterdir(), reverse=True):  # the longer of like names first
            sentence = sentence.replace(str(file), name)
        return (
            sentence
            if address_of(self.source) is None
            else sentence.replace(str(self.source), name)
        )

    def data(self, data: Dataset) -> Dataset:
        """Return what was read from the file, with the source's own name in its notes."""
        notes = tuple(map(self.named, data.notes))
        return dataclasses.replace(data, notes=notes) if notes else data


@contextmanager
def local(source: Path, options: ReadOptions) -> Iterator[Local]:
    """Give the file to read for a source, as long as the block runs.

    Raises:
        SourceError: it cannot be fetched, unpacked or converted; and what the block raises, with
            the source's own name in the sentence.

    """
    with tempfile.TemporaryDirectory(prefix="softlearn-") as folder:
        found = Local(source, source, Path(folder))
        try:
            for step in (fetched, _unpacked, _named, _converted):
                found = dataclasses.replace(found, path=step(found.path, found.folder, options))
            yield found
        except SourceError as error:
            raise SourceError(found.named(str(error))) from error.__cause__


def _unpacked(path: Path, folder: Path, options: ReadOptions) -> Path:
    return unpacked(path, folder, options, {kind[1:] for kind in _CONVERTED})


def _named(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Return a name for a file whose suffix is that of --format."""
    if options.format is None or suffix(path) == f".{options.format}":
        return path
    if path.is_dir():
        raise SourceError(f"{path} is a folder; --format says how files are read: leave it out.")
    named = within(folder, f"{path.name.split('.')[0]}-as.{options.format}")
    with reading(path):
        path.stat()
        try:
            named.symlink_to(os.path.realpath(path))
        except OSError:  # Windows, without the right to make links
            shutil.copyfile(path, named)
    return named


def _converted(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Return a file as one that the readers take."""
    convert = _CONVERTED.get(path.suffix.lower())
    if convert is not None and path.is_file():
        try:
            with reading(path):
                return convert(path, folder, options)
        except SourceError:
            reject_other_formats(path)  # what it is says more
            raise
    if options.table is not None and path.suffix.lower() not in PACKED and path.parent != folder:
        raise SourceError(
            f"{path} holds one table: --table names a sheet of a workbook, a table of a database "
            "or a file of a ZIP archive; leave it out."
        )
    return path
