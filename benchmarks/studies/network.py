r"""How fast is a step of training, against PyTorch, JAX, scikit-learn and Keras?

    OMP_WAIT_POLICY=passive python benchmarks/studies/network.py --data FOLDER --out FILE

Fully connected softmax networks, Adam, float32, epochs in an order drawn anew.  Each trainer has a
process of its own; all of a shape take turns of half a second, so that what else the machine does
is shared by all; once with one core, once with all.  Per step, without the first epoch:

    processor   median over the epochs on one core of the processor's time: others on the machine
                hardly change it
    clock       the shortest epoch by the clock, on as many cores as suit the trainer better
    of matmul   useful multiplications and additions of a step (forward, and the gradients of W and
                a) in the processor's time, of what NumPy's BLAS makes of large float32 matrices
    first       seconds by the clock for building the trainer and the first epoch, compilation
                included, imports excluded; the better number of cores

With ``--data``, a folder with load.py and mnist, also: seconds of training (tests excluded, first
call included) until 784-128-10 gets 97.5 % of the test images right, median over seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.machine import cores, describe, line
from benchmarks.peers.trainers import TRAINERS

GOAL, MOST_EPOCHS, TURN, MATMUL = 0.975, 30, 0.5, 2048
OURS = "softlearn"


class Shape(NamedTuple):
    """A network, its batches and how many steps an epoch has."""

    sizes: tuple[int, ...]
    batch: int
    steps: int

    def __str__(self) -> str:
        return f"{'-'.join(map(str, self.sizes))} at {self.batch:,}"

    @property
    def flop(self) -> int:
        """Useful operations of a step."""
        products = [m * n for m, n in pairwise(self.sizes)]
        return self.batch * (6 * sum(products) - 2 * products[0])


SHAPES = [
    Shape((784, 10), 128, 468),
    Shape((784, 128, 10), 128, 468),
    Shape((784, 128, 10), 1024, 58),
    Shape((784, 512, 512, 10), 128, 100),
    Shape((16, 32, 26), 32, 500),
]


class Process:
    """A worker (network_worker.py) on so many cores, or what became of it."""

    def __init__(self, trainer: str, threads: int, **given: Any) -> None:
        words = {"trainer": trainer, "threads": threads, "seed": 0} | given
        allowed = sorted(os.sched_getaffinity(0))[:threads]
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        quiet = {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
        self.name = trainer
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.harness.network_worker", json.dumps(words)],
            cwd=Path(__file__).parents[2],
            env=os.environ | dict.fromkeys(names, str(threads)) | quiet,
            preexec_fn=lambda: os.sched_setaffinity(0, allowed),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.first = self._answer()

    def ask(self, words: str) -> Any:
        """Return the answer, None if there is none."""
        assert self.process.stdin is not None
        if self.process.poll() is None:
            print(words, file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        return json.loads(said) if said else None

    def close(self) -> None:
        """End it."""
        self.process.communicate()


def measured(shape: Shape, names: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """Return the times of each trainer for a shape, on so many cores: by the clock, processors'."""
    processes = [Process(n, threads, **shape._asdict()) for n in names]
    working = [p for p in processes if p.first is not None]
    times: dict[str, list[Any]] = {p.name: [] for p in working}
    products = []
    for _ in range(rounds):
        products.append(working[0].ask(f"gemm {MATMUL}"))
        for process in working:
            times[process.name] += process.ask(f"turn {TURN}")
    for process in processes:
        process.close()
    return {
        "threads": threads,
        "matmul": [min(t) for t in zip(*products, strict=True)],
        "trainers": {p.name: {"first": p.first, "epochs": times[p.name]} for p in working},
    }


def to_goal(names: list[str], threads: int, seed: int, data: Path) -> dict[str, Any]:
    """Return how long each trainer takes to the goal on mnist, and how good it was each time."""
    found = {}
    processes = [Process(n, threads, seed=seed, data=str(data.resolve())) for n in names]
    for process in processes:
        if process.first is not None:
            times, reached = [process.first], [process.ask("share")]
            while reached[-1] < GOAL and len(reached) < MOST_EPOCHS:
                times += process.ask("turn 0")
                reached.append(process.ask("share"))
            found[process.name] = {"epochs": times, "shares": reached}
        process.close()
    return {"seed": seed, "threads": threads, "trainers": found}


# -------------------------------------------------------------------------------------- tables


def best(found: list[dict[str, Any]], name: str, figure: Any) -> tuple[float, int]:
    """Return a trainer's smallest figure and on how many cores; NaN if it has none."""
    known = [(figure(f["trainers"][name]), f["threads"]) for f in found if name in f["trainers"]]
    return min((k for k in known if k[0] is not None), default=(math.nan, 0))


