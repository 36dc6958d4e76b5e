"""Tables of predictions: complete under their name, or not there at all."""

import csv
import errno
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from softlearn.cli.saved import prediction_writer as writers
from softlearn.cli.saved.prediction_writer import OutputError, PredictionWriter

CLASSES = np.array(["a", "b"])
P = np.array([[0.25, 0.75], [0.875, 0.125]])


def said(call, *args):
    """Return the one sentence of the OutputError that a call raises."""
    with pytest.raises(OutputError) as caught:
        call(*args)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def write(path, classes=CLASSES, ids=None, batches=2):
    with PredictionWriter(path, classes) as writer:
        for _ in range(batches):
            writer.write(classes[[1, 0]], P, ids)


READ = {
    ".csv": pd.read_csv,
    ".csv.gz": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
    ".jsonl": lambda path: pd.read_json(path, lines=True),
    ".ndjson": lambda path: pd.read_json(path, lines=True),
    ".jsonl.gz": lambda path: pd.read_json(path, lines=True),
    ".parquet": pd.read_parquet,
    ".arrow": pd.read_feather,
    ".feather": pd.read_feather,
}


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.parametrize("ids", [None, np.array(["x/1.txt", "x/2.txt"], dtype=object)])
def test_every_format_holds_labels_and_probabilities(tmp_path, suffix, ids):
    path = tmp_path / f"out{suffix}"
    write(path, ids=ids)
    table = READ[suffix](path)
    names = ["label", "probability_a", "probability_b"]
    assert list(table) == names if ids is None else ["file", *names]
    assert list(table["label"]) == ["b", "a", "b", "a"]
    np.testing.assert_array_equal(table[names[1:]], np.vstack([P, P]))
    if ids is not None:
        assert list(table["file"]) == ["x/1.txt", "x/2.txt"] * 2
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("classes", "arrow"),
    [([0, 7], "int64"), ([False, True], "bool"), ([0.5, 1.5], "double"), (["a", "b"], "string")],
)
def test_labels_keep_their_type(tmp_path, classes, arrow):
    write(tmp_path / "out.parquet", np.array(classes))
    write(tmp_path / "out.feather", np.array(classes))
    assert str(pq.read_schema(tmp_path / "out.parquet").field("label").type) == arrow
    table = feather.read_table(tmp_path / "out.feather")
    assert str(table.schema.field("label").type) == arrow
    assert table.column_names[1] == f"probability_{classes[0]}"


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize(
    "label", ["plain", "a,b", "a\tb", 'a"b', "a\nb", "a\rb", " a", "'", "NA", "é"]
)
def test_any_label_is_read_back_from_cells(tmp_path, label, delimiter):
    path = tmp_path / ("out.csv" if delimiter == "," else "out.tsv")
    write(path, np.array(["x", label]))
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle, delimiter=delimiter))
    assert rows[0] == ["label", "probability_x", f"probability_{label}"]
    assert rows[1:] == [[label, "0.25", "0.75"], ["x", "0.875", "0.125"]] * 2


@pytest.mark.parametrize("p", [0.0, 1.0, 0.1 + 0.2, 5e-324, 1e-5, 1.0 - 2.0**-53])
def test_probabilities_are_read_back_to_the_last_bit(tmp_path, p):
    with PredictionWriter(tmp_path / "out.csv", CLASSES) as writer:
        writer.write(CLASSES[:1], np.array([[p, 1.0 - p]]))
    cells = (tmp_path / "out.csv").read_text().splitlines()[1].split(",")
    assert list(map(float, cells[1:])) == [p, 1.0 - p]


def test_a_csv_quotes_what_needs_it_and_repeats_no_header(tmp_path):
    write(tmp_path / "out.csv", np.array(["a,b", 'say "c"']))
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == 'label,"probability_a,b","probability_say ""c"""'
    assert lines[1:] == ['"say ""c""",0.25,0.75', '"a,b",0.875,0.125'] * 2


