r"""Is `solver="auto"` as fast as the best of softlearn's own solvers?

    OMP_WAIT_POLICY=passive python benchmarks/auto.py --data FOLDER --out FILE.md

For each set and each C: the time of a whole fit, proven to 1e-6, with "auto" and with every other
choice there is, by name and preconditioner by preconditioner.  A choice is stopped after the first
step that ends later than auto's whole fit.  Where fits are short they take turns, three times, and
medians count.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from datasets import NAMES, SMALL, any_set
from machine import describe, line

from softlearn import SoftmaxRegression
from softlearn.solve import LBFGS, Newton

_SHORT = 3.0  # seconds
_SLACK = 1.1  # times auto's time: then a choice has lost


def choices(parameters: int, n: int, d: int, sparse: bool) -> dict[str, Any]:
    """Return what "auto" could have chosen, by what it is called in the table."""
    kinds = ["diagonal"]
    if not sparse:
        kinds += ["classwise"] if d <= 2_500 else []
        kinds += ["coupled"] if parameters <= 6_000 else []
        kinds += ["rowspace"] if n < d else []
    kinds += ["exact"] if parameters <= 2_000 else []
    return {
        **{kind: Newton(kind) for kind in kinds},
        "lbfgs": LBFGS(),
        **{name: name for name in ("newton-cg", "newton-cholesky")},
    }


def seconds(X: Any, y: Any, C: float, solver: Any, limit: float) -> float | None:
    """Return how long a fit takes, or None if it has not ended within the limit."""
    model = SoftmaxRegression(C=C, solver=solver)
    began = time.perf_counter()
    if limit == float("inf"):
        model.fit(X, y)
    else:
        for _ in model.iter_fit(X, y):
            if time.perf_counter() - began > limit:
                return None
    return time.perf_counter() - began if model.status_.name == "CONVERGED" else None


def cell(X: Any, y: Any, C: float) -> dict[str, Any]:
    """Return the medians of all choices for one C."""
    classes, (n, d) = int(y.max()) + 1, X.shape
    seconds(X, y, C, "auto", float("inf"))  # what is imported and compiled does not count
    found: dict[str, list[float]] = {"auto": [seconds(X, y, C, "auto", float("inf")) or 0.0]}
    others = choices(classes * (d + 1), n, d, hasattr(X, "tocsr"))
    short = found["auto"][0] < _SHORT
    for _ in range(3 if short else 1):
        limit = _SLACK * max(found["auto"])
        for name, solver in list(others.items()):
            took = seconds(X, y, C, solver, limit)
            if took is None:
                del others[name]
            else:
                found.setdefault(name, []).append(took)
        if short:
            found["auto"].append(seconds(X, y, C, "auto", float("inf")) or 0.0)
    return {name: statistics.median(times) for name, times in found.items()}


def table(cells: list[dict[str, Any]], machine: dict[str, Any]) -> str:
    """Return the ratios as Markdown."""
    parts = ["# auto beside softlearn's other solvers\n", line(machine) + "\n"]
    parts.append("Seconds of a whole fit, proven to 1e-6; other choices where they were as fast.\n")
    parts += ["| set | C | auto | the best other | auto over the best |", "|---|---|---|---|---|"]
    for c in cells:
        auto, others = c["seconds"]["auto"], {**c["seconds"]}
        del others["auto"]
        best = min(others, key=lambda k: others[k], default=None)
        told = "none as fast" if best is None else f"{others[best]:.3g} {best}"
        ratio = 1.0 if best is None else max(1.0, auto / others[best])
        parts.append(f"| {c['set']} | {c['C']:g} | {auto:.3g} | {told} | {ratio:.2f} |")
    return "\n".join(parts) + "\n"


def main() -> None:
    """Measure cell after cell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, help="folder with load.py; the small sets need none")
    add("--sets", default=",".join([*SMALL, *NAMES[:-1]]), help="all but kddcup99 if absent")
    add("--C", default="0.01,1,100,10000")
    add(
        "--out", type=Path, required=True, help="Markdown; a JSON file beside it keeps what is done"
    )
    chosen = parser.parse_args()
    kept = chosen.out.with_suffix(".json")
    cells = json.loads(kept.read_text()) if kept.exists() else []
    done = {(c["set"], c["C"]) for c in cells}
    for name in chosen.sets.split(","):
        todo = [C for C in map(float, chosen.C.split(",")) if (name, C) not in done]
        X, y = any_set(name, chosen.data) if todo else (None, None)
        for C in todo:
            cells.append({"set": name, "C": C, "seconds": cell(X, y, C)})
            print(cells[-1], flush=True)
            kept.write_text(json.dumps(cells, indent=1))
            chosen.out.write_text(table(cells, describe()))


if __name__ == "__main__":
    main()
