r"""From hundreds of classes to tens of thousands, on one machine: docs/scale.md has the figures.

    OMP_WAIT_POLICY=passive python benchmarks/studies/many_classes.py --out FILE [PART ...]

    kinds      passes and seconds of fits with each preconditioner: balanced classes, classes of
               frequencies 1/k, and features like a network's
    passes     a value and gradient, a Hessian product in float64 and one in float32, as a share of
               the rate at which BLAS multiplies square matrices (useful work: 4 n d C and 6 n d C)
    memory     one fit of 20,000 classes in a process of its own: what is proven, and the most
               memory that the process held, Python and X included
    contest    seconds to a relative error of 1e-6, 1,000 classes, beside other libraries

Passes do not depend on what else the machine does; all else does.  Writes FILE.json and FILE.md; a
second call goes on where the first ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import embeddings
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.contest import Contest, Limits
from benchmarks.harness.internals import Linear, as_rows, engine_for, objective_of, one_blas_thread
from benchmarks.harness.machine import cores, line, peak_memory
from benchmarks.harness.one_fit import save
from benchmarks.harness.processes import ROOT, environment
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import shortest, timed
from benchmarks.peers import PEERS
from softlearn import SoftmaxRegression
from softlearn.solve import Newton

Said = Iterator[dict[str, Any]]
_ERROR = 1e-6


def balanced(n: int, d: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """Return classes of equal size about centres of their own, in a random basis."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % C
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (rng.normal(size=(C, d))[y] + rng.normal(size=(n, d))) @ Q, y


