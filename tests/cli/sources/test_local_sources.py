"""Sources that are fetched, unpacked or converted before they are read."""

import bz2
import datetime
import functools
import http.server
import io
import json
import lzma
import sqlite3
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from running import PENGUINS, fit_penguins, run, run_json
from table_files import CSV, fit, frame, said, stored, write

from softlearn.cli.sources import ReadOptions, iter_source


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return path


def database(path, data=None, name="rows"):
    with sqlite3.connect(path) as connection:
        (frame() if data is None else data).to_sql(name, connection, index=False)
    connection.close()
    return path


def arff(path):
    text = (
        "@relation rows\n@attribute width numeric\n@attribute name {x, z, 'w w'}\n"
        "@attribute kind integer\n@data\n1.5, x, 3\n2.5, ?, 1\n?, z, 3\n"
    )
    return write(path, text)


def packed(path):
    raw = stored(path.parent, ".csv").read_bytes()
    if path.suffix == ".bz2":
        path.write_bytes(bz2.compress(raw))
    elif path.suffix == ".xz":
        path.write_bytes(lzma.compress(raw))
    else:
        with pa.output_stream(str(path), compression="zstd") as out:
            out.write(raw)
    return path


def spreadsheet(path):
    frame().to_excel(path, index=False, engine="odf" if path.suffix == ".ods" else "openpyxl")
    return path


def as_json(path):
    frame().to_json(path, orient="records", indent=2)
    return path


MAKE = {
    "xlsx": spreadsheet,
    "ods": spreadsheet,
    "sqlite": database,
    "db": database,
    "arff": arff,
    "json": as_json,
    "csv.bz2": packed,
    "csv.xz": packed,
    "csv.zst": packed,
    "csv.zip": lambda path: zipped(path, rows=stored(path.parent, ".csv").read_text()),
}


@pytest.mark.parametrize("suffix", MAKE)
def test_every_format_gives_the_same_dataset(tmp_path, suffix):
    data = fit(MAKE[suffix](tmp_path / f"rows.{suffix}"))
    assert data.types == {"width": "number", "name": "text"}
    np.testing.assert_array_equal(data.X["width"], [1.5, 2.5, np.nan])
    assert list(data.X["name"].isna()) == [False, True, False]
    assert data.y.dtype == np.int64
    assert list(data.y) == [3, 1, 3]


@pytest.mark.parametrize("suffix", MAKE)
def test_batches_put_together_are_the_whole(tmp_path, suffix):
    path = MAKE[suffix](tmp_path / f"rows.{suffix}")
    batches = list(iter_source(path, "kind", 2, need_target=True))
    assert [len(batch) for batch in batches] == [2, 1]
    assert list(np.concatenate([batch.y for batch in batches])) == [3, 1, 3]


@pytest.mark.parametrize("suffix", MAKE)
def test_a_damaged_file_is_called_by_its_own_name(tmp_path, suffix):
    path = MAKE[suffix](tmp_path / f"rows.{suffix}")
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2] if suffix != "arff" else b"@relation x\n@attribute\n")
    assert said(fit, path).startswith(str(path))


# -- formats


def test_json_lines_may_be_called_json(tmp_path):
    path = write(tmp_path / "t.json", '{"x": 1, "kind": "a"}\n{"x": 2, "kind": "b"}\n')
    assert list(fit(path).y) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"x": [1, 2], "kind": ["a", "b"]}', "has nested values"),
        ('{\n"x": 1}', "is one JSON object"),
        ("[1, 2]", "element 1 is no object"),
        ("[{]", "is not JSON: "),
    ],
)
def test_other_json_is_refused_with_the_shape_to_write(tmp_path, text, sentence):
    assert sentence in said(fit, write(tmp_path / "t.json", text))


def book(path, sheets):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


DAY = datetime.datetime(2024, 5, 1)
ROWS = [["n", "seen", "ok", "code", "kind"], [1, DAY, True, "x1", "a"], [2.5, DAY, False, 7, "b"]]