def table_of(entry: dict[str, Any]) -> str:
    """Return a shape's table as Markdown: each time over softlearn's too."""
    shape, found = Shape(*entry["shape"]), entry["found"]
    one = [f for f in found if f["threads"] == 1]
    rate = 2.0 * MATMUL**3 / one[0]["matmul"][1]
    rows = [
        f"### {shape}\n",
        "| | processor, us | / softlearn | of matmul | clock, us | / softlearn | cores | first, s "
        "| / softlearn |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    ours: tuple[float, ...] = (math.nan, math.nan, math.nan)
    for name in [n for n in TRAINERS if any(n in f["trainers"] for f in found)]:
        step, _ = best(one, name, lambda t: median(e[1] for e in t["epochs"]) / shape.steps)
        clock, cores = best(found, name, lambda t: min(e[0] for e in t["epochs"]) / shape.steps)
        first, _ = best(found, name, lambda t: t["first"][0])
        ours = (step, clock, first) if name == OURS else ours
        rows.append(
            f"| {name} | {1e6 * step:.1f} | {step / ours[0]:.2f} | "
            f"{100 * shape.flop / step / rate:.0f} % | {1e6 * clock:.1f} | {clock / ours[1]:.2f} | "
            f"{cores} | {first:.3g} | {first / ours[2]:.1f} |"
        )
    return "\n".join(rows) + "\n"


def goal_table(runs: list[dict[str, Any]]) -> str:
    """Return the time to the goal, median over the seeds that reached it."""
    rows = [
        f"### mnist, 784-128-10 at 128, to {100 * GOAL:g} % of the test images\n",
        "| | processor, s | / softlearn | clock, s | / softlearn | cores | epochs | runs that "
        "reached it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours: tuple[float, ...] = (math.nan, math.nan)
    for name in [n for n in TRAINERS if any(n in r["trainers"] for r in runs)]:
        mine = [(r["threads"], r["trainers"][name]) for r in runs if name in r["trainers"]]
        good = [(t, m["epochs"]) for t, m in mine if m["shares"][-1] >= GOAL]
        spent = {
            t: [median(sum(e[k] for e in epochs) for u, epochs in good if u == t) for k in (0, 1)]
            for t in {t for t, _ in good}
        }
        if 1 not in spent:
            rows.append(f"| {name} | | | | | | | 0 of {len(mine)} |")
            continue
        clock, cores = min((clock, t) for t, (clock, _) in spent.items())
        ours = (spent[1][1], clock) if name == OURS else ours
        rows.append(
            f"| {name} | {spent[1][1]:.2f} | {spent[1][1] / ours[0]:.2f} | {clock:.2f} | "
            f"{clock / ours[1]:.2f} | {cores} | {median(len(e) for _, e in good):g} | "
            f"{len(good)} of {len(mine)} |"
        )
    return "\n".join(rows) + "\n"


def rounded(x: Any) -> Any:
    """Return numbers with six digits: nobody measures more."""
    if isinstance(x, float):
        return float(f"{x:.6g}")
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    return [rounded(v) for v in x] if isinstance(x, list | tuple) else x


def save(record: dict[str, Any], out: Path | None) -> None:
    """Write FILE.json and FILE.md."""
    if out is None:
        return
    out.with_suffix(".json").write_text(json.dumps(rounded(record)) + "\n")
    parts = ["# A step of training\n", line(record["machine"]) + "\n"]
    parts += [table_of(entry) for entry in record["shapes"] if entry["found"]]
    parts += [goal_table(record["mnist"])] if record["mnist"] else []
    out.with_suffix(".md").write_text("\n".join(parts))


def main() -> None:
    """Measure all that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a folder with load.py and mnist")
    parser.add_argument("--out", type=Path, help="without a suffix: writes FILE.json and FILE.md")
    parser.add_argument("--shapes", default="0,1,2,3,4", help="rows of the table, from 0")
    parser.add_argument("--only", default="", help=f"some of: {','.join(TRAINERS)}")
    parser.add_argument("--rounds", type=int, default=6, help=f"turns of {TURN} s")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    names = [n for n in TRAINERS if not chosen.only or n in chosen.only.split(",")]
    shapes = [SHAPES[int(k)] for k in chosen.shapes.split(",") if k]
    record: dict[str, Any] = {"machine": describe(), "mnist": []}
    record["shapes"] = [{"shape": shape, "found": []} for shape in shapes]
    for threads in sorted({1, cores()}):
        for entry in record["shapes"]:
            entry["found"].append(measured(entry["shape"], names, threads, chosen.rounds))
            print(table_of(entry), flush=True)
            save(record, chosen.out)
        for seed in range(chosen.seeds if chosen.data else 0):
            record["mnist"].append(to_goal(names, threads, seed, chosen.data))
            print(goal_table(record["mnist"]), flush=True)
            save(record, chosen.out)


if __name__ == "__main__":
    main()