def test_probabilities_are_written_to_the_last_digit(tmp_path):
    p = np.array([[1 / 3, 2 / 3], [5e-324, 1.0]])
    for suffix in (".csv", ".jsonl", ".parquet"):
        with PredictionWriter(tmp_path / f"out{suffix}", CLASSES) as writer:
            writer.write(CLASSES, p)
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [[row["probability_a"], row["probability_b"]] for row in rows] == p.tolist()
    csv = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [[float(cell) for cell in line.split(",")[1:]] for line in csv] == p.tolist()
    np.testing.assert_array_equal(pd.read_parquet(tmp_path / "out.parquet").iloc[:, 1:], p)


def test_a_dash_is_csv_on_standard_output(capsysbinary):
    write("-", batches=1)
    out = capsysbinary.readouterr().out.decode()
    assert out == "label,probability_a,probability_b\nb,0.25,0.75\na,0.875,0.125\n"


def test_what_is_printed_before_comes_before(capfd):
    print("first")
    write("-", batches=1)
    assert capfd.readouterr().out.startswith("first\nlabel,")


@pytest.mark.parametrize(
    ("terminal", "shown"), [(True, r"probability_\x1b[2J,probability_\u202eb"), (False, "\x1b[2J")]
)
def test_a_terminal_is_not_told_to_do_what_a_label_says(monkeypatch, terminal, shown):
    class Screen(io.BytesIO):
        def isatty(self):
            return terminal

    screen = Screen()
    monkeypatch.setattr(writers.sys, "stdout", io.TextIOWrapper(screen, write_through=True))
    with PredictionWriter("-", ["\x1b[2J", "\u202eb"]) as writer:
        writer.write(np.array(["\x1b[2J", "\u202eb"]), P)
    assert shown in screen.getvalue().decode()


@pytest.mark.parametrize("name", ["out", "out.xlsx", "out.parquet.gz", "out.gz"])
def test_a_suffix_that_names_no_format_is_refused_at_once(tmp_path, name):
    assert "no suffix of a format to write" in said(PredictionWriter, tmp_path / name, CLASSES)


def test_a_place_that_cannot_be_written_is_reported_at_once(tmp_path):
    sentence = said(PredictionWriter(tmp_path / "gone" / "out.csv", CLASSES).__enter__)
    assert "out.csv cannot be written: No such file or directory" in sentence
    (tmp_path / "folder.csv").mkdir()
    assert "it is a folder" in said(PredictionWriter(tmp_path / "folder.csv", CLASSES).__enter__)


def test_without_rows_nothing_is_written(tmp_path):
    assert "there were no rows" in said(lambda: write(tmp_path / "out.csv", batches=0))
    assert list(tmp_path.iterdir()) == []


# -- failures leave nothing behind


class FullDisk(io.FileIO):
    """A file on a disk that is full after 30 bytes."""

    def write(self, data):
        if self.tell() + len(data) > 30:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.fixture
def full_disk(monkeypatch):
    plain = Path.open

    def open_full(path, mode="r", *args, **kwargs):
        if mode == "xb":
            return io.BufferedWriter(FullDisk(path, "x"))
        return plain(path, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", open_full)


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"before")
    sentence = said(lambda: write(path, batches=100))
    assert sentence.startswith(f"{path} cannot be written: ")
    assert "No space left on device" in sentence
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
def test_whatever_stops_the_writing_passes_and_leaves_nothing(tmp_path, suffix, error):
    def stopped():
        with PredictionWriter(tmp_path / f"out{suffix}", CLASSES) as writer:
            writer.write(CLASSES, P)
            raise error

    with pytest.raises(error):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def refused(self, target):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    assert "Permission denied" in said(write, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_one_sentence(monkeypatch):
    class Closed(io.BytesIO):
        def write(self, data):
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(writers.sys, "stdout", io.TextIOWrapper(Closed()))
    assert said(write, "-") == "Standard output was closed by its reader."


def test_a_file_written_again_is_replaced(tmp_path):
    path = tmp_path / "out.csv.gz"
    write(path, batches=3)
    write(path, batches=1)
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        assert len(handle.readlines()) == 3
