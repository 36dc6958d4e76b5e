"""One library, one setting, one set, in a process of its own: `headline.py` starts this.

    python -m benchmarks.harness.one_fit FOLDER < JSON

JSON: peer, settings, data (folder with the arrays), C, limit, goal, targets, repeat.  FOLDER gets
run0, run1, ... with what each fit went through, and facts.json.  Before the clock starts the
library fits a few rows, so that what it imports and the threads it makes are there, and where it
compiles it is called once on the same data.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.harness.judge import Task, objective
from benchmarks.harness.machine import forget_peak, peak_memory
from benchmarks.harness.recording import Recorder, Stop
from benchmarks.peers.registry import PEERS, reason_to_skip, run

__all__ = ["load", "save"]

_SHORT = 0.5  # seconds: fits shorter than this are repeated within the process


def save(folder: Path, X: Any, y: np.ndarray) -> None:
    """Write X as float64 and float32, and y, where `load` finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "y.npy", y)
    if hasattr(X, "tocsr"):
        for name in ("indices", "indptr"):
            np.save(folder / f"{name}.npy", getattr(X, name))
        np.save(folder / "shape.npy", np.array(X.shape))
    for dtype in ("float64", "float32"):
        np.save(folder / f"{dtype}.npy", (X.data if hasattr(X, "tocsr") else X).astype(dtype))


def load(folder: Path, dtype: str, C: float) -> Task:
    """Return the task with X in `dtype`, read into memory."""

    def array(name: str) -> np.ndarray:
        return np.load(folder / f"{name}.npy")

    values, y = array(dtype), array("y")
    if not (folder / "indptr.npy").exists():
        return Task(values, y, C)
    parts = (values, array("indices"), array("indptr"))
    return Task(sp.csr_matrix(parts, shape=tuple(array("shape"))), y, C)


def _few_rows(task: Task) -> Task:
    """Return a task of the same kind with few rows and columns, and three classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4)).astype(task.X.dtype)
    return Task(sp.csr_matrix(X) if task.sparse else X, np.arange(60) % 3, 1.0)


class _Few:
    """Stops a library at its third point: what it compiles is compiled by then."""

    calls = 0

    def __call__(self, *told: Any) -> None:
        self.calls += 1
        if self.calls >= 3:
            raise Stop


def _attempt(name: str, task: Task, seen: Recorder, settings: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"finished": True}
    forget_peak()
    before = peak_memory()
    try:
        facts |= run(name, task, seen, **settings)
    except Stop:
        facts["finished"] = False
    facts["seconds"] = seen.end(facts.pop("weights", None), facts.pop("value", None))
    facts["longest"] = seen.longest
    return facts | {"memory": peak_memory() - before}


def main() -> None:
    """Do what the JSON says."""
    out, order = Path(sys.argv[1]), json.load(sys.stdin)
    name, settings = order["peer"], order["settings"]
    task = load(Path(order["data"]), settings["dtype"], order["C"])

    @cache
    def double() -> Task:
        wanted = settings["dtype"] != "float64"
        return load(Path(order["data"]), "float64", order["C"]) if wanted else task

    told: dict[str, Any] = {"skipped": reason_to_skip(name, task), "fits": []}
    if told["skipped"] is None:
        few = _few_rows(task)
        _attempt(name, few, Recorder(out / "warm", limit=0.3), settings)
        if PEERS[name].compiles:
            with suppress(Stop):
                run(name, task, _Few(), **settings)

        def judge(W: Any, b: Any) -> float:
            return objective(double(), W, b)

        while len(told["fits"]) < order["repeat"]:
            k = len(told["fits"])
            recorder = Recorder(
                out / f"run{k}", order["limit"], order["goal"], order["targets"], judge
            )
            told["fits"].append(_attempt(name, task, recorder, settings))
            (out / "facts.json").write_text(json.dumps(told))
            if told["fits"][0]["seconds"] > _SHORT:
                break
    (out / "facts.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
