"""Names that a stranger chose are shown escaped: no terminal obeys them, no reader is misled."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import run, run_json

from softlearn._internal.format import one_line, visible
from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import sealed

pytestmark = pytest.mark.usefixtures("here")

CLASSES = ["plain", "red \x1b[31m", "turned \u202egnp.exe", "a\rb", "c\nd", "bell \x07"]
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What may reach no terminal; a line feed may, since reports have lines."""


def table(path):
    rng = np.random.default_rng(0)
    y = np.arange(120) % len(CLASSES)
    X = rng.normal(size=(120, 2)) + y[:, None]
    columns = {"size \x1b]0;owned\x07": X[:, 0], "\u2066width": X[:, 1]}
    pd.DataFrame({**columns, "class": np.array(CLASSES)[y]}).to_parquet(path)


def escaped(shown):
    return "".join(shown.split())


@pytest.mark.parametrize("words", [(), ("--hidden", "3", "--epochs", "3")])
def test_reports_show_names_escaped(capsys, words):
    table("rows.parquet")
    fit = run(capsys, "fit", "rows.parquet", "-t", "class", "-o", "m", *words)
    show, evaluate = run(capsys, "show", "m"), run(capsys, "evaluate", "m", "rows.parquet")
    for shown in (fit, show, evaluate):
        assert not RAW.search(shown.out + shown.err)
    for shown in (show, evaluate):
        for name in CLASSES:
            assert escaped(one_line(name)) in escaped(shown.out)
    assert escaped(r"size \x1b]0;owned\x07") in escaped(show.out)


def test_json_is_ascii_and_loses_nothing(capsys):
    table("rows.parquet")
    facts = run_json(capsys, "fit", "rows.parquet", "-t", "class", "-o", "m")
    assert [entry["class"] for entry in facts["classes"]] == sorted(CLASSES)
    assert json.dumps(facts).isascii()


def test_the_page_shows_names_escaped(capsys):
    table("rows.parquet")
    run(capsys, "fit", "rows.parquet", "-t", "class", "-o", "m", "-q", "--report", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert not RAW.search(page)
    assert r"turned \u202egnp.exe" in page


def test_sentences_about_a_file_stay_one_line_whatever_it_holds(capsys):
    table("rows.parquet")
    run(capsys, "fit", "rows.parquet", "-t", "class", "-o", "m", "-q")
    pd.DataFrame({"size": [1.0], "\x1b[2J\u202e": [2.0]}).to_csv("other.csv", index=False)
    said = run(capsys, "predict", "m", "other.csv", "-o", "out.csv", status=1).err
    assert len(said.splitlines()) == 1
    assert not RAW.search(said)


def test_all_that_a_file_says_of_itself_is_shown_escaped(capsys, trained):
    members = MODEL_FILE.open(trained.read_bytes())
    header = json.loads(members["metadata.json"])
    report = header["metadata"]["report"]
    nasty = "\x1b[2J\u202e\r"
    for entry in (header, report):
        for key, value in entry.items():
            if isinstance(value, str) and key not in ("kind", "estimator", "target"):
                entry[key] = value + nasty
    header["versions"] = {nasty: nasty}
    report["warnings"] = [nasty]
    report["influential_features"][0]["features"][0]["feature"] = nasty
    data = sealed({**members, "metadata.json": json.dumps(header).encode()})
    Path("m").write_bytes(data)
    shown = run(capsys, "show", "m").out
    assert not RAW.search(shown)
    assert escaped(one_line(nasty)) in escaped(shown)
    assert json.loads(run(capsys, "show", "m", "--json").out)["warnings"] == [nasty]


def test_a_refusal_shows_what_it_refuses_escaped(capsys, trained):
    members = MODEL_FILE.open(trained.read_bytes())
    header = json.loads(members["metadata.json"])
    header["metadata"]["columns"]["\x1b[2J\u202e"] = "sound"
    data = sealed({**members, "metadata.json": json.dumps(header).encode()})
    Path("m").write_bytes(data)
    said = run(capsys, "show", "m", status=1).err
    assert not RAW.search(said)
    assert r"columns.\x1b[2J\u202e" in said


def test_what_joins_letters_stays():
    for text in ("می‌خواهم", "👩‍👩‍👧", "Ærø", "紳士", "naïve"):
        assert visible(text) == one_line(text) == text
