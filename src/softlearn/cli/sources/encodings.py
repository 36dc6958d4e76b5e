"""How text is encoded, and what its bytes look like where it is not encoded as was said."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .dataset import SourceError
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

# The encodings that tables are kept in, the likeliest first; euc_kr is within cp949, gb2312 within
# gb18030, and bytes that fit the smaller are those languages far more often than another.
_COMMON = (
    "euc_kr", "gb2312", "cp1252", "cp932", "big5", "euc_jp", "cp1251", "cp1250", "cp949", "gb18030",
    "cp1254", "cp1256", "cp1253", "cp1255", "cp874", "koi8_r", "iso8859_2", "iso8859_15",
    "mac_roman", "cp850", "cp866", "iso8859_5", "johab",
)  # fmt: skip
_LARGER = {"euc_kr": "cp949", "gb2312": "gb18030"}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # in this order: the mark of UTF-32 begins with that of UTF-16
_ESCAPES = ((b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b$)C", "iso2022_kr"))
_SAMPLE = 1 << 16  # bytes of lines beyond ASCII that are looked at
_MESSY = 0.2  # by how much a reading may look worse than the best and still be told
_MOST, _WIDTH = 3, 40  # readings that are told, and characters of each


def check_encoding(encoding: str | None) -> str:
    """Return the codec to decode with; None means UTF-8, with or without a mark.

    Raises:
        SourceError: for a name that Python does not know, or that is none of text.

    """
    try:
        name = codecs.lookup(encoding or "utf-8-sig").name
        "a".encode(name)  # LookupError for those that make bytes of bytes
    except (LookupError, ValueError) as error:
        raise SourceError(
            f"--encoding {encoding} is not an encoding of text; try cp1252, cp949 or utf-16."
        ) from error
    return name


@contextmanager
def decoding(path: Path, codec: str) -> Iterator[None]:
    """Turn what is raised where bytes are no text of a codec into a sentence.

    Raises:
        SourceError: in place of UnicodeError.

    """
    try:
        yield
    except UnicodeError as error:
        raise decode_error(path, codec) or SourceError(f"{path}: {error}.") from error


@contextmanager
def open_text(path: Path, codec: str) -> Iterator[io.TextIOWrapper]:
    """Open a file for reading text, with its line ends as they are.

    Raises:
        SourceError: where it cannot be opened, unpacked or decoded.

    """
    with (
        reading(path),
        decoding(path, codec),
        open_binary(path) as raw,
        io.TextIOWrapper(raw, codec, newline="") as handle,
    ):
        yield handle


def decode_error(path: Path, codec: str) -> SourceError | None:
    """Return what to say about the first byte of a file that is not text, None if all are.

    Args:
        path: a file that failed to be read as text.
        codec: with which.

    """
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
    shown = "UTF-8" if codec.startswith("utf-8") else codec
    what = f"{path} is not {shown}"
    if isinstance(error, UnicodeDecodeError):
        what += f": byte 0x{error.object[error.start]:02x} in {line}"
    sample = _sample(path)
    name = _wide(sample)
    if name is not None:
        return SourceError(f"{what}; it looks like {name.upper()}: add --encoding {name}.")
    good, bad = _as_utf8(sample)
    if bad == 0 and shown != "UTF-8":
        return SourceError(f"{what}; it is UTF-8: leave --encoding out.")
    if good > bad:
        text = _shown(raw.decode("utf-8", errors="replace"), "\ufffd")
        return SourceError(
            f"{what}, though the rest looks like UTF-8; it is damaged there ({text}): repair that "
            "line."
        )
    return SourceError(f"{what}; {_advice(sample, raw)}.")


def check_beginning(path: Path, codec: str) -> None:
    """Raise SourceError if a file's first bytes are text of another codec, or none.

    Args:
        path: a file that a codec can perhaps read, but should not.
        codec: the one it is to be read with.

    """
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
    """Return a note if lines read with another codec than UTF-8 are UTF-8 as well.

    Args:
        path: the file, for the note.
        lines: its first lines as text.
        codec: with which they were read.

    """
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
            f"{_shown(line, next(c for c in line if not c.isascii()))}, as UTF-8 "
            f"{_shown(other, first)}; if that is right, leave --encoding out.",
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
        """Return the next bytes.

        Raises:
            SourceError: naming the line of a zero byte.

        """
        block = self._handle.read(-1 if size is None else size)
        if self._checked and b"\0" in block:
            raise _nul(self._path)
        return block


def _is_ascii_like(codec: str) -> bool:
    """Tell whether a codec writes what ASCII has as ASCII does, one byte a character."""
    return "a,\0".encode(codec).removeprefix(codecs.BOM_UTF8) == b"a,\0"


def _nul(path: Path) -> SourceError:
    """Return what to say of a file with a zero byte that is to be read as text."""
    name = _wide(_sample(path))
    if name is not None:
        return SourceError(f"{path} looks like {name.upper()}: add --encoding {name}.")
    with reading(path), open_binary(path) as handle:
        line = next((k for k, raw in enumerate(handle, start=1) if b"\0" in raw), 0)
    return SourceError(
        f"{path} has a zero byte (NUL) in line {line}, which text never has: it is damaged or is "
        "no table of text; remove the byte, or export the table anew."
    )


def _wide(sample: bytes) -> str | None:
    """Return "utf-16", "utf-16-le", "utf-32" and so on if bytes look like that, else None."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    whole = sample[: len(sample) // 4 * 4]
    if b"\0" not in whole:
        return None
    zeros = [whole[k::4].count(0) * 4 / len(whole) for k in range(4)]
    high = [share > 0.95 for share in zeros]
    if high in ([False, True, True, True], [True, True, True, False]):
        return "utf-32-le" if high[3] else "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if min(even, odd) > 0.1 * max(even, odd):  # other scripts than ASCII have few zero bytes
        return None
    name, line_end = ("utf-16-le", b"\n\0") if odd > even else ("utf-16-be", b"\0\n")
    return name if whole.find(line_end) % 2 == 0 else None  # find is -1 where there is none


