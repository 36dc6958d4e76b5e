r"""What an L1 penalty costs: the time to a relative error, beside the peers that have one.

    python benchmarks/studies/sparse_penalties.py --data FOLDER --out FILE --peers-python PATH
    python benchmarks/studies/sparse_penalties.py --sets wide,two --peers glmnet,saga
    python benchmarks/studies/sparse_penalties.py --data FOLDER --short

    python benchmarks/studies/sparse_penalties.py --data FOLDER --out FILE --peers-python PATH \
        --sets letter,covtype_kaggle,mnist,newsgroups20,banking77,wide --minutes 15

Per set three values of C, at which the penalty is 1/3, 1/30 and 1/300 of the one from which on all
weights are zero.  `SoftmaxRegression(l1_ratio=1.0)` runs with its default tol of 1e-6, which it
proves.  A peer runs at smaller and smaller tolerances until its J is within 1e-6 of the lowest J;
the time is that of its first run that is, or ``>`` the limit: ten times ours, at least
``--seconds`` and at most ``--most-seconds``.  J is judged in float64, and J* is what ours finds at
tol=1e-10.

Peers are scikit-learn's saga; glmnet, in R (Rscript), along ten penalties to the one asked for, as
its manual advises; for two classes also liblinear (its penalised intercept made large), skglm,
celer (it has no intercept, so that ours has none either) and adelie, along ten penalties too.  For
more classes adelie has groups over classes alone (ours has them too, then).  ``--peers-python``
names a Python that has skglm, celer and adelie.  The last row of a set is a path of 100 values of C
over 1000-fold by `regularization_path`, beside the peers that have one; five solutions are judged.

With ``--minutes`` each set has its share of the time that is left, and each peer its share of that;
who has none left counts with what it had.  J* is then what our own fit found wherever that took
over a second, and a path is left out where it would not fit in.  ``--short`` tries everything on
parts of the sets, in a minute or two; its figures mean nothing.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
import warnings
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import any_set
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.judge import Task
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.sparse_peers import (
    ERROR,
    Processes,
    SparsePeer,
    judged,
    peers_of,
    run,
    write_set,
)
from benchmarks.harness.timing import timed
from softlearn import SoftmaxRegression, regularization_path

SETS = [
    *("letter", "covtype_kaggle", "mnist", "newsgroups20", "banking77", "wide"),
    *("two", "newsgroups2"),
]
PARTS = (3, 30, 300)
KEPT = (20, 40, 60, 80, 99)  # of the path: these solutions are judged
_SHARP = 1e-10
_REPEATED = 1.0  # seconds: a shorter fit of ours is timed thrice
_AS_LONG = 40.0  # a path of ours takes about as many times as long as its weakest penalty
_SHORT_SECONDS = 0.5  # a peer's limit in a short trial


@dataclass(frozen=True)
class Case:
    """A set on disk, for the peers."""

    task: Task
    processes: Processes
    chosen: Namespace
    end: float = math.inf
    """When its time is over, by `time.monotonic`."""
    runs: list[str] = field(default_factory=list)
    """The runs of peers, as they are begun."""

    def left(self) -> float:
        """Return the seconds that this set has left."""
        return self.end - time.monotonic()

    @property
    def weights(self) -> tuple[int, int]:
        """The shape of W."""
        return (1 if self.task.classes == 2 else self.task.classes), self.task.X.shape[1]

    def fit(self, strength: float, problem: str, tol: float = ERROR) -> SoftmaxRegression:
        """Return a fit of ours."""
        model = SoftmaxRegression(
            C=1.0 / (strength * self.task.X.shape[0]), l1_ratio=1.0, tol=tol,
            fit_intercept=problem != "without intercept",
            penalty_groups="features" if problem == "grouped" else None,
        )  # fmt: skip
        return model.fit(self.task.X, self.task.y)

    def run(self, peer: SparsePeer, strengths: Any, best: dict[int, float], mine: float) -> Any:
        """Return what a peer needed, for solutions whose lowest J are known."""

        def error(k: int, W: Any, b: Any) -> float:
            J = judged(self.task, strengths[k], W, b, peer.problem == "grouped")
            return J / best[k] - 1.0

        kept = {k: lambda W, b, k=k: error(k, W, b) for k in best}
        limit = min(max(10.0 * mine, self.chosen.seconds), self.chosen.most_seconds)
        self.runs.append(peer.name)
        every = len(self.peers()) * len(PARTS) + sum(one.paths for one in self.peers())
        most = max(self.left() / max(every - len(self.runs) + 1, 1), 0.0)
        return run(peer, self.processes, strengths, kept, self.weights, limit, most)

    def peers(self) -> list[SparsePeer]:
        """Return those that were asked for."""
        asked = self.chosen.peers
        known = peers_of(self.task.classes)
        return [peer for peer in known if not asked or peer.name.split(",")[0] in asked]


def random_set(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return 500 rows of 5,000 features and 5 classes, or 2,000 of 100 and 2; few matter."""
    n, d, classes = (500, 5000, 5) if name == "wide" else (2000, 100, 2)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    Z = X[:, :10] @ rng.normal(size=(10, classes)) + rng.gumbel(size=(n, classes))
    return X, Z.argmax(1)


