"""Opening files and saying what went wrong with them."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from ...features.dataset import SourceError

__all__ = ["is_packed", "open_binary", "reading", "suffix"]


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
