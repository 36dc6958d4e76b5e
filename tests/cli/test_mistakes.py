"""Every mistake gets one sentence on standard error, exit status 1 (2 for usage), and no file."""

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from softlearn.__main__ import main

DATA = Path(__file__).resolve().parents[2] / "examples" / "data" / "penguins.csv"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "penguins.softlearn"
    assert main(["fit", str(DATA), "--target", "species", "-o", str(path), "--quiet"]) == 0
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(DATA, "penguins.csv")
    return tmp_path


def files():
    return {file for file in Path().rglob("*") if file.is_file()}


def fails(capsys, *words, status=1):
    """Run a command that must fail, and return the sentence it says."""
    before = files()
    contents = {file: file.read_bytes() for file in before}
    capsys.readouterr()
    assert main([str(word) for word in words]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert files() == before, "a file was left"
    assert all(file.read_bytes() == old for file, old in contents.items()), "a file was changed"
    if status == 2:
        return said.err
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("softlearn: ")
    assert lines[0].endswith((".", "?", ")"))
    assert "SOFTLEARN_DEBUG" not in lines[0], "this mistake has no sentence of its own"
    return lines[0].removeprefix("softlearn: ")


def fit(capsys, source, *words, target="species", output="out.softlearn", status=1):
    target = [] if target is None else ["--target", target]
    return fails(capsys, "fit", source, *target, "-o", output, *words, status=status)


# -- the source


def test_a_missing_file(capsys):
    assert fit(capsys, "nothing.csv") == "nothing.csv does not exist."


def test_an_unknown_target_column_with_the_names_close_to_it(capsys):
    said = fit(capsys, "penguins.csv", target="specie")
    assert "no column 'specie'" in said
    assert "did you mean 'species'" in said


def test_no_target_for_a_table(capsys):
    assert "--target" in fit(capsys, "penguins.csv", target=None)


@pytest.mark.parametrize("text", ["", "a,species\n"], ids=["nothing", "only a header"])
def test_an_empty_table(capsys, text):
    Path("empty.csv").write_text(text)
    assert re.search("is empty|has no rows", fit(capsys, "empty.csv"))


def test_one_class_only(capsys):
    Path("one.csv").write_text("a,species\n" + "1,Adelie\n" * 30)
    assert "one class only ('Adelie'" in fit(capsys, "one.csv").replace("(Adelie", "('Adelie'")


def test_infinity_in_a_table(capsys):
    Path("inf.csv").write_text("a,species\n" + "1,x\n2,y\n" * 10 + "inf,x\n")
    assert "infinite values in 'a'" in fit(capsys, "inf.csv")


def test_nan_in_a_matrix(capsys):
    import numpy as np

    np.savez("nan.npz", X=np.array([[1.0, np.nan], [2.0, 3.0]] * 5), y=["x", "y"] * 5)
    said = fit(capsys, "nan.npz", target=None)
    assert "NaN in row 0, column 1" in said


def test_missing_labels(capsys):
    Path("gaps.csv").write_text("a,species\n" + "1,x\n2,y\n" * 10 + "3,\n")
    assert "1 row has no label in the target 'species'" in fit(capsys, "gaps.csv")


def test_a_ragged_csv_with_the_line(capsys):
    Path("ragged.csv").write_text("a,b,species\n1,2,x\n1,2\n3,4,y\n")
    said = fit(capsys, "ragged.csv")
    assert "ragged: line 3 has 2 cells where the header has 3" in said


def test_a_target_that_is_a_continuous_number(capsys):
    said = fit(capsys, "penguins.csv", target="body_mass_g")
    assert "'body_mass_g'" in said
    assert re.search("number to regress|no label", said)


def test_a_target_of_fractions(capsys):
    rows = "".join(f"{i},{i / 7}\n" for i in range(40))
    Path("price.csv").write_text("a,price\n" + rows)
    assert "a number to regress, not a class" in fit(capsys, "price.csv", target="price")


def test_a_suffix_that_names_no_format(capsys):
    Path("penguins.docx").write_bytes(b"PK")
    assert "'.docx', which names no format" in fit(capsys, "penguins.docx")


def test_an_unknown_column_to_exclude_or_to_weigh_by(capsys):
    assert "no column 'nothing'" in fit(capsys, "penguins.csv", "--exclude", "nothing")
    assert "no column 'nothing'" in fit(capsys, "penguins.csv", "--weights", "nothing")


def test_weights_that_are_no_weights(capsys):
    assert "'island' are not numbers" in fit(capsys, "penguins.csv", "--weights", "island")
    said = fit(capsys, "penguins.csv", "--weights", "body_mass_g")  # two cells are empty
    assert "numbers of at least 0 in every row" in said


def test_weights_that_leave_one_class(capsys):
    table = pd.read_csv(DATA)
    table.assign(weight=table.species == "Gentoo").to_csv("one.csv", index=False)
    assert "of one class (Gentoo)" in fit(capsys, "one.csv", "--weights", "weight")


def test_no_columns_left(capsys):
    Path("two.csv").write_text("a,species\n" + "1,x\n2,y\n" * 10)
    assert "has no columns left" in fit(capsys, "two.csv", "--exclude", "a")


def test_a_target_for_a_source_that_has_its_own_classes(capsys):
    for label in "ab":
        Path(f"texts/{label}").mkdir(parents=True)
        Path(f"texts/{label}/1.txt").write_text("some words")
    assert "leave --target species out" in fit(capsys, "texts")


def test_test_rows_with_other_columns(capsys):
    pd.read_csv(DATA).drop(columns="island").to_csv("test.csv", index=False)
    assert "'island'" in fit(capsys, "penguins.csv", "--test", "test.csv")


# -- the output


def test_a_folder_that_does_not_exist(capsys):
    said = fit(capsys, "penguins.csv", output="nowhere/out.softlearn")
    assert said.startswith("nowhere/out.softlearn cannot be written: the folder ")
    assert said.endswith("does not exist.")


def test_an_output_that_is_a_folder(capsys, tmp_path):
    (tmp_path / "folder").mkdir()
    assert fit(capsys, "penguins.csv", output="folder") == (
        "folder is a folder; give the name of a file to write."
    )


def test_an_output_that_is_the_input(capsys, tmp_path):
    said = fit(capsys, "penguins.csv", output=tmp_path / "penguins.csv")
    assert "is the input penguins.csv" in said


def test_an_output_that_is_a_link_to_the_input(capsys, tmp_path):
    (tmp_path / "link").symlink_to("penguins.csv")
    assert "is the input penguins.csv" in fit(capsys, "penguins.csv", output="link")


def test_an_output_inside_the_folder_that_is_read(capsys):
    for label in "ab":
        Path(f"texts/{label}").mkdir(parents=True)
        Path(f"texts/{label}/1.txt").write_text("some words")
    said = fit(capsys, "texts", target=None, output="texts/a/out.softlearn")
    assert "is inside the input folder texts" in said


def test_an_unwritable_output_is_found_before_the_data_are_read(capsys, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    said = fit(capsys, "nothing.csv")
    assert said == "out.softlearn cannot be written: Permission denied."


def full(self, *arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))


def test_a_full_disk_while_a_model_is_written(capsys, monkeypatch):
    monkeypatch.setattr(os, "fsync", full)
    said = fit(capsys, "penguins.csv", "--quiet")
    assert said == "out.softlearn cannot be written: No space left on device."


def test_a_full_disk_while_predictions_are_written(capsys, trained):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        said = fails(capsys, "predict", trained, "penguins.csv", "-o", "out.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert said.startswith("out.csv cannot be written: File too large")


def test_predictions_in_a_format_that_is_not_known(capsys, trained):
    said = fails(capsys, "predict", trained, "penguins.csv", "-o", "out.xlsx")
    assert "out.xlsx has no suffix of a format to write" in said


@pytest.mark.parametrize("output", ["penguins.csv", "model.softlearn"])
def test_predictions_that_would_replace_an_input(capsys, trained, output):
    shutil.copy(trained, "model.softlearn")
    said = fails(capsys, "predict", "model.softlearn", "penguins.csv", "-o", output)
    assert f"is the input {output}" in said


# -- the model


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
    table = pd.read_csv(DATA).rename(columns={"island": "isle", "sex": "gender"})
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
    table = pd.read_csv(DATA).astype({"year": object})
    table.loc[3, "year"] = "last year"
    table.to_csv("text.csv", index=False)
    said = fails(capsys, "predict", trained, "text.csv", "-o", "out.csv")
    assert "'year' held numbers" in said
    assert "'last year'" in said


# -- usage


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

    monkeypatch.setattr("softlearn.cli.parts.read_source", fall)
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

    monkeypatch.setattr("softlearn.cli.parts.read_source", fall)
    assert "not enough memory" in fit(capsys, "penguins.csv")


@pytest.mark.parametrize("package", ["typer", "rich", "pandas", "pyarrow", "skrub"])
def test_without_the_cli_extra_one_sentence_names_it(package):
    block = (
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "from softlearn.__main__ import main\n"
        "sys.exit(main(['fit', 'penguins.csv', '-t', 'species', '-o', 'out.softlearn']))\n"
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
