"""The archive holds what it must and nothing else, and unpacks to no more than it says."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from forging import refused, with_members

from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import archive as container
from softlearn.sealed import sealed


def resealed(archive: bytes) -> bytes:
    """Seal an archive made by hand, whose comment has room for the seal."""
    import hashlib

    end = len(archive) - container._SEAL_SIZE
    digest = hashlib.sha256(archive[:end]).hexdigest().encode()
    return archive[:end] + container._SEAL + digest


def archived(*members: tuple[Any, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members:
            archive.writestr(name, data, **options)
        archive.comment = bytes(container._SEAL_SIZE)
    return resealed(buffer.getvalue())


@pytest.mark.parametrize("name", ["../evil.npy", "/etc/passwd", "a/0.npy", "evil.py", "0.npy "])
def test_a_member_with_another_name_is_refused(name, whole, path):
    members = {**MODEL_FILE.open(whole), name: b""}
    refused(path, archived(*members.items()), "no place in it")


def test_a_name_that_zip_readers_cut_short_is_refused(whole, path):
    archive = archived(*MODEL_FILE.open(whole).items(), ("9.npy!evil", b""))
    refused(path, resealed(archive.replace(b"9.npy!evil", b"9.npy\0evil")), "no place in it")


def test_a_member_that_nothing_uses_is_refused(whole, path):
    refused(path, with_members(whole, **{"999_npy": b"hidden"}), r"nothing uses: 999\.npy")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(whole, path):
    members = MODEL_FILE.open(whole)
    twice = [*members.items(), ("schema.json", b"{}")]
    refused(path, archived(*twice), "twice")


@pytest.mark.parametrize("missing", ["schema.json", "metadata.json", "0.npy"])
def test_a_member_that_is_missing_is_named(missing, whole, path):
    members = MODEL_FILE.open(whole)
    del members[missing]
    refused(path, sealed(members), missing)


def test_a_bomb_of_text_is_not_unpacked(whole, path):
    members = MODEL_FILE.open(whole) | {"schema.json": b" " * 2**25}
    bomb = archived(*members.items(), compress_type=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    refused(path, bomb, "would swell")


def test_text_that_would_swell_is_stored_as_it_is_and_read(whole):
    text = b" " * 2**25
    members = MODEL_FILE.open(whole) | {"metadata.json": text}
    assert MODEL_FILE.open(sealed(members))["metadata.json"] == text


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compressed_array_is_refused(method, whole, path):
    members = MODEL_FILE.open(whole)
    refused(path, archived(*members.items(), compress_type=method), "compressed")


def test_an_encrypted_member_is_refused(whole, path):
    data = bytearray(archived(*MODEL_FILE.open(whole).items()))
    at = data.index(b"PK\x01\x02") + 8
    data[at] |= 1
    refused(path, resealed(bytes(data)), "encrypted")


def test_members_that_overlap_are_refused(whole, path):
    """Say that one array is as long as the file: its neighbours' bytes would count twice."""
    data = bytearray(archived(*MODEL_FILE.open(whole).items()))
    at = data.rindex(b"PK\x01\x02")
    data[at + 20 : at + 28] = len(data).to_bytes(4, "little") * 2
    refused(path, resealed(bytes(data)), "overlap")


def test_a_wrong_checksum_of_a_member_is_an_error(whole, path):
    data = bytearray(archived(*MODEL_FILE.open(whole).items()))
    at = data.index(b"\x93NUMPY")
    data[at + 1] ^= 1
    refused(path, resealed(bytes(data)), "CRC")
