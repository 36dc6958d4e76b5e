"""The studies of benchmarks/ can be run: what they import, measure and write is there."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from benchmarks.harness import internals
from benchmarks.harness.judge import Task, objective
from benchmarks.harness.recording import Recorder, Stop, Trajectory
from benchmarks.harness.results import Results, markdown
from benchmarks.peers import PEERS, TRAINERS, fit, reason_to_skip, warm_up
from benchmarks.peers.interface import Training

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
STUDIES = sorted(p.stem for p in (BENCHMARKS / "studies").glob("[!_]*.py"))


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_can_be_imported_and_is_in_the_readme(name: str) -> None:
    study = import_module(f"benchmarks.studies.{name}")
    assert f"python benchmarks/studies/{name}.py" in study.__doc__
    assert f"](studies/{name}.py)" in (BENCHMARKS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", internals.HOMES)
def test_a_part_that_studies_measure_is_where_it_is_looked_for(name: str) -> None:
    assert getattr(internals, name) is not None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PEERS)
def test_a_library_that_is_here_finds_the_optimum(name: str, tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True)
    task = Task(X, y, 1.0)
    if why := reason_to_skip(name, task):
        pytest.skip(why)
    settings = PEERS[name].settings[0]
    best = objective(task, *fit("softlearn", task, lambda *point: None, tol=1e-12)["weights"]())
    warm_up(name, task, **settings)
    recorder = Recorder(tmp_path, limit=5.0, goal=best * (1.0 + 1e-5))
    try:
        weights = fit(name, task, recorder, **settings).get("weights")
    except Stop:
        weights = None
    recorder.end(weights)
    points = Trajectory(tmp_path, 3, 4)
    assert objective(task, *points.weights(len(points.times) - 1)) <= best * (1.0 + 1e-3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TRAINERS)
def test_a_trainer_that_is_here_makes_epochs(name: str) -> None:
    pytest.importorskip(TRAINERS[name].module)
    rng = np.random.default_rng(0)
    X, y = rng.random((64, 5), dtype=np.float32), rng.integers(3, size=64)
    trainer = TRAINERS[name](Training(X, y, (5, 4, 3), 16))
    before = trainer.logits(X) if name == "softlearn" else None
    trainer.epoch(np.arange(64))
    assert trainer.logits(X).shape == (64, 3)
    assert before is None or not np.array_equal(before, trainer.logits(X))


def test_a_second_call_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    def page(record: dict[str, Any]) -> str:
        return markdown([["size"], *([row["size"]] for row in record["rows"])])

    for size in (1, 2):
        results = Results(tmp_path / "found", page, "rows")
        assert len(results["rows"]) == size - 1
        results.add("rows", {"size": size})
    assert (tmp_path / "found.md").read_text() == "| size |\n|---|\n| 1 |\n| 2 |\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["found.json", "found.md"]
