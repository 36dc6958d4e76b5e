"""Reports: every figure has a name, lines end where their text does, and bounds stay bounds."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import run_json

from softlearn.__main__ import main
from softlearn._internal.format import percent, power
from softlearn.cli.fitting.kinds.regression import certificate
from softlearn.protocol import Status

DATA = Path(__file__).resolve().parents[3] / "examples" / "data"
PENGUINS = str(DATA / "penguins.csv")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("gap", "said"), [(3.2e-9, "4e-9"), (3e-9, "3e-9"), (9.4e-7, "1e-6"), (1e-6, "1e-6")]
)
def test_a_gap_is_rounded_up_because_it_is_a_bound(gap, said):
    assert power(gap) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.0 %"), (1e-4, "<0.1 %"), (0.9999, ">99.9 %"), (1.0, "100.0 %"), (None, "–")],
)
def test_none_and_all_are_told_from_hardly_any_and_nearly_all(share, said):
    assert percent(share) == said


@pytest.mark.parametrize("status", Status)
def test_only_a_converged_fit_is_called_proven(status):
    facts = {
        "status": status.name,
        "status_sentence": status.value,
        "status_detail": "",
        "gap": 1e-9,
    }
    said = certificate(facts)
    assert ("The optimum is proven" in said) == (status is Status.CONVERGED)
    assert status is Status.CONVERGED or said.startswith(status.value)


@pytest.mark.parametrize("gap", [None, np.inf])
def test_a_stopped_fit_without_a_bound_claims_none(gap):
    status = Status.STOPPED_BY_USER
    facts = {
        "status": status.name,
        "status_sentence": status.value,
        "status_detail": "",
        "gap": gap,
    }
    assert certificate(facts) == status.value
    facts["gap"] = 0.031
    assert certificate(facts).endswith("proven to be within 4e-2 (relative) of the best possible.")


@pytest.mark.parametrize("width", [30, 80, 200])
def test_lines_have_no_blanks_at_their_end_and_fit_the_page(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["fit", PENGUINS, "-t", "species", "-o", "m.softlearn"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line == line.rstrip() and len(line) <= width for line in lines)


def test_a_narrow_page_has_every_number_of_a_wide_one(capsys, monkeypatch):
    words = {}
    for width in (40, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["fit", PENGUINS, "-t", "species", "-o", "m.softlearn"]) == 0
        shown = " ".join(capsys.readouterr().out.partition("Test on")[2].split())
        words[width] = Counter(re.findall(r"Chinstrap|[0-9.]+ %|\b[0-9]+\b(?! %)", shown))
    lost = words[120] - words[40]
    assert not lost, lost


def test_the_words_of_the_only_column_are_not_named_after_it(capsys):
    texts = [f"the {colour} thing number {i}" for i in range(40) for colour in ("red", "blue")]
    pd.DataFrame({"text": texts, "colour": ["r", "b"] * 40}).to_csv("texts.csv", index=False)
    assert main(["fit", "texts.csv", "-t", "colour", "-o", "m.softlearn"]) == 0
    shown = capsys.readouterr().out
    assert " red" in shown
    assert "text:" not in shown


def test_an_identifier_is_noticed_though_some_of_its_rows_are_held_out(capsys):
    rng = np.random.default_rng(0)
    columns = {
        "id": rng.permutation(200),
        "x": rng.normal(size=200),
        "y": rng.choice(["a", "b"], 200),
    }
    pd.DataFrame(columns).to_csv("rows.csv", index=False)
    assert main(["fit", "rows.csv", "-t", "y", "-o", "m.softlearn"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "The column 'id' looks like an identifier, different in every row, and was left" in said
    assert main(["fit", "rows.csv", "-t", "y", "--keep", "id", "-o", "kept.softlearn"]) == 0
    assert "it cannot help with new rows" in " ".join(capsys.readouterr().out.split())
    pd.DataFrame(columns).drop(columns="id").to_csv("new.csv", index=False)
    for rows in ("new.csv", "rows.csv"):  # with the column and without, and no word of it
        assert main(["predict", "m.softlearn", rows, "-o", "p.csv", "-q"]) == 0
        assert capsys.readouterr().err == ""
    assert main(["predict", "kept.softlearn", "new.csv", "-o", "p.csv"]) == 1
    assert "lacks a column of the model: 'id'" in capsys.readouterr().err
    assert main(["fit", "rows.csv", "-t", "y", "--keep", "if", "-o", "m.softlearn"]) == 1
    assert "rows.csv has no column 'if' to keep." in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_report_that_cannot_be_written_says_where_the_model_is(words):
    command = [sys.executable, "-m", "softlearn", "fit", PENGUINS, "-t", "species", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "-o", "m.softlearn"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "softlearn: Standard output cannot be written: No space left on device; "
        "the model is whole, in m.softlearn.\n"
    )
    assert main(["show", "m.softlearn", "--json"]) == 0


def test_columns_of_very_many_texts_are_explained(capsys) -> None:
    rng = np.random.default_rng(0)
    names = [f"street {chr(97 + k % 26)}{k}" for k in range(150)] * 2
    notes = [f"it was seen {w} times near {v}" for v, w in rng.integers(0, 10**6, (300, 2))]
    table = {"street": names, "note": notes, "y": list("ab") * 150}
    pd.DataFrame(table).to_csv("t.csv", index=False)
    said = run_json(capsys, "fit", "t.csv", "-t", "y", "-o", "m.softlearn", "--no-test")["read_as"]
    assert said == [
        "'street': 150 different texts, too many for a feature each, so groups of letters in them "
        "are read.",
        "'note': texts, read word by word.",
    ]
