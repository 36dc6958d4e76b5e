"""Mistakes in what is written get one sentence, and leave no file."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from mistakes import fails, fit

pytestmark = pytest.mark.usefixtures("penguins")


def test_a_folder_that_does_not_exist(capsys):
    said = fit(capsys, "penguins.csv", output="nowhere/out.softlearn")
    assert said.startswith("nowhere/out.softlearn cannot be written: the folder ")
    assert said.endswith("does not exist.")


def test_an_output_that_is_a_folder(capsys, tmp_path):
    (tmp_path / "folder").mkdir()
    assert fit(capsys, "penguins.csv", output="folder") == (
        "folder is a folder; give the name of a file to write."
    )


def test_an_output_that_is_the_input(capsys, tmp_path):
    said = fit(capsys, "penguins.csv", output=tmp_path / "penguins.csv")
    assert "is the input penguins.csv" in said


def test_an_output_that_is_a_link_to_the_input(capsys, tmp_path):
    (tmp_path / "link").symlink_to("penguins.csv")
    assert "is the input penguins.csv" in fit(capsys, "penguins.csv", output="link")


def test_an_output_inside_the_folder_that_is_read(capsys):
    for label in "ab":
        Path(f"texts/{label}").mkdir(parents=True)
        Path(f"texts/{label}/1.txt").write_text("some words")
    said = fit(capsys, "texts", target=None, output="texts/a/out.softlearn")
    assert "is inside the input folder texts" in said


def test_an_unwritable_output_is_found_before_the_data_are_read(capsys, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    said = fit(capsys, "nothing.csv")
    assert said == "out.softlearn cannot be written: Permission denied."


def full(self, *arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))


def test_a_full_disk_while_a_model_is_written(capsys, monkeypatch):
    monkeypatch.setattr(os, "fsync", full)
    said = fit(capsys, "penguins.csv", "--quiet")
    assert said == "out.softlearn cannot be written: No space left on device."


def test_a_full_disk_while_predictions_are_written(capsys, trained):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        said = fails(capsys, "predict", trained, "penguins.csv", "-o", "out.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert said.startswith("out.csv cannot be written: File too large")


def test_predictions_in_a_format_that_is_not_known(capsys, trained):
    said = fails(capsys, "predict", trained, "penguins.csv", "-o", "out.xlsx")
    assert "out.xlsx has no suffix of a format to write" in said


@pytest.mark.parametrize("output", ["penguins.csv", "model.softlearn"])
def test_predictions_that_would_replace_an_input(capsys, trained, output):
    shutil.copy(trained, "model.softlearn")
    said = fails(capsys, "predict", "model.softlearn", "penguins.csv", "-o", output)
    assert f"is the input {output}" in said
