"""Where a table begins: Excel's "sep=;", comments, titles; and files without a header."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mistakes import fails
from mistakes import fit as fit_fails
from running import run, run_json
from table_files import CSV, fit, said, write

from softlearn.cli.sources import ReadOptions, RowOptions, read_source

NO_HEADER = ReadOptions(rows=RowOptions(header=False))


# -- above the header


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize(
    "line", ["sep={}\r\n", '"sep={}"\n', "SEP={}\n", "\ufeffsep={}\n", "\nsep={}\n"]
)
def test_excels_first_line_names_the_delimiter(tmp_path, mark, line):
    text = line.format(mark) + CSV.replace(",", mark)
    data = fit(write(tmp_path / "t.csv", text))
    assert data.feature_names == ["width", "island", "spotted", "seen"]
    assert list(data.y) == ["a", "b"]


def test_excels_first_line_is_passed_over_without_a_header_too(tmp_path):
    path = write(tmp_path / "t.csv", "sep=;\n1,5;a\n2,5;b\n")
    data = fit(path, "-1", options=NO_HEADER)
    assert list(data.X["0"]) == [1.5, 2.5]


def test_comments_above_the_header_are_passed_over_with_a_note(tmp_path):
    path = write(tmp_path / "t.csv", "# from, me\n#\n\n# again\n" + CSV)
    data = fit(path)
    assert data.feature_names == ["width", "island", "spotted", "seen"]
    assert data.notes[0] == "Passed over 3 comment lines above the table, such as '# from, me'."
    assert len(data) == 2


def test_a_header_behind_a_comment_sign_is_the_header_of_the_numbers_below(tmp_path):
    path = tmp_path / "t.csv"
    np.savetxt(path, [[1.5, 0], [2.5, 1]], delimiter=",", header="width,kind")  # "# width,kind"
    data = fit(path)
    assert data.feature_names == ["width"]
    assert list(data.X["width"]) == [1.5, 2.5]
    assert list(data.y) == [0, 1]


def test_a_comment_that_may_be_the_header_is_refused(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", "\n#a,kind\nx,y\nz,w\n"))
    assert "line 2 begins with # and has as many cells as the line below" in sentence


def test_comments_among_the_rows_are_named(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", CSV + "# checked by me\n"))
    assert "line 4 begins with # like a comment (1 cell where the header has 5)" in sentence
    rows = "".join(f"{i / 7:.3f},{i % 5},{'xy'[i % 2]}\n" for i in range(40))
    sentence = said(fit, write(tmp_path / "t.csv", "x,y,kind\n" + rows + "# 3,4,x\n"))
    assert "'# 3' (row 41) is none" in sentence


def test_a_title_above_the_header_is_named(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", "Report of 2024\n\n" + CSV))
    assert "line 1 ('Report of 2024') is one cell, but line 3 has 5" in sentence


def test_cells_told_apart_by_blanks_are_pointed_out(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", CSV.replace(",", " ")))
    assert "no column 'kind'" in sentence
    assert "cells are told apart by commas, semicolons, tabs or |, and not by blanks" in sentence


# -- a header that is made of numbers

ROWS = "".join(f"{5 + i % 7 / 10:.1f},{i % 5},{'xy'[i % 2]}\n" for i in range(40))


def test_a_header_that_looks_like_a_row_is_pointed_out(tmp_path):
    first = "5.1,3,x\n"
    (note,) = fit(write(tmp_path / "t.csv", first + ROWS), "x").notes
    assert note.startswith("The first line ('5.1', '3', 'x') was taken for the names")
    assert "add --no-header, and give the target by its position (-t 0 for the first" in note


@pytest.mark.parametrize("first", ["5.1,,x\n", "1,2,x\n", "-1e5,+2,x\n", "2001,2002,x\n"])
def test_rows_of_any_numbers_look_like_rows(tmp_path, first):
    assert "looks like a row" in fit(write(tmp_path / "t.csv", first + ROWS), "x").notes[0]


@pytest.mark.parametrize("first", ["a,b,x\n", "2001,b,x\n", ",b,x\n", "a,,x\n", "no. 1,no. 2,x\n"])
def test_names_do_not_look_like_rows(tmp_path, first):
    assert fit(write(tmp_path / "t.csv", first + ROWS), "x").notes == ()


@pytest.mark.parametrize("start", [0, 1])
def test_numbers_that_count_the_columns_are_names(tmp_path, start):
    table = pd.DataFrame(np.arange(40.0).reshape(8, 5) % 7, columns=range(start, start + 5))
    table.assign(kind=list("abababab")).to_csv(tmp_path / "t.csv", index=False)
    assert fit(tmp_path / "t.csv").notes == ()
    table.assign(kind=list("abababab")).to_csv(tmp_path / "t.csv")  # with pandas' index
    assert fit(tmp_path / "t.csv").notes == ()


@pytest.mark.parametrize("target", ["kind", "2", "-1"])
def test_a_target_that_is_not_there_offers_no_header_if_the_first_line_is_a_row(tmp_path, target):
    sentence = said(fit, write(tmp_path / "t.csv", "5.1,3,x\n" + ROWS), target)
    assert f"no column {target!r}" in sentence
    assert "add --no-header" in sentence
    assert "add --no-header" in said(fit, write(tmp_path / "t.csv", "5.1,3,x\n"), target)


def test_columns_of_one_name_offer_no_header_if_the_first_line_is_a_row(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", "0.0,0.0,x\n" + ROWS), "x")
    assert "more than one column named '0.0'" in sentence
    assert "add --no-header" in sentence


# -- without a header


@pytest.mark.parametrize("target", ["2", "-1", "+2"])
def test_the_target_is_given_by_its_position(tmp_path, target):
    data = fit(write(tmp_path / "t.csv", ROWS), target, options=NO_HEADER)
    assert (len(data), data.target, data.feature_names) == (40, "2", ["0", "1"])
    assert list(data.X["0"][:3]) == [5.0, 5.1, 5.2]
    assert list(data.y[:2]) == ["x", "y"]
    assert data.layout == {"header": False}


def test_the_first_column_may_be_the_target(tmp_path):
    data = fit(write(tmp_path / "t.tsv", "a\t1\nb\t2\na\t3\n"), "0", options=NO_HEADER)
    assert list(data.y) == ["a", "b", "a"]
    assert list(data.X["1"]) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("target", "what"),
    [
        (None, "name the column that holds the classes by its position with --target"),
        ("kind", "so --target kind must be a position"),
        ("3", "has no column 3; its 3 columns are 0 to 2, and -1 is the last"),
        ("-4", "has no column -4"),
    ],
)
def test_a_target_that_is_no_position_is_refused(tmp_path, target, what):
    assert what in said(fit, write(tmp_path / "t.csv", ROWS), target, options=NO_HEADER)


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet", "t.npz", "t.svm", "folder"])
def test_only_csv_and_tsv_can_be_without_a_header(tmp_path, name):
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name == "t.parquet":
        pd.DataFrame({"x": [1]}).to_parquet(path)
    elif name == "t.npz":
        np.savez(path, X=np.eye(2), y=[0, 1])
    else:
        path.write_text("1 1:2\n" if name == "t.svm" else '{"x": 1}\n')
    assert "--no-header is for CSV and TSV" in said(fit, path, None, options=NO_HEADER)


def test_a_ragged_row_without_a_header_is_compared_with_the_first(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", ROWS + "1,x\n"), "-1", options=NO_HEADER)
    assert "line 41 has 2 cells where the first row has 3" in sentence


@pytest.fixture
def headless(here, capsys):
    """Return a model of rows without a header whose target is the first column."""
    rows = pd.DataFrame(
        {"kind": ["x", "y"] * 20, "a": np.arange(40) % 2 + 0.25, "b": np.arange(40)}
    )
    rows.to_csv("rows.csv", header=False, index=False)
    words = ["--no-header", "-t", "-3", "--exclude", "2", "--test", "rows.csv"]
    facts = run_json(capsys, "fit", "rows.csv", "-o", "m.softlearn", *words)
    assert (facts["target"], facts["train_rows"], facts["test_rows"]) == ("0", 40, 40)
    assert facts["test_accuracy"] == 1.0
    return rows


def test_a_model_without_a_header_reads_other_files_alike(headless, capsys):
    run(capsys, "predict", "m.softlearn", "rows.csv", "-o", "p.csv")
    assert list(pd.read_csv("p.csv")["label"]) == list(headless["kind"])
    headless.drop(columns="kind").to_csv("new.csv", header=False, index=False)
    run(capsys, "predict", "m.softlearn", "new.csv", "-o", "p.csv")
    assert list(pd.read_csv("p.csv")["label"]) == list(headless["kind"])
    found = run_json(capsys, "evaluate", "m.softlearn", "rows.csv")
    assert (found["rows"], found["accuracy"]) == (40, 1.0)
    run(capsys, "report", "m.softlearn", "rows.csv", "-o", "r.html")
    assert "40 of 40 rows right" in Path("r.html").read_text()
    assert "Reads CSV and TSV without a header" in run(capsys, "show", "m.softlearn").out


def test_a_model_without_a_header_refuses_files_of_another_width(headless, capsys):
    headless[["b"]].to_csv("narrow.csv", header=False, index=False)
    sentence = fails(capsys, "predict", "m.softlearn", "narrow.csv", "-o", "p.csv")
    assert "has 1 column, but the model was trained on 3" in sentence
    headless.drop(columns="kind").to_csv("new.csv", header=False, index=False)
    sentence = fails(capsys, "evaluate", "m.softlearn", "new.csv")
    assert "has 2 columns, but the model was trained on 3" in sentence


def test_a_model_without_a_header_says_what_it_takes_a_header_for(headless, capsys):
    headless.to_csv("named.csv", index=False)
    sentence = fails(capsys, "predict", "m.softlearn", "named.csv", "-o", "p.csv")
    assert "has 'a' (row 1)" in sentence
    assert "the model takes the first line for a row" in sentence


@pytest.mark.usefixtures("here")
def test_the_command_line_warns_of_a_header_that_is_a_row(capsys):
    Path("t.csv").write_text("5.1,3.5,x\n" + ROWS)
    facts = run_json(capsys, "fit", "t.csv", "-t", "x", "-o", "m.softlearn")
    assert any("looks like a row" in sentence for sentence in facts["warnings"])
    assert "must be a position" in fit_fails(capsys, "t.csv", "--no-header", target="x")
    facts = run_json(capsys, "fit", "t.csv", "--no-header", "-t", "-1", "-o", "m.softlearn")
    assert facts["train_rows"] + facts["test_rows"] == 41
    assert not any("looks like a row" in sentence for sentence in facts["warnings"])


def test_a_source_to_predict_may_have_an_older_models_names(tmp_path):
    path = write(tmp_path / "t.csv", CSV)  # models written before say nothing of a header
    like = {"columns": {"width": "number"}, "layout": {}, "target": "kind"}
    assert len(read_source(path, "kind", need_target=False, like=like)) == 2
