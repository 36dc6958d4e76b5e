r"""How fits grow with rows, classes, shards and workers, and what a Dask cluster adds to a pass.

    OMP_WAIT_POLICY=passive python benchmarks/studies/scale.py --out FILE

overhead  seconds that a pass takes longer on two Dask workers of this machine than in one process,
          where there is hardly anything to compute: a line through the numbers of shards
workers   a fit with passes of about `--pass` seconds on two workers, beside two threads without an
          engine: seconds a pass
growth    seconds, passes and memory of fits, one thing growing at a time; exponents
model     what the arithmetic model says of these fits, from the rates of a product of matrices and
          of exp here, and of sizes up to 10^9 rows and 10^6 classes

A fit of `growth` runs in a process of its own; its memory is the most that it and its workers held
beyond what they held before the fit.  Writes FILE.json and FILE.md; a second call goes on where the
first ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import embeddings
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.internals import duration, formulate_on_engine, one_blas_thread
from benchmarks.harness.machine import cores, line
from benchmarks.harness.processes import ROOT, environment
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import medians, shortest, timed
from softlearn import SoftmaxRegression
from softlearn.engines import DaskEngine, LocalEngine, dask_cluster

PARTS = ("overhead", "workers", "growth")
MIDDLE = {"n": 20_000, "classes": 10, "shards": 4, "workers": 2}
GROWN = {
    "n": (12_500, 25_000, 50_000, 100_000, 200_000, 400_000),
    "classes": (10, 32, 100, 320, 1000, 3200),
    "shards": (1, 2, 4, 8, 16, 32),
    "workers": (1, 2),
}
D = 64
_TITLES = {"n": "rows n", "classes": "classes C", "shards": "shards", "workers": "Dask workers"}
_LARGE = 100_000  # rows where shards and workers grow
_KEPT = 48  # bytes that a fit keeps of a row and a class, below 1,000 classes,
_VECTORS = 14  # and vectors as long as w
_BEYOND = (
    (1e6, 784, 10, 60, np.inf),
    (1.28e6, 2048, 1000, 100, np.inf),
    (1e8, 256, 10, 20, 2e9),
    (1e9, 256, 10, 20, 2e9),
    (1e6, 128, 1e5, 60, np.inf),
    (1e7, 128, 1e6, 60, np.inf),
)
"""n, d, C, the passes that such fits take, about, and bytes a second of the disk that holds X."""


@contextmanager
def cluster(workers: int) -> Iterator[DaskEngine]:
    """Yield the engine of a cluster on this machine, with one thread a worker."""
    with dask_cluster(None, workers) as engine:
        yield engine


def dealt(array: np.ndarray, parts: int) -> Any:
    """Return a Dask array in so many parts."""
    import dask.array as da

    return da.from_array(array, chunks=(-(-len(array) // parts), *array.shape[1:]))


def overhead(options: Namespace) -> dict[str, Any]:
    """Return the seconds that passes over few rows take on a cluster, beside those here."""
    rng, found = np.random.default_rng(0), []
    n = 64 * 200
    X, y = rng.normal(size=(n, 8)), rng.integers(3, size=n)
    with cluster(2) as dask:
        for parts in GROWN["shards"]:
            objectives = []
            for engine, data in (
                (dask, (dealt(X, parts), dealt(y, parts))),
                (LocalEngine(parts), (X, y)),
            ):
                model = SoftmaxRegression(engine=engine)
                objectives.append(formulate_on_engine(model, *data, None, {}).objective)
            w = rng.normal(size=objectives[0].size)
            calls = [lambda J=J, w=w: J.at(w + rng.random()).value for J in objectives]
            there, here = medians(options.repeat, *calls)
            found.append({"shards": parts, "dask": there, "here": here})
    more = [r["dask"] - r["here"] for r in found]
    each, once = np.polyfit([r["shards"] for r in found], more, 1)
    return {"points": found, "once": float(once), "each": float(each)}


def workers(options: Namespace) -> dict[str, Any]:
    """Return seconds a pass of a large fit, on two workers and on two threads."""
    C, d = 32, 256
    X, y = embeddings(n=8000, d=d, classes=C)
    model, seconds = timed(lambda: SoftmaxRegression(n_jobs=2, tol=1e-2).fit(X, y))
    n = int(max(len(X) * options.pass_ * model.trace_[-1].passes / seconds, len(X)))
    X, y = embeddings(n=n, d=d, classes=C)
    found: dict[str, Any] = {"shape": [n, d, C]}
    two, seconds = timed(lambda: SoftmaxRegression(n_jobs=2, solver="newton-cg").fit(X, y))
    found["threads"] = {"seconds": seconds, "passes": two.trace_[-1].passes, "gap": two.gap_}
    with cluster(2) as engine:
        data = dealt(X, 4), dealt(y, 4)
        model = SoftmaxRegression(engine=engine, solver="newton-cg")
        _, seconds = timed(lambda: model.fit(*data))
    found["dask"] = {"seconds": seconds, "passes": model.trace_[-1].passes, "gap": model.gap_}
    return found


def growth(axis: str, size: int, options: Namespace) -> dict[str, Any]:
    """Return what a fit in a process of its own told."""
    words = ["--one", axis, "--size", str(size), "--scale", str(options.scale)]
    done = subprocess.run(
        [sys.executable, __file__, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(1),
    )
    if done.returncode:
        sys.exit(f"A fit ended with: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"axis": axis, "size": size, **told}


def one(options: Namespace) -> dict[str, Any]:
    """Fit one size, and return its cost."""
    shape = {**MIDDLE, options.one: options.size}
    on_cluster = options.one in ("shards", "workers")
    n = _LARGE if on_cluster else shape["n"]
    C = shape["classes"]
    X, y = embeddings(n=max(int(n * options.scale), 2 * C), d=D, classes=C)
    if not on_cluster:
        return _fit(SoftmaxRegression(n_jobs=1), (X, y), lambda f: f(0))
    with cluster(shape["workers"]) as engine:
        data = dealt(X, shape["shards"]), dealt(y, shape["shards"])
        run = engine.client.run
        model = SoftmaxRegression(engine=engine)
        return _fit(model, data, lambda f: f(0) + sum(run(f, 0).values()))


def _fit(
    model: SoftmaxRegression, data: Any, over_all: Callable[[Callable[[int], float]], float]
) -> dict[str, Any]:
    before = over_all(_held)
    _, seconds = timed(lambda: model.fit(*data))
    return {
        "seconds": seconds,
        "memory": max(over_all(_most) - before, 0.0),
        "passes": model.trace_[-1].passes,
        "shape": [data[0].shape[0], data[0].shape[1], len(model.classes_)],
        "gap": model.gap_,
    }


def _held(_: int) -> float:
    """Return the bytes that this process holds; its peak begins here."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return 1024.0 * int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])
    except (OSError, IndexError):
        return 0.0


