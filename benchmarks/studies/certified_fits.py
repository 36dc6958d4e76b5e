r"""Every set x every C: is the optimum proven, is it the lowest, and how long did it take?

    python benchmarks/studies/certified_fits.py --data FOLDER --out FILE.json

softlearn runs with its defaults.  scikit-learn's LogisticRegression runs lbfgs and newton-cg, both
at tol=1e-10 and without a limit of iterations, but stopped after ``--peer-seconds``; its best point
so far counts even then.  Every final point is judged by the one function `objective` below, in
float64, which belongs to neither library.

"Above any, proven" is how far our objective can be above the lowest that any solver could reach,
relative to it: from the lower bound that a second fit with tol=1e-10 proves.

The time to an equal objective is, for each, the time since the call of `fit` at which it first was
within 1e-6 of the lowest objective that anybody found, relative to it; the time in all is that of
the whole `fit`, ours with its proof.  The ratio is that of the times to an equal objective, the
faster of the peer's solvers taken.  One machine, nothing else running; ``--repeat`` takes the
median of several fits of ours where one is short, and the peer's is as long as it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import sklearn
import sklearn.linear_model._logistic as peer
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

import softlearn
from benchmarks.cases.datasets import NAMES, prepared
from softlearn import SoftmaxRegression

NEAR = 1e-6


def objective(X: Any, y: np.ndarray, model: Any, C: float) -> float:
    """Return J in float64: mean cross-entropy + ||W||^2 / (2 C n), W as the model has it."""
    W, b = np.asarray(model.coef_, np.float64), np.asarray(model.intercept_, np.float64)
    codes, total = np.searchsorted(model.classes_, y), 0.0
    for start in range(0, X.shape[0], 4096):
        part = slice(start, start + 4096)
        Z = np.asarray(X[part] @ W.T) + b
        own = Z[np.arange(len(Z)), codes[part]]
        total += float(np.sum(logsumexp(Z, axis=1) - own))
    return (total + 0.5 / C * float(np.sum(W * W))) / X.shape[0]


def ours(X: Any, y: np.ndarray, C: float, repeat: int) -> dict[str, Any]:
    """Fit with defaults; the median time of several fits where one is short.

    A second fit, from there with tol=1e-10, proves how far the first is from the best there is.
    """
    times: list[float] = []
    while not times or (len(times) < repeat and times[0] < 20.0):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            began = time.perf_counter()
            model = SoftmaxRegression(C=C).fit(X, y)
            times.append(time.perf_counter() - began)
    before = times[-1] - model.trace_[-1].time  # what fit does before its first step
    closer = clone(model).set_params(tol=1e-10, warm_start=True)
    closer.coef_, closer.intercept_, closer.classes_ = model.coef_, model.intercept_, model.classes_
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        closer.fit(X, y)
    value = objective(X, y, model, C)
    lowest = objective(X, y, closer, C) - closer.gap_ * closer.objective_
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


class OutOfTime(Exception):
    """The peer has had its time."""


class Watch:
    """Records when the peer first knew which objective value, and stops it when time is up."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.began = seconds, time.perf_counter()
        self.values: list[tuple[float, float]] = []
        self.best, self.w = np.inf, np.zeros(0)

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, watched; its first result is the value of the objective."""

        def watched(w: np.ndarray, *args: Any) -> Any:
            out = function(w, *args)
            now, value = time.perf_counter() - self.began, out
            if isinstance(out, tuple):
                value = out[0]
            if np.ndim(value) == 0 and value < self.best:
                self.best, self.w = float(value), np.array(w)
                self.values.append((now, self.best))
            if now > self.seconds:
                raise OutOfTime
            return out

        return watched

    def reached(self, target: float) -> float | None:
        """Return when the objective was first at most `target`, None if never."""
        return next((when for when, value in self.values if value <= target), None)


def theirs(X: Any, y: np.ndarray, C: float, solver: str, seconds: float) -> dict[str, Any]:
    """Fit with scikit-learn at tol=1e-10; keep its best point, even if its time ran out."""
    minimize, newton = peer.optimize.minimize, peer._newton_cg
    model = LogisticRegression(C=C, solver=solver, tol=1e-10, max_iter=10**7)
    watch, finished = Watch(seconds), True

    class Optimize:
        @staticmethod
        def minimize(function: Any, *args: Any, **kwargs: Any) -> Any:
            return minimize(watch.of(function), *args, **kwargs)

    def newton_watched(**kwargs: Any) -> Any:
        kwargs["func"] = watch.of(kwargs["func"])
        return newton(**kwargs)

    peer_optimize = peer.optimize
    peer.optimize, peer._newton_cg = Optimize, newton_watched
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
        seconds_taken = time.perf_counter() - watch.began
    except OutOfTime:
        finished, seconds_taken = False, seconds
        model.classes_ = np.unique(y)
        table = watch.w.reshape(len(model.classes_), -1, order="F")
        model.coef_, model.intercept_ = table[:, :-1], table[:, -1]
    finally:
        peer.optimize, peer._newton_cg = peer_optimize, newton
    value = objective(X, y, model, C)
    return {"seconds": seconds_taken, "finished": finished, "objective": value, "watch": watch}


def row(name: str, X: Any, y: np.ndarray, C: float, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one set at one C with every solver."""
    mine = ours(X, y, C, options.repeat)
    limit = max(options.peer_seconds, options.peer_factor * mine["seconds"])
    peers = {} if options.no_peer else {s: theirs(X, y, C, s, limit) for s in options.peers}
    lowest = min([mine["objective"], *(p["objective"] for p in peers.values())])
    for p in peers.values():
        p["reached"] = p.pop("watch").reached(lowest * (1.0 + NEAR))
        p["excess"] = p["objective"] / lowest - 1.0
    trace = mine.pop("trace")
    mine["reached"] = next(t for t, value in trace if value <= lowest * (1.0 + NEAR))
    times = [p["reached"] for p in peers.values() if p["reached"] is not None]
    ratio = min(times) / mine["reached"] if times else None
    at_least = limit / mine["reached"] if peers and not times else None
    shape = [*X.shape, len(np.unique(y))]
    return {
        "set": name,
        "shape": shape,
        "C": C,
        "softlearn": mine,
        "peers": peers,
        "ratio": ratio,
        "ratio_at_least": at_least,
    }


