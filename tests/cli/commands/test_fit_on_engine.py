"""softlearn fit of files whose rows lie with the workers of a cluster."""

import shutil
from pathlib import Path

import pytest
from running import run, run_json
from table_files import write_parts

distributed = pytest.importorskip("distributed")

from softlearn import load  # noqa: E402

N, PARTS = 3000, 3


@pytest.fixture(autouse=True)
def parts(tmp_path, monkeypatch):
    """Write files of numbers, and go to their folder."""
    monkeypatch.chdir(tmp_path)
    write_parts(N, PARTS)


@pytest.fixture(scope="module")
def scheduler():
    options = {"processes": False, "dashboard_address": None, "threads_per_worker": 1}
    with distributed.LocalCluster(n_workers=2, **options) as cluster:
        yield cluster.scheduler_address


FIT = ("fit", "*.parquet", "-t", "y", "-o", "m.softlearn", "--engine", "dask")


def test_files_are_fitted_measured_and_saved(scheduler, capsys):
    facts = run_json(capsys, *FIT, "--scheduler", scheduler)
    assert facts["status"] == "CONVERGED"
    assert facts["gap"] <= 1e-6
    assert facts["train_rows"] + facts["test_rows"] == N
    assert 0.15 * N < facts["test_rows"] < 0.25 * N
    assert sum(c["train_rows"] for c in facts["classes"]) == facts["train_rows"]
    assert facts["test_accuracy"] > 0.7
    assert any("stayed with the workers" in warning for warning in facts["warnings"])
    assert run_json(capsys, "evaluate", "m.softlearn", "1.parquet")["accuracy"] > 0.7
    assert load("m.softlearn").named_steps["classifier"].engine is None


def test_a_cluster_on_this_machine_gives_the_same_model(scheduler, capsys):
    given = ("--no-test", "--regularization", "none")
    there = run_json(capsys, *FIT, *given, "--scheduler", scheduler)
    Path("parts").mkdir()
    for file in Path().glob("*.parquet"):
        shutil.copy(file, "parts")
    folder = run_json(capsys, "fit", "parts", *FIT[2:], *given, "--scheduler", scheduler)
    assert folder["objective"] == there["objective"]
    here = run_json(capsys, *FIT, *given, "--threads", "1")
    assert (here["gap"], here["objective"]) == (there["gap"], there["objective"])
    assert here["train_rows"] == N


def test_a_fit_goes_on_from_its_checkpoint(scheduler, capsys):
    given = ("--scheduler", scheduler, "--checkpoint", "fit.ckpt")
    first = run_json(capsys, *FIT, *given)
    assert Path("fit.ckpt").exists()
    again = run_json(capsys, *FIT, *given, "--resume")
    assert (again["gap"], again["objective"]) == (first["gap"], first["objective"])


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--regularization", "auto"), 1, "--regularization auto needs the rows on this machine"),
        (("--hidden", "5"), 1, "--hidden needs all rows in memory: leave --engine out"),
        (("--calibrate", "temperature"), 1, "need all rows in memory"),
        (("--l1-ratio", "0.5"), 1, "An engine does not support an L1 penalty"),
        (("--exclude", "z"), 1, "has no column 'z' to leave out"),
        (("--memory", "1GB"), 2, "--memory and --cache are for rows on disk, not for --engine"),
    ],
)
def test_what_does_not_go_with_an_engine_is_said(words, status, sentence, scheduler, capsys):
    said = run(capsys, *FIT, "--scheduler", scheduler, *words, status=status).err
    assert sentence in " ".join(said.replace("│", " ").split())


def test_a_scheduler_that_is_none_is_named(monkeypatch, capsys):
    from softlearn.cli.fitting import on_engine

    monkeypatch.setattr(on_engine, "_PATIENCE", 0.2)
    said = run(capsys, *FIT, "--scheduler", "tcp://127.0.0.1:9", status=1).err
    assert "The scheduler tcp://127.0.0.1:9 does not answer" in " ".join(said.split())
    said = run(capsys, *FIT[:-2], "--scheduler", "tcp://127.0.0.1:9", status=2).err
    assert "--scheduler needs --engine dask" in " ".join(said.replace("│", " ").split())