def test_cells_of_a_workbook_keep_their_types_and_mixed_columns_become_text(tmp_path):
    data = fit(book(tmp_path / "t.xlsx", {"Sheet": ROWS, "Empty": []}))
    assert data.types == {"n": "number", "seen": "date", "ok": "bool", "code": "text"}
    assert list(data.X["n"]) == [1.0, 2.5]
    assert list(data.X["code"]) == ["x1", "7"]
    assert list(data.X["seen"]) == [pd.Timestamp(DAY)] * 2


def test_a_workbook_of_several_sheets_needs_the_name_of_one(tmp_path):
    path = book(tmp_path / "t.xlsx", {"first": ROWS, "second": [["x", "kind"], [1, "p"], [2, "q"]]})
    sentence = said(fit, path)
    assert "has 2 sheets: name one with --table" in sentence
    assert "'first', 'second'" in sentence
    assert list(fit(path, options=ReadOptions(table="second")).y) == ["p", "q"]
    assert "has no sheet 'third'" in said(fit, path, options=ReadOptions(table="third"))


@pytest.mark.parametrize("below", [ROWS, [["Source: the ministry"]], [["n", "p"], [1, 2]]])
def test_what_stands_below_an_empty_row_of_a_sheet_is_no_row_of_the_table(tmp_path, below):
    path = book(tmp_path / "t.xlsx", {"Sheet": [*ROWS, [], *below]})
    assert "has something else below an empty row, in row 5 (" in said(fit, path)


def test_an_empty_row_between_rows_of_a_table_is_passed_over(tmp_path):
    path = book(tmp_path / "t.xlsx", {"Sheet": [[], *ROWS[:2], [], [], *ROWS[2:]]})
    assert list(fit(path).y) == ["a", "b"]


def test_a_title_above_the_table_of_a_workbook_is_pointed_out(tmp_path):
    path = book(tmp_path / "t.xlsx", {"Sheet": [["My measurements"], *ROWS]})
    assert "column B but no name" in said(fit, path)


def test_numbers_and_text_in_a_database_column_are_text_and_wholes_stay_whole(tmp_path):
    data = pd.DataFrame({"n": [1, 2], "r": [1.5, None], "kind": ["a", "b"]})
    path = database(tmp_path / "t.db", data)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE rows ADD COLUMN mixed")
        connection.execute("UPDATE rows SET mixed = CASE WHEN n = 1 THEN 'b1' ELSE 7 END")
    connection.close()
    found = fit(path)
    assert found.types == {"n": "number", "r": "number", "mixed": "text"}
    assert list(found.X["mixed"]) == ["b1", "7"]


def test_a_database_is_not_changed_and_names_of_tables_may_hold_quotes(tmp_path):
    path = database(tmp_path / "t.db", name='odd "name')
    before = path.read_bytes()
    database(path, name="other")
    assert "has 2 tables: name one with --table" in said(fit, path)
    assert len(fit(path, options=ReadOptions(table='odd "name'))) == 3
    path.write_bytes(before)
    fit(path)
    assert path.read_bytes() == before


def test_bytes_in_a_database_are_refused_by_column(tmp_path):
    path = database(tmp_path / "t.db", pd.DataFrame({"x": [b"1"], "kind": ["a"]}))
    assert "the column 'x' has bytes (BLOB)" in said(fit, path)


def test_sparse_arff_is_filled_with_zeros_and_first_values(tmp_path):
    head = "@relation t\n@attribute x numeric\n@attribute kind {a, b}\n@data\n"
    data = fit(write(tmp_path / "t.arff", head + "{0 2.5, 1 b}\n{}\n{0 1}\n"))
    assert list(data.X["x"]) == [2.5, 0.0, 1.0]
    assert list(data.y) == ["b", "a", "a"]


def test_a_zip_archive_of_several_files_needs_the_name_of_one(tmp_path):
    path = zipped(tmp_path / "t.zip", a=CSV, b=CSV)
    assert "has 2 files: name one with --table; they are 'a.csv', 'b.csv'" in said(fit, path)
    assert len(fit(path, options=ReadOptions(table="b.csv"))) == 2


def test_what_mac_os_adds_to_archives_is_no_file_of_theirs(tmp_path):
    path = zipped(tmp_path / "t.zip", rows=CSV)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/._rows.csv", "x")
    assert len(fit(path)) == 2


