"""softlearn report and fit --report: pages about models, from files."""

import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from pages import parse, section, tiles
from PIL import Image
from sklearn.datasets import load_iris

import softlearn
from softlearn import SoftmaxRegression
from softlearn.__main__ import main

matplotlib.use("Agg")

PENGUINS = Path(__file__).resolve().parents[3] / "examples" / "data" / "penguins.csv"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A model of the penguins, the page its fit wrote, and what the fit printed as JSON."""
    folder = tmp_path_factory.mktemp("fitted")
    words = ["-t", "species", "-o", str(folder / "m.softlearn"), "--report", str(folder / "m.html")]
    assert main(["fit", str(PENGUINS), *words, "-q"]) == 0
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, fitted):
    monkeypatch.chdir(tmp_path)
    shutil.copy(PENGUINS, "penguins.csv")
    shutil.copy(fitted / "m.softlearn", "m.softlearn")


def page_of(*words):
    assert main([str(word) for word in words]) == 0
    return parse(Path("page.html").read_text(encoding="utf-8"))


def fails(capsys, *words):
    """Run a command that must fail with one sentence and leave no file."""
    before = set(Path().iterdir())
    capsys.readouterr()
    assert main([str(word) for word in words]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert set(Path().iterdir()) == before
    return said[0]


def test_the_page_of_a_fit_says_what_its_report_says(fitted, capsys):
    assert main(["show", "m.softlearn", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    page = parse((fitted / "m.html").read_text(encoding="utf-8"))
    shown = tiles(page)
    assert shown["Accuracy"] == f"{100 * facts['test_accuracy']:.1f} %"
    assert shown["Log-loss"] == f"{facts['test_log_loss']:.4f} nats"
    assert shown["Calibration error"] == f"{100 * facts['calibration_error']:.1f} %"
    assert shown["Optimum"] == "proven"
    assert "measured on 69 rows" in page.one("header").text
    assert "fitted without these rows" in page.one("header").text
    assert "275 rows of" in section(page, "data").text


def test_a_report_on_labelled_rows_says_what_evaluate_says(capsys):
    page = page_of("report", "m.softlearn", "penguins.csv", "-o", "page.html")
    assert capsys.readouterr().err.endswith("A report on 344 rows, in page.html.\n")
    assert main(["evaluate", "m.softlearn", "penguins.csv", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    shown = tiles(page)
    assert shown["Accuracy"] == f"{100 * facts['accuracy']:.1f} %"
    assert shown["Log-loss"] == f"{facts['log_loss']:.4f} nats"
    assert shown["Calibration error"] == f"{100 * facts['calibration_error']:.1f} %"
    assert "not known to this report" in page.one("header").text
    words = section(page, "influences").text
    assert "bill_length_mm" in words
    assert "__" not in words


def test_the_line_of_the_shell_runs_the_command_again():
    page = page_of(
        "report", "m.softlearn", "penguins.csv", "-t", "species", "-o", "page.html", "-q"
    )
    Path("page.html").unlink()
    program, *words = shlex.split(section(page, "redo").all("pre")[0].raw)
    assert program == "softlearn"
    assert main(words) == 0
    again = parse(Path("page.html").read_text(encoding="utf-8"))
    assert section(again, "worst").text == section(page, "worst").text
    assert section(again, "redo").text == section(page, "redo").text


def test_without_a_test_the_page_says_that_its_rows_were_trained_on():
    words = ["-t", "species", "--no-test", "-o", "n.softlearn", "--report", "page.html", "-q"]
    page = page_of("fit", "penguins.csv", *words, "--exclude", "sex", "--exclude", "year")
    assert "which flatters it" in page.one("header").text
    assert "--exclude sex --exclude year" in section(page, "redo").text


def test_a_network_has_a_page_that_claims_no_proof():
    words = ["--hidden", "4", "--epochs", "2", "-o", "n.softlearn", "--report", "page.html", "-q"]
    page = page_of("fit", "penguins.csv", "-t", "species", *words)
    assert tiles(page)["Optimum"] == "not proven"
    assert "is proven" not in page.text


def images(folder, names):
    rng = np.random.default_rng(0)
    for k, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 80, size=(6, 5, 3), dtype=np.uint8)
            pixels[..., k] += 150
            Image.fromarray(pixels).save(folder / name / f"{i}<b>.png")


def test_a_folder_of_images_shows_the_images_and_their_files():
    images(Path("photos"), ["<script>", "sea"])
    page = page_of("fit", "photos", "-o", "i.softlearn", "--report", "page.html", "-q")
    assert "5 × 6 pixels, colour" in section(page, "data").text
    cards = section(page, "worst").all("article")
    assert cards
    for card in cards:
        assert card.one("img").attributes["src"].startswith("data:image/png;base64,")
        assert "<b>.png" in card.text
    assert not page.all("script", "b")


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
def test_a_folder_of_texts_shows_the_texts_whatever_the_files_are_called():
    for name, text in {"warm": "sun <i>and</i> sand", "cold": "snow & ice"}.items():
        Path("texts", name).mkdir(parents=True)
        for i in range(5):
            Path(os.fsdecode(f"texts/{name}/{i}\xff.txt".encode("latin-1"))).write_text(text)
    page = page_of("fit", "texts", "-o", "t.softlearn", "--report", "page.html", "-q")
    shown = {quote.text for quote in section(page, "worst").all("blockquote")}
    assert shown == {"sun <i>and</i> sand", "snow & ice"}
    assert r"\udcff.txt" in section(page, "worst").text


def test_a_model_saved_from_python_has_a_report_too():
    X, y = load_iris(return_X_y=True)
    softlearn.save(SoftmaxRegression().fit(X, y), "iris.softlearn")
    np.savez("iris.npz", X=X, y=y)
    page = page_of("report", "iris.softlearn", "iris.npz", "-o", "page.html", "-q")
    assert tiles(page)["Accuracy"] == f"{100 * SoftmaxRegression().fit(X, y).score(X, y):.1f} %"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.softlearn", "penguins.csv", "-o", "p.html"], "none.softlearn does not exist."),
        (["m.softlearn", "none.csv", "-o", "p.html"], "none.csv does not exist."),
        (["m.softlearn", "penguins.csv", "-o", "penguins.csv"], "would be lost"),
        (["m.softlearn", "penguins.csv", "-o", "no/p.html"], "no does not exist."),
        (
            ["m.softlearn", "moas.csv", "-o", "p.html"],
            "y has no label that is a class of the model",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_no_file(words, sentence, capsys):
    table = re.sub("Adelie|Gentoo|Chinstrap", "moa", PENGUINS.read_text(encoding="utf-8"))
    Path("moas.csv").write_text(table, encoding="utf-8")
    assert sentence in fails(capsys, "report", *words)


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
@pytest.mark.parametrize(
    "words",
    [
        ["report", "m.softlearn", "penguins.csv", "-o", "p.html"],
        ["fit", "penguins.csv", "-t", "species", "-o", "n.softlearn", "--report", "p.html"],
    ],
    ids=["report", "fit"],
)
def test_a_missing_library_names_the_extra_before_any_work(library, words, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    said = fails(capsys, *words)
    assert said == (
        f"softlearn: Reports need {library}, which is not installed: "
        "pip install 'softlearn[report]'."
    )


def test_a_page_must_not_replace_the_model(capsys):
    words = ["-t", "species", "-o", "n.softlearn", "--report", "./n.softlearn"]
    assert "two outputs" in fails(capsys, "fit", "penguins.csv", *words)


def test_a_page_that_cannot_be_written_says_where_the_model_is(capsys, monkeypatch):
    from softlearn.reporting import Report

    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Report, "save", full)
    words = ["-t", "species", "-o", "n.softlearn", "--report", "p.html", "-q"]
    assert main(["fit", "penguins.csv", *words]) == 1
    assert capsys.readouterr().err == (
        "softlearn: p.html cannot be written: No space left on device; the model is whole, in "
        "n.softlearn.\n"
    )
    assert main(["show", "n.softlearn", "--json"]) == 0


def test_page_and_terminal_name_the_same_influences_of_the_training_rows(capsys):
    page = page_of(
        "fit", "penguins.csv", "-t", "species", "-o", "m.softlearn", "--report", "page.html"
    )
    shown = " ".join(capsys.readouterr().out.split())
    rows = section(page, "influences").one("tbody").all("tr")
    assert len(rows) == 3
    for row in rows:
        effects = row.one("td").text.replace("\u2212", "-").split(",")
        assert len(effects) == 5
        assert all(" ".join(effect.split()) in shown for effect in effects)
    assert "in the training rows" in section(page, "influences").text


def test_training_rows_are_described_beside_those_held_out():
    page = page_of(
        "fit", "penguins.csv", "-t", "species", "-o", "m.softlearn", "--report", "page.html", "-q"
    )
    text = section(page, "data").text
    frame = pd.read_csv("penguins.csv")
    assert "values in training" in text
    (row,) = [r for r in section(page, "data").all("tr") if r.text.startswith("Adelie")]
    assert [cell.text for cell in row.all("td")][:4] == ["122", "44.4 %", "30", "43.5 %"]
    assert f"{frame.body_mass_g.min():.0f} to {frame.body_mass_g.max():.0f}" in text
