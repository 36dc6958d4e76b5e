"""Mistakes with models, wrong usage and the unexpected get one sentence."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from mistakes import fails, fit
from running import PENGUINS

from softlearn.__main__ import main

pytestmark = pytest.mark.usefixtures("penguins")


def commands(model):
    yield "predict", model, "penguins.csv", "-o", "out.csv"
    yield "evaluate", model, "penguins.csv"
    yield "show", model


def test_a_missing_model(capsys):
    for words in commands("nothing.softlearn"):
        assert fails(capsys, *words) == "nothing.softlearn does not exist."


def test_a_model_that_is_a_folder(capsys, tmp_path):
    (tmp_path / "folder").mkdir()
    for words in commands("folder"):
        assert fails(capsys, *words) == "folder is a folder, not a model file."


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b"",
        lambda b: b[: len(b) // 2],
        lambda b: b[:200] + b"?" + b[201:],
        lambda b: b"x,y\n",
    ],
    ids=["empty", "cut off", "one byte changed", "another file"],
)
def test_a_broken_or_foreign_model(capsys, trained, spoil):
    Path("broken.softlearn").write_bytes(spoil(trained.read_bytes()))
    for words in commands("broken.softlearn"):
        assert fails(capsys, *words).startswith("broken.softlearn cannot be loaded: ")


def test_columns_that_differ_from_those_trained_on_are_named(capsys, trained):
    table = pd.read_csv(PENGUINS).rename(columns={"island": "isle", "sex": "gender"})
    table.to_csv("renamed.csv", index=False)
    for words in (
        ("predict", trained, "renamed.csv", "-o", "out.csv"),
        ("evaluate", trained, "renamed.csv"),
    ):
        said = fails(capsys, *words)
        assert "lacks columns of the model: 'island', 'sex'; " in said
        assert "it has columns the model does not know: 'isle', 'gender'; " in said


def test_another_kind_of_source_than_trained_on(capsys, trained):
    for label in "ab":
        Path(f"texts/{label}").mkdir(parents=True)
        Path(f"texts/{label}/1.txt").write_text("some words")
    said = fails(capsys, "predict", trained, "texts", "-o", "out.csv")
    assert "trained on a table, but this is a folder of texts" in said


def test_text_where_numbers_were(capsys, trained):
    table = pd.read_csv(PENGUINS).astype({"year": object})
    table.loc[3, "year"] = "last year"
    table.to_csv("text.csv", index=False)
    said = fails(capsys, "predict", trained, "text.csv", "-o", "out.csv")
    assert "'year' held numbers" in said
    assert "'last year'" in said


@pytest.mark.parametrize(
    "words",
    [
        ["fit"],
        ["fit", "penguins.csv"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--regularization", "-1"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--regularization", "strong"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--test-size", "1.5"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--test-size", "0.3", "--no-test"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--class-weight", "heavy"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--tol", "little"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--tol", "inf"],
        ["fit", "penguins.csv", "-o", "out.softlearn", "--threads", "0"],
        ["predict", "penguins.softlearn", "penguins.csv"],
        ["nonsense"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_explained_with_exit_status_2(capsys, words):
    assert "Error" in fails(capsys, *words, status=2)


# -- the unexpected


def test_the_unexpected_is_one_sentence_that_says_how_to_see_more(capsys, monkeypatch):
    def fall(*arguments, **options):
        raise ZeroDivisionError("nobody thought of this\nand more")

    monkeypatch.setattr("softlearn.cli.fitting.data_splits.read_source", fall)
    assert main(["fit", "penguins.csv", "-t", "species", "-o", "out.softlearn"]) == 1
    said = capsys.readouterr().err
    assert said == (
        "softlearn: It failed unexpectedly (ZeroDivisionError: nobody thought of this); set "
        "SOFTLEARN_DEBUG=1 for the traceback.\n"
    )
    monkeypatch.setenv("SOFTLEARN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["fit", "penguins.csv", "-t", "species", "-o", "out.softlearn"])


def test_too_little_memory_is_said(capsys, monkeypatch):
    def fall(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr("softlearn.cli.fitting.data_splits.read_source", fall)
    assert "not enough memory" in fit(capsys, "penguins.csv")


@pytest.mark.parametrize("package", ["typer", "rich", "pandas", "pyarrow", "skrub", "pydantic"])
def test_without_the_cli_extra_one_sentence_names_it(package):
    Path("days.csv").write_text("day,species\n" + "2024-05-01,a\n2024-06-02,b\n" * 9)
    block = (
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "from softlearn.__main__ import main\n"
        "sys.exit(main(['fit', 'days.csv', '-t', 'species', '-o', 'out.softlearn']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"softlearn: The command line needs {package}, which is not installed; run: "
        "pip install 'softlearn[cli]'\n"
    )
    assert not Path("out.softlearn").exists()