def _sample(path: Path) -> bytes:
    """Return the lines of a file that are more than ASCII, up to so many bytes."""
    lines, size = [], 0
    with reading(path), open_binary(path) as handle:
        for number, raw in enumerate(handle):
            if number == 0 or not raw.isascii() or b"\0" in raw:
                lines.append(raw[:_SAMPLE])
                size += len(lines[-1])
            if size >= _SAMPLE:
                break
    return b"".join(lines)


def _as_utf8(sample: bytes) -> tuple[int, int]:
    """Return how many characters beyond ASCII are UTF-8, and how many places are not."""
    text = sample.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    return sum(not c.isascii() for c in text) - bad, bad


def _advice(sample: bytes, raw: bytes) -> str:
    """Return the encodings that fit, each with what it makes of a line."""
    seen: dict[str, str] = {}
    for name in _readings(sample):
        text = raw.decode(name, errors="replace")
        seen.setdefault(_shown(text, next((c for c in text if not c.isascii()), "")), name)
    if not seen:
        return "no encoding that is known here fits: it is damaged, or no text"
    told = [f"--encoding {name} it reads {text}" for text, name in list(seen.items())[:_MOST]]
    if len(told) == 1:
        return f"with {told[0]}"
    return f"with {', with '.join(told)}: give the one that reads right"


def _readings(sample: bytes) -> list[str]:
    """Return the encodings that bytes may be in, the likeliest first."""
    from charset_normalizer import from_bytes

    found = from_bytes(
        sample, cp_isolation=list(_COMMON), threshold=1.0, language_threshold=0.0,
        preemptive_behaviour=False,
    )  # fmt: skip
    ranked = []
    for match in found:
        alike = [name for name in _COMMON if name in match.could_be_from_charset]
        ranked.append((round(match.chaos, 1), _COMMON.index(alike[0]), alike[0]))
    ranked.sort()
    names = [name for chaos, _, name in ranked if chaos <= ranked[0][0] + _MESSY]
    told = dict(_LARGER)
    if len(sample) < _SAMPLE and not any(0x80 <= byte < 0xA0 for byte in sample):
        told["cp1252"] = "latin-1"  # the same for these bytes, and better known
    return [told.get(name, name) for name in names]


def _shown(line: str, around: str) -> str:
    """Return a line as a sentence quotes it, cut to what is around a character."""
    line = line.strip()
    start = max(0, min(line.find(around) - _WIDTH // 2, len(line) - _WIDTH))
    before, after = "…" * (start > 0), "…" * (start + _WIDTH < len(line))
    return repr(f"{before}{line[start : start + _WIDTH]}{after}")
