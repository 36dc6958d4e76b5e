r"""Fits to files that are larger than memory: do they keep to it, and how often do they read?

    python benchmarks/studies/streams.py --data FOLDER --out FILE

memory    a fit to Parquet files of `--gigabytes` (made rows of 256 float32, a column of lists, 5
          classes) in a process that may have `--limit` bytes of address space, and that is told to
          use a quarter of that; the seconds of the conversion and of the fit
passes    passes over all rows of fits at C = 1 with memory for 20 % of the rows, beside those of
          fits in memory, and how far apart the two objectives are; letter, covtype, mnist, shuttle
pass      J and its gradient over rows on disk beside the same rows in memory, in turns, once the
          system holds the file: medians, one thread

Writes FILE.json and FILE.md as rows are done; a second call goes on where the first ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import prepared
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import medians, timed
from softlearn import SoftmaxRegression
from softlearn.data import KEPT, ArrayFile, DenseRows, DenseRowsOnDisk
from softlearn.passes import passes_for
from softlearn.problem import Linear, Problem

PARTS = ("memory", "passes", "pass")
SETS = ("letter", "covtype_kaggle", "mnist", "mlbench_shuttle")
SHARE = 0.2
D, C = 256, 5
_PLAIN = {  # address space that libraries reserve and never use would count
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_FIT = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from softlearn import SoftmaxRegression
from softlearn.streams import StreamOptions, open_stream
given = dict(target="y", memory={memory}, cache={cache!r})
began = time.perf_counter()
rows = open_stream({files!r}, StreamOptions(**given)).X
converted = time.perf_counter()
model = SoftmaxRegression(n_jobs=1).fit({files!r}, **given)
told = dict(
    convert=converted - began, fit=time.perf_counter() - converted, bytes=rows.nbytes, n=rows.n,
    status=model.status_.name, gap=model.gap_, passes=model.trace_[-1].passes,
    most=1024 * int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]),
)
print(json.dumps(told))
"""


