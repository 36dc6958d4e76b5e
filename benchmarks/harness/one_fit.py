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
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.harness.judge import Task, objective
from benchmarks.harness.machine import forget_peak, peak_memory
from benchmarks.harness.recording import Recorder, Stop
from benchmarks.peers import fit, reason_to_skip, warm_up

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


def _attempt(name: str, task: Task, seen: Recorder, settings: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"finished": True}
    forget_peak()
    before = peak_memory()
    try:
        facts |= fit(name, task, seen, **settings)
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
        warm_up(name, task, **settings)

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
