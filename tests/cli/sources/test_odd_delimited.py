"""CSV files with rows of every odd kind: the right rows, or a sentence with the line."""

import csv
from pathlib import Path

import numpy as np
import pytest
from running import run, run_json
from table_files import CSV, fit, said, write

from softlearn.cli.sources import iter_source

LONG = 200_000  # characters: more than the 131,072 that Python's reader takes unasked


def words(n, seed=0):
    """Return n characters of words, as a text has them."""
    rng = np.random.default_rng(seed)
    return " ".join(map("".join, rng.choice(list("abcdefgh"), size=(n // 8, 7))))


def test_a_cell_of_any_length_is_read(tmp_path):
    long = words(LONG)
    data = fit(write(tmp_path / "t.csv", f'x,text,kind\n1,{long},a\n2,"{long}, or\n",b\n'))
    assert list(data.X["text"].str.len()) == [len(long), len(long) + 4]
    assert csv.field_size_limit() == 131_072  # the limit of the process is as it was


def test_a_header_of_any_length_is_read(tmp_path):
    name = words(LONG)
    assert fit(write(tmp_path / "t.csv", f"{name},kind\n1,a\n2,b\n")).feature_names == [name]


def test_a_row_of_millions_of_characters_is_named(tmp_path):
    path = write(tmp_path / "t.csv", CSV + f"1,{'z' * 9_000_000},true,,a\n" + CSV)
    assert "the row at line 4 has more than 4,194,304 characters" in said(fit, path)


def test_a_quote_that_is_left_open_is_named_with_the_line_where_it_opens(tmp_path):
    path = write(tmp_path / "t.csv", CSV + '1,"Biscoe,true,2024-05-01,a\n' + CSV * 3)
    assert "the row begins at line 4, where a quote may be left open" in said(fit, path)


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "   \n", "\t \n\n  ", "\n\n\n"])
def test_what_ends_a_file_is_no_row(tmp_path, end):
    data = fit(write(tmp_path / "t.csv", CSV + end))
    assert (len(data), list(data.y)) == (2, ["a", "b"])


def test_lines_of_blanks_are_no_rows(tmp_path):
    first, *rest = CSV.splitlines(keepends=True)
    data = fit(write(tmp_path / "t.csv", " \n" + first + "   \n" + "\n \t\n".join(rest)))
    assert list(data.y) == ["a", "b"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends_of_every_kind_are_read_mixed_or_not(tmp_path, end):
    assert list(fit(write(tmp_path / "t.csv", CSV.replace("\n", end))).y) == ["a", "b"]
    assert list(fit(write(tmp_path / "t.csv", CSV.replace("\n", end, 2))).y) == ["a", "b"]


def test_a_header_without_a_line_end_has_no_rows(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", "x,kind"))
    assert sentence.endswith("t.csv has no rows, only a header of 2 columns.")


def test_a_name_over_two_lines_is_one_name(tmp_path):
    data = fit(write(tmp_path / "t.csv", '"wid\n\nth",kind\n1,a\n2,b\n'))
    assert data.feature_names == ["wid\n\nth"]
    assert list(data.X["wid\n\nth"]) == [1.0, 2.0]


def test_batches_are_read_alike(tmp_path):
    path = write(tmp_path / "t.csv", "sep=;\n# by hand\n" + CSV.replace(",", ";") + " \n\x1a")
    batches = list(iter_source(path, None, 1))
    assert [batch.X["island"].item() for batch in batches] == ["Biscoe", "Dream"]
    assert [len(batch.notes) for batch in batches] == [1, 0]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("long", [words(LONG), "x" * LONG, "x" * 3_000_000])
def test_a_long_cell_goes_from_fit_to_predict(capsys, long):
    rows = "".join(f"{i % 2},{words(90, i)} {'uv'[i % 2]}end,{'ab'[i % 2]}\n" for i in range(40))
    Path("t.csv").write_text("x,text,kind\n" + rows + f"1,{long},b\n")
    facts = run_json(capsys, "fit", "t.csv", "-t", "kind", "-o", "m.softlearn")
    assert facts["train_rows"] + facts["test_rows"] == 41
    run(capsys, "predict", "m.softlearn", "t.csv", "-o", "p.csv")
    assert len(Path("p.csv").read_text().splitlines()) == 42


@pytest.mark.usefixtures("here")
def test_a_long_category_goes_from_fit_to_predict(capsys):
    rows = "".join(f"{i % 2},{'xyz'[i % 3]},{'ab'[i % 2]}\n" for i in range(40))
    Path("t.csv").write_text("x,island,kind\n" + rows + f"1,{'z' * 3_000_000},b\n")
    run(capsys, "fit", "t.csv", "-t", "kind", "-o", "m.softlearn", "-q")
    run(capsys, "predict", "m.softlearn", "t.csv", "-o", "p.csv")
    assert len(Path("p.csv").read_text().splitlines()) == 42
