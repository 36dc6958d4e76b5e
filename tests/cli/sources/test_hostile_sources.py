"""Archives, workbooks, databases, ARFF, JSON and addresses that are odd, damaged or hostile."""

import base64
import bz2
import gzip
import http.server
import json
import shutil
import sqlite3
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
from running import run, run_json
from table_files import CSV, fit, said, write

from softlearn.cli.sources import ReadOptions


def zipped(path, name, content=CSV):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def book(path, hidden=None):
    workbook = openpyxl.Workbook()
    for row in [["x", "kind"], [1, "a"], [2, "b"]]:
        workbook.active.append(row)
    if hidden:
        sheet = workbook.create_sheet(hidden)
        sheet.append(["y", "kind"])
        sheet.append([1, "c"])
        sheet.append([2, "d"])
        sheet.sheet_state = "hidden"
    workbook.save(path)
    return path


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


# -- archives


@pytest.mark.parametrize(
    "name", ["../../out.csv", "/out.csv", "a/../out.csv", "C:\\out.csv", f"{'o' * 300}.csv"]
)
def test_a_member_of_an_archive_is_unpacked_nowhere_but_in_the_temporary_folder(
    tmp_path, temporary, name
):
    assert len(fit(zipped(tmp_path / "t.zip", name))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.zip", "temporary"]
    assert not list(temporary.iterdir())


def test_what_is_unpacked_leaves_room_on_the_disk(tmp_path, temporary, monkeypatch):
    path = zipped(tmp_path / "t.zip", "t.csv", "0" * (6 << 20))
    free = iter(range(1 << 30, -1, -(1 << 28)))  # a block fills a quarter of a GB
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free)))
    assert said(fit, path).startswith(f"{path} needs more than the 5 MB that the disk has room")
    assert not list(temporary.iterdir())


def test_an_archive_with_a_password_is_to_be_unpacked_by_the_user(tmp_path):
    path = zipped(tmp_path / "t.zip", "t.csv")
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.rfind(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)
    assert said(fit, path) == (
        f"{path} cannot be unpacked: it has a password; unpack it and give the file that is in it."
    )


def test_every_format_may_be_packed_by_gzip(tmp_path):
    rows = json.dumps([{"x": 1, "kind": "a"}, {"x": 2, "kind": "b"}])
    raw = book(tmp_path / "t.xlsx").read_bytes()
    for name, content in [("t.json.gz", rows.encode()), ("t.xlsx.gz", raw)]:
        (tmp_path / name).write_bytes(gzip.compress(content))
        assert list(fit(tmp_path / name).y) == ["a", "b"]
    (tmp_path / "t.csv.gz.bz2").write_bytes(bz2.compress(gzip.compress(CSV.encode())))
    assert len(fit(tmp_path / "t.csv.gz.bz2")) == 2


def test_a_workbook_called_zip_is_read_as_what_format_says(tmp_path):
    path = book(tmp_path / "t.zip")
    assert "add --format xlsx" in said(fit, path)
    assert list(fit(path, options=ReadOptions(format="xlsx")).y) == ["a", "b"]


# -- workbooks


def test_hidden_sheets_are_read_only_by_name(tmp_path):
    path = book(tmp_path / "t.xlsx", hidden="secret")
    assert list(fit(path).y) == ["a", "b"]
    assert list(fit(path, options=ReadOptions(table="secret")).y) == ["c", "d"]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
