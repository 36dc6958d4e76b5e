"""How text is encoded, and what its bytes look like where it is not encoded as was said."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...features.dataset import SourceError
from .encoding_detection import advice, as_utf8, sample, shown, wide
from .files import open_binary, reading

__all__ = [
    "WithoutNul",
    "also_utf8",
    "check_beginning",
    "check_encoding",
    "decode_error",
    "decoding",
    "open_text",
]

_ESCAPES = ((b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b$)C", "iso2022_kr"))
_OF_NAMES = ("idna", "punycode")  # for the names of hosts
_SAMPLE = 1 << 16  # bytes at the beginning of a file that are looked at


def check_encoding(encoding: str | None) -> str:
    """Return the codec to decode with; None means UTF-8, with or without a mark."""
    try:
        name = codecs.lookup(encoding or "utf-8-sig").name
        "a".encode(name)  # LookupError for those that make bytes of bytes
        if name in _OF_NAMES:
            raise ValueError(name)
    except (LookupError, ValueError) as error:
        raise SourceError(
            f"--encoding {encoding} is not an encoding of text; try cp1252, cp949 or utf-16."
        ) from error
    return name


@contextmanager
def decoding(path: Path, codec: str) -> Iterator[None]:
    """Turn what is raised where bytes are no text of a codec into a sentence."""
    try:
        yield
    except UnicodeError as error:
        raise decode_error(path, codec) or SourceError(f"{path}: {error}.") from error


@contextmanager
def open_text(path: Path, codec: str) -> Iterator[io.TextIOWrapper]:
    """Open a file for reading text, with its line ends as they are."""
    with (
        reading(path),
        decoding(path, codec),
        open_binary(path) as raw,
        io.TextIOWrapper(raw, codec, newline="") as handle,
    ):
        yield handle


def decode_error(path: Path, codec: str) -> SourceError | None:
    """Return what to say about the first byte of a file that is not text, None if all are."""
    decoder = codecs.getincrementaldecoder(codec)()
    with reading(path), open_binary(path) as handle:
        for number, raw in enumerate(handle, start=1):
            try:
                decoder.decode(raw)
            except UnicodeError as error:
                return _not_text(path, codec, error, f"line {number}", raw)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        return _not_text(path, codec, error, "the last line", raw)
    return None


def _not_text(path: Path, codec: str, error: UnicodeError, line: str, raw: bytes) -> SourceError:
    own = "UTF-8" if codec.startswith("utf-8") else codec
    what = f"{path} is not {own}"
    if isinstance(error, UnicodeDecodeError):
        what += f": byte 0x{error.object[error.start]:02x} in {line}"
    seen = sample(path)
    name = wide(seen)
    if name is not None:
        return SourceError(f"{what}; it looks like {name.upper()}: add --encoding {name}.")
    good, bad = as_utf8(seen)
    if bad == 0 and own != "UTF-8":
        return SourceError(f"{what}; it is UTF-8: leave --encoding out.")
    if good > bad:
        text = shown(raw.decode("utf-8", errors="replace"), "\ufffd")
        return SourceError(
            f"{what}, though the rest looks like UTF-8; it is damaged there ({text}): repair that "
            "line."
        )
    return SourceError(f"{what}; {advice(seen, raw)}.")


def check_beginning(path: Path, codec: str) -> None:
    """Raise SourceError if a file's first bytes are text of another codec, or none."""
    with reading(path), open_binary(path) as handle:
        head = handle.read(_SAMPLE)
    for escape, name in _ESCAPES:
        if escape in head and not codec.startswith("iso2022"):
            raise SourceError(f"{path} looks like {name}, not {codec}: add --encoding {name}.")
    if codec.startswith(("utf-16", "utf-32")) and head and b"\0" not in head:
        raise SourceError(f"{path} is not {codec}: it has no zero bytes; leave --encoding out.")
    if _is_ascii_like(codec) and b"\0" in head:
        raise _nul(path)


def also_utf8(path: Path, lines: Sequence[str], codec: str) -> tuple[str, ...]:
    """Return a note if lines read with another codec than UTF-8 are UTF-8 as well."""
    if codec.startswith("utf") or not _is_ascii_like(codec):
        return ()
    for line in lines:
        if line.isascii():
            continue
        try:
            other = line.encode(codec).decode("utf-8")
        except UnicodeError:
            return ()
        first = next((c for c in other if not c.isascii()), "")
        return (
            f"{path} is UTF-8 as well: as {codec} a line reads "
            f"{shown(line, next(c for c in line if not c.isascii()))}, as UTF-8 "
            f"{shown(other, first)}; if that is right, leave --encoding out.",
        )
    return ()


class WithoutNul(io.BufferedIOBase):
    """Bytes of a file in which none may be zero; Arrow would take such bytes for text."""

    def __init__(self, path: Path, handle: BinaryIO, codec: str) -> None:
        self._path, self._handle = path, handle
        self._checked = _is_ascii_like(codec)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        block = self._handle.read(-1 if size is None else size)
        if self._checked and b"\0" in block:
            raise _nul(self._path)
        return block


def _is_ascii_like(codec: str) -> bool:
    """Tell whether a codec writes what ASCII has as ASCII does, one byte a character."""
    return "a,\0".encode(codec).removeprefix(codecs.BOM_UTF8) == b"a,\0"


def _nul(path: Path) -> SourceError:
    """Return what to say of a file with a zero byte that is to be read as text."""
    name = wide(sample(path))
    if name is not None:
        return SourceError(f"{path} looks like {name.upper()}: add --encoding {name}.")
    with reading(path), open_binary(path) as handle:
        line = next((k for k, raw in enumerate(handle, start=1) if b"\0" in raw), 0)
    return SourceError(
        f"{path} has a zero byte (NUL) in line {line}, which text never has: it is damaged or is "
        "no table of text; remove the byte, or export the table anew."
    )
