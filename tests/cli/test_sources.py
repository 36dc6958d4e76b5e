"""What SOURCE may be, and the sentence for each mistake."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from softlearn.cli.sources import SourceError, iter_source, read_source

CSV = "width,island,spotted,seen,kind\n1.5,Biscoe,true,2024-05-01,a\n,Dream,false,2024-06-02,b\n"


def said(call, *args, **kwargs):
    """Return the one sentence of the SourceError that a call raises."""
    with pytest.raises(SourceError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def write(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding, newline="")
    return path


def fit(path, target="kind", **kwargs):
    return read_source(path, target, need_target=True, **kwargs)


def frame():
    return pd.DataFrame({"width": [1.5, 2.5, np.nan], "name": ["x", None, "z"], "kind": [3, 1, 3]})


def stored(folder, suffix):
    """Write `frame()` in the format of a suffix."""
    path, data = folder / f"data{suffix}", frame()
    if suffix.startswith(".csv"):
        data.to_csv(path, index=False)
    elif suffix.startswith((".tsv", ".tab")):
        data.to_csv(path, index=False, sep="\t")
    elif suffix.startswith((".jsonl", ".ndjson")):
        data.to_json(path, orient="records", lines=True)
    elif suffix == ".parquet":
        data.to_parquet(path)
    else:
        data.to_feather(path)
    return path


FORMATS = [".csv", ".csv.gz", ".tsv", ".tab", ".jsonl", ".jsonl.gz", ".ndjson", ".parquet"]
FORMATS += [".feather", ".arrow"]


# -- what a table gives


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_of_a_table_gives_the_same_dataset(tmp_path, suffix):
    data = fit(stored(tmp_path, suffix))
    assert data.kind == "table"
    assert data.types == {"width": "number", "name": "text"}
    assert data.feature_names == ["width", "name"]
    np.testing.assert_array_equal(data.X["width"], [1.5, 2.5, np.nan])
    assert list(data.X["name"].isna()) == [False, True, False]
    assert data.y.dtype == np.int64
    assert list(data.y) == [3, 1, 3]
    assert (len(data), data.target) == (3, "kind")


@pytest.mark.parametrize("suffix", FORMATS)
def test_batches_put_together_are_the_whole(tmp_path, suffix):
    path = stored(tmp_path, suffix)
    batches = list(iter_source(path, "kind", 2, need_target=True))
    assert [len(batch) for batch in batches] == [2, 1]
    np.testing.assert_array_equal(np.concatenate([batch.y for batch in batches]), [3, 1, 3])
    widths = np.concatenate([batch.X["width"] for batch in batches])
    np.testing.assert_array_equal(widths, [1.5, 2.5, np.nan])


def test_cells_of_a_csv_are_numbers_booleans_or_text(tmp_path):
    data = fit(write(tmp_path / "t.csv", CSV))
    assert data.types == {"width": "number", "island": "text", "spotted": "bool", "seen": "text"}
    assert list(data.X["spotted"]) == [1.0, 0.0]
    assert list(data.y) == ["a", "b"]
    assert data.y.dtype.kind == "U"


def test_without_need_of_the_target_it_is_left_out_of_the_columns(tmp_path):
    path = write(tmp_path / "t.csv", CSV)
    data = read_source(path, "kind", need_target=False)
    assert data.y is None
    assert "kind" not in data.X
    without = write(tmp_path / "u.csv", "width\n1\n2\n")
    assert len(read_source(without, "kind", need_target=False)) == 2


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["1", "0", "1"], np.array([1, 0, 1])),
        (["1.0", "2.0", "1"], np.array([1, 2, 1])),
        (["True", "false", "TRUE"], np.array([True, False, True])),
        (["007", "008", "007"], np.array(["007", "008", "007"])),
        (["no", "yes", "1"], np.array(["no", "yes", "1"])),
    ],
)
def test_labels_of_a_csv_keep_their_type(tmp_path, cells, labels):
    rows = "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    y = fit(write(tmp_path / "t.csv", "x,kind\n" + rows)).y
    assert y.dtype.kind == labels.dtype.kind
    np.testing.assert_array_equal(y, labels)


def test_text_labels_of_typed_files_stay_text(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": [1, 2], "kind": pd.Categorical(["1", "2"])}).to_parquet(path)
    assert list(fit(path).y) == ["1", "2"]
    rows = [{"x": 1, "kind": "1"}, {"x": 2, "kind": "2"}]
    lines = write(tmp_path / "t.jsonl", "\n".join(map(json.dumps, rows)))
    assert list(fit(lines).y) == ["1", "2"]


def test_arrow_types_become_four(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table(
        {
            "decimal": pa.array([Decimal("1.25"), None]),
            "flag": pa.array([True, None]),
            "lasted": pa.array([1_500, 2_000], pa.duration("ms")),
            "day": pa.array([0, 1], pa.date32()),
            "moment": pa.array([0, None], pa.timestamp("ns", "Europe/Paris")),
            "code": pa.array(["p", "q"]).dictionary_encode(),
            "nothing": pa.nulls(2),
            "kind": ["a", "b"],
        }
    )
    pq.write_table(table, path)
    data = fit(path)
    assert data.types == {
        "decimal": "number", "flag": "bool", "lasted": "number", "day": "date", "moment": "date",
        "code": "text", "nothing": "number",
    }  # fmt: skip
    assert list(data.X["lasted"]) == [1.5, 2.0]
    assert data.X["decimal"][0] == 1.25
    assert str(data.X["day"][1]) == "1970-01-02 00:00:00"
    assert data.X["flag"].isna().tolist() == [False, True]


def test_the_index_that_pandas_stored_is_no_column(tmp_path):
    path = tmp_path / "t.parquet"
    frame().set_index(pd.Index(["p", "q", "r"])).to_parquet(path)
    assert fit(path).feature_names == ["width", "name"]


def test_an_arrow_stream_is_read_too(tmp_path):
    path = tmp_path / "t.arrow"
    table = pa.table({"x": [1, 2], "kind": ["a", "b"]})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    assert list(fit(path).y) == ["a", "b"]


# -- how CSV files differ


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


# -- mistakes in tables


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert said(fit, tmp_path / "gone.csv") == f"{tmp_path / 'gone.csv'} does not exist."


def test_an_unknown_suffix_lists_what_is_supported(tmp_path):
    sentence = said(fit, write(tmp_path / "t.xlsx", "x"))
    assert "the suffix '.xlsx', which names no format" in sentence
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
    assert "--encoding latin-1" in sentence


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
