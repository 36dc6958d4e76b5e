"""How CSV files and JSON lines differ, and are read all the same."""

import pytest
from table_files import CSV, fit, write

from softlearn.cli.sources import iter_source, read_source


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_of_a_csv_is_found(tmp_path, mark):
    path = write(tmp_path / "t.csv", CSV.replace(",", mark))
    assert fit(path).feature_names == ["width", "island", "spotted", "seen"]


def test_a_decimal_comma_is_read_beside_semicolons(tmp_path):
    data = fit(write(tmp_path / "t.csv", "x;text;kind\n1,5;a, b;p\n-2,25;c;q\n"))
    assert list(data.X["x"]) == [1.5, -2.25]
    assert list(data.X["text"]) == ["a, b", "c"]


def test_quotes_newlines_blanks_and_empty_lines_are_read(tmp_path):
    text = '\n x , "a, b" ,kind\n 1,"two\nlines", p\n\n+2,"say ""yes""",q\n'
    data = fit(write(tmp_path / "t.csv", text.replace(' "a, b" ', '"a, b"')))
    assert data.feature_names == ["x", "a, b"]
    assert list(data.X["x"]) == [1.0, 2.0]
    assert list(data.X["a, b"]) == ["two\nlines", 'say "yes"']
    assert list(data.y) == ["p", "q"]


@pytest.mark.parametrize(
    ("stored_as", "given"),
    [("utf-8-sig", None), ("utf-8", "utf-8"), ("latin-1", "latin-1"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_encodings_are_read_with_or_without_a_mark(tmp_path, stored_as, given, name):
    text = "größe,kind\n1,ä\n2,ö\n"
    if name.endswith("jsonl"):
        text = '{"größe": 1, "kind": "ä"}\n{"größe": 2, "kind": "ö"}\n'
    data = fit(write(tmp_path / name, text, stored_as), encoding=given)
    assert data.feature_names == ["größe"]
    assert list(data.y) == ["ä", "ö"]


def test_windows_line_ends_are_read(tmp_path):
    assert list(fit(write(tmp_path / "t.csv", CSV.replace("\n", "\r\n"))).y) == ["a", "b"]


def test_all_batches_of_a_csv_are_text_until_the_model_types_them(tmp_path):
    path = write(tmp_path / "t.csv", "zip\n01234\nAB12\n")
    batches = list(iter_source(path, None, 1, like={"columns": {"zip": "text"}}))
    assert [batch.X["zip"].item() for batch in batches] == ["01234", "AB12"]


def test_keys_that_some_json_lines_lack_are_missing_values(tmp_path):
    path = write(tmp_path / "t.jsonl", '{"a": 1, "b": "x"}\n{"a": 2}\n\n{"b": "y", "a": "z"}\n')
    data = read_source(path, None, need_target=False)
    assert data.types == {"a": "text", "b": "text"}
    assert list(data.X["a"]) == ["1", "2", "z"]
    assert data.X["b"].isna().tolist() == [False, True, False]
