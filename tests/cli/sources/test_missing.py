"""What counts as missing: one list, what the user adds, and numbers that stand for it."""

import numpy as np
import pandas as pd
import pytest
from table_files import fit, said, write

from softlearn.cli.inspect.sentinels import sentinel_warnings
from softlearn.cli.sources import Dataset, ReadOptions, iter_source
from softlearn.cli.sources.missing import MISSING
from softlearn.cli.sources.schema import check_columns, describe


@pytest.mark.parametrize("word", MISSING)
@pytest.mark.parametrize("cells", [["1.5", "2"], ["red", "green"], ["2024-05-01", "2024-05-31"]])
def test_every_word_of_the_list_is_missing_in_columns_of_every_sort(tmp_path, word, cells):
    path = write(tmp_path / "t.csv", f"x,kind\n{cells[0]},a\n{word},b\n{cells[1]},b\n")
    assert fit(path).X["x"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".jsonl"])
def test_the_list_holds_for_texts_of_typed_files_too(tmp_path, suffix):
    frame = pd.DataFrame({"x": ["red", "?", "NA", None], "kind": ["a", "b", "a", "b"]})
    path = tmp_path / f"t{suffix}"
    if suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        (frame.to_parquet if suffix == ".parquet" else frame.to_feather)(path)
    assert fit(path).X["x"].isna().tolist() == [False, True, True, True]


def test_a_question_mark_is_no_class(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n1,a\n2,?\n3,b\n")
    assert "1 row has no label in the target 'kind' (row 2" in said(fit, path)


def test_words_like_none_and_dashes_are_values_unless_declared(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\nnone,a\n-,b\nred,b\n")
    assert not fit(path).X["x"].isna().any()
    data = fit(path, options=ReadOptions(missing=("-", "none")))
    assert data.X["x"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize("cells", [["-999", "-999.0", "5"], ["-999.00", "-9.99e2", "1.25"]])
def test_a_number_that_is_declared_missing_is_so_however_it_is_written(tmp_path, cells):
    rows = "".join(f"{cell},{label}\n" for cell, label in zip(cells, "abb", strict=True))
    data = fit(write(tmp_path / "t.csv", "x,kind\n" + rows), options=ReadOptions(missing=("-999",)))
    assert data.X["x"].isna().tolist() == [True, True, False]


def test_a_number_that_is_declared_missing_is_so_in_typed_files(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": [-999, 5], "z": [1.5, -999.0], "kind": ["a", "b"]}).to_parquet(path)
    data = fit(path, options=ReadOptions(missing=("-999",)))
    assert data.X.isna().to_numpy().tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_model_remembers_what_was_missing(tmp_path, suffix):
    path = write(tmp_path / "t.csv", "x,c,kind\n-999,red,a\n5,-,b\n7.5,red,b\n")
    model = describe(fit(path, options=ReadOptions(missing=("-999", "-"))))
    frame = pd.DataFrame({"x": [-999.0, 3.0], "c": ["-", "red"]})
    new = tmp_path / f"new{suffix}"
    (frame.to_parquet if suffix == ".parquet" else frame.to_csv)(new, index=False)
    (batch,) = iter_source(new, None, 10, like=model)
    assert check_columns(model, batch).X.isna().to_numpy().tolist() == [
        [True, True],
        [False, False],
    ]


# -- numbers that stand far outside


def found(values):
    X = pd.DataFrame({"x": np.array(values, dtype=float)})
    return sentinel_warnings(Dataset("table", X, types={"x": "number"}))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([500, 640, -999, 2000, -999], "has -999 in 2 rows (row 3 first)"),
        ([1, 2, 3, 4, 5, 99], "has 99 in 1 row (row 6), far outside of its other values (1 to 5)"),
        ([0.1, 0.2, 0.3, 9999, np.nan], "has 9999 in 1 row (row 4)"),
        ([1, 2, 3, 1e30], "has 1e+30 in 1 row"),
        ([1, 2, 3, -32768], "--missing -32768"),
    ],
)
def test_a_number_that_stands_far_outside_is_pointed_out(values, words):
    (sentence,) = found(values)
    assert words in sentence
    assert "if it stands for a missing value, say --missing" in sentence


@pytest.mark.parametrize(
    "values",
    [
        [60, 99, 30, 70, 55],
        [-120, -99, -50, 3, 7],
        [90, 95, 99, 100, 104],
        [999, 1000, 1001, 1005],
        [-999, -999, -999],
        [np.nan, np.nan],
        [1, 2, 3, 500],
        [],
    ],
)
def test_ordinary_numbers_are_not_pointed_out(values):
    assert found(values) == []
