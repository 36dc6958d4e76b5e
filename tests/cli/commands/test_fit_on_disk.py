"""softlearn fit of files that stay on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from running import run, run_json
from table_files import write_parts

N, PARTS = 4000, 4


@pytest.fixture(autouse=True)
def parts(tmp_path, monkeypatch):
    """Write files of numbers, and go to their folder."""
    monkeypatch.chdir(tmp_path)
    X, y = write_parts(N, PARTS)
    columns = {f"x{j}": X[:, j] for j in range(5)} | {"y": y}
    Path("whole").mkdir()
    pa.parquet.write_table(pa.table(columns), "whole/all.parquet")


FIT = ("fit", "*.parquet", "-t", "y", "-o", "m.softlearn", "--memory", "100KB")


def test_files_are_fitted_measured_and_saved(capsys):
    facts = run_json(capsys, *FIT)
    assert facts["status"] == "CONVERGED"
    assert facts["gap"] <= 1e-6
    assert facts["passes"] <= 25
    assert facts["train_rows"] + facts["test_rows"] == N
    assert sum(c["train_rows"] for c in facts["classes"]) == facts["train_rows"]
    assert facts["test_accuracy"] > 0.7
    assert any("stayed on disk" in warning for warning in facts["warnings"])


def test_the_model_predicts_a_table_of_the_same_columns(capsys):
    run(capsys, *FIT, "--no-test")
    run(capsys, "predict", "m.softlearn", "0.parquet", "-o", "p.csv")
    found = Path("p.csv").read_text().splitlines()
    assert len(found) == N // PARTS + 1
    facts = run_json(capsys, "evaluate", "m.softlearn", "1.parquet")
    assert facts["accuracy"] > 0.7


@pytest.mark.parametrize("more", [(), ("--checkpoint", "fit.ckpt")], ids=str)
def test_C_is_chosen_by_cross_validation_over_all_rows(more, capsys):
    facts = run_json(capsys, *FIT, "--regularization", "auto", *more)
    curve = facts["cross_validation"]
    assert (len(curve["C"]), curve["folds"]) == (9, 5)
    assert facts["C"] == curve["best"] == curve["C"][int(np.argmin(curve["log_loss"]))]
    assert facts["gap"] <= 1e-6
    given = (*FIT[2:6], "--regularization", "auto")
    in_memory = run_json(capsys, "fit", "whole/all.parquet", *given)
    expected = in_memory["cross_validation"]["log_loss"]  # of other folds
    np.testing.assert_allclose(curve["log_loss"], expected, rtol=0.05)


def test_rows_of_lists_are_fitted_predicted_and_evaluated(capsys):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 3)).astype(np.float32)
    y = (3 * X + rng.gumbel(size=(2000, 3))).argmax(1)
    for k, rows in enumerate((slice(0, 1200), slice(1200, 2000))):
        lists = pa.FixedSizeListArray.from_arrays(pa.array(X[rows].ravel()), 3)
        pa.parquet.write_table(pa.table({"e": lists, "y": y[rows]}), f"lists{k}.parquet")
    pa.parquet.write_table(pa.table({"e": lists}), "new.parquet")
    run(capsys, "fit", "lists*.parquet", *FIT[2:], "--no-test")
    facts = run_json(capsys, "evaluate", "m.softlearn", "lists*.parquet")
    run(capsys, "predict", "m.softlearn", "lists*.parquet", "-o", "p.csv")
    said = [line.split(",")[0] for line in Path("p.csv").read_text().splitlines()[1:]]
    assert facts["rows"] == len(said) == len(y)
    assert facts["accuracy"] == np.mean(np.array(said, int) == y)
    run(capsys, "predict", "m.softlearn", "new.parquet", "-o", "new.csv")
    new = [line.split(",")[0] for line in Path("new.csv").read_text().splitlines()[1:]]
    assert new == said[1200:]
    pa.parquet.write_table(pa.table({"e": ["text"], "y": [0]}), "odd.parquet")
    error = run(capsys, "predict", "m.softlearn", "odd.parquet", "-o", "-", status=1).err
    assert "odd.parquet has string in 'e', but a stream takes numbers" in " ".join(error.split())


def test_a_fit_goes_on_from_its_checkpoint_and_its_converted_files(capsys):
    first = run_json(capsys, *FIT, "--checkpoint", "fit.ckpt")
    assert Path("fit.ckpt.cache").is_dir()
    again = run_json(capsys, *FIT, "--checkpoint", "fit.ckpt", "--resume")
    assert (again["gap"], again["objective"]) == (first["gap"], first["objective"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--hidden", "5"), "--hidden needs all rows in memory"),
        (("--calibrate", "temperature"), "need all rows in memory"),
        (("--memory", "much"), "memory must be a size such as '4GB'"),
    ],
)
def test_what_needs_all_rows_in_memory_is_said(words, sentence, capsys):
    assert sentence in " ".join(run(capsys, *FIT, *words, status=1).err.split())


def test_resume_needs_a_checkpoint(capsys):
    assert "--resume" in run(capsys, *FIT, "--resume", status=2).err


def test_a_column_of_text_is_named(capsys):
    pa.parquet.write_table(pa.table({"x0": ["a"], "y": ["red"]}), "0.parquet")
    said = " ".join(run(capsys, *FIT, status=1).err.split())
    assert "0.parquet has string in 'x0', but a stream takes numbers" in said


def test_a_glob_is_predicted_and_evaluated_file_after_file(capsys):
    run(capsys, *FIT, "--no-test")
    run(capsys, "predict", "m.softlearn", "[0-9].parquet", "-o", "p.csv")
    assert len(Path("p.csv").read_text().splitlines()) == N + 1
    facts = run_json(capsys, "evaluate", "m.softlearn", "*.parquet")
    assert facts["rows"] == N
    assert facts["accuracy"] > 0.7
    said = run(capsys, "predict", "m.softlearn", "none*.parquet", "-o", "p.csv", status=1).err
    assert "none*.parquet is a pattern that matches no file" in said
    said = run(capsys, "predict", "m.softlearn", "*.parquet", "-o", "0.parquet", status=1).err
    assert "The output 0.parquet is one of the files *.parquet" in " ".join(said.split())
