r"""Fits that PyTorch computes: is the optimum the same, in as many steps, and how fast on a GPU?

    OMP_WAIT_POLICY=passive python benchmarks/studies/device.py --data FOLDER --out FILE [PART ...]

same    fits on `--device` (the CPU, unless it is named) with products in low precision where
        PyTorch has them, and in float64 alone; the gap is computed again in float64 by NumPy's
        passes: J at the coefficients from its definition, and a lower bound of their own.  mnist,
        features with a power law of variances, and the same with means of 1,000 spreads
bfloat16  the same fits with products of factors in bfloat16, as on a GPU, rounded on the CPU
speed   fits to features made on a GPU, float32: seconds, passes, the most memory of the device;
        "not measured" where there is none.  `--rows` scales the time

Writes FILE.json and FILE.md as rows are done; a second call goes on where the first ended.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import embeddings, images
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.internals import choose_solver
from benchmarks.harness.judge import Task, objective
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import timed
from softlearn import SoftmaxRegression
from softlearn.data import as_rows
from softlearn.execution.threads import engine_for
from softlearn.kernels import NumPyKernel
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, Passes, keeps_logits, spans_for
from softlearn.passes.device import DevicePasses
from softlearn.problem import Linear, Problem
from softlearn.solve import Newton, minimize

Said = Iterator[dict[str, Any]]
SHAPES = ((160_000, 2048, 1000), (1_000_000, 512, 100))
"""An eighth of ImageNet's rows, and many rows of few classes."""


def _mnist(options: Namespace) -> tuple[np.ndarray, np.ndarray]:
    X, y = images(options.data)[:2]
    n = int(len(X) * options.scale)
    return X[:n], np.unique(y[:n], return_inverse=True)[1]


def _law(n: int, d: int, C: int, means: float = 0.0) -> Any:
    def make(options: Namespace) -> tuple[np.ndarray, np.ndarray]:
        classes = max(int(C * options.scale), 3)
        X, y = embeddings(max(int(n * options.scale), 4 * classes), d, classes)
        X = X.astype(np.float32)
        return X + np.float32(means) * X.std(0), y

    return make


SETS: dict[str, tuple[Any, tuple[float, ...]]] = {
    "mnist": (_mnist, (0.01, 1.0, 100.0)),
    "power": (_law(20_000, 1024, 1000), (1.0,)),
    "means": (_law(20_000, 128, 50, means=1000.0), (1.0, 100.0)),
}
SAID = {
    "mnist": "mnist",
    "power": "variances by a power law",
    "means": "variances by a power law, means of 1,000 spreads",
}


def lower_bound(task: Task, W: np.ndarray, b: np.ndarray) -> float:
    """Return a bound below J that NumPy's passes prove in float64, from about its minimum on."""
    centre = np.mean(task.X, axis=0, dtype=np.float64).astype(np.float32)
    X = np.subtract(task.X, centre, dtype=np.float64)  # exact: the bias takes the rest
    model = Linear(X.shape[1], task.classes)
    problem = Problem.of(as_rows(X), task.y, model, task.l2)
    kernel = NumPyKernel(model)
    spans = spans_for(problem.rows, model.C, kernel)
    passes = Passes(problem, kernel, engine_for(None, float(X.size * model.C)), spans, keep=False)
    start = model.join(W, b + W @ centre)
    result = minimize(SoftmaxObjective(problem, passes), Newton(), start, 1e-7)
    return float(result.value * (1.0 - result.gap))


def same(options: Namespace) -> Said:
    """Fit each set in both ways, and let NumPy judge."""
    for name in options.sets:
        make, strengths = SETS[name]
        X, y = make(options)
        for C in strengths:
            task, lower = Task(X, y, C), -np.inf
            for precision in ("auto", "float64"):
                model = SoftmaxRegression(C=C, device=options.device, precision=precision)
                began = process_time()
                model.fit(X, y)
                seconds = process_time() - began
                if precision == "auto":
                    lower = lower_bound(task, model.coef_, model.intercept_)
                J = objective(task, model.coef_, model.intercept_)
                yield _row(name, task) | {
                    "precision": precision,
                    "device": options.device,
                    "processor_seconds": seconds,
                    "steps": int(model.n_iter_[0]),
                    "status": model.status_.name,
                    "proven": model.gap_,
                    "gap": J / lower - 1.0,
                    "said": model.precision_,
                }


def _row(name: str, task: Task) -> dict[str, Any]:
    n, d = task.X.shape
    return {"name": name, "set": f"{SAID[name]}, {n} x {d}, {task.classes} classes", "C": task.C}


