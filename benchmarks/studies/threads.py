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

import statistics
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import any_set, embeddings
from benchmarks.harness.arguments import names, numbers, parser
from benchmarks.harness.machine import cores, line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import in_turns
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
    models: dict[int, Any] = {}

    def fit(jobs: int) -> None:
        models[jobs] = SoftmaxRegression(C=C, n_jobs=jobs).fit(X, y)
        found.add(models[jobs].coef_.tobytes() + models[jobs].intercept_.tobytes())

    found: set[bytes] = set()
    times = in_turns(repeat, *(partial(fit, jobs) for jobs in counts()))
    seconds = map(statistics.median, times)
    return {
        "set": name,
        "C": C,
        "seconds": {str(jobs): t for jobs, t in zip(counts(), seconds, strict=True)},
        "passes": models[1].trace_[-1].passes,
        "same": len(found) == 1,
    }


def table(record: dict[str, Any]) -> str:
    """Return the tables as Markdown."""
    jobs = list(record["cells"][0]["seconds"])
    heads = ["set", "C", "passes", *(f"{k} threads, s" for k in jobs), "same bits"]
    rows = [
        [
            *(cell["set"], f"{cell['C']:g}", f"{cell['passes']:g}"),
            *(f"{cell['seconds'][k]:.3g}" for k in jobs),
            "yes" if cell["same"] else "NO",
        ]
        for cell in record["cells"]
    ]
    return f"# Threads\n\n{line(record['machine'])}\n\n{markdown([heads, *rows])}"


def main() -> None:
    """Measure all cells and write the table."""
    options = parser(__doc__, "data", "out")
    options.add_argument("--sets", type=names, help="of the folder; without it, sets that are made")
    options.add_argument("--C", type=numbers, default="0.01,1")
    options.add_argument("--repeat", type=int, default=3)
    chosen = options.parse_args()
    results = Results(chosen.out, table, "cells")
    done = {(cell["set"], cell["C"]) for cell in results["cells"]}
    for name in chosen.sets or _MADE:
        X, y = any_set(name, chosen.data) if chosen.sets else embeddings(**_MADE[name])
        for C in chosen.C:
            if (name, C) not in done:
                results.add("cells", measure(name, X, y, C, chosen.repeat))
    print(table(results.record))


if __name__ == "__main__":
    main()
