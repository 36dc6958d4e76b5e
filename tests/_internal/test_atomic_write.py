"""Files are whole or absent, and what a killed writing left is removed at the next."""

import os
import subprocess
import sys
import time

import pytest

from softlearn._internal.atomic_write import write_whole, writing_whole
from softlearn.cli.saved.prediction_writer import PredictionWriter

KILLED = """
import os, sys
from pathlib import Path
from softlearn._internal.atomic_write import writing_whole
with writing_whole(Path(sys.argv[1])) as file:
    file.write(b"half of i")
    file.flush()
    os.kill(os.getpid(), 9)
"""


def age(path, hours):
    then = time.time() - 3600.0 * hours
    os.utime(path, (then, then), follow_symlinks=False)


@pytest.fixture
def left(tmp_path):
    """Return what a writing that was killed left beside an older file."""
    (tmp_path / "file").write_bytes(b"older")
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "file")], check=False)
    assert (tmp_path / "file").read_bytes() == b"older"
    [part] = set(tmp_path.iterdir()) - {tmp_path / "file"}
    assert part.read_bytes() == b"half of i"
    return part


def write_predictions(path):
    with PredictionWriter(path.with_suffix(".csv"), ["a"]) as writer:
        import numpy as np

        writer.write(np.array(["a"]), np.ones((1, 1)))


@pytest.mark.parametrize("write", [lambda path: write_whole(path, b"whole"), write_predictions])
def test_what_a_killed_writing_left_is_removed_at_the_next_when_it_is_old(left, write):
    other = left.with_name("other")
    write(other)
    assert left.exists()  # its writer may live
    age(left, 1.1)
    write(other)
    assert not left.exists()
    assert {path.stem for path in left.parent.iterdir()} == {"file", "other"}


def test_nothing_that_may_be_another_programs_is_removed(tmp_path):
    hex16 = "0123456789abcdef"
    names = [f"softlearn-{hex16}.part", f".softlearn-{hex16}.part.bak", ".softlearn-x.part", "a"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / f".softlearn-{hex16}.part").mkdir()
    (tmp_path / f".softlearn-{hex16[::-1]}.part").symlink_to(tmp_path / "a")
    before = set(tmp_path.iterdir())
    for path in before:
        age(path, 100.0)
    write_whole(tmp_path / "new", b"whole")
    assert set(tmp_path.iterdir()) == before | {tmp_path / "new"}


def test_a_folder_that_cannot_be_listed_is_written_to_all_the_same(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    write_whole(tmp_path / "file", b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def fail_halfway(path):
    with writing_whole(path) as file:
        file.write(b"half of i")
        raise KeyboardInterrupt


def test_a_writing_that_fails_leaves_the_older_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt):
        fail_halfway(path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"older"]