def long_tailed(n: int, d: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """Return classes of frequencies 1/k, the features of different spreads, in a random basis."""
    rng = np.random.default_rng(0)
    shares = 1.0 / np.arange(1, C + 1)
    y = np.r_[np.arange(C), rng.choice(C, n - C, p=shares / shares.sum())]
    X = rng.normal(size=(C, d))[y] + rng.normal(size=(n, d)) * np.geomspace(1.0, 0.1, d)
    return X @ np.linalg.qr(rng.normal(size=(d, d)))[0], y


SETS = {
    "balanced": (balanced, (4000, 32, 100)),
    "frequencies 1/k": (long_tailed, (4000, 24, 300)),
    "like a network's": (embeddings, (10_000, 128, 300)),
}


def kinds(options: Namespace) -> Said:
    """Fit each set with each preconditioner."""
    for name, (make, shape) in SETS.items():
        n, d, C = _scaled(shape, options.scale)
        X, y = make(n, d, C)
        for strength in (0.1, 10.0):
            for kind in ("classwise", "pooled", "shared", "diagonal"):
                model = SoftmaxRegression(C=strength, solver=Newton(kind))
                _, seconds = timed(lambda model=model, X=X, y=y: model.fit(X, y))
                yield {
                    "set": f"{name}, {n} x {d}, {C} classes",
                    "C": strength,
                    "preconditioner": kind,
                    "passes": round(model.trace_[-1].passes),
                    "seconds": seconds,
                    "gap": model.gap_,
                }


def passes(options: Namespace) -> Said:
    """Time one pass of each sort."""
    for shape in ((8000, 128, 1000), (20_000, 256, 1000), (4000, 64, 20_000)):
        n, d, C = _scaled(shape, options.scale)
        rng = np.random.default_rng(0)
        X, A = rng.normal(size=(n, d)), rng.normal(size=(1500, 1500))
        engine = engine_for(None, float(n * d * C))
        J = objective_of(as_rows(X), np.arange(n) % C, Linear(d, C), 1e-4, engine=engine)
        w, v = 0.05 * rng.normal(size=(2, J.size))
        square = shortest(lambda A=A: A @ A, 3)
        single = A.astype(np.float32)
        narrow = shortest(lambda A=single: A @ A, 3)
        rates = 2.0 * 1500**3 / square, 2.0 * 1500**3 / narrow
        with one_blas_thread():
            point = J.at(w)
            times = [
                shortest(lambda J=J, w=w: J.at(w), options.repeat),
                shortest(lambda point=point, v=v: point.hvp(v), options.repeat),
                shortest(lambda point=point, v=v: point.hvp(v, 0.0, 1e-3), options.repeat),
            ]
        work = float(n * d * C) * np.array([4.0, 6.0, 6.0])
        yield {
            "shape": f"{n} x {d}, {C} classes",
            "seconds": times,
            "share": list(work / times / np.array([rates[0], rates[0], rates[1]])),
            "rates": rates,
        }


def memory(options: Namespace) -> Said:
    """Fit very many classes in a process of its own."""
    n, d, C = _scaled((50_000, 64, 20_000), options.scale)
    X, y = embeddings(n, d, C)
    with tempfile.TemporaryDirectory(prefix="classes-") as folder:
        np.save(Path(folder) / "X.npy", X)
        np.save(Path(folder) / "y.npy", y)
        del X
        told = subprocess.run(
            [sys.executable, __file__, "--fit-in", folder],
            env=environment(cores()),
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    yield {"shape": f"{n} x {d}, {C} classes", **json.loads(told)}


def _fit_in(folder: Path) -> None:
    """Fit what is in a folder, and print what it took."""
    X, y = np.load(folder / "X.npy"), np.load(folder / "y.npy")
    model = SoftmaxRegression()
    _, seconds = timed(lambda: model.fit(X, y))
    facts = {
        "seconds": seconds,
        "passes": round(model.trace_[-1].passes),
        "gap": model.gap_,
        "status": model.status_.name,
        "peak_MB": peak_memory() / 1e6,
    }
    print(json.dumps(facts))


def contest(options: Namespace) -> Said:
    """Let libraries minimise the same objective."""
    n, d, C = _scaled((20_000, 256, 1000), options.scale)
    with tempfile.TemporaryDirectory(prefix="classes-") as folder:
        save(Path(folder), *embeddings(n, d, C))
        limits = Limits(options.seconds, 1e9, options.seconds, 1)
        run = Contest("embeddings", Path(folder), 1.0, limits, near=0.9 * _ERROR)
        run.find_reference()
        for library in options.peers:
            for settings in PEERS[library].settings:
                if settings["threads"] != "all" or settings.get("tol", _ERROR) != _ERROR:
                    continue
                for fit in run.fit(library, settings, options.seconds)[:1]:
                    reached = run.reached(fit, _ERROR)
                    whole = library == "softlearn" and fit.facts["finished"]
                    last = run._judge(fit, fit.last) if fit.last >= 0 else np.inf
                    yield {
                        "shape": f"{n} x {d}, {C} classes",
                        "library": library,
                        "settings": settings,
                        "seconds": fit.facts["seconds"] if whole else reached,
                        "tried": fit.facts["seconds"],
                        "excess": last / run.reference["J"] - 1.0,
                        "trouble": fit.facts.get("trouble") or run.skipped.get(library),
                    }


def _scaled(shape: tuple[int, int, int], scale: float) -> tuple[int, int, int]:
    n, d, C = shape
    C = max(3, int(C * scale))
    return max(int(n * scale), 2 * C), max(2, d if scale == 1.0 else d // 4), C


def _of_pass(seconds: float, share: float) -> str:
    return f"{seconds:.3f} s, {100.0 * share:.0f} %"


def _of_fit(row: dict[str, Any]) -> list[str]:
    found = f"{row['seconds']:.0f} s", str(row["passes"]), f"{row['gap']:.1e}"
    return [row["shape"], f"{row['peak_MB']:.0f} MB", *found]


def _of_library(row: dict[str, Any]) -> list[str]:
    settings = ", ".join(f"{k} {v}" for k, v in row["settings"].items() if k != "threads")
    seconds, excess = row["seconds"], f"{row['excess']:.1e}"
    took = f"> {row['tried']:.0f}" if seconds is None else f"{seconds:.1f}"
    return [row["library"], settings, took, excess]


def table(record: dict[str, Any]) -> str:
    """Return the page."""
    parts = ["# Many classes", line(record["machine"])]

    def add(title: str, head: list[str], rows: list[list[Any]]) -> None:
        if rows:
            parts.extend([f"## {title}", markdown([head, *rows])])

    add(
        "Preconditioners",
        ["set", "C", "preconditioner", "passes", "seconds"],
        [
            [r["set"], r["C"], r["preconditioner"], r["passes"], f"{r['seconds']:.2f}"]
            for r in record["kinds"]
        ],
    )
    add(
        "One pass, and its share of the rate of square products",
        ["shape", "value and gradient", "Hessian product", "the same in float32"],
        [[r["shape"], *map(_of_pass, r["seconds"], r["share"])] for r in record["passes"]],
    )
    add(
        "Very many classes",
        ["shape", "most memory of the process", "time", "passes", "proven gap"],
        list(map(_of_fit, record["memory"])),
    )
    shape = "".join(r["shape"] for r in record["contest"][:1])
    add(
        f"Beside other libraries: {shape}",
        ["library", "settings", "seconds to a relative error of 1e-6", "error at the end"],
        list(map(_of_library, record["contest"])),
    )
    return "\n\n".join(parts)


PARTS = {f.__name__: f for f in (kinds, passes, memory, contest)}


def main() -> None:
    """Measure part after part."""
    options, began = parser(__doc__, "out"), time.perf_counter()
    add = options.add_argument
    add("parts", nargs="*", choices=[*PARTS, []], default=[])
    add("--scale", type=float, default=1.0, help="less than 1 makes all sizes smaller")
    add("--repeat", type=int, default=3, help="of passes")
    add("--seconds", type=float, default=120.0, help="the most a library is given")
    add("--peers", type=names, default="softlearn,torch-lbfgs,sklearn-lbfgs,jax-lbfgs,cyanure")
    add("--fit-in", type=Path, help="used by `memory` itself")
    chosen = options.parse_args()
    if chosen.fit_in:
        return _fit_in(chosen.fit_in)
    results = Results(chosen.out, table, *PARTS)
    for part in chosen.parts or PARTS:
        if results[part] and part != "contest":
            continue
        done = {r["library"] for r in results[part]} if part == "contest" else set()
        chosen.peers = [p for p in chosen.peers if p not in done]
        for row in PARTS[part](chosen):
            results.add(part, row)
    print(table(results.record))
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