def _most(_: int) -> float:
    """Return the most bytes that this process has held."""
    try:
        return 1024.0 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    except (OSError, IndexError):
        return 0.0


def rates() -> dict[str, float]:
    """Return this machine's rates in one thread: multiplications and additions, and exp."""
    rng = np.random.default_rng(0)
    A = rng.normal(size=(1000, 1000))
    with one_blas_thread():
        product = shortest(lambda: A @ A, 3)
    exp = shortest(lambda: np.exp(A), 3)
    return {"flops": 2e9 / product, "exp": A.size / exp}


def pass_seconds(n: float, d: float, C: float, of: dict[str, float], disk: float) -> float:
    """Return what the model says of a pass: two products and exp, or reading if that takes longer.

    Args:
        n, d, C: the sizes.
        of: rates per second: "flops" and "exp".
        disk: bytes per second at which rows are read; infinite for those in memory.

    """
    return float(max(4.0 * n * d * C / of["flops"] + n * C / of["exp"], 4.0 * n * d / disk))


def memory_beyond(n: float, d: float, C: float, on_disk: bool = False) -> float:
    """Return what the model says of the memory of a fit, in bytes, beyond X or `memory=`."""
    of_rows = 60.0 * n if on_disk or C >= 1000 else _KEPT * n * C
    return 8.0 * _VECTORS * C * (d + 1.0) + of_rows


def exponent(points: list[tuple[float, float]]) -> str:
    """Return the slope of log cost against log size."""
    known = [(a, b) for a, b in points if b > 0.0]
    if len(known) < 3:
        return "-"
    sizes, costs = np.log(np.array(known)).T
    return f"{np.polyfit(sizes, costs, 1)[0]:.2f}"


def table(record: dict[str, Any]) -> str:
    """Return all parts as Markdown."""
    parts = ["# Growth, and what a cluster adds", line(record["machine"])]
    for r in record["overhead"]:
        rows = [["shards", "a pass on two workers, ms", "in one process, ms", "more, ms"]]
        for p in r["points"]:
            each = p["dask"], p["here"], p["dask"] - p["here"]
            rows.append([p["shards"], *(f"{1e3 * t:.1f}" for t in each)])
        said = f"A pass takes {1e3 * r['once']:.1f} ms more, and {1e3 * r['each']:.2f} ms a shard."
        parts += ["## Dask: a pass over few rows", markdown(rows), said]
    for r in record["workers"]:
        n, d, C = r["shape"]
        rows = [[f"{n:,} x {d}, {C} classes", "seconds", "passes", "seconds a pass", "gap"]]
        for name, what in (("threads", "two threads"), ("dask", "two Dask workers")):
            of = r[name]
            each = of["seconds"] / of["passes"]
            rows.append([what, f"{of['seconds']:.1f}", f"{of['passes']:.0f}", f"{each:.3f}"])
            rows[-1].append(f"{of['gap']:.0e}")
        ratio = (r["dask"]["seconds"] / r["dask"]["passes"]) / (
            r["threads"]["seconds"] / r["threads"]["passes"]
        )
        said = f"A pass on two workers takes {ratio:.2f} times one on two threads; all together "
        said += f"{r['dask']['seconds'] / r['threads']['seconds']:.2f} times."
        parts += ["## Two workers beside two threads", markdown(rows), said]
    if record["growth"]:
        parts += _growth(record)
    return "\n\n".join(parts)


