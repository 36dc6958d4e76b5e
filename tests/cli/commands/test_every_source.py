"""From every kind of source to a report and predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import DATA, letters, run, run_json, write_image, write_text

pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.parametrize(
    ("write", "kind"), [(write_text, "text"), (write_image, "image")], ids=["texts", "images"]
)
def test_folders_of_texts_and_of_images_go_from_files_to_predictions(capsys, write, kind):
    letters("train", write)
    facts = run_json(capsys, "fit", "train", "-o", "model")
    assert facts["kind"] == kind
    assert facts["status"] == "CONVERGED"
    assert facts["test_accuracy"] == 1.0
    assert run(capsys, "fit", "train", "-o", "model").out
    Path("new").mkdir()
    for i, label in enumerate("xyx"):
        write(Path("new", f"{i}"), label, np.random.default_rng(1))
    run(capsys, "predict", "model", "new", "-o", "out.csv")
    found = pd.read_csv("out.csv")
    assert list(found["label"]) == list("xyx")
    assert [Path(file).stem for file in found["file"]] == ["0", "1", "2"]
    assert run_json(capsys, "evaluate", "model", "train")["accuracy"] == 1.0
    again = run_json(capsys, "fit", "train", "--test", "train", "-o", "model")
    assert (again["train_rows"], again["test_rows"]) == (24, 24)
    assert any("24 of the 24 test rows" in said for said in again["warnings"])


@pytest.mark.parametrize("name", ["digits.npz", "digits.svm"])
def test_matrices_go_from_files_to_predictions(capsys, name):
    from sklearn.datasets import dump_svmlight_file, load_digits

    X, y = load_digits(return_X_y=True)
    if name == "digits.npz":
        np.savez(name, X=X, y=y)
    else:
        dump_svmlight_file(X, y, name, zero_based=False)
    facts = run_json(capsys, "fit", name, "-o", "model")
    assert facts["kind"] == "matrix"
    assert facts["status"] == "CONVERGED"
    assert facts["test_accuracy"] > 0.9
    assert [entry["class"] for entry in facts["classes"]] == list(range(10))
    assert any("columns are constant" in said for said in facts["warnings"])
    run(capsys, "predict", "model", name, "-o", "out.csv")
    assert (pd.read_csv("out.csv")["label"] == y).mean() > 0.95


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_with_very_few_rows_there_is_still_a_model_and_a_report(capsys, rows):
    table = pd.DataFrame({"a": range(rows), "y": list("pqpqp")[:rows]})
    table.to_csv("few.csv", index=False)
    facts = run_json(capsys, "fit", "few.csv", "-t", "y", "-o", "model")
    assert facts["status"] == "CONVERGED"
    assert facts["train_rows"] + facts["test_rows"] == rows
    assert run(capsys, "show", "model").out


def test_names_that_look_like_markup_are_printed_as_they_are(capsys):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"[red]x": rng.normal(size=40), "y": ["[bold]p", ":smile:"] * 20})
    table.to_csv("names.csv", index=False)
    report = run(capsys, "fit", "names.csv", "-t", "y", "-o", "model").out
    assert "[red]x" in report
    assert "[bold]p" in report
    assert ":smile:" in report


def test_the_letters_give_a_report_of_their_worst_classes(capsys):
    rows = pd.read_csv(DATA / "letter.csv").sample(3000, random_state=0)
    rows.to_csv("letter.csv", index=False)
    report = run(capsys, "fit", "letter.csv", "-t", "letter", "-o", "model").out
    assert "The 15 classes of 26 that are recognised worst" in report
    assert "The optimum is proven" in report
