"""The container: a ZIP archive sealed by a checksum, of which every byte is accounted for."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import UnsoundFileError

__all__ = ["MAX_BYTES", "Form", "read_bytes", "read_members", "sealed"]

MAX_BYTES = 2**32 - 1
"""The largest file: what a ZIP archive holds without its 64-bit extension."""

_MAX_TEXT = 2**28
_SEAL = b"softlearn sha256 "
_SEAL_SIZE = len(_SEAL) + 64
_ENCRYPTED = 0x1
_EXPANSION = 100
_SLACK = 2**20
_WRAPPING = 6  # bytes of zlib's around what is compressed


def sealed(members: Mapping[str, bytes]) -> bytes:
    """Return an archive of the members; the same members give the same bytes.

    Text is compressed, arrays are not, nor is text so even that it would be refused as one that
    swells when unpacked.  The archive's comment, its last bytes, is the SHA-256 of
    all bytes before it, so no truncation and no flipped bit goes unnoticed.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", allowZip64=False) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)  # dated 1980: the bytes do not depend on the clock
            method = zipfile.ZIP_STORED if _swells(content) else _method(name)
            archive.writestr(info, content, method)
        archive.comment = _SEAL + bytes(64)
    body = buffer.getbuffer()[:-_SEAL_SIZE]
    return b"".join([body, _SEAL, hashlib.sha256(body).hexdigest().encode()])


@dataclass(frozen=True)
class Form:
    """A kind of sealed archive.

    Args:
        what: its name, such as "softlearn model file".
        members: what its members may be called.
        needed: members without which it is none.
        remedy: what helps if it is damaged.

    """

    what: str
    members: re.Pattern[str]
    needed: tuple[str, ...]
    remedy: str

    def open(self, data: bytes) -> dict[str, bytes]:
        """Return the members of a sealed archive, checked.

        Raises:
            UnsoundFileError: for anything but what `sealed` writes.

        """
        if not data.startswith(b"PK\x03\x04"):
            raise UnsoundFileError(f"it is not a {self.what}.")
        if data[-_SEAL_SIZE:-64] != _SEAL:
            raise UnsoundFileError(f"it is not a {self.what}, or it was cut short.")
        body = memoryview(data)[:-_SEAL_SIZE]
        if hashlib.sha256(body).hexdigest().encode() != data[-64:]:
            raise UnsoundFileError(f"it is damaged (its checksum does not match): {self.remedy}.")
        members = read_members(data, self.members)
        for name in self.needed:
            if name not in members:
                raise UnsoundFileError(f"it has no {name}.")
        return members


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, in as much memory as it has bytes.

    Raises:
        UnsoundFileError: it is no file, or larger than any archive.
        OSError: it cannot be read.

    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a null character in the name
        raise UnsoundFileError(f"{error}.") from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise UnsoundFileError("it is not a file.")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise UnsoundFileError(f"it is larger than any such file ({MAX_BYTES} bytes).")
        return file.read(size)


def read_members(data: bytes, allowed: re.Pattern[str]) -> dict[str, bytes]:
    """Return the members of an archive, each with an allowed name, none able to swell.

    Raises:
        UnsoundFileError: for names that are not allowed or appear twice, for encryption, and for
            sizes that the bytes at hand cannot honestly have.

    """
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.compress_size for info in archive.infolist()) > len(data):
            raise UnsoundFileError("its members overlap.")
        for info in archive.infolist():
            if not allowed.fullmatch(info.filename) or info.orig_filename != info.filename:
                raise UnsoundFileError(
                    f"it has a member that has no place in it: {info.filename!r}."
                )
            if info.filename in members:
                raise UnsoundFileError(f"it has the member {info.filename} twice.")
            if info.flag_bits & _ENCRYPTED:
                raise UnsoundFileError(f"its member {info.filename} is encrypted.")
            if info.file_size > _size_limit(info):
                raise UnsoundFileError(f"its member {info.filename} would swell when unpacked.")
            members[info.filename] = archive.read(info)
    return members


def _swells(content: bytes) -> bool:
    """Tell whether a content is more than `_size_limit` allows for what it compresses to."""
    if len(content) <= _SLACK:
        return False
    packed = len(zlib.compress(content)) - _WRAPPING
    return len(content) > _EXPANSION * packed + _SLACK


def _size_limit(info: zipfile.ZipInfo) -> int:
    if info.compress_type == _method(info.filename) == zipfile.ZIP_DEFLATED:
        return min(_MAX_TEXT, _EXPANSION * info.compress_size + _SLACK)
    if info.compress_type != zipfile.ZIP_STORED:
        raise UnsoundFileError(f"its member {info.filename} is compressed in a way it may not be.")
    return info.compress_size


def _method(name: str) -> int:
    """Return how a member is stored: text alone is compressed."""
    return zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
