"""Opening files and saying what went wrong with them."""

from __future__ import annotations

import gzip
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from ...features.dataset import SourceError

__all__ = [
    "copied",
    "is_packed",
    "open_binary",
    "reading",
    "suffix",
    "within",
]

_BLOCK = 1 << 20  # bytes
_ROOM = 1 << 28  # bytes of a disk that stay free for others


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def suffix(path: Path) -> str:
    """Return the suffix that names the format, in small letters, without a closing ".gz"."""
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return name.suffix.lower()


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacking what gzip has packed, whatever it is called."""
    return cast(BinaryIO, gzip.open(path, "rb")) if is_packed(path) else path.open("rb")


def is_packed(path: Path) -> bool:
    """Tell by its first bytes whether gzip has packed a file."""
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


def within(folder: Path, name: str) -> Path:
    """Return a file of a folder, called alike whatever a stranger's name holds."""
    return folder / (re.sub(r"[^\w.-]", "-", name)[-100:].lstrip(".") or "source")


def copied(stream: _Bytes, file: Path) -> None:
    """Write what a stream gives into a temporary file.

    Raises:
        SourceError: the disk is too full for it, as archives of a few bytes can make it.

    """
    with file.open("wb") as out:
        while block := stream.read(_BLOCK):
            out.write(block)
            if shutil.disk_usage(file.parent).free < _ROOM:
                raise SourceError(
                    f"{file} needs more than the {out.tell() / 1e6:,.0f} MB that the disk has room "
                    "for: set TMPDIR to a folder with more, or give fewer rows."
                )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system, gzip, zip and Arrow raise while a file is read into a sentence."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist.") from error
    except PermissionError as error:
        raise SourceError(f"{path} cannot be read: permission denied.") from error
    except (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise SourceError(f"{path} is damaged or is not what its name says: {error}.") from error
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
        first = str(error).strip().splitlines()[0].rstrip(".: ")
        raise SourceError(f"{path} is damaged or is not what its name says: {first}.") from error