SECRET = OLE + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.xlsx", CSV.encode(), "is text, not a workbook; if it is CSV, give it a name"),
        ("t.ods", CSV.encode(), "is text, not a workbook"),
        ("t.sqlite", CSV.encode(), "is text, not SQLite"),
        ("t.xls", b"<html><table></table></html>", "is a web page (HTML), not a table"),
        ("t.json", b"<html>", "is a web page (HTML), not a table"),
        ("t.xlsx", OLE, "is an Excel workbook (.xls) or its like, whatever its name says"),
        ("t.xlsx", SECRET, "has a password; save it without one"),
        ("t.xlsx", b"PK\x03\x04damaged", "cannot be read as a workbook"),
        ("t.json", b'[{"x": 1}, null]', "element 2 is no object"),
        ("t.json", b'[{"x": 1}]]', "is not JSON: Extra data"),
        ("t.json", b'[{"x": 1, "x": 2}]', "has an object with two values under 'x'"),
    ],
)
def test_a_file_that_cannot_be_converted_is_called_what_it_is(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    assert sentence in said(fit, tmp_path / name)


# -- JSON, ARFF, databases


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("lines", [False, True])
def test_json_is_decoded_once(tmp_path, encoding, lines):
    rows = [{"x": "é", "kind": "ä"}, {"x": "è", "kind": "ü"}]
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = "\n".join(texts) if lines else f"[{', '.join(texts)}]"
    (tmp_path / "t.json").write_bytes(text.encode(encoding))
    data = fit(tmp_path / "t.json", options=ReadOptions(encoding=encoding))
    assert list(data.y) == ["ä", "ü"]
    assert list(data.X["x"]) == ["é", "è"]


def arff(path, attribute, cells):
    rows = "".join(f"{cell},{kind}\n" for cell, kind in zip(cells, "ab", strict=True))
    text = f"@relation r\n{attribute}\n@attribute kind {{a,b}}\n@data\n{rows}"
    return write(path, text)


def test_dates_of_arff_are_dates(tmp_path):
    attribute = "@ATTRIBUTE 'the day' DATE \"yyyy-MM-dd\""
    data = fit(arff(tmp_path / "t.arff", attribute, ['"2024-05-01"', '"2024-05-02"']))
    assert data.types == {"the day": "date"}
    assert list(data.X["the day"]) == [pd.Timestamp("2024-05-01"), pd.Timestamp("2024-05-02")]


@pytest.mark.parametrize(
    ("attribute", "cells", "found"),
    [
        ("@attribute x real [0, 10]", ["1.5", "2"], [1.5, 2.0]),
        ("@attribute x integer", ["1", "9" * 25], [1.0, 1e25]),
        ("@attribute x string", ["'a\u2028b\x85'", "c"], ["a\u2028b\x85", "c"]),
    ],
)
def test_other_arff_is_read_as_weka_does(tmp_path, attribute, cells, found):
    assert list(fit(arff(tmp_path / "t.arff", attribute, cells)).X["x"]) == found


def test_what_arff_has_that_is_not_read_is_named(tmp_path):
    path = write(tmp_path / "t.arff", "@relation r\n@attribute x relational\n@end x\n@data\n")
    assert "(relational) are not read" in said(fit, path)
    path = arff(tmp_path / "u.arff", "@attribute x real", ["1", "2"])
    path.write_text(path.read_text().replace("1,a", "1,a,{2}"))
    assert "weights of rows in braces are not read" in said(fit, path)


def test_long_whole_numbers_of_a_database_may_stand_beside_others(tmp_path):
    with sqlite3.connect(tmp_path / "t.db") as connection:
        connection.execute("CREATE TABLE t (x, kind)")
        rows = [(2**60 + 1, "a"), (1.5, "b")]
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.close()
    assert list(fit(tmp_path / "t.db").X["x"]) == [2.0**60, 1.5]


# -- addresses

SECRETS = ("s3cret", "SIGNED")


class Server(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        raw, status, headers = CSV.encode(), 200, {}
        own = f"Basic {base64.b64encode(b'me:s3cret').decode()}"
        if self.path.startswith("/private"):
            status = 200 if self.headers.get("Authorization") == own else 401
        elif self.path.startswith("/elsewhere"):
            host = self.headers["Host"].replace("127.0.0.1", "localhost")
            status, headers = 302, {"Location": f"http://{host}/seen.csv"}
        elif self.path.startswith("/seen"):
            raw = f"x,kind\n1,{self.headers.get('Authorization', 'nothing')}\n2,b\n".encode()
        elif self.path.startswith("/packed"):
            raw, headers = gzip.compress(raw), {"Content-Encoding": "gzip"}
        elif self.path.startswith("/broken"):
            headers = {"Content-Length": "100000"}
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(raw))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Serve; return the host and the port."""
    monkeypatch.chdir(tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_secrets_of_an_address_are_used_and_neither_printed_nor_kept(capsys, host):
    address = f"http://me:s3cret@{host}/private.json?key=SIGNED&v"
    plain = f"http://{host}/private.json?key=...&v"
    words = ["-t", "kind", "--no-test", "-o", "m.softlearn", "--format", "csv"]
    facts = run_json(capsys, "fit", address, *words)
    assert facts["source"] == plain
    shown = json.dumps(facts) + run(capsys, "show", "m.softlearn").out
    for call in (
        ["evaluate", "m.softlearn", address, "--format", "csv", "--json"],
        ["report", "m.softlearn", address, "--format", "csv", "-o", "e.html", "-q"],
    ):
        out = run(capsys, *call)
        shown += out.out + out.err
    shown += Path("e.html").read_text()
    for wrong in (
        ["fit", address, *words, "--exclude", "none"],
        ["fit", address, "-t", "none", *words[2:]],
        ["fit", address.replace("me:", "you:"), *words],
        ["fit", address.replace("/private", ":x/private"), *words],
        ["fit", "s4://me:s3cret@b/x.csv", *words],
        ["infer", address, "-t", "none", "--format", "csv"],
    ):
        out = run(capsys, *wrong, status=1)
        shown += out.out + out.err
    with zipfile.ZipFile("m.softlearn") as model:
        shown += "".join(model.read(name).decode("latin-1") for name in model.namelist())
    assert plain in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_a_password_goes_to_no_other_host(capsys, host):
    words = ["-t", "kind", "--no-test", "-o", "m.softlearn"]
    facts = run_json(capsys, "fit", f"http://me:s3cret@{host}/elsewhere.csv", *words)
    assert sorted(one["class"] for one in facts["classes"]) == ["b", "nothing"]


@pytest.mark.parametrize("name", ["packed.csv", "packed.csv.gz", "ü x.csv", "a%2Fb.csv"])
def test_what_a_server_packs_is_unpacked_and_names_may_hold_anything(host, name):
    assert len(fit(Path(f"http://{host}/{name}"))) == 2


def test_odd_addresses_are_one_sentence(host):
    assert "broke off after" in said(fit, Path(f"http://{host}/broken.csv"))
    for address in ("http://[::1/x.csv", f"http://{'a' * 300}/x.csv", "http://h:port/x.csv"):
        assert said(fit, Path(address)).startswith(f"{address} cannot be fetched: ")
