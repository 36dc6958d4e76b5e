"""Files packed by bzip2, xz, Zstandard and zip, unpacked into a folder; gzip is read as it is."""

from __future__ import annotations

import bz2
import lzma
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from ...features.dataset import SourceError
from .files import reading
from .read_options import ReadOptions, chosen
from .signatures import said_of_zip

__all__ = ["PACKED", "unpacked"]

_BLOCK = 1 << 20  # bytes


def _zstandard(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="zstd")


_OPEN: dict[str, Callable[[Path], BinaryIO | pa.NativeFile]] = {
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _zstandard,
}
PACKED = (*_OPEN, ".zip")
"""Suffixes of packed files."""


def unpacked(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Return what is in a packed file, as a file of a folder; other files as they are.

    Raises:
        SourceError: it is damaged, or a ZIP archive of several files of which none was named.

    """
    kind = path.suffix.lower()
    if kind not in PACKED or not path.is_file():
        return path
    with reading(path):
        try:
            if kind == ".zip":
                return _member(path, folder, options)
            file = folder / (path.with_suffix("").name or "source")
            with _OPEN[kind](path) as packed, file.open("wb") as out:
                shutil.copyfileobj(packed, out, _BLOCK)
        except (lzma.LZMAError, NotImplementedError, RuntimeError) as error:
            reason = str(error).rstrip(".")
            raise SourceError(f"{path} cannot be unpacked: {reason}.") from error
    return file


def _member(path: Path, folder: Path, options: ReadOptions) -> Path:
    """Unpack one file of a ZIP archive."""
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if _is_data(info)]
        other = said_of_zip(names)
        if other is not None:
            raise SourceError(f"{path} {other}.")
        name = chosen(path, "file", names, options.table)
        file = folder / Path(name).name
        with archive.open(name) as packed, file.open("wb") as out:
            shutil.copyfileobj(packed, out, _BLOCK)
    return file


def _is_data(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    return not info.is_dir() and not any(p.startswith((".", "__MACOSX")) for p in parts)
