r"""Every set x every C: is the optimum proven, is it the lowest, and how long did it take?

    python benchmarks/studies/certified_fits.py --data FOLDER --out FILE.json

softlearn runs with its defaults.  scikit-learn's LogisticRegression runs lbfgs and newton-cg, both
at tol=1e-10 and without a limit of iterations, but stopped after ``--peer-seconds``; its best point
so far counts even then.  Every final point is judged in float64 by `judge.objective`, which belongs
to neither library.

"Above any, proven" is how far our objective can be above the lowest that any solver could reach,
relative to it: from the lower bound that a second fit with tol=1e-10 proves.

The time to an equal objective is, for each, the time since the call of `fit` at which it first was
within 1e-6 of the lowest objective that anybody found, relative to it; the time in all is that of
the whole `fit`, ours with its proof.  The ratio is that of the times to an equal objective, the
faster of the peer's solvers taken.  One machine, nothing else running; ``--repeat`` takes the
median of several fits of ours where one is short, and the peer's is as long as it takes.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import warnings
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).parents[2]))

from sklearn.base import clone

from benchmarks.cases.datasets import NAMES, any_set
from benchmarks.harness.arguments import names, numbers, parser
from benchmarks.harness.judge import Task, objective
from benchmarks.harness.recording import Recorder, Stop, Trajectory
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import timed
from benchmarks.peers import fit
from softlearn import SoftmaxRegression

NEAR = 1e-6


def ours(task: Task, repeat: int) -> dict[str, Any]:
    """Fit with defaults; the median time of several fits where one is short.

    A second fit, from there with tol=1e-10, proves how far the first is from the best there is.
    """
    times: list[float] = []
    while not times or (len(times) < repeat and times[0] < 20.0):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model, seconds = timed(lambda: SoftmaxRegression(C=task.C).fit(task.X, task.y))
            times.append(seconds)
    before = times[-1] - model.trace_[-1].time  # what fit does before its first step
    closer = clone(model).set_params(tol=1e-10, warm_start=True)
    closer.coef_, closer.intercept_, closer.classes_ = model.coef_, model.intercept_, model.classes_
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        closer.fit(task.X, task.y)
    value = objective(task, model.coef_, model.intercept_)
    lowest = objective(task, closer.coef_, closer.intercept_) - closer.gap_ * closer.objective_
    return {
        "seconds": statistics.median(times),
        "trace": [(r.time + before, r.objective) for r in model.trace_],
        "above_any": value / lowest - 1.0,
        "steps": int(model.n_iter_[0]),
        "passes": model.trace_[-1].passes,
        "gap": model.gap_,
        "status": model.status_.name,
        "detail": model.status_detail_,
        "solver": model.solver_,
        "warnings": [str(w.message) for w in caught],
        "objective": value,
    }


def theirs(task: Task, solver: str, seconds: float) -> dict[str, Any]:
    """Fit with scikit-learn at tol=1e-10; keep its best point, even if its time ran out."""
    with tempfile.TemporaryDirectory() as folder:
        recorder, facts = Recorder(Path(folder), seconds), {}
        with suppress(Stop):
            facts = fit(f"sklearn-{solver}", task, recorder, solver=solver, tol=1e-10)
        taken = recorder.end(facts.get("weights"))
        points = Trajectory(Path(folder), task.classes, task.X.shape[1])
        value = objective(task, *points.weights(len(points.times) - 1))
        trace = list(zip(points.times, points.own, strict=True))
    return {"seconds": taken, "finished": bool(facts), "objective": value, "trace": trace}


def row(name: str, task: Task, chosen: Namespace) -> dict[str, Any]:
    """Measure one set at one C with every solver."""
    mine = ours(task, chosen.repeat)
    limit = max(chosen.peer_seconds, chosen.peer_factor * mine["seconds"])
    peers = {} if chosen.no_peer else {s: theirs(task, s, limit) for s in chosen.peers}
    lowest = min([mine["objective"], *(p["objective"] for p in peers.values())])
    for one in (mine, *peers.values()):
        near = (t for t, value in one.pop("trace") if value <= lowest * (1.0 + NEAR))
        one["reached"] = next(near, None)
    for peer in peers.values():
        peer["excess"] = peer["objective"] / lowest - 1.0
    times = [p["reached"] for p in peers.values() if p["reached"] is not None]
    return {
        "set": name,
        "shape": [*task.X.shape, task.classes],
        "C": task.C,
        "softlearn": mine,
        "peers": peers,
        "ratio": min(times) / mine["reached"] if times else None,
        "ratio_at_least": limit / mine["reached"] if peers and not times else None,
    }


def cells_of(r: dict[str, Any]) -> list[str]:
    """Return one row of the table."""
    mine = r["softlearn"]
    n, d, C = r["shape"]
    verdict = "proven" if mine["status"] == "CONVERGED" else mine["status"].lower()
    cells = [
        f"{r['set']} ({n:,} x {d:,}, {C})",
        f"{r['C']:g}",
        f"{mine['reached']:.2f} / {mine['seconds']:.2f}",
        f"{mine['gap']:.0e} {verdict}",
        f"{max(mine['above_any'], 0.0):.0e}",
    ]
    for p in r["peers"].values():
        reached = f"{p['reached']:.1f}" if p["reached"] is not None else "never"
        end = f"{p['seconds']:.0f}" + ("" if p["finished"] else " (stopped)")
        cells.append(f"{reached} / {end} / {p['objective'] / mine['objective'] - 1.0:.0e}")
    if r["ratio"] is not None:
        cells.append(f"{r['ratio']:.1f}")
    elif r["ratio_at_least"] is not None:
        cells.append(f"> {r['ratio_at_least']:.0f}")
    return cells


def table(record: dict[str, Any]) -> str:
    """Return the whole table as Markdown."""
    peers = [f"{p}: s to equal / s in all / above ours" for p in record["results"][0]["peers"]]
    heads = ["set (rows x columns, classes)", "C", "softlearn: s to equal / s in all", "gap"]
    heads += ["above any, proven", *peers, *["times faster"] * bool(peers)]
    return markdown([heads, *map(cells_of, record["results"])])


def main() -> None:
    """Measure, print a row as each is done, and keep all figures."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--sets", type=names, default=",".join(NAMES))
    add("--C", type=numbers, default="0.01,1,100,10000")
    add("--peers", type=names, default="lbfgs,newton-cg")
    add("--no-peer", action="store_true", help="softlearn only")
    add("--peer-seconds", type=float, default=60.0, help="at least so long")
    add("--peer-factor", type=float, default=3.0, help="or so many times our time")
    add("--repeat", type=int, default=3)
    chosen = options.parse_args()
    results = Results(chosen.out, table, "results")
    done = {(r["set"], r["C"]) for r in results["results"]}
    for name in chosen.sets:
        X, y = any_set(name, chosen.data)
        for C in [C for C in chosen.C if (name, C) not in done]:
            found = row(name, Task(X, y, C), chosen)
            results.add("results", found, said=" | ".join(cells_of(found)))


if __name__ == "__main__":
    main()
