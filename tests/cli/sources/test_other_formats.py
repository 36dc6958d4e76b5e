"""Files that are not what their names say: a sentence that names the format, or the right rows."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.ipc
import pytest
from mistakes import fit as fit_fails
from table_files import CSV, fit, said, write

from softlearn.cli.sources import read_source


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "/").replace("DOT", "."), content)
    return buffer.getvalue()


def parquet():
    buffer = io.BytesIO()
    pd.DataFrame({"x": [1.5], "kind": ["a"]}).to_parquet(buffer)
    return buffer.getvalue()


def arrow():
    table, buffer = pa.table({"x": [1.5], "kind": ["a"]}), io.BytesIO()
    with pyarrow.ipc.new_file(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def npz():
    buffer = io.BytesIO()
    np.savez(buffer, X=np.eye(2), y=["a", "b"])
    return buffer.getvalue()


OTHERS = {
    "zip": (zipped(dataDOTcsv=CSV), "is a ZIP archive (of 'data.csv')", "ends in .zip"),
    "two in a zip": (zipped(a=CSV, b=CSV), "is a ZIP archive (of 2 files)", "ends in .zip"),
    "cut zip": (zipped(a=CSV)[:40], "is a damaged ZIP archive", "unpack it"),
    "xlsx": (zipped(xl_workbookDOTxml="<x/>"), "is an Excel workbook", "--format xlsx"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "Excel workbook", "--format xls"),
    "ods": (zipped(contentDOTxml="<x/>"), "is an OpenDocument file", "--format ods"),
    "docx": (zipped(word_documentDOTxml="<x/>"), "is a Word document", "as CSV"),
    "bzip2": (bz2.compress(CSV.encode()), "is packed by bzip2", "ends in .bz2"),
    "xz": (lzma.compress(CSV.encode()), "is packed by xz", "ends in .xz"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(20), "is packed by Zstandard", "ends in .zst"),
    "gzip in gzip": (gzip.compress(gzip.compress(b"x")), "is packed by gzip", "unpack it"),
    "tar": (b"t.csv" + bytes(252) + b"ustar\x0000" + bytes(255), "is a tar archive", "unpack it"),
    "parquet": (parquet(), "is a Parquet file", "ends in .parquet"),
    "arrow": (arrow(), "is an Arrow file", "ends in .arrow"),
    "npz": (npz(), "is an NPZ file", "ends in .npz"),
    "npy": (b"\x93NUMPY" + bytes(90), "is one NumPy array", ".npy"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "is an HDF5 file", "pandas.read_hdf"),
    "sqlite": (b"SQLite format 3\0" + bytes(90), "is an SQLite database", "--format sqlite"),
    "pickle": (pickle.dumps({"a": 1}), "is a Python pickle", "could run code"),
    "pdf": (b"%PDF-1.4\n", "is a PDF document", "as CSV"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(90), "is an image", "a folder with one sub-folder"),
    "html": (b"<!DOCTYPE html>\n<html>log in, user</html>", "is a web page", "download the file"),
    "xml": (b"<?xml version='1.0'?>\n<a>b, c</a>", "is XML", "as CSV"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid x\n", "of Git LFS", "git lfs pull"),
    "json": (json.dumps([{"x": 1, "kind": "a"}]).encode(), "is one JSON array", "--format json"),
    "json lines": (b'{"x": 1, "kind": "a"}\n', "is JSON lines", "ends in .jsonl"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_format_named_csv_is_called_by_its_name(tmp_path, name):
    content, what, remedy = OTHERS[name]
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    sentence = said(fit, path)
    assert sentence.startswith(f"{path} is ")
    assert what in sentence
    assert remedy in sentence


@pytest.mark.parametrize("suffix", [".tsv", ".jsonl", ".svm", ".parquet", ".feather"])
def test_an_excel_workbook_is_known_under_any_name(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    path.write_bytes(OTHERS["xlsx"][0])
    target = None if suffix == ".svm" else "kind"
    assert "is an Excel workbook, whatever its name says" in said(fit, path, target)


@pytest.mark.parametrize("suffix", [".zip", ".dat", ""])
def test_a_format_that_is_not_read_is_called_by_its_name(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    path.write_bytes(OTHERS["xlsx"][0])
    assert "is an Excel workbook" in said(fit, path)


@pytest.mark.parametrize("head", ["ORC", "PAR1", "BZh", "RDX", "GIF8", "[a]", "{a}", "PK"])
def test_columns_that_are_called_like_a_format_are_columns(tmp_path, head):
    path = write(tmp_path / "t.csv", CSV.replace("width", head))
    assert fit(path).feature_names[0] == head


def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path):
    for name, text in {
        "t.csv": CSV,
        "t.jsonl": '{"x": 1, "kind": "a"}\n{"x": 2, "kind": "b"}\n',
    }.items():
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()))
        assert list(fit(path).y) == ["a", "b"]
    path = tmp_path / "t.svm"
    path.write_bytes(gzip.compress(b"1 1:2\n2 1:3\n"))
    assert list(fit(path, None).y) == [1, 2]
    path = tmp_path / "t.parquet"
    path.write_bytes(gzip.compress(parquet()))
    assert "is packed by gzip" in said(fit, path)


def test_a_plain_file_called_gz_is_to_be_renamed(tmp_path):
    sentence = said(fit, write(tmp_path / "t.csv.gz", CSV))
    assert "is not packed by gzip" in sentence
    assert "name it t.csv." in sentence


@pytest.mark.parametrize("name", ["t.parquet", "t.npz"])
def test_text_called_by_another_format_is_called_text(tmp_path, name):
    sentence = said(fit, write(tmp_path / name, CSV))
    assert "it is text, not" in sentence
    assert "ends in .csv" in sentence


def test_an_object_over_several_lines_is_no_json_line(tmp_path):
    path = write(tmp_path / "t.jsonl", '{\n "x": 1,\n "kind": "a"\n}\n')
    assert "line 1 is not a JSON object of its own; write each object on one line" in said(
        fit, path
    )


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("1" * 5000, "line 1 has a number of more digits than can be read"),
        ('"\\ud800"', "line 1 has half of a character"),
        ("Infinity", "has infinite values in 'x' (1)"),
    ],
)
def test_json_values_that_are_no_values_are_named(tmp_path, value, what):
    path = write(tmp_path / "t.jsonl", f'{{"x": {value}, "kind": 1}}\n{{"x": 2, "kind": 2}}\n')
    assert what in said(fit, path)


def test_a_pipe_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "t.csv"
    os.mkfifo(path)
    assert "is a pipe or a device, not a file" in said(fit, path)
    assert "is a pipe or a device" in said(fit, Path(os.devnull))


def test_a_folder_called_csv_is_a_folder(tmp_path):
    path = tmp_path / "t.csv"
    path.mkdir()
    assert "is a folder, whatever its name says; give a file that is in it" in said(fit, path)


def test_an_index_beyond_memory_is_named(tmp_path):
    path = write(tmp_path / "t.svm", "1 1:2 2147483646:3\n0 3:1\n")
    assert "has the index 2147483646, for which a model would not fit" in said(fit, path, None)


def test_a_byte_order_mark_or_two_are_no_part_of_a_name(tmp_path):
    for mark in ("\ufeff", "\ufeff\ufeff"):
        path = write(tmp_path / "t.csv", mark + CSV)
        assert fit(path).feature_names[0] == "width"
        path = write(tmp_path / "t.jsonl", mark + '{"x": 1, "kind": "a"}\n{"x": 2, "kind": "b"}\n')
        assert read_source(path, None, need_target=False).feature_names == ["x", "kind"]


@pytest.mark.parametrize("name", ["xlsx", "zip", "html"])
@pytest.mark.usefixtures("here")
def test_the_command_line_says_it_in_one_sentence(capsys, name):
    Path("t.csv").write_bytes(OTHERS[name][0])
    assert OTHERS[name][1] in fit_fails(capsys, "t.csv")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("t.sav", "is an SPSS file, and is not read: read it with pandas.read_spss, and write"),
        ("t.RDS", "is an R file, and is not read: write its table in R with write.csv"),
        ("t.mat", "is a MATLAB file, and is not read: read it with scipy.io.loadmat, and write"),
        ("t.pdf", "is a PDF document, and is not read: give the table itself, as CSV"),
    ],
)
def test_formats_that_are_not_read_are_named_with_what_converts_them(tmp_path, name, sentence):
    (tmp_path / name).write_bytes(b"\0" * 100)
    assert f"{tmp_path / name} {sentence}" in said(fit, tmp_path / name)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr(name, "x")
    assert f"t.zip holds {name!r}, which {sentence}" in said(fit, tmp_path / "t.zip")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow", "xlsx", "ods", "db", "arff", "npz"])
def test_a_file_of_no_bytes_is_called_empty(tmp_path, suffix):
    (tmp_path / f"t.{suffix}").write_bytes(b"")
    assert f"t.{suffix} is empty." in said(fit, tmp_path / f"t.{suffix}")


@pytest.mark.parametrize("name", [None, "README.md", "a/notes.pdf"])
def test_a_folder_without_tables_or_classes_is_called_so(tmp_path, name):
    folder = tmp_path / "t"
    folder.mkdir()
    if name:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    assert "t holds no tables, which could have the column 'kind', and" in said(fit, folder)
