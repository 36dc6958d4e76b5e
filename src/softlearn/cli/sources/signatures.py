"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import codecs
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ...features.dataset import SourceError
from .conversions import what_converts
from .files import is_packed, open_binary, reading, suffix

__all__ = ["is_json_line", "reject_other_formats", "said_of_zip"]

_HEAD = 8192  # bytes looked at
_UNPACK = "unpack it and give the file that is in it"
_DAMAGED = f"is a damaged ZIP archive; {_UNPACK}"
_STREAM = b"\xff\xff\xff\xff"
_PICKLE = "is a Python pickle, which is not read because it could run code"
_FOLDER = "give a folder with one sub-folder of images per class"
_LFS = "is not the data but a pointer of Git LFS to them"


def _rename(suffix: str) -> str:
    return f"give it a name that ends in {suffix}, or add --format {suffix[1:]}"


def _unpack(suffix: str) -> str:
    return f"give it a name that ends in {suffix}, such as table.csv{suffix}"


_XLS = _rename(".xls")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ALIKE = {".sqlite3": ".sqlite", ".db": ".sqlite", ".xlsm": ".xlsx", ".xlsb": ".xlsx"}
_BINARY = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a workbook"),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), "SQLite"),
}

# (place, bytes, what begins so, what to do)
_SIGNATURES = (
    (0, b"\x1f\x8b", "is packed by gzip", _UNPACK),
    (0, b"BZh", "is packed by bzip2", _unpack(".bz2")),
    (0, b"\xfd7zXZ\x00", "is packed by xz", _unpack(".xz")),
    (0, b"\x28\xb5\x2f\xfd", "is packed by Zstandard", _unpack(".zst")),
    (0, b"7z\xbc\xaf\x27\x1c", "is a 7z archive", _UNPACK),
    (0, b"Rar!\x1a\x07", "is a RAR archive", _UNPACK),
    (257, b"ustar", "is a tar archive", _UNPACK),
    (0, _OLE, "is an Excel workbook (.xls) or its like", _XLS),
    (0, b"PAR1", "is a Parquet file", _rename(".parquet")),
    (0, b"ARROW1", "is an Arrow file", _rename(".arrow")),
    (0, _STREAM, "is an Arrow stream", _rename(".arrow")),
    (0, b"FEA1", "is a Feather file of version 1", "write it anew as Parquet"),
    (0, b"\x93NUMPY", "is one NumPy array", _rename(".npy")),
    (0, b"\x89HDF\r\n\x1a\n", "is an HDF5 file", what_converts(".h5")),
    (0, b"SQLite format 3\x00", "is an SQLite database", _rename(".sqlite")),
    (0, b"ORC", "is an ORC file", what_converts(".orc")),
    (0, b"$FL2@(#)", "is an SPSS file", what_converts(".sav")),
    (0, b"<stata_dta>", "is a Stata file", what_converts(".dta")),
    (0, b"RDX", "is an R file", what_converts(".rds")),
    (0, b"X\n\x00\x00\x00", "is an R file", what_converts(".rds")),
    (0, b"\x80\x04\x95", _PICKLE, what_converts(".pkl")),
    (0, b"\x80\x05\x95", _PICKLE, what_converts(".pkl")),
    (0, b"%PDF-", "is a PDF document", what_converts(".pdf")),
    (0, b"\x89PNG\r\n\x1a\n", "is an image", _FOLDER),
    (0, b"\xff\xd8\xff", "is an image", _FOLDER),
    (0, b"GIF8", "is an image", _FOLDER),
    (0, b"version https://git-lfs", _LFS, "run git lfs pull"),
)  # fmt: skip
_OWN = {
    ".parquet": (b"PAR1", "Parquet"),
    ".pq": (b"PAR1", "Parquet"),
    ".arrow": (b"ARROW1", "Arrow"),
    ".feather": (b"ARROW1", "Arrow"),
    ".npz": (b"PK", "NPZ"),
    ".npy": (b"\x93NUMPY", "NPY"),
}  # formats that are not text, by the bytes that they begin with
_MARKS = (b"<!doctype html", b"<html", b"<?xml")
_UTF8_MARK = b"\xef\xbb\xbf"