def chosen_set(name: str, data: Path | None) -> tuple[Any, np.ndarray]:
    """Return X and y; newsgroups2 has the first ten and the other newsgroups as two classes."""
    if name in ("wide", "two"):
        return random_set(name)
    X, y = any_set("newsgroups20" if name == "newsgroups2" else name, data)
    return X, (y >= 10).astype(np.int64) if name == "newsgroups2" else y


def part_of(X: Any, y: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return 200 rows or less, two of each class at least, and the 50 columns of most entries."""
    rng = np.random.default_rng(0)
    some = np.sort(rng.permutation(len(y))[:200])
    some = some[np.bincount(y[some])[y[some]] > 1]
    X, y = X[some], np.unique(y[some], return_inverse=True)[1].astype(np.int64)
    size = np.asarray((X != 0.0).sum(0)).ravel()
    return X[:, np.sort(np.argsort(-size, kind="stable")[:50])], y


def largest_penalty(task: Task) -> float:
    """Return the least strength of L1 from which on all weights are zero."""
    n, classes = task.X.shape[0], task.classes
    R = np.eye(classes)[task.y]
    return float(np.abs(task.X.T @ (R - R.mean(0))).max()) / n


def best_time(f: Any) -> tuple[Any, float]:
    """Return what a call returns and its seconds, of short calls the least of three."""
    found, seconds = timed(f)
    if seconds < _REPEATED:
        seconds = min(seconds, timed(f)[1], timed(f)[1])
    return found, seconds


def cell(case: Case, part: int, largest: float) -> dict[str, Any]:
    """Return the times at one penalty."""
    strength = largest / part
    ours: dict[str, dict[str, Any]] = {}
    for problem in dict.fromkeys(["plain", *(peer.problem for peer in case.peers())]):
        model, seconds = best_time(lambda problem=problem: case.fit(strength, problem))
        W, b = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
        J = judged(case.task, strength, W, b, problem == "grouped")
        known = case.end < math.inf and seconds > _REPEATED
        best = J if known else min(J, case.fit(strength, problem, _SHARP).objective_)
        ours[problem] = {
            "seconds": seconds,
            "gap": model.gap_,
            "error": J / best - 1.0,
            "best": best,
            "status": model.status_.name,
            "nonzero": model.n_nonzero_,
            "proven zeros": int(model.zeros_proven_.sum()),
        }
    found: dict[str, Any] = {"part": part, "ours": ours, "peers": {}}
    for peer in case.peers():
        mine = ours[peer.problem]
        path = np.geomspace(largest, strength, 10) if peer.short_path else np.array([strength])
        last = len(path) - 1
        times = case.run(peer, path, {last: mine["best"]}, mine["seconds"])
        found["peers"][peer.name] = {**times, "problem": peer.problem}
    return found


def whole_path(case: Case) -> dict[str, Any]:
    """Return the times of a path."""
    task, n = case.task, case.task.X.shape[0]
    path, seconds = best_time(lambda: regularization_path(task.X, task.y, l1_ratio=1.0))
    strengths = 1.0 / (path.Cs * n)
    best = {k: float(path.objectives[k]) for k in KEPT}
    times = {
        peer.name: case.run(peer, strengths, best, seconds) for peer in case.peers() if peer.paths
    }
    gaps = np.asarray(path.gaps)
    return {"seconds": seconds, "unproven": int((~(gaps <= ERROR)).sum()), "peers": times}


def measure(name: str, chosen: Namespace, seconds: float = math.inf) -> dict[str, Any]:
    """Return all of one set."""
    end = time.monotonic() + seconds
    X, y = chosen_set(name, chosen.data)
    if chosen.short:
        X, y = part_of(X, y)
    task = Task(X, y, math.inf)
    found: dict[str, Any] = {"set": name, "shape": [*X.shape, task.classes], "cells": []}
    with tempfile.TemporaryDirectory() as folder:
        write_set(Path(folder), X, y)
        processes = Processes(Path(folder), chosen.peers_python)
        case = Case(task, processes, chosen, end)
        largest = largest_penalty(task)
        case.fit(largest / 2.0, "plain")  # what the first fit of a process imports
        for part in PARTS:
            found["cells"].append(cell(case, part, largest))
            print(name, part, said(found["cells"][-1]), flush=True)
        last = found["cells"][-1]["ours"]["plain"]["seconds"]
        paths = name not in chosen.no_path and _AS_LONG * last <= case.left()
        found["path"] = whole_path(case) if paths else None
        processes.end()
    return found


def said(of_cell: dict[str, Any]) -> str:
    """Return a cell in a line, for who watches."""
    mine = {problem: f"{own['seconds']:.3g}" for problem, own in of_cell["ours"].items()}
    theirs = {name: shown(own, 1.0) for name, own in of_cell["peers"].items()}
    return f"{mine} {theirs}"


def shown(times: dict[str, Any], mine: float) -> str:
    """Return a peer's time in units of ours."""
    ratio = f"{times['seconds'] / mine:.3g}"
    return ratio if times["reached"] else f"> {ratio}"


def seconds_of(of_cell: dict[str, Any]) -> dict[str, float]:
    """Return our seconds for the problem of each peer."""
    ours = of_cell["ours"]
    return {name: ours[own["problem"]]["seconds"] for name, own in of_cell["peers"].items()}


def fastest(peers: dict[str, Any], of: dict[str, float]) -> tuple[str, dict[str, Any]] | None:
    """Return the peer that is fastest beside ours, those that did not arrive last."""
    took = [(name, own) for name, own in peers.items() if own["seconds"] > 0.0]
    order = sorted(took, key=lambda p: (not p[1]["reached"], p[1]["seconds"] / of[p[0]]))
    return order[0] if order else None


def ratios(peers: dict[str, Any], of: dict[str, float], heads: list[str]) -> list[str]:
    """Return the entries of a row: a library's best of its ways."""
    out = []
    for head in heads:
        mine = {
            name: own
            for name, own in peers.items()
            if name.replace(" 1e4", "").split(",")[0] == head
        }
        best = fastest(mine, of)
        out.append("" if best is None else shown(best[1], of[best[0]]))
    return out


PEERS = ["saga", "glmnet", "liblinear", "skglm", "celer", "adelie"]


def rows_of(found: dict[str, Any]) -> Iterator[list[str]]:
    """Yield a row of the table for each C, and for the path."""
    n, d, classes = found["shape"]
    size = d * (1 if classes == 2 else classes)
    name = f"{found['set']} ({n:,} x {d:,}, {classes})"
    for own in found["cells"]:
        plain = own["ours"]["plain"]
        of = {
            peer: own["ours"][times["problem"]]["seconds"] for peer, times in own["peers"].items()
        }
        weights = f"{plain['nonzero']:,} of {size:,} ({plain['proven zeros']:,} proven 0)"
        mine = f"{plain['seconds']:.3g} (gap {plain['gap']:.0e})"
        yield [name, f"1/{own['part']}", weights, mine, *ratios(own["peers"], of, PEERS)]
    if found["path"]:
        path = found["path"]
        of = dict.fromkeys(path["peers"], path["seconds"])
        mine = f"{path['seconds']:.3g} ({100 - path['unproven']} proven)"
        yield [name, "path of 100", "", mine, *ratios(path["peers"], of, PEERS)]


def summary(sets: list[dict[str, Any]]) -> str:
    """Return what the ratios say together."""
    fits, paths, slow = [], [], []
    for found in sets:
        for own in found["cells"]:
            of = seconds_of(own)
            best = fastest(own["peers"], of)
            if best:
                ratio = best[1]["seconds"] / of[best[0]]
                fits.append(ratio)
                if ratio < 2.0:
                    slow.append(f"{found['set']} at 1/{own['part']} ({best[0]}: {ratio:.2g})")
        if found["path"] and found["path"]["peers"]:
            of = dict.fromkeys(found["path"]["peers"], found["path"]["seconds"])
            best = fastest(found["path"]["peers"], of)
            if best is None:
                continue
            ratio = best[1]["seconds"] / found["path"]["seconds"]
            paths.append(ratio)
            if ratio < 2.0:
                slow.append(f"the path of {found['set']} ({best[0]}: {ratio:.2g})")
    parts = [f"the fastest peer takes {np.exp(np.log(fits).mean()):.3g} times as long as ours"]
    if paths:
        parts.append(f"for paths {np.exp(np.log(paths).mean()):.3g} times")
    text = "In geometric mean " + ", ".join(parts)
    text += " (a peer that did not get there counts with its limit)."
    below = ", ".join(slow) if slow else "none"
    return f"{text} Cells below 2: {below}."


def table(record: dict[str, Any]) -> str:
    """Return the times as Markdown."""
    about = (
        "Seconds of ours, and times of peers over ours, to a relative error of 1e-6; `>` where a "
        "peer did not get there within ten times ours (at least 5 seconds, and at most those of "
        "the limit that was set). The penalty is a part of the one from which on all weights are "
        "zero. celer is compared with "
        "our fits without an intercept, adelie for more than two classes with our group lasso."
    )
    heads = ["set (rows x columns, classes)", "penalty", "weights that are not 0", "ours, s"]
    rows = [[*heads, *PEERS]]
    rows += [row for found in record["sets"] for row in rows_of(found)]
    parts = ["# L1 penalties", line(record["machine"]), about, markdown(rows)]
    return "\n\n".join([*parts, *([summary(record["sets"])] if record["sets"] else [])])


def main() -> None:
    """Measure set after set."""
    options = parser(__doc__, "data", "out")
    options.add_argument("--sets", type=names, default=",".join(SETS))
    options.add_argument("--peers", type=names, default="", help="all without it")
    options.add_argument("--no-path", type=names, default="", help="sets without a path")
    options.add_argument("--seconds", type=float, default=5.0, help="a peer's least limit")
    options.add_argument("--most-seconds", type=float, default=np.inf, help="and its largest")
    options.add_argument("--minutes", type=float, default=math.inf, help="for all sets")
    options.add_argument("--short", action="store_true", help="a trial on parts of the sets")
    options.add_argument("--peers-python", default=sys.executable, help="has the other peers")
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    if chosen.short:
        chosen.seconds = chosen.most_seconds = _SHORT_SECONDS
    end = time.monotonic() + 60.0 * chosen.minutes
    results = Results(chosen.out, table, "sets")
    done = {found["set"] for found in results["sets"]}
    asked = [name for name in chosen.sets if name not in done]
    for k, name in enumerate(asked):
        if end > time.monotonic():
            seconds = (end - time.monotonic()) / (len(asked) - k)
            found = measure(name, chosen, seconds)
            results.add("sets", found, said="\n".join(" | ".join(r) for r in rows_of(found)))


if __name__ == "__main__":
    main()
