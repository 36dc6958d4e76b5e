"""Opening files and saying what went wrong with them."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from .dataset import SourceError

__all__ = ["check_encoding", "decode_error", "open_binary", "reading", "suffix"]


def suffix(path: Path) -> str:
    """Return the suffix that names the format, in small letters, without a closing ".gz"."""
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return name.suffix.lower()


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacking .gz."""
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system, gzip, zip and Arrow raise while a file is read into a sentence.

    Raises:
        SourceError: in place of those.

    """
    import pyarrow as pa

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


def check_encoding(encoding: str | None) -> str:
    """Return the codec to decode with; None means UTF-8, with or without a mark.

    Raises:
        SourceError: for a name that Python does not know.

    """
    try:
        return codecs.lookup(encoding or "utf-8-sig").name
    except LookupError as error:
        raise SourceError(
            f"--encoding {encoding} is not an encoding; try latin-1, cp1252 or utf-16."
        ) from error


def decode_error(path: Path, encoding: str) -> SourceError | None:
    """Return what to say about the first byte of a file that is not text, None if all are.

    Args:
        path: a file that failed to be read as text.
        encoding: a codec's name.

    """
    decoder = codecs.getincrementaldecoder(encoding)()
    before = b""
    with reading(path), open_binary(path) as handle:
        for line, raw in enumerate(handle, start=1):
            try:
                decoder.decode(raw)
            except UnicodeDecodeError as error:
                return _not_text(path, encoding, raw, error, f"line {line}", before)
            before = before or raw[:2]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return _not_text(path, encoding, error.object, error, "the last line", before)
    return None


def _not_text(
    path: Path, encoding: str, raw: bytes, error: UnicodeDecodeError, line: str, before: bytes
) -> SourceError:
    shown = "UTF-8" if encoding.startswith("utf-8") else encoding
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try_this = "utf-16" if (before or raw[:2]) in marks else "latin-1 or --encoding cp1252"
    return SourceError(
        f"{path} is not {shown}: byte 0x{error.object[error.start]:02x} in {line}; "
        f"name its encoding, for example --encoding {try_this}."
    )