def line(r: dict[str, Any]) -> str:
    """Return one row of the Markdown table."""
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
    return "| " + " | ".join(cells) + " |"


def table(results: list[dict[str, Any]], peers: list[str]) -> str:
    """Return the whole table as Markdown."""
    heads = [
        "set (rows x columns, classes)",
        "C",
        "softlearn: s to equal / s in all",
        "gap",
        "above any, proven",
        *(f"{p}: s to equal / s in all / above ours" for p in peers),
        "times faster",
    ]
    rule = "|" + "---|" * len(heads)
    return "\n".join(["| " + " | ".join(heads) + " |", rule, *map(line, results)])


def main() -> None:
    """Measure, print a row as each is done, and keep all figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with load.py")
    parser.add_argument("--sets", default=",".join(NAMES))
    parser.add_argument("--C", default="0.01,1,100,10000")
    parser.add_argument("--peers", default="lbfgs,newton-cg")
    parser.add_argument("--no-peer", action="store_true", help="softlearn only")
    parser.add_argument("--peer-seconds", type=float, default=60.0, help="at least so long")
    parser.add_argument("--peer-factor", type=float, default=3.0, help="or so many times our time")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON to write; FILE.md beside it holds the table")
    options = parser.parse_args()
    options.peers = [] if options.no_peer else options.peers.split(",")
    machine = {
        "softlearn": softlearn.__version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "processor": platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }
    results: list[dict[str, Any]] = []
    for name in options.sets.split(","):
        X, y = prepared(options.data, name)
        for C in map(float, options.C.split(",")):
            results.append(row(name, X, y, C, options))
            print(line(results[-1]), flush=True)
            if options.out:
                record = {"machine": machine, "results": results}
                options.out.write_text(json.dumps(record, indent=1))
                options.out.with_suffix(".md").write_text(table(results, options.peers) + "\n")


if __name__ == "__main__":
    main()