def reject_other_formats(path: Path, *, known: bool = True) -> None:
    """Raise SourceError if a file's bytes are those of another format than its name says.

    Args:
        path: a file; one that is packed by gzip is looked into.
        known: whether the suffix names a format that is read here; if not, nothing is said of
            text.

    """
    with reading(path):
        packed, kind = is_packed(path), suffix(path)
        if packed and kind in _OWN:
            raise SourceError(f"{path} is packed by gzip; {_UNPACK}.")
        if path.suffix.lower() == ".gz" and not packed and path.stat().st_size:
            raise SourceError(
                f"{path} is damaged or is not what its name says: it is not packed by gzip; if it "
                f"is plain {kind[1:] or 'data'}, name it {path.with_suffix('').name}."
            )
        with open_binary(path) as handle:
            head = handle.read(_HEAD)
    if not head and kind in (*_OWN, *_BINARY, ".arff"):
        raise SourceError(f"{path} is empty.")
    if kind in _OWN and head.startswith(_OWN[kind][0]):
        return
    if _OWN.get(kind, ("", ""))[1] == "Arrow" and head.startswith(_STREAM):
        return
    said = _zip(path, packed) if head.startswith(b"PK\x03\x04") else _said(head)
    if head.startswith(_OLE) and _ENCRYPTED in path.read_bytes():
        said = "has a password; save it without one"
    elif said is not None and said.endswith(_rename(_ALIKE.get(kind, kind))):
        return  # it is what its name says, and damaged if at all
    elif kind in _BINARY and said == _DAMAGED:
        return  # as workbooks are
    if said is None and known:
        said = _of_text(path, head, kind)
    if said is not None:
        raise SourceError(f"{path} {said}.")


def _said(head: bytes) -> str | None:
    for place, mark, what, remedy in _SIGNATURES:
        word = mark.isalnum() and _is_text(head)  # then it may be the name of a column
        if head[place:].startswith(mark) and not word:
            return f"{what}, whatever its name says; {remedy}"
    return None


def _zip(path: Path, packed: bool) -> str:
    """Return what is in a ZIP file: many formats are one."""
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
    except (zipfile.BadZipFile, OSError):
        return f"is a ZIP archive; {_UNPACK}" if packed else _DAMAGED
    said = said_of_zip(names)
    if said is not None:
        return said
    within = f" (of {len(names)} files)" if len(names) != 1 else f" (of {names[0]!r})"
    return f"is a ZIP archive{within}, whatever its name says; {_unpack('.zip')}"


def said_of_zip(names: Sequence[str]) -> str | None:
    """Return what a ZIP file is that is no archive of tables, by the names of its members."""
    if any(name.startswith("xl/") for name in names):
        return f"is an Excel workbook, whatever its name says; {_rename('.xlsx')}"
    if "content.xml" in names:
        return f"is an OpenDocument file, whatever its name says; {_rename('.ods')}"
    if any(name.startswith("word/") for name in names):
        return "is a Word document, whatever its name says; give the table itself, as CSV"
    if names and all(name.endswith(".npy") for name in names):
        return f"is an NPZ file, whatever its name says; {_rename('.npz')}"
    return None


def _of_text(path: Path, head: bytes, kind: str) -> str | None:
    """Return what is wrong with a file without a signature; None if it may be what it says."""
    begin = head.removeprefix(_UTF8_MARK).lstrip()
    if kind in _OWN:
        if kind in (".arrow", ".feather") or not head or not _is_text(head):
            return None  # an Arrow stream of old has no signature; the rest is damaged
        what = f"is damaged or is not what its name says: it is text, not {_OWN[kind][1]}"
        return f"{what}; if it is CSV, {_rename('.csv')}"
    if begin[:20].lower().startswith(_MARKS):
        page = "a web page (HTML)" if b"<html" in begin.lower() else "XML"
        return f"is {page}, not a table; download the file itself, or export it as CSV"
    if kind in _BINARY and head and _is_text(head):
        what = f"is damaged or is not what its name says: it is text, not {_BINARY[kind]}"
        return f"{what}; if it is CSV, {_rename('.csv')}"
    if kind != ".json" and begin.startswith(b"[") and begin[1:].lstrip()[:1] in (b"{", b"["):
        return f"is one JSON array, whatever its name says; {_rename('.json')}"
    if kind not in (".json", ".jsonl", ".ndjson") and is_json_line(begin):
        return f"is JSON lines, whatever its name says; {_rename('.jsonl')}"
    return None


def _is_text(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def is_json_line(begin: bytes) -> bool:
    """Tell whether a file's first bytes are a line with a JSON object."""
    if not begin.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(begin.splitlines()[0]), dict)
    except (ValueError, RecursionError):
        return False
