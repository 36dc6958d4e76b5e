r"""Is `solver="auto"` as fast as the best of softlearn's own solvers?

    OMP_WAIT_POLICY=passive python benchmarks/studies/auto.py --data FOLDER --out FILE

For each set and each C: the time of a whole fit, proven to 1e-6, with "auto" and with every other
choice there is, by name and preconditioner by preconditioner, without those that "auto" itself
amounts to there.  Fits run in a process beside this one.  A choice has lost when it takes longer
than 1.1 times auto's fit: it is stopped after the step that ends later, and ended from outside
where a step goes on beyond that.  So a cell takes about as many times auto's fit as there are
choices, at most eight.  Where fits are short all take turns, 3 to 30 times, and medians count.
Writes FILE.json and FILE.md after each cell; a second call goes on where the first ended.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import NAMES, SMALL, any_set, small
from benchmarks.harness.arguments import names, numbers, parser
from benchmarks.harness.internals import check_examples, choose_solver, formulate
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from softlearn import SoftmaxRegression
from softlearn.solve import LBFGS, Newton

_SHORT = 3.0  # seconds
_SLACK = 1.1  # times auto's time: then a choice has lost
_GRACE = 0.5  # seconds that a step may end later, before the process is ended


def choices(X: Any, y: Any, C: float) -> dict[str, Any]:
    """Return what "auto" could have chosen and has not, by what it is called in the table."""
    model = SoftmaxRegression()
    J = formulate(model, check_examples(model, X, y), C).objective
    (n, d), parameters = X.shape, J.size
    kinds = ["diagonal"]
    if not J.problem.rows.sparse:
        kinds += ["classwise"] if d <= 2_500 else []
        kinds += ["coupled"] if parameters <= 6_000 else []
        kinds += ["rowspace"] if n < d else []
    kinds += ["exact"] if parameters <= 2_000 else []
    known: dict[str, Any] = {kind: Newton(kind) for kind in kinds} | {"lbfgs": LBFGS()}
    known |= {name: choose_solver(name, J) for name in ("newton-cg", "newton-cholesky")}
    auto: Any = choose_solver("auto", J)
    seen = [replace(auto, name="")]
    found = {}
    for name, solver in known.items():
        if replace(solver, name="") not in seen:
            seen.append(replace(solver, name=""))
            found[name] = solver
    return found


def seconds(X: Any, y: Any, C: float, solver: Any, limit: float) -> float | None:
    """Return how long a fit takes, or None if it has not converged within the limit."""
    model = SoftmaxRegression(C=C, solver=solver)
    began = time.perf_counter()
    for _ in model.iter_fit(X, y):
        if time.perf_counter() - began > limit:
            return None
    return time.perf_counter() - began if model.status_.name == "CONVERGED" else None


def _work(pipe: Any, X: Any, y: Any, C: float) -> None:
    """Time fits of the solvers that come through the pipe."""
    warnings.simplefilter("ignore")
    SoftmaxRegression().fit(*small("iris"))  # what is imported and started does not count
    pipe.send("ready")
    while True:
        pipe.send(seconds(X, y, C, *pipe.recv()))


class Fits:
    """A process that fits when asked, ended and begun anew where a fit takes too long."""

    def __init__(self, *given: Any) -> None:
        self.given = given
        self._begin()

    def _begin(self) -> None:
        forked = multiprocessing.get_context("fork")  # the data need not be copied
        self.pipe, theirs = forked.Pipe()
        self.process = forked.Process(target=_work, args=(theirs, *self.given), daemon=True)
        self.process.start()
        theirs.close()
        self.pipe.recv()

    def seconds(self, solver: Any, limit: float) -> float | None:
        """Return how long a fit takes, or None if it has not converged within the limit."""
        self.pipe.send((solver, limit))
        try:
            if self.pipe.poll(limit + _GRACE):
                took: float | None = self.pipe.recv()
                return took
        except EOFError:  # no memory, for example
            pass
        self.close()
        self._begin()
        return None

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def cell(X: Any, y: Any, C: float, most: float) -> dict[str, float | None]:
    """Return the medians of all choices for one C; None for "auto" if `most` was not enough."""
    fits, others = Fits(X, y, C), choices(X, y, C)
    try:
        auto = fits.seconds("auto", most)
        if auto is None:
            return {"auto": None}
        found = {"auto": [auto]}
        for _ in range(int(min(30, max(3, 1.0 / auto))) if auto < _SHORT else 1):
            if auto < _SHORT:
                found["auto"].append(fits.seconds("auto", most) or most)
            for name, solver in list(others.items()):
                took = fits.seconds(solver, _SLACK * max(found["auto"]))
                if took is None:
                    del others[name]
                else:
                    found.setdefault(name, []).append(took)
    finally:
        fits.close()
    found["auto"] = found["auto"][1:] or found["auto"]  # the first of many was the warm-up
    return {name: statistics.median(times) for name, times in found.items()}


def _ratio(times: dict[str, float]) -> float:
    return max(1.0, times["auto"] / min(times.values()))


def table(record: dict[str, Any]) -> str:
    """Return the ratios as Markdown."""
    done = [c for c in record["cells"] if c["seconds"]["auto"] is not None]
    parts = ["# auto beside softlearn's other solvers", line(record["machine"])]
    parts.append("Seconds of a whole fit, proven to 1e-6; other choices where they were as fast.")
    if done:
        worst = max(done, key=lambda c: _ratio(c["seconds"]))
        parts.append(
            f"At most {_ratio(worst['seconds']):.2f} times the best, in {len(done)} cells "
            f"({worst['set']}, C = {worst['C']:g})."
        )
    rows = [["set", "C", "auto", "the best other", "auto over the best"]]
    for c in record["cells"]:
        auto, others = c["seconds"]["auto"], {**c["seconds"]}
        del others["auto"]
        best = min(others, key=lambda k: others[k], default=None)
        told = "none as fast" if best is None else f"{others[best]:.3g} {best}"
        times = ["not in time", "", ""]
        if auto is not None:
            times = [f"{auto:.3g}", told, f"{_ratio(c['seconds']):.2f}"]
        rows.append([c["set"], f"{c['C']:g}", *times])
    return "\n\n".join([*parts, markdown(rows)])


def main() -> None:
    """Measure cell after cell."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    most = ",".join([*SMALL, *NAMES[:-1]])
    add("--sets", type=names, default=most, help="all but kddcup99 if absent")
    add("--C", type=numbers, default="0.01,1,100,10000")
    add("--seconds", type=float, default=120.0, help="the most that auto's fit is given")
    chosen = options.parse_args()
    results = Results(chosen.out, table, "cells")
    done = {(c["set"], c["C"]) for c in results["cells"]}
    for name in chosen.sets:
        todo = [C for C in chosen.C if (name, C) not in done]
        X, y = any_set(name, chosen.data) if todo else (None, None)
        for C in todo:
            times = cell(X, y, C, chosen.seconds)
            results.add("cells", {"set": name, "C": C, "seconds": times})


if __name__ == "__main__":
    main()
