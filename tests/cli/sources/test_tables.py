"""What a table gives, in every format."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_files import CSV, FORMATS, fit, frame, stored, write

from softlearn.cli.sources import iter_source, read_source


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


def test_cells_of_a_csv_are_numbers_booleans_dates_or_text(tmp_path):
    data = fit(write(tmp_path / "t.csv", CSV))
    assert data.types == {"width": "number", "island": "text", "spotted": "bool", "seen": "date"}
    assert list(data.X["spotted"]) == [1.0, 0.0]
    assert list(data.X["seen"].dt.month) == [5, 6]
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