def _growth(record: dict[str, Any]) -> list[str]:
    of, rows = record["rates"], []
    slopes = [["grows", "time", "time of a pass", "memory", "passes"]]
    for axis, title in _TITLES.items():
        points = [r for r in record["growth"] if r["axis"] == axis]
        costs = {
            "time": [r["seconds"] for r in points],
            "pass": [r["seconds"] / r["passes"] for r in points],
            "memory": [r["memory"] for r in points],
            "passes": [r["passes"] for r in points],
        }
        sizes = [r["size"] for r in points]
        slopes.append(
            [title, *(exponent(list(zip(sizes, c, strict=True))) for c in costs.values())]
        )
    for r in record["growth"]:
        n, d, C = r["shape"]
        said = [f"{r['passes']:.0f}", f"{r['seconds']:.2f}", f"{r['memory'] / 1e6:.1f}"]
        model = ["-", "-"]
        if r["axis"] in ("n", "classes"):
            seconds = r["passes"] * pass_seconds(n, d, C, of, np.inf)
            model = [f"{seconds:.2f}", f"{memory_beyond(n, d, C) / 1e6:.1f}"]
        rows.append([_TITLES[r["axis"]], f"{r['size']:,}", *said, *model])
    head = ["grows", "size", "passes", "s", "MB beyond X", "model: s", "model: MB"]
    beyond = [["n x d x C", "X, float32", "passes", "a pass", "all passes", "memory beyond X"]]
    for n, d, C, passes, disk in _BEYOND:
        seconds, on_disk = pass_seconds(n, d, C, of, disk), disk < np.inf
        size = f"{n:.3g} x {d} x {C:.3g}", f"{4e-9 * n * d:,.1f} GB{' on disk' * on_disk}"
        cost = duration(seconds), duration(passes * seconds)
        more = memory_beyond(n, d, C, on_disk)
        beyond.append([*size, passes, *cost, f"{1e-9 * more:,.1f} GB"])
    told = (
        f"The model: 4 n d C flop at {of['flops'] / 1e9:.0f} Gflop/s and n C exponentials at "
        f"{of['exp'] / 1e6:.0f} million/s, one thread here, or, on disk, 4 n d bytes at 2 GB/s if "
        f"that takes longer; {_VECTORS} vectors as long as w, and {_KEPT} bytes for each row and "
        "class, or 60 for each row from 1,000 classes on (and on disk, where `memory=` says what "
        "is kept)."
    )
    return [
        "## Exponents",
        markdown(slopes),
        "## Points",
        markdown([head, *rows]),
        "## The arithmetic model beyond",
        told,
        markdown(beyond),
        "More cores and workers divide the time of a pass. None of these was run here.",
    ]


def main() -> None:
    """Measure part after part."""
    options = parser(__doc__, "out")
    add = options.add_argument
    add("--parts", type=names, default=",".join(PARTS))
    add("--repeat", type=int, default=20, help="passes of which the median is taken")
    add("--pass", dest="pass_", type=float, default=1.0, help="seconds of a pass of `workers`")
    add("--scale", type=float, default=1.0, help="less than 1 makes the rows of `growth` fewer")
    add("--most", type=float, default=np.inf, help="sizes of `growth` that are left out")
    add("--one", choices=list(GROWN), help="fit one size, and print its cost (growth does this)")
    add("--size", type=int)
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen)))
        return
    results = Results(chosen.out, table, *PARTS, rates=rates())
    if "overhead" in chosen.parts and not results["overhead"]:
        results.add("overhead", overhead(chosen))
    if "workers" in chosen.parts and cores() > 1 and not results["workers"]:
        results.add("workers", workers(chosen))
    done = {(r["axis"], r["size"]) for r in results["growth"]}
    for axis, sizes in GROWN.items() if "growth" in chosen.parts else ():
        for size in sizes:
            if (axis, size) not in done and size <= chosen.most:
                results.add("growth", growth(axis, size, chosen))
    print(table(results.record))


if __name__ == "__main__":
    main()