def bfloat16(options: Namespace) -> Said:
    """Fit each set with the products of a GPU."""
    import torch

    for name in options.sets:
        make, strengths = SETS[name]
        X, y = make(options)
        for C in strengths:
            task = Task(X.astype(np.float32), y, C)
            model = Linear(X.shape[1], task.classes)
            problem = Problem.of(as_rows(task.X, "cpu"), y, model, task.l2)
            keep, threads = keeps_logits(problem.rows, model.C), engine_for(None, float(X.size))
            passes = DevicePasses(problem, threads, keep, Limits(), torch.bfloat16)
            J = SoftmaxObjective(problem, passes)
            result = minimize(J, choose_solver("auto", J))
            W, b = model.split(result.w)
            yield _row(name, task) | {
                "precision": "bfloat16",
                "device": "cpu",
                "steps": result.n_steps,
                "status": result.status.name,
                "proven": result.gap,
                "gap": objective(task, W, b) / lower_bound(task, W, b) - 1.0,
                "said": f"{passes.low_count} of {passes.count:.0f} passes were Hessian products in "
                "bfloat16, the others in float64.",
            }


def speed(options: Namespace) -> Said:
    """Fit on a GPU, where there is one."""
    import torch

    if not torch.cuda.is_available():
        return
    for n, d, C in SHAPES:
        n = min(n, options.rows)
        X, y = embeddings(n, d, C)
        there, labels = torch.from_numpy(X.astype(np.float32)).cuda(), torch.from_numpy(y).cuda()
        SoftmaxRegression(max_iter=1).fit(there[: 4 * C], labels[: 4 * C])  # starts the libraries
        for precision in ("auto", "float64"):
            torch.cuda.reset_peak_memory_stats()
            model = SoftmaxRegression(precision=precision)
            _, seconds = timed(lambda model=model, X=there, y=labels: model.fit(X, y))
            yield {
                "gpu": torch.cuda.get_device_name(),
                "shape": f"{n} x {d}, {C} classes",
                "precision": precision,
                "seconds": seconds,
                "passes": round(model.trace_[-1].passes),
                "gap": model.gap_,
                "GB": torch.cuda.max_memory_allocated() / 1e9,
                "said": model.precision_,
            }


PARTS = {f.__name__: f for f in (same, bfloat16, speed)}


def table(record: dict[str, Any]) -> str:
    """Return the page."""
    rows = [
        [
            *(r["set"], r["C"], r["precision"], r["steps"], f"{r['proven']:.0e}"),
            *(f"{r['gap']:.0e}", r["said"]),
        ]
        for r in sorted(record["same"] + record["bfloat16"], key=lambda r: (r["set"], r["C"]))
    ]
    head = ["set", "C", "precision", "steps", "proven gap", "gap by NumPy", "which was used"]
    devices = ", ".join(sorted({r["device"] for r in record["same"]}))
    parts = [
        "# Fits that PyTorch computes",
        line(record["machine"]),
        f"## The same optimum: {devices}",
        markdown([head, *rows]),
        "## On a GPU",
    ]
    if not record["speed"]:
        return "\n\n".join([*parts, "Not measured: there was none."])
    fits = [
        [
            *(r["gpu"], r["shape"], r["precision"], f"{r['seconds']:.2f}", r["passes"]),
            *(f"{r['gap']:.0e}", f"{r['GB']:.1f}", r["said"]),
        ]
        for r in record["speed"]
    ]
    names_of = ["GPU", "shape", "precision", "seconds", "passes", "proven gap", "most memory, GB"]
    return "\n\n".join([*parts, markdown([[*names_of, "which was used"], *fits])])


def main() -> None:
    """Run what is not done."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("parts", nargs="*", choices=[*PARTS, []], default=[])
    add("--device", default="cpu", help="of PyTorch, for `same`")
    add("--sets", type=names, default=list(SETS), help="some of " + ", ".join(SETS))
    add("--scale", type=float, default=1.0, help="less than 1 makes the sets of `same` smaller")
    add("--rows", type=int, default=1 << 40, help="the most rows of `speed`")
    chosen = options.parse_args()
    results, wanted = Results(chosen.out, table, *PARTS), chosen.sets
    for part in chosen.parts or PARTS:
        done = {r.get("name") for r in results[part]}
        chosen.sets = [name for name in wanted if name not in done]
        if part == "speed" and results[part]:
            continue
        for row in PARTS[part](chosen):
            results.add(part, row)
    print(table(results.record))


if __name__ == "__main__":
    main()
