"""Sources that are several files: patterns, folders of tables, folders with a part to test on."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from running import PENGUINS, letters, report, run, run_json, write_image, write_text
from table_files import fit, said, stored, write

from softlearn.cli.sources import iter_source

ROWS = pd.read_csv(PENGUINS)


pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def parts():
    """Write the penguins in three files."""
    Path("parts").mkdir()
    for k, rows in enumerate(np.array_split(np.arange(len(ROWS)), 3)):
        ROWS.iloc[rows].to_csv(f"parts/{k}.csv", index=False)


def objective(capsys, source, *words):
    words = ("-t", "species", "-o", "m.softlearn", "--keep", "year", *words)
    return run_json(capsys, "fit", source, *words)["objective"]


@pytest.mark.parametrize("source", ["parts", "parts/*.csv", "p*", "**/[0-9].csv"])
def test_a_model_of_several_files_is_that_of_one(capsys, parts, source):
    assert objective(capsys, source) == objective(capsys, PENGUINS)


def test_predictions_and_measures_of_several_files_are_those_of_one(capsys, parts):
    one = run_json(capsys, "fit", PENGUINS, "-t", "species", "-o", "m.softlearn")
    for source in ("parts", "parts/*.csv"):
        whole = run(capsys, "predict", "m.softlearn", PENGUINS, "-o", "-").out
        assert run(capsys, "predict", "m.softlearn", source, "-o", "-").out == whole
        facts = run_json(capsys, "evaluate", "m.softlearn", source)
        assert (facts["rows"], facts["source"]) == (344, source)
    assert one["source"] == PENGUINS


def test_names_of_folders_are_columns(capsys):
    ROWS.to_parquet("by", partition_cols=["island", "year"])
    data = fit(Path("by"), "species")
    assert data.types["island"] == "text"
    assert data.types["year"] == "number"
    assert set(data.X["year"]) == {2007, 2008, 2009}
    run(capsys, "fit", "by", "-t", "species", "-o", "m.softlearn", "-q")
    assert run_json(capsys, "evaluate", "m.softlearn", "by/island=*/*/*")["rows"] == 344
    assert run_json(capsys, "evaluate", "m.softlearn", PENGUINS)["rows"] == 344
    sentence = run(capsys, "evaluate", "m.softlearn", "by/island=Dream", status=1).err
    assert "lacks a column of the model: 'island'" in sentence


def test_the_name_of_a_folder_may_be_the_label_or_no_value(tmp_path):
    for name, x in (("kind=a%20b", 1.0), ("kind=__HIVE_DEFAULT_PARTITION__", 2.0), ("kind=7", 3.0)):
        folder = tmp_path / "t" / name
        folder.mkdir(parents=True)
        pa.parquet.write_table(
            pa.table({"x": [x], "y": ["p" if x < 3 else "q"]}), folder / "0.parquet"
        )
    data = fit(tmp_path / "t", "y")
    assert data.X["kind"].tolist()[0] == "7"
    assert data.X["kind"].isna().tolist() == [False, True, False]
    assert fit(tmp_path / "t" / "kind=[a7]*", "kind").y.tolist() == ["7", "a b"]


def test_what_programs_note_beside_tables_is_no_table(tmp_path):
    stored(tmp_path, ".csv")
    for name in ("_SUCCESS", ".part.csv.crc", "_metadata.csv", "README.md"):
        write(tmp_path / name, "width,name,kind\n")
    assert len(fit(tmp_path)) == 3


def test_columns_may_stand_in_another_order_and_files_may_be_without_rows(tmp_path):
    write(tmp_path / "a.csv", "x,name,kind\n1,p,a\n")
    write(tmp_path / "b.csv", "name,kind,x\nq,b,2.5\n")
    write(tmp_path / "c.csv", "x,name,kind\n")
    data = fit(tmp_path)
    assert data.X["x"].tolist() == [1.0, 2.5]
    assert data.y.tolist() == ["a", "b"]
    assert sum(map(len, iter_source(tmp_path, "kind", 10, need_target=True))) == 2


def test_all_files_decide_together_what_a_column_holds(tmp_path):
    write(tmp_path / "a.csv", "x;day;kind\n1,020;1/2/2024;a\n")
    assert "is 1020 if the comma" in said(fit, tmp_path)
    write(tmp_path / "b.csv", "x;day;kind\n1,5;31/2/2024;b\n".replace("31/2", "31/1"))
    data = fit(tmp_path)
    assert data.X["x"].tolist() == [1.02, 1.5]
    assert data.X["day"].dt.month.tolist() == [2, 1]


def test_numbers_and_texts_of_one_column_are_texts(tmp_path):
    for name, cells in (("a", pa.array([1, 2])), ("b", pa.array(["x", None]))):
        pa.parquet.write_table(
            pa.table({"v": cells, "kind": ["p", "q"]}), tmp_path / f"{name}.parquet"
        )
    assert fit(tmp_path).X["v"].tolist()[:3] == ["1", "2", "x"]
    pa.parquet.write_table(
        pa.table({"v": pa.array([1], pa.timestamp("s")), "kind": ["p"]}), tmp_path / "b.parquet"
    )
    assert "The column 'v' holds int64 and timestamp[ms] in the files" in said(fit, tmp_path)


def test_json_may_leave_out_what_is_missing(tmp_path):
    write(tmp_path / "a.jsonl", '{"x": 1, "kind": "a"}\n')
    write(tmp_path / "b.jsonl", '{"x": 2.5, "z": "q", "kind": "b"}\n')
    assert fit(tmp_path).X["z"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.csv": "x,kind\n1,a\n", "b.csv": "z,kind\n1,a\n"}, "b.csv lacks 'x', which "),
        ({"a.csv": "x,kind\n1,a\n", "b.csv": "x,z,kind\n1,2,a\n"}, "b.csv has 'z', which "),
        ({"a.csv": "x,kind\n", "b.csv": "x,kind\n"}, "none of its files has rows"),
        ({"a.csv": "x,kind\n1,a\n", "b.jsonl": '{"x": 1}\n'}, "are of different formats"),
        ({"train-0.csv": "x,kind\n1,a\n", "test-0.csv": "x,kind\n1,b\n"}, "rows to test on"),
        ({"k=1/a.csv": "x,kind\n1,a\n", "b.csv": "x,kind\n1,b\n"}, "name the columns none"),
    ],
)
def test_files_that_are_no_parts_of_one_table_are_named(tmp_path, files, sentence):
    (tmp_path / "t" / "k=1").mkdir(parents=True)
    for name, text in files.items():
        write(tmp_path / "t" / name, text)
    assert sentence in said(fit, tmp_path / "t")


def test_a_mistake_in_one_of_several_files_names_it(capsys, parts):
    run(capsys, "fit", "parts", "-t", "species", "-o", "m.softlearn", "-q")
    ROWS.assign(year="soon").to_csv("parts/1.csv", index=False)
    assert "parts/1.csv: The column 'year' held numbers" in " ".join(
        run(capsys, "predict", "m.softlearn", "parts", "-o", "p.csv", status=1).err.split()
    )


def test_matrices_of_several_files_are_read_together(capsys):
    X = np.arange(24.0).reshape(12, 2) % 7
    for k in range(3):
        rows = slice(4 * k, 4 * k + 4)
        np.savez(f"{k}.npz", X=X[rows], y=np.array(list("abab")))
    facts = run_json(capsys, "fit", "*.npz", "-o", "m.softlearn", "--no-test")
    assert (facts["train_rows"], facts["status"]) == (12, "CONVERGED")
    run(capsys, "predict", "m.softlearn", "*.npz", "-o", "p.csv")
    np.savez("3.npz", X=X[:, :1], y=np.arange(12))
    assert "The files have 1 to 2 columns" in said(fit, Path("*.npz"), None)


def test_a_pattern_without_files_and_one_without_quotes_are_told(capsys, parts):
    words = ("-t", "species", "-o", "m.softlearn")
    assert (
        "is a pattern that matches no file" in run(capsys, "fit", "no/*.csv", *words, status=1).err
    )
    err = run(capsys, "fit", "parts/0.csv", "parts/1.csv", *words, status=2).err
    assert "give a pattern in quotes" in " ".join(err.replace("│", "").split())


def test_an_output_is_none_of_the_files(capsys, parts):
    words = ("-t", "species", "-o", "parts/new.csv", "-q")
    said = "is one of the files parts/*, which are the input"
    assert said in " ".join(run(capsys, "fit", "parts/*", *words, status=1).err.split())


# -- folders that say what to train on and what to test on


@pytest.mark.parametrize("write", [write_text, write_image], ids=["texts", "images"])
@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "val")])
def test_a_folder_may_hold_the_rows_to_test_on(capsys, write, train, test):
    for part in (train, test):
        letters(f"data/{part}", write)
    facts = run_json(capsys, "fit", "data", "-o", "m.softlearn")
    assert facts["source"] == f"data/{train}"
    assert facts["test"] == f"data/{test}"
    assert (facts["train_rows"], facts["test_rows"]) == (24, 24)
    assert facts["warnings"][0] == f"Of data, {train} was trained on, and {test} tested on."
    assert [entry["class"] for entry in facts["classes"]] == ["x", "y"]
    err = run(capsys, "evaluate", "m.softlearn", "data", status=1).err
    assert f"data holds {train} and {test}, which are no classes" in err


def test_tables_may_be_called_train_and_test(capsys):
    folder = Path("data")
    folder.mkdir()
    ROWS[::2].to_csv(folder / "train.csv", index=False)
    ROWS[1::2].to_csv(folder / "test.csv", index=False)
    said = report(capsys, "fit", folder, "-t", "species", "-o", "m.softlearn")
    assert "Test on 172 rows of data/test.csv" in said
    facts = run_json(capsys, "fit", folder, "-t", "species", "-o", "m.softlearn", "--no-test")
    assert facts["warnings"][0] == "Of data, train.csv was trained on; test.csv is not used."


def test_a_test_part_without_classes_is_left_alone(capsys):
    letters("data/train", write_text)
    (Path("data") / "test").mkdir()
    write(Path("data") / "test" / "1.txt", "rain ball")
    facts = run_json(capsys, "fit", "data", "-o", "m.softlearn")
    assert facts["test"] is None
    assert facts["test_rows"] > 0
    assert "test has no sub-folders of classes" in facts["warnings"][0]


def test_train_is_a_class_beside_others(capsys):
    letters("data", write_text)
    for name in ("train", "test"):
        (Path("data") / name).mkdir()
        write(Path("data") / name / "1.txt", "rails")
    facts = run_json(capsys, "fit", "data", "-o", "m.softlearn", "--no-test")
    assert [entry["class"] for entry in facts["classes"]] == ["test", "train", "x", "y"]
