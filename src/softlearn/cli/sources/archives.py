"""Files packed by bzip2, xz, Zstandard and zip, unpacked into a folder, as gzip is if need be."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...features.dataset import SourceError
from .conversions import conversion
from .files import copied, reading, suffix, within
from .read_options import ReadOptions, chosen
from .signatures import said_of_zip

__all__ = ["PACKED", "unpacked"]


def _zstandard(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="zstd")


_OPEN: dict[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _zstandard,
}
PACKED = (*_OPEN, ".zip")
"""Suffixes of packed files."""


def unpacked(path: Path, folder: Path, options: ReadOptions, whole: Collection[str]) -> Path:
    """Return what is in a packed file, as a file of a folder; other files as they are.

    Of what gzip has packed only the formats `whole` are unpacked; the others are read as they are.

    Raises:
        SourceError: it is damaged, or a ZIP archive of several files of which none was named.

    """
    kind = path.suffix.lower()
    if kind not in PACKED or not path.is_file():
        return path
    if kind == ".gz" and (options.format or suffix(path).lstrip(".")) not in whole:
        return path
    with reading(path):
        try:
            if kind == ".zip":
                return _member(path, folder, options)
            file = within(folder, path.with_suffix("").name)
            with _OPEN[kind](path) as packed:
                copied(packed, file)
        except (lzma.LZMAError, NotImplementedError, RuntimeError) as error:
            secret = "password" in str(error)
            reason = "it has a password; unpack it and give the file that is in it"
            reason = reason if secret else str(error).rstrip(".")
            raise SourceError(f"{path} cannot be unpacked: {reason}.") from error
    return file


def _member(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Unpack one file of a ZIP archive."""
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if _is_data(info)]
        other = said_of_zip(names)
        if other is not None and options.format is not None:
            return path  # it is itself what --format says, or is refused as not being that
        if other is not None:
            raise SourceError(f"{path} {other}.")
        name = chosen(path, "file", names, options.table)
        how = conversion(Path(name).suffix.lower())
        if how is not None and options.format is None:
            raise SourceError(f"{path} holds {name!r}, which {how}.")
        file = within(folder, Path(name).name)
        with archive.open(name) as packed:
            copied(packed, file)
    return file


def _is_data(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    hidden = any(p.startswith((".", "__MACOSX")) for p in parts if p not in (".", ".."))
    return not info.is_dir() and not hidden
