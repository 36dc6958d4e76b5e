r"""What an L1 penalty costs: the time to a relative error, beside the peers that have one.

    python benchmarks/studies/sparse_penalties.py --out FILE
    python benchmarks/studies/sparse_penalties.py --data FOLDER --sets letter,newsgroups20

Per set three values of C, at which the penalty is 1/10, 1/100 and 1/1000 of the one from which on
all weights are zero.  `SoftmaxRegression(l1_ratio=1.0)` runs with its default tol of 1e-6, which it
proves.  A peer runs at smaller and smaller tolerances until its J is within 1e-6 of the lowest J;
the time is that of its first run that is, or ``>`` that of the last within ``--peer-seconds``.  J
is judged in float64, and J* is what ours finds at tol=1e-10.  Peers: scikit-learn's saga; for two
classes liblinear, whose penalised intercept is made large, and skglm where it is installed.

The last column is a path of 100 values of C by `regularization_path`, over 1000-fold, in seconds.
"""

from __future__ import annotations

import os
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import any_set
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.judge import Task, objective
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import timed
from softlearn import SoftmaxRegression, regularization_path

SETS = ["iris", "digits", "wide", "two"]
ERROR = 1e-6


def random_set(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return 500 rows of 5,000 features and 5 classes, or 2,000 of 100 and 2; few matter."""
    n, d, classes = (500, 5000, 5) if name == "wide" else (2000, 100, 2)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    Z = X[:, :10] @ rng.normal(size=(10, classes)) + rng.gumbel(size=(n, classes))
    return X, Z.argmax(1)


def judged(X: Any, y: np.ndarray, C: float, W: np.ndarray, b: np.ndarray) -> float:
    """Return J with the L1 penalty of 1 / (C n)."""
    penalty = float(np.abs(W).sum()) / (C * X.shape[0])
    if len(W) == 1:
        W, b = np.concatenate([0.0 * W, W]), np.concatenate([0.0 * b, b])
    return objective(Task(X, y, np.inf), W, b) + penalty


def peers(C: float, two: bool) -> Iterator[tuple[str, Callable[[float], Any]]]:
    """Yield names of peers, and what makes one for a tolerance."""
    many = {"C": C, "l1_ratio": 1.0, "max_iter": 1_000_000}
    yield "saga", lambda tol: LogisticRegression(solver="saga", tol=tol, **many)
    if not two:
        return
    alike = {**many, "solver": "liblinear", "intercept_scaling": 1e3}
    yield "liblinear", lambda tol: LogisticRegression(tol=tol, **alike)
    try:
        from skglm import SparseLogisticRegression
    except ImportError:
        return
    yield "skglm", lambda tol: SparseLogisticRegression(alpha=1.0, tol=tol)


def run_peer(
    make: Callable[[float], Any], X: Any, y: np.ndarray, C: float, best: float, most: float
) -> tuple[float, bool]:
    """Return the seconds of the first run that is accurate enough, or of the last, and which."""
    seconds = 0.0
    for tol in np.logspace(-2, -9, 8):
        model = make(float(tol))
        if hasattr(model, "alpha"):
            model.alpha = 1.0 / (C * X.shape[0])
        _, seconds = timed(lambda model=model: model.fit(X, y))
        W, b = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
        if judged(X, y, C, W, b) <= best * (1.0 + ERROR):
            return seconds, True
        if seconds > most:
            break
    return seconds, False


def measure(name: str, chosen: Namespace) -> dict[str, Any]:
    """Return all of one set."""
    own = name in ("wide", "two")
    X, y = random_set(name) if own else any_set(name, chosen.data)
    if not hasattr(X, "tocsr"):
        X = np.asarray(X, dtype=np.float64)
    path, seconds = timed(lambda: regularization_path(X, y, l1_ratio=1.0))
    cells = []
    for k in (33, 66, 99):  # C is 10, 100 and 1000 times the first
        C = float(path.Cs[k])
        model, mine = timed(lambda C=C: SoftmaxRegression(C=C, l1_ratio=1.0).fit(X, y))
        best = SoftmaxRegression(C=C, l1_ratio=1.0, tol=1e-10).fit(X, y).objective_
        cell = {
            "C": C,
            "nonzero": model.n_nonzero_,
            "proven zeros": int(model.zeros_proven_.sum()),
            "seconds": mine,
            "gap": model.gap_,
            "excess": judged(X, y, C, model.coef_, model.intercept_) / best - 1.0,
            "peers": {},
        }
        for peer, make in peers(C, len(path.classes) == 2):
            cell["peers"][peer] = run_peer(make, X, y, C, best, chosen.peer_seconds)
        cells.append(cell)
    unproven = int((path.gaps > ERROR).sum())
    shape = [*X.shape, len(path.classes)]
    return {"set": name, "shape": shape, "cells": cells, "path": seconds, "unproven": unproven}


def rows_of(found: dict[str, Any]) -> Iterator[list[str]]:
    """Yield a row of the table for each C."""
    n, d, classes = found["shape"]
    for times, cell in zip((10, 100, 1000), found["cells"], strict=True):
        size = d * (1 if classes == 2 else classes)
        row = [f"{found['set']} ({n:,} x {d:,}, {classes})", f"1/{times}"]
        row.append(f"{cell['nonzero']:,} of {size:,} ({cell['proven zeros']:,} proven 0)")
        row.append(f"{cell['seconds']:.3g} (gap {cell['gap']:.0e})")
        for peer in ("saga", "liblinear", "skglm"):
            seconds, reached = cell["peers"].get(peer, (None, True))
            ratio = "" if seconds is None else f"{seconds / cell['seconds']:.3g}"
            row.append(ratio if reached else f"> {ratio}")
        yield [*row, f"{found['path']:.3g}"]


def table(record: dict[str, Any]) -> str:
    """Return the times as Markdown."""
    about = (
        "Seconds of ours, and times of peers over ours, to a relative error of 1e-6; `>` where a "
        "peer did not get there in its time. The penalty is a part of the one from which on all "
        "weights are zero."
    )
    heads = ["set (rows x columns, classes)", "penalty", "weights", "ours, s"]
    rows = [[*heads, "saga", "liblinear", "skglm", "path of 100, s"]]
    rows += [row for found in record["sets"] for row in rows_of(found)]
    return "\n\n".join(["# L1 penalties", line(record["machine"]), about, markdown(rows)])


def main() -> None:
    """Measure set after set."""
    options = parser(__doc__, "data", "out")
    options.add_argument("--sets", type=names, default=",".join(SETS))
    options.add_argument("--peer-seconds", type=float, default=60.0)
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    results = Results(chosen.out, table, "sets")
    done = {found["set"] for found in results["sets"]}
    for name in chosen.sets:
        if name not in done:
            found = measure(name, chosen)
            results.add("sets", found, said="\n".join(" | ".join(r) for r in rows_of(found)))


if __name__ == "__main__":
    main()
