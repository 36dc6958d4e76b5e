"""Damage gives a `ModelFileError`, and so does any other kind of file."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from forging import X, listed, mapped, refused, value, with_attribute, with_members

from softlearn import ModelFileError, load, read_metadata
from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import archive, sealed


def test_the_helpers_here_make_sound_files(whole, path):
    path.write_bytes(with_attribute(whole, mapped(a=listed(value(1), value("b"), kind="Tuple"))))
    assert load(path).verbose == {"a": (1, "b")}


@pytest.mark.parametrize("read", [load, read_metadata])
def test_every_truncation_is_noticed(read, whole, path):
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelFileError):
            read(path)


@pytest.mark.parametrize("read", [load, read_metadata])
def test_every_flipped_bit_is_noticed(read, whole, path):
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        with pytest.raises(ModelFileError):
            read(path)


def test_bytes_cut_out_doubled_or_appended_are_noticed(whole, path):
    rng = np.random.default_rng(1)
    for start, stop in np.sort(rng.integers(len(whole), size=(100, 2)), axis=1):
        if start < stop:
            refused(path, whole[:start] + whole[stop:])
            refused(path, whole[:stop] + whole[start:])
    refused(path, whole + b"\0")


def test_random_bytes_are_no_model(path):
    rng = np.random.default_rng(2)
    for size in (0, 1, 4, 100, 10_000):
        refused(path, rng.bytes(size), "not a softlearn model file")
        refused(path, b"PK\x03\x04" + rng.bytes(size), "not a softlearn model file")


@pytest.mark.filterwarnings("ignore:.*was saved with")
def test_damage_behind_a_good_checksum_is_still_an_error(whole, path):
    """Flip bits inside members and seal again: an error or a model, never anything else."""
    members = MODEL_FILE.open(whole)
    rng = np.random.default_rng(3)
    for _ in range(200):
        name = rng.choice(sorted(members))
        data = bytearray(members[name])
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(sealed({**members, name: bytes(data)}))
        try:
            load(path).predict(X)
        except ModelFileError:
            continue
        except (ValueError, TypeError, AttributeError):
            assert name == "schema.json"  # another name or value there: scikit-learn's own errors


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def test_a_pickle_is_not_read(path):
    refused(path, pickle.dumps(Bomb(path.parent / "canary")), "not a softlearn model file")


def test_other_archives_are_not_read(path):
    buffer = io.BytesIO()
    np.savez(buffer, a=X)
    refused(path, buffer.getvalue(), "not a softlearn model file")


def test_a_pickled_array_is_not_read(whole, path):
    buffer = io.BytesIO()
    objects = np.array([Bomb(path.parent / "canary")], dtype=object)
    np.save(buffer, objects, allow_pickle=True)
    refused(path, with_members(whole, **{"0_npy": buffer.getvalue()}), "header")
    refused(path, with_members(whole, **{"0_npy": pickle.dumps(objects)}), "header")


def test_a_file_larger_than_any_model_is_not_read(whole, path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", len(whole) - 1)
    refused(path, whole, "larger than any such file")


def test_a_large_hole_is_not_read(path):
    with path.open("wb") as file:
        file.truncate(archive.MAX_BYTES + 1)
    with pytest.raises(ModelFileError, match="larger than any such file"):
        load(path)
