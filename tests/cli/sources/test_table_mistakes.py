"""The sentence for each mistake in a table."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from table_files import CSV, FORMATS, fit, said, stored, write

from softlearn.cli.sources import SourceError, iter_source


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert said(fit, tmp_path / "gone.csv") == f"{tmp_path / 'gone.csv'} does not exist."


def test_an_unknown_suffix_lists_what_is_supported(tmp_path):
    sentence = said(fit, write(tmp_path / "t.dat", "x"))
    assert "the suffix '.dat', which names no format" in sentence
    assert "Parquet" in sentence
    assert "no suffix" in said(fit, write(tmp_path / "plain", "x"))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_called_empty(tmp_path, text):
    assert said(fit, write(tmp_path / "t.csv", text)).endswith("t.csv is empty.")


def test_a_file_of_a_header_only_has_no_rows(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n")
    assert said(fit, path).endswith("has no rows, only a header of 2 columns.")
    assert "no rows" in said(fit, write(tmp_path / "t.jsonl", "\n"))
    empty = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": pa.array([], pa.int64())}), empty)
    assert "no rows" in said(lambda: list(iter_source(empty, None, 5)))
    pa.feather.write_feather(pa.table({"x": pa.array([], pa.int64())}), tmp_path / "t.arrow")
    assert "no rows" in said(fit, tmp_path / "t.arrow")


@pytest.mark.parametrize(("row", "cells"), [("3,q,extra", "3 cells"), ("3", "1 cell")])
def test_a_ragged_csv_names_the_line(tmp_path, row, cells):
    path = write(tmp_path / "t.csv", f'x,kind\n"1\n",p\n2,q\n{row}\n')
    assert f"is ragged: line 5 has {cells} where the header has 2" in said(fit, path)


def test_a_quote_left_open_is_reported(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", 'x,kind\n1,p\n"2,q\n'))
    assert "ragged: line 3" in sentence or "broken near line 3" in sentence


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_bytes_of_another_encoding_name_the_line_and_the_option(tmp_path, name):
    text = "größe,kind\n1,a\n" if name == "t.csv" else '\n{"größe": 1}\n'
    sentence = said(fit, write(tmp_path / name, text, "latin-1"))
    line = 1 if name == "t.csv" else 2
    assert f"is not UTF-8: byte 0xf6 in line {line}" in sentence
    assert "--encoding latin-1 it reads" in sentence
    assert "größe" in sentence


def test_bytes_of_another_encoding_far_down_name_the_line(tmp_path):
    text = "x,kind\n" + "1,a\n" * 400 + "2,ä\n"
    assert "byte 0xe4 in line 402" in said(fit, write(tmp_path / "t.csv", text, "cp1252"))


def test_utf_16_is_recognised_and_offered(tmp_path):
    assert "--encoding utf-16" in said(fit, write(tmp_path / "t.csv", CSV, "utf-16"))


def test_an_encoding_that_does_not_exist_is_named(tmp_path):
    assert "--encoding klingon" in said(fit, write(tmp_path / "t.csv", CSV), encoding="klingon")


def test_columns_of_one_name_are_named(tmp_path):
    path = write(tmp_path / "t.csv", "x,x,kind\n1,2,a\n")
    assert "more than one column named 'x'" in said(fit, path)


def test_an_unknown_target_names_close_columns_and_all(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", CSV), "Knd")
    assert "no column 'Knd' (did you mean 'kind'?)" in sentence
    assert "'width', 'island', 'spotted', 'seen', 'kind'" in sentence


def test_a_table_without_a_target_asks_for_one(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", CSV), None)
    assert "--target" in sentence
    assert "'island'" in sentence


def test_a_target_alone_is_not_enough(tmp_path):
    path = write(tmp_path / "t.csv", "kind\na\nb\n")
    assert "no columns beside the target 'kind'" in said(fit, path)


def test_missing_labels_are_counted(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n1,a\n2,\n3,NA\n4,b\n")
    sentence = said(fit, path)
    assert "2 rows have no label in the target 'kind' (row 2 of the data first" in sentence
    batches = iter_source(
        write(tmp_path / "u.csv", "x,kind\n1,a\n2,\n"), "kind", 1, need_target=True
    )
    assert "1 row has no label in the target 'kind' (row 2" in said(list, batches)
    parquet = tmp_path / "t.parquet"
    pd.DataFrame({"x": [1, 2], "kind": [1.0, np.nan]}).to_parquet(parquet)
    assert "1 row has no label" in said(fit, parquet)


@pytest.mark.parametrize("y", [[0.5, 1.25, 2.0], list(range(30)), [0.5, np.inf, 1.5]])
def test_a_continuous_target_is_a_number_to_regress(tmp_path, y):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": np.arange(len(y)), "kind": y}).to_parquet(path)
    assert "'kind' is a number to regress, not a class" in said(fit, path)
    assert len(fit(path, train=False)) == len(y)


def test_an_identifier_is_no_target(tmp_path):
    rows = "".join(f"{i},name {i}\n" for i in range(30))
    sentence = said(fit, write(tmp_path / "t.csv", "x,kind\n" + rows))
    assert "identifier or free text, not a class (30 distinct values in 30 rows" in sentence


def test_many_classes_with_several_rows_each_are_classes(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": np.arange(400.0), "kind": np.arange(400) % 100}).to_parquet(path)
    assert len(np.unique(fit(path).y)) == 100


def test_one_class_only_is_not_enough_to_train_but_to_evaluate(tmp_path):
    path = write(tmp_path / "t.csv", "x,kind\n1,a\n2,a\n")
    assert "one class only (a, in all 2 rows)" in said(fit, path)
    assert len(fit(path, train=False)) == 2


def test_infinite_values_are_named_by_column(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv", "x,y,kind\n1,inf,a\n2,-inf,b\n"))
    assert "infinite values in 'y' (2)" in sentence


def test_nested_columns_are_named(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"boxes": [[1], [2]], "raw": [b"1", b"2"], "kind": [0, 1]}).to_parquet(path)
    sentence = said(fit, path)
    assert "'boxes' (list<" in sentence
    assert "'raw' (binary)" in sentence
    lines = write(tmp_path / "t.jsonl", '{"a": {"b": 1}, "kind": [1]}\n')
    assert "nested values (lists or objects) under 'a', 'kind'" in said(fit, lines)
    only_target = tmp_path / "u.parquet"
    pd.DataFrame({"x": [1, 2], "kind": [[1], [2]]}).to_parquet(only_target)
    assert "cannot be labels" in said(fit, only_target)


@pytest.mark.parametrize("line", ["{", "[1, 2]", '"text"', "[" * 100_000])
def test_a_line_that_is_no_json_object_is_named(tmp_path, line):
    assert "line 2 is not" in said(fit, write(tmp_path / "t.jsonl", '{"kind": 1}\n' + line))


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.csv.gz", "t.jsonl.gz"])
@pytest.mark.parametrize("content", [b"", b"not what it says", b"\x1f\x8b\x08\x00broken"])
def test_a_damaged_file_is_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert said(fit, path).startswith(str(path))


@pytest.mark.parametrize("suffix", [".csv.gz", ".jsonl.gz", ".parquet", ".feather"])
def test_a_file_cut_off_is_called_damaged(tmp_path, suffix):
    path = stored(tmp_path, suffix)
    path.write_bytes(path.read_bytes()[:-12])
    assert "is damaged or is not what its name says" in said(fit, path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_damaged_bytes_give_rows_or_a_sentence(tmp_path, suffix):
    rng, path = np.random.default_rng(0), stored(tmp_path, suffix)
    whole, outcomes = path.read_bytes(), set()
    for _ in range(60):
        raw = bytearray(whole)
        for place in rng.integers(0, len(raw), 3):
            raw[place] = rng.integers(256)
        path.write_bytes(raw)
        try:
            assert len(fit(path, train=False)) >= 1
        except SourceError as error:
            outcomes.add((str(error).startswith(str(path)), "\n" in str(error)))
    assert outcomes == {(True, False)}
