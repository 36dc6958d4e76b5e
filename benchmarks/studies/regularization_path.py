r"""What a sweep over C costs: 45 values, beside the dearest single fit and scikit-learn's sweep.

    python benchmarks/studies/regularization_path.py --out FILE
    python benchmarks/studies/regularization_path.py --data FOLDER --sets NAMES

Per set: readings of the data (passes: values with gradients, Hessian products, bounds, and those
that a preconditioner needs) and seconds of `softlearn.regularization_path`, over those of the
dearest of `SoftmaxRegression` fits started anew at each C.  "With making" adds to the passes of the
path what its preconditioners cost to make, in passes, as they state it (`Preconditioner.passes`).

The peer is scikit-learn's own way, which `LogisticRegressionCV` takes on every fold: lbfgs (and
newton-cg), each value started from the one before.  It runs at its default tol, with max_iter
raised until it is no limit, and at tol=1e-10.  Its excess is the largest of (J - J*) / J* over the
sweep, J by `judge.objective` and J* the lower bound that ours proves; ours is the same of our own.
``--peer-seconds`` ends a peer between two values; its time is then a least one.

``--folds`` adds to FILE.json the passes of `SoftmaxRegressionCV`, per fold.

``--out`` writes FILE.json and FILE.md after each set; a second call goes on where the first ended.
"""

from __future__ import annotations

import os
import sys
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import any_set
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.internals import SoftmaxPoint
from benchmarks.harness.judge import Task, objective
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import timed
from softlearn import SoftmaxRegression, SoftmaxRegressionCV, regularization_path

SETS = ["iris", "wine", "digits", "synthetic"]


def synthetic() -> tuple[np.ndarray, np.ndarray]:
    """Return 5,000 rows of 50 features of very different sizes and 5 classes of much noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 50)) * np.logspace(0, -1, 50)
    Z = X @ (3.0 * rng.normal(size=(50, 5))) + rng.gumbel(size=(5000, 5))
    return X, Z.argmax(1)


def ours(X: Any, y: np.ndarray, Cs: np.ndarray) -> tuple[dict[str, Any], Any]:
    """Run the path, and every fit anew."""
    making: list[float] = []
    make = SoftmaxPoint.preconditioner

    def counted(point: Any, *arguments: Any, **more: Any) -> Any:
        before = point.J.passes
        made = make(point, *arguments, **more)
        if made is not None:
            making.append(made.passes - (point.J.passes - before))
        return made

    SoftmaxPoint.preconditioner = counted  # type: ignore[method-assign]
    path, seconds = timed(lambda: regularization_path(X, y, Cs))
    of_path, cold = sum(making), []
    for C in Cs:
        making.clear()
        model, elapsed = timed(lambda C=C: SoftmaxRegression(C=C).fit(X, y))
        passes = model.trace_[-1].passes
        cold.append((passes, passes + sum(making), elapsed))
    SoftmaxPoint.preconditioner = make  # type: ignore[method-assign]
    passes, whole, dearest = np.max(cold, axis=0)
    return {
        "passes": path.passes.sum(),
        "dearest": passes,
        "ratio": path.passes.sum() / passes,
        "with making": (path.passes.sum() + of_path) / whole,
        "seconds": seconds,
        "seconds ratio": seconds / dearest,
        "anew ratio": sum(c[0] for c in cold) / passes,
        "unproven": sum(gap > 1e-6 for gap in path.gaps),
        "excess": path.gaps.max(),
    }, path


def peer(X: Any, y: np.ndarray, path: Any, solver: str, tol: float, most: float) -> dict[str, Any]:
    """Sweep with scikit-learn, each value started from the one before."""
    model = LogisticRegression(solver=solver, tol=tol, max_iter=100_000, warm_start=True)
    seconds, excess, left = 0.0, 0.0, 0
    for k, C in enumerate(path.Cs):
        if seconds > most:
            left = len(path.Cs) - k
            break
        seconds += timed(lambda C=C: model.set_params(C=C).fit(X, y))[1]
        W, b = model.coef_, model.intercept_
        J = objective(Task(X, y, C), W, b)
        best = path.objectives[k] * (1.0 - path.gaps[k])
        excess = max(excess, J / best - 1.0)
    return {"solver": solver, "tol": tol, "seconds": seconds, "excess": excess, "left": left}


def measure(name: str, Cs: np.ndarray, chosen: Namespace) -> dict[str, Any]:
    """Return all of one set."""
    X, y = synthetic() if name == "synthetic" else any_set(name, chosen.data)
    if chosen.rows and X.shape[0] > chosen.rows:
        rows = np.random.default_rng(0).permutation(X.shape[0])[: chosen.rows]
        X, y = X[rows], np.unique(y[rows], return_inverse=True)[1]
    mine, path = ours(X, y, Cs)
    found = {
        "set": name,
        "shape": [*X.shape, len(path.classes)],
        "solver": path.solver,
        "ours": {k: float(v) for k, v in mine.items()},
        "peers": [],
        "folds": None,
    }
    for solver, tol in (("lbfgs", 1e-4), ("lbfgs", 1e-10), ("newton-cg", 1e-10)):
        found["peers"].append(peer(X, y, path, solver, tol, chosen.peer_seconds))
    if chosen.folds:
        passes = SoftmaxRegressionCV(Cs=Cs).fit(X, y).passes_.sum(axis=(1, 2))
        found["folds"] = [float(p) for p in passes]
    return found


def cells(found: dict[str, Any]) -> list[str]:
    """Return one row of the table."""
    (n, d, classes), mine = found["shape"], found["ours"]
    row = [f"{found['set']} ({n:,} x {d:,}, {classes})"]
    row += [f"{mine[k]:.2f}" for k in ("ratio", "with making", "seconds ratio", "anew ratio")]
    row.append(f"{mine['seconds']:.3g} ({mine['excess']:.0e})")
    for p in found["peers"]:
        ratio = f"{'> ' * bool(p['left'])}{p['seconds'] / mine['seconds']:.3g}"
        row.append(f"{ratio} ({p['excess']:.0e})")
    return row


def table(record: dict[str, Any]) -> str:
    """Return the ratios as Markdown."""
    about = (
        "Passes and seconds over those of the dearest single fit; scikit-learn's sweeps over ours "
        "by the clock, `>` where one was ended before its last C, and the largest excess over the "
        "lowest possible."
    )
    peers = [f"{p['solver']} tol={p['tol']:g}" for p in record["sets"][0]["peers"]]
    heads = ["set (rows x columns, classes)", "passes", "passes with making", "seconds"]
    rows = [[*heads, "fits anew, passes", "ours, s (excess)", *peers]]
    rows += map(cells, record["sets"])
    title = "# A sweep over 45 values of C"
    return "\n\n".join([title, line(record["machine"]), about, markdown(rows)])


def main() -> None:
    """Measure set after set."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--sets", type=names, default=",".join(SETS))
    add("--rows", type=int, help="take so many rows of each set, drawn at random")
    add("--peer-seconds", type=float, default=60.0)
    add("--folds", action="store_true")
    chosen = options.parse_args()
    Cs = np.logspace(-6, 5, 45)
    warnings.simplefilter("ignore")
    results = Results(chosen.out, table, "sets")
    done = {found["set"] for found in results["sets"]}
    for name in chosen.sets:
        if name not in done:
            found = measure(name, Cs, chosen)
            results.add("sets", found, said=" | ".join(cells(found)))


if __name__ == "__main__":
    main()