def write_files(folder: Path, gigabytes: float) -> None:
    """Write Parquet files of some 250 MB each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = int(gigabytes * 1e9 / (4 * D))
    rng = np.random.default_rng(0)
    W = rng.normal(size=(C, D)).astype(np.float32) / np.sqrt(D)
    for k, start in enumerate(range(0, n, 250_000)):
        rows = min(250_000, n - start)
        X = rng.standard_normal((rows, D), dtype=np.float32)
        y = (X @ W.T + rng.gumbel(size=(rows, C))).argmax(1)
        lists = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), D)
        path = folder / f"{k:03}.parquet"
        pq.write_table(
            pa.table({"x": lists, "y": y}), path, compression="NONE", use_dictionary=False
        )


def memory(gigabytes: float, limit: int) -> dict[str, Any]:
    """Return what a fit under a limit told."""
    with tempfile.TemporaryDirectory(prefix="streams-") as name:
        folder = Path(name)
        write_files(folder, gigabytes)
        code = textwrap.dedent(_FIT).format(
            limit=limit,
            memory=limit // 4,
            files=str(folder / "*.parquet"),
            cache=str(folder / "cache"),
        )
        words = [sys.executable, "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, env=os.environ | _PLAIN)
    if done.returncode:
        sys.exit(f"The fit under a limit ended with: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"limit": limit, **told}


def passes(data: Path | None, name: str) -> dict[str, Any]:
    """Return the passes of two fits of a set."""
    X, y = prepared(data, name)
    X, y = X.astype(np.float32), np.unique(y, return_inverse=True)[1]
    classes = int(y.max()) + 1
    here, seconds = timed(lambda: SoftmaxRegression().fit(X, y))
    with tempfile.TemporaryDirectory(prefix="streams-") as folder:
        np.savez(Path(folder) / "0.npz", X=X, y=y)
        enough = 2 * SHARE * len(X) * (X.shape[1] * 4 + KEPT * classes)
        files = str(Path(folder) / "*.npz")
        disk, on_disk = timed(lambda: SoftmaxRegression().fit(files, memory=int(enough)))
    return {
        "set": name,
        "shape": [*X.shape, classes],
        "passes": disk.trace_[-1].passes,
        "in_memory": here.trace_[-1].passes,
        "gap": disk.gap_,
        "apart": abs(disk.objective_ - here.objective_) / here.objective_,
        "seconds": on_disk,
        "seconds_in_memory": seconds,
    }


def one_pass(n: int, d: int, classes: int, repeat: int) -> dict[str, Any]:
    """Return the seconds of J and its gradient over both storages."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n, d), dtype=np.float32), rng.integers(0, classes, n)
    model = Linear(d, classes, True)
    w = rng.normal(size=model.size)
    with tempfile.TemporaryDirectory(prefix="streams-") as folder:
        X.tofile(Path(folder) / "X")
        disk = DenseRowsOnDisk(ArrayFile(Path(folder) / "X", np.float32, d), X.nbytes // 4)
        both = [passes_for(Problem.of(rows, y, model, 1e-4)) for rows in (disk, DenseRows(X))]
        calls = [lambda p=p: p.forward(w).value for p in both]
        times = medians(repeat, *calls)
    return {"shape": [n, d, classes], "disk": times[0], "memory": times[1]}


def table(record: dict[str, Any]) -> str:
    """Return all parts as Markdown."""
    held = [["Parquet files, GB", "rows", "limit, GB", "most held, GB", "convert, s", "fit, s"]]
    held[0] += ["passes", "gap", "status"]
    for r in record["memory"]:
        sizes = [f"{r['bytes'] / 1e9:.2f}", f"{r['n']:,}", f"{r['limit'] / 1e9:.2f}"]
        sizes += [f"{r['most'] / 1e9:.2f}", f"{r['convert']:.0f}", f"{r['fit']:.0f}"]
        held.append([*sizes, f"{r['passes']:.1f}", f"{r['gap']:.0e}", r["status"]])
    reads = [["set (rows x columns, classes)", "passes on disk", "in memory", "gap", "apart"]]
    reads[0] += ["seconds on disk", "in memory"]
    for r in record["passes"]:
        n, d, classes = r["shape"]
        counts = [f"{r['passes']:.1f}", f"{r['in_memory']:.0f}", f"{r['gap']:.0e}"]
        counts += [f"{r['apart']:.0e}", f"{r['seconds']:.1f}", f"{r['seconds_in_memory']:.1f}"]
        reads.append([f"{r['set']} ({n:,} x {d}, {classes})", *counts])
    once = [["rows x columns, classes", "on disk, s", "in memory, s", "ratio"]]
    for r in record["pass"]:
        n, d, classes = r["shape"]
        both = [f"{r['disk']:.3f}", f"{r['memory']:.3f}", f"{r['disk'] / r['memory']:.2f}"]
        once.append([f"{n:,} x {d}, {classes}", *both])
    parts = ["# Fits to files larger than memory", line(record["machine"])]
    parts += ["## Under a limit of address space", markdown(held)]
    parts += ["## Passes over all rows, C = 1, memory for 20 % of the rows", markdown(reads)]
    return "\n\n".join([*parts, "## One pass for J and its gradient", markdown(once)])


def main() -> None:
    """Measure row after row."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--parts", type=names, default=",".join(PARTS))
    add("--sets", type=names, default=",".join(SETS), help="of passes")
    add("--gigabytes", type=float, default=4.0)
    add("--limit", type=float, default=2e9, help="bytes of address space")
    add("--repeat", type=int, default=5, help="turns of what takes turns")
    add("--rows", type=int, default=200_000, help="of a pass")
    chosen = options.parse_args()
    results, parts = Results(chosen.out, table, *PARTS), chosen.parts
    if "pass" in parts:
        for classes in (10, 32)[len(results["pass"]) :]:
            results.add("pass", one_pass(chosen.rows, D, classes, chosen.repeat))
    if "passes" in parts:
        done = {row["set"] for row in results["passes"]}
        for name in chosen.sets:
            if name not in done:
                results.add("passes", passes(chosen.data, name))
    if "memory" in parts and not results["memory"]:
        results.add("memory", memory(chosen.gigabytes, int(chosen.limit)))


if __name__ == "__main__":
    main()