def test_the_format_of_a_file_can_be_said(tmp_path):
    path = write(tmp_path / "t.data", CSV)
    assert "add --format csv" in said(fit, path)
    assert len(fit(path, options=ReadOptions(format="csv"))) == 2
    damaged = write(tmp_path / "u.data", "width,kind\n1\n")
    as_csv = ReadOptions(format="csv")
    assert said(fit, damaged, options=as_csv).startswith(f"{damaged} is ragged: line 2")
    assert "is a folder; --format" in said(fit, tmp_path, None, options=as_csv)


def test_naming_a_table_of_a_file_that_has_one_is_refused(tmp_path):
    path = write(tmp_path / "t.csv", CSV)
    assert "holds one table" in said(fit, path, options=ReadOptions(table="x"))


# -- from elsewhere


def test_standard_input_is_read_as_csv_or_what_format_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["fit", "-", "--target", "kind", "--no-test", "-o", "m.softlearn", "-q"]
    give(monkeypatch, stored(tmp_path, ".csv").read_bytes())
    run(capsys, *words)
    give(monkeypatch, stored(tmp_path, ".jsonl").read_bytes())
    assert "add --format jsonl" in run(capsys, *words, status=1).err
    give(monkeypatch, stored(tmp_path, ".jsonl").read_bytes())
    run(capsys, *words, "--format", "jsonl")


def give(monkeypatch, raw):
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_predictions_of_standard_input_are_those_of_the_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit_penguins(capsys)
    from_file = run(capsys, "predict", "penguins.softlearn", PENGUINS, "-o", "-").out
    give(monkeypatch, Path(PENGUINS).read_bytes())
    assert run(capsys, "predict", "penguins.softlearn", "-", "-o", "-").out == from_file
    give(monkeypatch, b"")
    assert (
        "Standard input is empty"
        in run(capsys, "predict", "penguins.softlearn", "-", "-o", "-", status=1).err
    )


@pytest.fixture
def served(tmp_path):
    """Serve tmp_path; return the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_address_is_read_and_named_as_it_was_given(capsys, tmp_path, served, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored(tmp_path, ".csv")
    zipped(tmp_path / "t.zip", rows=Path(PENGUINS).read_text(encoding="utf-8"))
    address = f"{served}/t.zip"
    facts = run_json(capsys, "fit", address, "-t", "species", "-o", "m.softlearn")
    assert facts["source"] == address
    assert address in run(capsys, "show", "m.softlearn").out
    missing = f"{served}/none.csv?key"
    out = run(capsys, "fit", f"{missing}=1", "-t", "x", "-o", "n.softlearn", status=1)
    assert out.err.startswith(f"softlearn: {missing}=... cannot be fetched: 404")


def test_a_file_may_be_called_a_dash(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored(tmp_path, ".csv").rename("-")
    monkeypatch.setattr(sys, "stdin", None)
    words = ("--format", "csv", "-t", "kind", "--no-test", "-o", "m.softlearn", "-q")
    run(capsys, "fit", "./-", *words)


def test_an_address_of_a_file_is_the_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = stored(tmp_path, ".csv").as_uri()
    run(capsys, "fit", address, "-t", "kind", "--no-test", "-o", "m.softlearn", "-q")


def test_a_server_that_is_not_there_is_a_sentence(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = run(capsys, "fit", "http://127.0.0.1:9/x.csv", "-t", "x", "-o", "m.softlearn", status=1)
    assert "http://127.0.0.1:9/x.csv cannot be fetched: " in out.err


def test_other_addresses_need_an_extra(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    out = run(capsys, "fit", "s3://b/x.csv", "-t", "x", "-o", "m.softlearn", status=1)
    assert "run: pip install 'softlearn[remote]'" in " ".join(out.err.split())


def test_fsspec_fetches_from_where_it_can(capsys, tmp_path, monkeypatch):
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.chdir(tmp_path)
    with fsspec.open("memory://rows.json", "wb") as out:
        out.write(json.dumps([{"x": k, "kind": "ab"[k % 2]} for k in range(10)]).encode())
    facts = run_json(capsys, "fit", "memory://rows.json", "-t", "kind", "-o", "m.softlearn")
    assert facts["source"] == "memory://rows.json"
