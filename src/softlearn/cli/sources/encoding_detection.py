"""What bytes may be text of, as a person would find out: by looking at them."""

from __future__ import annotations

import codecs
from pathlib import Path

from .files import open_binary, reading

__all__ = ["advice", "as_utf8", "sample", "shown", "wide"]

# The encodings that tables are kept in, the likeliest first; euc_kr is within cp949, gb2312 within
# gb18030, and bytes that fit the smaller are those languages far more often than another.
_COMMON = (
    "euc_kr", "gb2312", "cp1252", "cp932", "big5", "euc_jp", "cp1251", "cp1250", "cp949", "gb18030",
    "cp1254", "cp1256", "cp1253", "cp1255", "cp874", "koi8_r", "iso8859_2", "iso8859_15",
    "mac_roman", "cp850", "cp866", "iso8859_5", "johab",
)  # fmt: skip
_LATIN = frozenset(("cp1252", "cp1250", "cp1254", "iso8859_2", "iso8859_15", "mac_roman", "cp850"))
_LARGER = {"euc_kr": "cp949", "gb2312": "gb18030"}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # in this order: the mark of UTF-32 begins with that of UTF-16
_SAMPLE = 1 << 16  # bytes of lines beyond ASCII that are looked at
_MESSY = 0.2  # by how much a reading may look worse than the best and still be told
_MAX_READINGS, _WIDTH = 3, 40  # readings that are told, and characters of each


def wide(sample: bytes) -> str | None:
    """Return "utf-16", "utf-16-le", "utf-32" and so on if bytes look like that, else None."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    whole = sample[: len(sample) // 4 * 4]
    if b"\0" not in whole:
        return None
    zeros = [whole[k::4].count(0) * 4 / len(whole) for k in range(4)]
    for places, name in (((2, 3), "utf-32-le"), ((0, 1), "utf-32-be")):
        if min(zeros[k] for k in places) > 0.95:  # of characters below 2^16 these are zero
            return name
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if min(even, odd) > 0.1 * max(even, odd):  # other scripts than ASCII have few zero bytes
        return None
    utf16, line_end = ("utf-16-le", b"\n\0") if odd > even else ("utf-16-be", b"\0\n")
    return utf16 if whole.find(line_end) % 2 == 0 else None  # find is -1 where there is none


def sample(path: Path) -> bytes:
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


def as_utf8(sample: bytes) -> tuple[int, int]:
    """Return how many characters beyond ASCII are UTF-8, and how many places are not."""
    text = sample.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    return sum(not c.isascii() for c in text) - bad, bad


def advice(sample: bytes, raw: bytes) -> str:
    """Return the encodings that fit, each with what it makes of a line."""
    seen: dict[str, str] = {}
    for name in _readings(sample):
        text = raw.decode(name, errors="replace")
        seen.setdefault(shown(text, next((c for c in text if not c.isascii()), "")), name)
    if not seen:
        return "no encoding that is known here fits: it is damaged, or no text"
    readings = [
        f"--encoding {name} it reads {text}" for text, name in list(seen.items())[:_MAX_READINGS]
    ]
    if len(readings) == 1:
        return f"with {readings[0]}"
    return f"with {', with '.join(readings)}: give the one that reads right"


def _readings(sample: bytes) -> list[str]:
    """Return the encodings that bytes may be in, the likeliest first."""
    from charset_normalizer import from_bytes

    found = from_bytes(
        sample, cp_isolation=list(_COMMON), threshold=1.0, language_threshold=0.0,
        preemptive_behaviour=False,
    )  # fmt: skip
    ranked = []
    for match in found:
        names = [name for name in _COMMON if name in match.could_be_from_charset]
        ranked.append((round(match.chaos, 1), _COMMON.index(names[0]), names[0]))
    ranked.sort()
    names = [name for chaos, _, name in ranked if chaos <= ranked[0][0] + _MESSY]
    usual = all(byte < 0x80 or _is_usual(byte) for byte in sample)
    if names and names[0] in _LATIN and usual:
        names = list(dict.fromkeys(["cp1252", *names]))  # which is by far the most usual of them
    usual_name = dict(_LARGER)
    if len(sample) < _SAMPLE and not any(0x80 <= byte < 0xA0 for byte in sample):
        usual_name["cp1252"] = "latin-1"  # the same for these bytes, and better known
    return [usual_name.get(name, name) for name in names]


def _is_usual(byte: int) -> bool:
    """Tell whether a byte is a letter, or one of « » ° ± µ and a middle dot, in Latin-1."""
    return byte in b"\xab\xbb\xb0\xb1\xb5\xb7" or (byte >= 0xC0 and byte not in b"\xd7\xf7")


def shown(line: str, around: str) -> str:
    """Return a line as a sentence quotes it, cut to what is around a character."""
    line = line.strip()
    start = max(0, min(line.find(around) - _WIDTH // 2, len(line) - _WIDTH))
    before, after = "…" * (start > 0), "…" * (start + _WIDTH < len(line))
    return repr(f"{before}{line[start : start + _WIDTH]}{after}")
