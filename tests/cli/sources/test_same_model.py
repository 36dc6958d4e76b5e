"""The same rows give the same model, whatever format they are in."""

import bz2
import gzip
import lzma
import shutil
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from running import PENGUINS, run
from sklearn.datasets import dump_svmlight_file, load_wine

import softlearn

FILES = Path(__file__).parents[2] / "files"
ROWS = pd.read_csv(PENGUINS)[::6]  # 58 rows: numbers, wholes, texts, missing values

pytestmark = pytest.mark.usefixtures("here")


def packed(path):
    """Write the table as CSV, packed as the suffix says."""
    raw = ROWS.to_csv(index=False).encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("rows.csv", raw)
    elif path.suffix == ".zst":
        with pa.output_stream(str(path), compression="zstd") as out:
            out.write(raw)
    else:
        pack = {".gz": gzip, ".bz2": bz2, ".xz": lzma}[path.suffix].compress
        path.write_bytes(pack(raw))


def database(path):
    with sqlite3.connect(path) as connection:
        ROWS.to_sql("rows", connection, index=False)
    connection.close()


def arff(path):
    kinds = ("numeric" if kind.kind in "if" else "string" for kind in ROWS.dtypes)
    head = [f"@attribute {name} {kind}" for name, kind in zip(ROWS, kinds, strict=True)]
    cells = ROWS.to_csv(index=False, header=False, na_rep="?")
    path.write_text("\n".join(["@relation rows", *head, "@data", cells]))


def folder(path):
    path.mkdir()
    for k, rows in enumerate(np.array_split(np.arange(len(ROWS)), 3)):
        ROWS.iloc[rows].to_csv(path / f"{k}.csv", index=False)


def arrow_stream(path):
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_stream(out, table().schema) as writer:
        writer.write_table(table())


def table():
    return pa.Table.from_pandas(ROWS, preserve_index=False)


def of_excel(path):
    """Write CSV as Excel does where the comma is the decimal mark."""
    path.write_bytes(ROWS.to_csv(index=False, sep=";", decimal=",").encode("utf-8-sig"))


TABLES = {
    "rows.csv": lambda path: ROWS.to_csv(path, index=False),
    "semicolons.csv": of_excel,
    "rows.tsv": lambda path: ROWS.to_csv(path, index=False, sep="\t"),
    "rows.tab": lambda path: ROWS.to_csv(path, index=False, sep="\t"),
    "rows.jsonl": lambda path: ROWS.to_json(path, orient="records", lines=True),
    "rows.ndjson": lambda path: ROWS.to_json(path, orient="records", lines=True),
    "rows.json": lambda path: ROWS.to_json(path, orient="records"),
    "rows.parquet": lambda path: ROWS.to_parquet(path, index=False),
    "rows.pq": lambda path: ROWS.to_parquet(path, index=False),
    "rows.feather": lambda path: ROWS.to_feather(path),
    "rows.arrow": arrow_stream,
    "rows.xlsx": lambda path: ROWS.to_excel(path, index=False),
    "rows.xlsm": lambda path: ROWS.to_excel(path, index=False, engine="openpyxl"),
    "rows.xls": lambda path: shutil.copy(FILES / "penguins.xls", path),
    "rows.ods": lambda path: ROWS.to_excel(path, index=False, engine="odf"),
    "rows.sqlite": database,
    "rows.db": database,
    "rows.arff": arff,
    "rows.csv.gz": packed,
    "rows.csv.bz2": packed,
    "rows.csv.xz": packed,
    "rows.csv.zst": packed,
    "rows.csv.zip": packed,
    "folder": folder,
}


def coefficients(capsys, source, *words):
    run(capsys, "fit", source, "-o", "m.softlearn", "-q", *words)
    return softlearn.load("m.softlearn")[-1].coef_


@pytest.fixture(scope="module")
def of_the_frame(tmp_path_factory):
    """Return the coefficients of a fit to the CSV file."""
    from softlearn.__main__ import main

    path = tmp_path_factory.mktemp("same")
    ROWS.to_csv(path / "t.csv", index=False)
    words = ["-t", "species", "-o", path / "m.softlearn", "-q"]
    assert main([str(word) for word in ["fit", path / "t.csv", *words]]) == 0
    return softlearn.load(path / "m.softlearn")[-1].coef_


@pytest.mark.parametrize("name", TABLES)
def test_every_format_of_a_table_gives_the_same_bits(capsys, of_the_frame, name):
    TABLES[name](Path(name))
    np.testing.assert_array_equal(coefficients(capsys, name, "-t", "species"), of_the_frame)


def test_every_format_of_a_matrix_gives_the_same_bits(capsys):
    X, y = load_wine(return_X_y=True)
    np.savez("t.npz", X=X, y=y)
    np.save("t.npy", X)
    np.save("y.npy", y)
    dump_svmlight_file(X, y, "t.svm", zero_based=False)
    of_npz = coefficients(capsys, "t.npz")
    np.testing.assert_array_equal(coefficients(capsys, "t.npy", "--labels", "y.npy"), of_npz)
    np.testing.assert_allclose(coefficients(capsys, "t.svm"), of_npz, rtol=1e-6, atol=1e-9)


def test_every_suffix_that_is_read_is_tried_here():
    from softlearn.cli.sources import archives, tables, workbooks

    unwritten = {".xlsb"}  # which only Excel writes
    tried = {Path(name).suffix for name in TABLES}
    assert tried | unwritten >= {*archives.PACKED, *tables.TABLES, *workbooks.WORKBOOKS}
