"""The container: a ZIP archive sealed by a checksum, of which every byte is accounted for."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping

from .errors import ModelFileError

__all__ = ["MAX_BYTES", "open_sealed", "read_members", "sealed"]

MAX_BYTES = 2**32 - 1
"""The largest file: what a ZIP archive holds without its 64-bit extension."""

_MAX_TEXT = 2**28
_TEXT = re.compile(r"(?:metadata|schema)\.json")
_MEMBERS = re.compile(r"(?:metadata|schema)\.json|[0-9]{1,9}\.np[yz]")
_SEAL = b"softlearn sha256 "
_SEAL_SIZE = len(_SEAL) + 64
_ENCRYPTED = 0x1
_EXPANSION = 100
_SLACK = 2**20


def sealed(members: Mapping[str, bytes]) -> bytes:
    """Return an archive of the members; the same members give the same bytes.

    Text is compressed, arrays are not.  The archive's comment, its last bytes, is the SHA-256 of
    all bytes before it, so no truncation and no flipped bit goes unnoticed.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", allowZip64=False) as archive:
        for name, content in members.items():
            text = _TEXT.fullmatch(name) is not None
            info = zipfile.ZipInfo(name)  # dated 1980: the bytes do not depend on the clock
            archive.writestr(info, content, zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED)
        archive.comment = _SEAL + bytes(64)
    body = buffer.getbuffer()[:-_SEAL_SIZE]
    return b"".join([body, _SEAL, hashlib.sha256(body).hexdigest().encode()])


def open_sealed(data: bytes) -> dict[str, bytes]:
    """Return the members of a sealed archive, checked.

    Raises:
        ModelFileError: for anything but what `sealed` writes.

    """
    if not data.startswith(b"PK\x03\x04"):
        raise ModelFileError("it is not a softlearn model file.")
    if data[-_SEAL_SIZE:-64] != _SEAL:
        raise ModelFileError("it is not a softlearn model file, or it was cut short.")
    body = memoryview(data)[:-_SEAL_SIZE]
    if hashlib.sha256(body).hexdigest().encode() != data[-64:]:
        raise ModelFileError(
            "it is damaged (its checksum does not match): copy or save the model again."
        )
    members = read_members(data, _MEMBERS)
    for name in ("metadata.json", "schema.json"):
        if name not in members:
            raise ModelFileError(f"it has no {name}.")
    return members


def read_members(data: bytes, allowed: re.Pattern[str]) -> dict[str, bytes]:
    """Return the members of an archive, each with an allowed name, none able to swell.

    Raises:
        ModelFileError: for names that are not allowed or appear twice, for encryption, and for
            sizes that the bytes at hand cannot honestly have.

    """
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.compress_size for info in archive.infolist()) > len(data):
            raise ModelFileError("its members overlap.")
        for info in archive.infolist():
            if not allowed.fullmatch(info.filename) or info.orig_filename != info.filename:
                raise ModelFileError(f"it has a member that has no place in it: {info.filename!r}.")
            if info.filename in members:
                raise ModelFileError(f"it has the member {info.filename} twice.")
            if info.flag_bits & _ENCRYPTED:
                raise ModelFileError(f"its member {info.filename} is encrypted.")
            if info.file_size > _size_limit(info):
                raise ModelFileError(f"its member {info.filename} would swell when unpacked.")
            members[info.filename] = archive.read(info)
    return members


def _size_limit(info: zipfile.ZipInfo) -> int:
    if _TEXT.fullmatch(info.filename) and info.compress_type == zipfile.ZIP_DEFLATED:
        return min(_MAX_TEXT, _EXPANSION * info.compress_size + _SLACK)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ModelFileError(f"its member {info.filename} is compressed in a way it may not be.")
    return info.compress_size
