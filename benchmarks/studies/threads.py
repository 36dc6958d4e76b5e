r"""How much do more threads help, and do they change a bit?

    OMP_WAIT_POLICY=passive python benchmarks/studies/threads.py --out FILE
    OMP_WAIT_POLICY=passive python benchmarks/studies/threads.py --data FOLDER --sets mnist

For each set and each C: the time of a whole fit, proven to 1e-6, with n_jobs = 1, 2, 4 and so on up
to the cores there are, by turns; medians count.  "same bits" says whether coefficients and
intercepts of all these fits were the same to the last bit, as the sums are added up in the same
order on any number of threads.  Without a folder the sets are made (`datasets.embeddings`).
Writes FILE.json and FILE.md after each cell; a second call goes on where the first ended.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import any_set, embeddings
from benchmarks.harness.machine import cores, describe, line
from benchmarks.harness.results import keep, kept
from softlearn import SoftmaxRegression

_MADE = {  # rows, columns, classes
    "60,000 x 128, 10": {"n": 60_000, "d": 128, "classes": 10},
    "16,000 x 512, 20": {"n": 16_000, "d": 512, "classes": 20},
}


def counts() -> list[int]:
    """Return 1, 2, 4 and so on, and the number of cores."""
    return sorted({2**k for k in range(16) if 2**k < cores()} | {cores()})


def measure(name: str, X: Any, y: np.ndarray, C: float, repeat: int) -> dict[str, Any]:
    """Return the times of a cell by number of threads."""
    every = np.arange(len(y))
    few = np.concatenate([every[y == k][:3] for k in np.unique(y)])
    SoftmaxRegression(C=C).fit(X[few], y[few])  # what is imported does not count
    times: dict[int, list[float]] = {jobs: [] for jobs in counts()}
    found = set()
    for _ in range(repeat):
        for jobs, seconds in times.items():
            began = time.perf_counter()
            model = SoftmaxRegression(C=C, n_jobs=jobs).fit(X, y)
            seconds.append(time.perf_counter() - began)
            found.add(model.coef_.tobytes() + model.intercept_.tobytes())
    return {
        "set": name,
        "C": C,
        "seconds": {str(jobs): statistics.median(seconds) for jobs, seconds in times.items()},
        "passes": model.trace_[-1].passes,
        "same": len(found) == 1,
    }


def table(record: dict[str, Any]) -> str:
    """Return the tables as Markdown."""
    jobs = list(record["cells"][0]["seconds"])
    parts = [
        "# Threads\n",
        line(record["machine"]) + "\n",
        f"| set | C | passes | {' | '.join(f'{k} threads, s' for k in jobs)} | same bits |",
        "|---" * (4 + len(jobs)) + "|",
    ]
    for cell in record["cells"]:
        seconds = " | ".join(f"{cell['seconds'][k]:.3g}" for k in jobs)
        same = "yes" if cell["same"] else "NO"
        parts.append(f"| {cell['set']} | {cell['C']:g} | {cell['passes']:g} | {seconds} | {same} |")
    return "\n".join(parts)


def main() -> None:
    """Measure all cells and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with load.py")
    parser.add_argument("--sets", help="of the folder; without it, sets that are made")
    parser.add_argument("--C", default="0.01,1")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, help="without a suffix: writes FILE.json and FILE.md")
    chosen = parser.parse_args()
    record: dict[str, Any] = {"machine": describe(), "cells": kept(chosen.out, "cells")}
    done = {(cell["set"], cell["C"]) for cell in record["cells"]}
    for name in chosen.sets.split(",") if chosen.sets else _MADE:
        X, y = any_set(name, chosen.data) if chosen.sets else embeddings(**_MADE[name])
        for C in map(float, chosen.C.split(",")):
            if (name, C) in done:
                continue
            record["cells"].append(measure(name, X, y, C, chosen.repeat))
            print(record["cells"][-1], flush=True)
            if chosen.out:
                keep(chosen.out, record, table(record))
    if record["cells"]:
        print(table(record))


if __name__ == "__main__":
    main()
