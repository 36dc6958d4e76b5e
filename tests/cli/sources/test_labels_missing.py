"""Rows without a label, and classes that are really called NA or None."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mistakes import fails
from mistakes import fit as fit_fails
from running import run, run_json
from table_files import fit, said, write

from softlearn.cli.sources import ReadOptions, RowOptions, iter_source

DROP = ReadOptions(rows=RowOptions(drop_unlabelled=True))
AS_WRITTEN = ReadOptions(rows=RowOptions(labels_as_written=True))
GAPS = "x,kind\n1,a\n2,\n3,NA\n4,b\n5,a\n"


def test_the_refusal_offers_both_ways_out(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", GAPS))
    assert "2 rows have no label in the target 'kind' (row 2" in sentence
    assert "leave them out with --drop-unlabelled" in sentence
    assert "really called NA, None or null, add --labels-as-written" in sentence


def test_rows_without_a_label_are_left_out_if_asked_for(tmp_path):
    data = fit(write(tmp_path / "t.csv", GAPS), options=DROP)
    assert list(data.X["x"]) == [1.0, 4.0, 5.0]
    assert list(data.y) == ["a", "b", "a"]
    assert data.notes == ("2 rows without a label were left out.",)


def test_labels_of_numbers_stay_numbers_where_some_are_left_out(tmp_path):
    data = fit(write(tmp_path / "t.csv", "x,kind\n1,0\n2,\n3,1\n"), options=DROP)
    assert data.y.dtype == np.int64
    assert data.notes == ("1 row without a label was left out.",)


def test_what_a_row_without_a_label_holds_does_not_matter(tmp_path):
    path = write(tmp_path / "t.csv", "x,when,kind\n1,2024-05-01,a\n2,2024-05-02,b\nTotal,of 2,\n")
    data = fit(path, options=DROP)
    assert data.types == {"x": "number", "when": "date"}
    assert len(data) == 2
    trailing = write(tmp_path / "t.csv", "x,kind\n1,a\n2,b\n,\n,\n")  # as spreadsheets end
    assert list(fit(trailing, options=DROP).X["x"]) == [1.0, 2.0]


def test_rows_keep_their_numbers_in_what_is_said_of_them(tmp_path):
    rows = "".join(f"{i},{'' if i == 2 else 'ab'[i % 2]}\n" for i in range(40))
    path = write(tmp_path / "t.csv", "x,kind\n" + rows + "unknown,b\n")
    assert "'unknown' (row 41)" in said(fit, path, options=DROP)


def test_no_row_with_a_label_is_too_few(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n1,\n2,NA\n")
    assert "has 2 rows, none of which has a label" in said(fit, path, options=DROP)


def test_every_format_leaves_rows_out(tmp_path):
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0], "kind": ["a", None, "b"]})
    table.to_parquet(tmp_path / "t.parquet")
    table.to_feather(tmp_path / "t.feather")
    table.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    for name in ("t.parquet", "t.feather", "t.jsonl"):
        data = fit(tmp_path / name, options=DROP)
        assert (list(data.X["x"]), list(data.y)) == ([1.0, 3.0], ["a", "b"])
    np.savez(tmp_path / "t.npz", X=np.array([[1.0], [np.nan], [3.0]]), y=[0.0, np.nan, 1.0])
    data = fit(tmp_path / "t.npz", None, options=DROP)
    assert (data.X.tolist(), data.y.tolist()) == ([[1.0], [3.0]], [0, 1])
    data = fit(write(tmp_path / "t.svm", "0 1:1\nnan 1:2\n1 1:3\n"), None, options=DROP)
    assert (data.X.toarray().tolist(), data.y.tolist()) == ([[1.0], [3.0]], [0, 1])
    assert data.notes == ("1 row without a label was left out.",)


def test_batches_leave_rows_out_and_say_so_once(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n1,\n2,\n3,a\n4,\n5,b\n6,\n7,\n")
    like = {"columns": {"x": "number"}, "layout": {}, "target": "kind"}
    options = {"need_target": True, "options": DROP, "like": like}
    batches = list(iter_source(path, "kind", 2, **options))
    assert [list(batch.y) for batch in batches] == [["a"], ["b"]]
    assert [list(batch.X["x"]) for batch in batches] == [["3"], ["5"]]
    assert [batch.notes for batch in batches] == [(), ("5 rows without a label were left out.",)]


# -- classes called NA


def test_a_class_that_is_called_na_is_a_class_if_said_so(tmp_path):
    words = ["NA", "None", "null", "nan", "n/a", "a"]
    rows = "".join(f"{'' if i == 3 else 'NA' if i == 4 else i},{words[i % 6]}\n" for i in range(12))
    data = fit(write(tmp_path / "t.csv", "x,kind\n" + rows), options=AS_WRITTEN)
    assert list(data.y) == words * 2
    assert np.isnan(data.X["x"][3:5]).all()  # elsewhere NA is missing as ever
    assert data.layout == {"labels_as_written": True}


def test_an_empty_label_is_missing_all_the_same(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n1,NA\n2,\n3,b\n")
    assert "1 row has no label in the target 'kind' (row 2" in said(fit, path, options=AS_WRITTEN)
    both = ReadOptions(rows=RowOptions(drop_unlabelled=True, labels_as_written=True))
    assert list(fit(path, options=both).y) == ["NA", "b"]


def test_a_class_called_nan_among_numbers_is_no_number(tmp_path):
    data = fit(write(tmp_path / "t.csv", "x,kind\n1,1\n2,nan\n3,2\n"), options=AS_WRITTEN)
    assert list(data.y) == ["1", "nan", "2"]
    data = fit(write(tmp_path / "t.csv", "x,kind\n1,1\n2,0\n3,1\n"), options=AS_WRITTEN)
    assert list(data.y) == [1, 0, 1]


@pytest.mark.usefixtures("here")
def test_the_model_keeps_how_labels_are_written(capsys):
    rows = "".join(f"{i % 2},{['NA', 'DE'][i % 2]}\n" for i in range(40))
    Path("t.csv").write_text("x,country\n" + rows)
    assert "20 rows have no label" in fit_fails(capsys, "t.csv", target="country")
    words = ["fit", "t.csv", "-t", "country", "-o", "m.softlearn", "--labels-as-written"]
    facts = run_json(capsys, *words)
    assert [entry["class"] for entry in facts["classes"]] == ["DE", "NA"]
    found = run_json(capsys, "evaluate", "m.softlearn", "t.csv")
    assert (found["rows"], found["accuracy"]) == (40, 1.0)
    run(capsys, "predict", "m.softlearn", "t.csv", "-o", "p.csv")
    labels = pd.read_csv("p.csv", keep_default_na=False)["label"]
    assert list(labels[:2]) == ["NA", "DE"]


@pytest.mark.usefixtures("here")
def test_every_command_that_needs_labels_can_leave_rows_out(capsys):
    rows = "".join(f"{i % 2},{['a', 'b', ''][i % 2 if i % 7 else 2]}\n" for i in range(42))
    Path("t.csv").write_text("x,kind\n" + rows)
    note = "6 rows without a label were left out."
    words = ["fit", "t.csv", "-t", "kind", "-o", "m.softlearn", "--drop-unlabelled"]
    facts = run_json(capsys, *words, "--report", "fit.html")
    assert facts["train_rows"] + facts["test_rows"] == 36
    assert note in facts["warnings"]
    assert note in Path("fit.html").read_text()
    assert "6 rows have no label" in fails(capsys, "evaluate", "m.softlearn", "t.csv")
    found = run_json(capsys, "evaluate", "m.softlearn", "t.csv", "--drop-unlabelled")
    assert (found["rows"], found["warnings"]) == (36, [note])
    run(capsys, "report", "m.softlearn", "t.csv", "-o", "r.html", "--drop-unlabelled")
    assert note in Path("r.html").read_text()
    assert "--drop-unlabelled" in Path("r.html").read_text()
    run(capsys, "predict", "m.softlearn", "t.csv", "-o", "p.csv")
    assert len(pd.read_csv("p.csv")) == 42


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_labels_that_numpy_makes_equal_are_refused(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    frame = pd.DataFrame({"x": np.arange(4.0), "kind": ["a", "a\0", "b", "a\0b"]})
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    sentence = said(fit, path)
    assert (
        "the label 'a\\x00' in the target 'kind' (row 2 of the data) ends with a zero" in sentence
    )
