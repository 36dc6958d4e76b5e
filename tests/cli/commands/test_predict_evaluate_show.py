"""What the other commands say of a model that fit wrote, or Python."""

from pathlib import Path

import pandas as pd
import pytest
from running import PENGUINS, fit_penguins, run, run_json

import softlearn

pytestmark = pytest.mark.usefixtures("here")


def test_predict_writes_a_label_and_the_probabilities_of_every_row(capsys, trained):
    run(capsys, "predict", trained, PENGUINS, "-o", "out.csv")
    found, table = pd.read_csv("out.csv"), pd.read_csv(PENGUINS)
    names = ["probability_Adelie", "probability_Chinstrap", "probability_Gentoo"]
    assert list(found) == ["label", *names]
    assert len(found) == len(table)
    assert found[names].sum(axis=1).to_numpy() == pytest.approx(1.0, rel=1e-12)
    assert (found["label"] == table["species"]).mean() > 0.97


def test_the_label_is_the_class_with_the_largest_probability(capsys, trained):
    run(capsys, "predict", trained, PENGUINS, "-o", "out.parquet")
    found = pd.read_parquet("out.parquet")
    best = found.iloc[:, 1:].idxmax(axis=1).str.removeprefix("probability_")
    assert (found["label"] == best).all()


def test_predictions_do_not_depend_on_the_batches(capsys, trained, monkeypatch):
    pd.read_csv(PENGUINS).to_parquet("penguins.parquet", row_group_size=50)
    run(capsys, "predict", trained, "penguins.parquet", "-o", "whole.csv")
    monkeypatch.setattr("softlearn.cli.saved.model._MAX_NUMBERS", 64)
    run(capsys, "predict", trained, "penguins.parquet", "-o", "parts.csv")
    whole, parts = pd.read_csv("whole.csv"), pd.read_csv("parts.csv")
    pd.testing.assert_frame_equal(whole, parts, rtol=1e-12)


def test_a_dash_sends_csv_to_standard_output(capfd, trained):
    lines = run(capfd, "predict", trained, PENGUINS, "-o", "-").out.splitlines()
    assert lines[0] == "label,probability_Adelie,probability_Chinstrap,probability_Gentoo"
    assert len(lines) == 345


def test_columns_the_model_does_not_know_are_ignored_with_a_note(capsys, trained):
    pd.read_csv(PENGUINS).assign(mood="good").to_csv("more.csv", index=False)
    shown = run(capsys, "predict", trained, "more.csv", "-o", "out.csv", "--quiet")
    assert shown.err.startswith("Note: ")
    assert "'mood'" in shown.err


def test_evaluate_measures_a_model_on_labelled_rows(capsys, trained):
    facts = run_json(capsys, "evaluate", trained, PENGUINS)
    run(capsys, "predict", trained, PENGUINS, "-o", "out.csv")
    found, table = pd.read_csv("out.csv"), pd.read_csv(PENGUINS)
    assert facts["accuracy"] == (found["label"] == table["species"]).mean()
    assert facts["rows"] == 344
    report = run(capsys, "evaluate", trained, PENGUINS).out
    assert f"{100 * facts['accuracy']:.1f} %" in report


def test_the_labels_may_be_in_another_column_than_in_training(capsys, trained):
    pd.read_csv(PENGUINS).rename(columns={"species": "truth"}).to_csv("new.csv", index=False)
    facts = run_json(capsys, "evaluate", trained, "new.csv", "--target", "truth")
    assert facts["accuracy"] == run_json(capsys, "evaluate", trained, PENGUINS)["accuracy"]


def test_show_tells_of_a_model_what_fit_told(capsys):
    facts = fit_penguins(capsys)
    shown = run_json(capsys, "show", "penguins.softlearn")
    assert facts.items() <= shown.items()
    assert shown["versions"]["scikit-learn"]
    assert shown["input"]["columns"]["island"] == "text"
    assert "Fitted on" in run(capsys, "show", "penguins.softlearn").out


def test_show_describes_models_saved_from_python_too(capsys):
    from sklearn.datasets import load_iris

    softlearn.save(softlearn.SoftmaxRegression().fit(*load_iris(return_X_y=True)), "iris")
    facts = run_json(capsys, "show", "iris")
    assert [entry["class"] for entry in facts["classes"]] == [0, 1, 2]
    report = run(capsys, "show", "iris").out
    assert "4 features, 3 classes: 0, 1, 2." in report
    assert "The optimum is proven" in report


def test_show_describes_models_that_chose_their_penalty_themselves(capsys):
    from sklearn.datasets import load_iris

    model = softlearn.SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=3).fit(*load_iris(return_X_y=True))
    softlearn.save(model, "iris")
    facts = run_json(capsys, "show", "iris")
    assert facts["C"] in (0.1, 1.0)
    assert facts["gap"] <= model.tol
    assert f"C = {facts['C']:g}; {facts['steps']} steps of" in " ".join(
        run(capsys, "show", "iris").out.split()
    )


def test_show_describes_the_mean_of_the_fits_of_folds(here, capsys):
    from sklearn.datasets import load_iris

    model = softlearn.SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=3, refit=False)
    softlearn.save(model.fit(*load_iris(return_X_y=True)), "mean")
    shown = " ".join(run(capsys, "show", "mean").out.split())
    assert "the mean of the best fits of each fold, at C = 1 on average" in shown
    assert "Nothing is proven of a mean." in shown
    assert run_json(capsys, "show", "mean")["status"] is None


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_table_without_rows_has_predictions_without_rows(capsys, trained, suffix):
    table = pd.read_csv(PENGUINS).iloc[:0]
    table.to_csv("none.csv", index=False)
    table.to_parquet("none.parquet")
    names = ["label", *(f"probability_{c}" for c in ("Adelie", "Chinstrap", "Gentoo"))]
    Path("none.jsonl").write_text("")
    Path("none.json").write_text("[]")
    for source in ("none.csv", "none.parquet", "none.jsonl", "none.json"):
        out = run(capsys, "predict", trained, source, "-o", f"out{suffix}")
        assert f"0 rows predicted, in out{suffix}." in out.err
        if suffix == ".csv":
            assert list(pd.read_csv("out.csv").columns) == names
        elif suffix == ".parquet":
            assert list(pd.read_parquet("out.parquet").columns) == names
        else:
            assert Path("out.jsonl").read_text(encoding="utf-8") == ""
    for source in ("none.csv", "none.jsonl"):
        assert "has no rows" in run(capsys, "evaluate", trained, source, status=1).err
    table.drop(columns="sex").to_csv("less.csv", index=False)
    out = run(capsys, "predict", trained, "less.csv", "-o", "x.csv", status=1)
    assert "lacks a column of the model: 'sex'" in out.err
    assert not Path("x.csv").exists()
