"""softlearn fit: what it finds, and what options do."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import PENGUINS, fit_penguins, run, run_json

import softlearn

pytestmark = pytest.mark.usefixtures("here")


def test_fit_proves_the_optimum_and_tells_machines_everything(capsys):
    facts = fit_penguins(capsys)
    assert facts["status"] == "CONVERGED"
    assert 0.0 <= facts["gap"] <= 1e-6
    assert facts["train_rows"] + facts["test_rows"] == 344
    assert facts["columns_by_type"] == {"text": 2, "number": 5}
    assert [entry["class"] for entry in facts["classes"]] == ["Adelie", "Chinstrap", "Gentoo"]
    assert facts["test_accuracy"] > 0.95 > facts["baseline"]["accuracy"]
    assert facts["test_log_loss"] < 0.1 < facts["baseline"]["log_loss"]
    assert 0.0 <= facts["calibration_error"] < 0.1
    assert {"train_accuracy", "train_log_loss", "solver", "C", "objective", "seconds"} <= set(facts)
    assert len(facts["per_class"]) == len(facts["influential_features"]) == 3
    assert facts["warnings"] == []


def test_the_report_says_for_people_what_json_says_for_machines(capsys):
    facts = fit_penguins(capsys)
    shown = run(capsys, "fit", PENGUINS, "-t", "species", "-o", "penguins.softlearn")
    report = " ".join(shown.out.split())
    assert "344 rows, 7 columns (2 of text, 5 of numbers), 3 classes of 68 to 152 rows" in report
    assert "The optimum is proven: the objective is " in report
    assert f"accuracy {100 * facts['test_accuracy']:.1f} %" in report
    assert f"log-loss (nats) {facts['test_log_loss']:.4f}" in report
    assert f"calibration error {100 * facts['calibration_error']:.1f} %" in report
    for entry in facts["classes"]:
        assert f"{entry['class']} {entry['train_rows']} {entry['test_rows']}" in report
    best = facts["influential_features"][0]["features"][0]
    assert f"{best['effect']:+.2g} {best['feature']}" in report


def test_reports_go_to_standard_output_and_nothing_to_standard_error(capsys):
    assert run(capsys, "fit", PENGUINS, "-t", "species", "-o", "a").err == ""


def test_quiet_prints_nothing(capsys):
    assert run(capsys, "fit", PENGUINS, "-t", "species", "-o", "a", "-q") == ("", "")


def test_the_model_is_the_one_python_would_have_fitted(capsys):
    table = pd.read_csv(PENGUINS)[["bill_depth_mm", "year", "species"]].dropna()
    table.to_csv("two.csv", index=False)
    facts = run_json(
        capsys, "fit", "two.csv", "-t", "species", "-o", "two", "--no-test", "--regularization", 3
    )
    model = softlearn.SoftmaxRegression(C=3.0).fit(table[["bill_depth_mm", "year"]], table.species)
    assert facts["C"] == 3.0
    assert facts["objective"] == pytest.approx(model.objective_, rel=1e-6)
    assert facts["train_accuracy"] == model.score(table[["bill_depth_mm", "year"]], table.species)
    assert facts["test_accuracy"] is None


def test_a_test_source_is_used_as_it_is(capsys):
    table = pd.read_csv(PENGUINS)
    table[::2].to_csv("train.csv", index=False)
    table[1::2].to_parquet("test.parquet")
    facts = run_json(
        capsys, "fit", "train.csv", "--test", "test.parquet", "-t", "species", "-o", "model"
    )
    assert (facts["train_rows"], facts["test_rows"]) == (172, 172)
    again = run_json(capsys, "evaluate", "model", "test.parquet")
    assert again["accuracy"] == facts["test_accuracy"]
    assert again["log_loss"] == pytest.approx(facts["test_log_loss"], rel=1e-12)
    assert again["baseline"] == facts["baseline"]


def test_classes_that_only_the_test_source_has_are_errors_and_said(capsys):
    table = pd.read_csv(PENGUINS)
    table[table.species != "Gentoo"][::2].to_csv("train.csv", index=False)
    table[1::2].to_csv("test.csv", index=False)
    facts = run_json(capsys, "fit", "train.csv", "--test", "test.csv", "-t", "species", "-o", "m")
    assert any("'Gentoo' was not seen in training" in said for said in facts["warnings"])
    assert facts["test_accuracy"] < 0.7
    assert np.isfinite(facts["test_log_loss"])


def test_a_class_with_one_row_is_trained_on_with_a_warning(capsys):
    table = pd.read_csv(PENGUINS)
    table.loc[0, "species"] = "Emperor"
    table.to_csv("rare.csv", index=False)
    facts = run_json(capsys, "fit", "rare.csv", "-t", "species", "-o", "m")
    rare = next(entry for entry in facts["classes"] if entry["class"] == "Emperor")
    assert (rare["train_rows"], rare["test_rows"]) == (1, 0)
    assert any("'Emperor' has one row only" in said for said in facts["warnings"])


def test_without_a_penalty_separable_classes_have_no_optimum_and_the_report_says_so(capsys):
    facts = fit_penguins(capsys, "--regularization", "none")
    assert facts["status"] == "NO_FINITE_OPTIMUM"
    assert facts["C"] is None
    assert facts["gap"] is None or facts["gap"] > 1e-6
    shown = run(capsys, "show", "penguins.softlearn").out
    assert "There is no finite optimum: the classes can be separated" in " ".join(shown.split())
    assert "'Adelie'" in facts["status_detail"]


def test_weights_count_rows_as_often_as_they_say(capsys):
    table = pd.read_csv(PENGUINS).dropna()
    times = np.arange(len(table)) % 3
    table.assign(times=times).to_csv("weighted.csv", index=False)
    table.loc[table.index.repeat(times)].to_csv("repeated.csv", index=False)
    words = ["-t", "species", "--no-test", "--exclude", "sex"]
    weighted = run_json(capsys, "fit", "weighted.csv", "-o", "w", "--weights", "times", *words)
    repeated = run_json(capsys, "fit", "repeated.csv", "-o", "r", *words)
    assert weighted["objective"] == pytest.approx(repeated["objective"], rel=1e-5)


def test_excluded_columns_and_weights_are_no_features_and_not_needed_later(capsys):
    table = pd.read_csv(PENGUINS).assign(weight=1.0)
    table.to_csv("all.csv", index=False)
    words = ["--exclude", "year", "--exclude", "sex", "--weights", "weight"]
    facts = run_json(capsys, "fit", "all.csv", "-t", "species", "-o", "m", *words)
    assert facts["columns"] == 5
    table.drop(columns=["year", "sex", "weight"]).to_csv("fewer.csv", index=False)
    assert run(capsys, "predict", "m", "fewer.csv", "-o", "-").err == ""
    assert run(capsys, "predict", "m", "all.csv", "-o", "-").err == ""


def test_balanced_classes_seed_threads_and_tol_reach_the_fit(capsys):
    plain = fit_penguins(capsys)
    other = fit_penguins(capsys, "--class-weight", "balanced", "--seed", 1, "--threads", 1)
    assert other["class_weight"] == "balanced"
    assert other["objective"] != plain["objective"]
    assert fit_penguins(capsys, "--tol", "0.1")["gap"] <= 0.1


def test_regularization_auto_takes_the_c_with_the_least_log_loss_across_folds(capsys):
    facts = fit_penguins(capsys, "--regularization", "auto")
    curve = facts["cross_validation"]
    assert facts["C"] == curve["best"] == curve["C"][int(np.argmin(curve["log_loss"]))]
    assert curve["folds"] == 5
    assert len(curve["C"]) == len(curve["log_loss"]) == len(curve["standard_error"])
    assert "in cross-validation" in run(capsys, "show", "penguins.softlearn").out


def test_a_model_file_that_exists_is_replaced(capsys):
    Path("penguins.softlearn").write_text("old")
    fit_penguins(capsys)
    assert run(capsys, "show", "penguins.softlearn").out
