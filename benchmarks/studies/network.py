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

from benchmarks.harness.arguments import names, numbers, parser
from benchmarks.harness.machine import cores, describe, line
from benchmarks.harness.processes import ROOT, environment, module
from benchmarks.harness.results import markdown, write
from benchmarks.peers import TRAINERS, missing

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
        quiet = {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
        self.name = trainer
        self.process = subprocess.Popen(
            module("network_worker", json.dumps(words)),
            cwd=ROOT,
            env=environment(threads) | quiet,
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
    heads = ["", "processor, us", "/ softlearn", "of matmul", "clock, us", "/ softlearn", "cores"]
    rows: list[Any] = [[*heads, "first, s", "/ softlearn"]]
    ours: tuple[float, ...] = (math.nan, math.nan, math.nan)
    for name in [n for n in TRAINERS if any(n in f["trainers"] for f in found)]:
        step, _ = best(one, name, lambda t: median(e[1] for e in t["epochs"]) / shape.steps)
        clock, cores = best(found, name, lambda t: min(e[0] for e in t["epochs"]) / shape.steps)
        first, _ = best(found, name, lambda t: t["first"][0])
        ours = (step, clock, first) if name == OURS else ours
        share = f"{100 * shape.flop / step / rate:.0f} %"
        cells = [name, f"{1e6 * step:.1f}", f"{step / ours[0]:.2f}", share, f"{1e6 * clock:.1f}"]
        cells += [f"{clock / ours[1]:.2f}", cores, f"{first:.3g}", f"{first / ours[2]:.1f}"]
        rows.append(cells)
    return f"### {shape}\n\n{markdown(rows)}\n"


def goal_table(runs: list[dict[str, Any]]) -> str:
    """Return the time to the goal, median over the seeds that reached it."""
    heads = ["", "processor, s", "/ softlearn", "clock, s", "/ softlearn", "cores", "epochs"]
    rows: list[Any] = [[*heads, "runs that reached it"]]
    ours: tuple[float, ...] = (math.nan, math.nan)
    for name in [n for n in TRAINERS if any(n in r["trainers"] for r in runs)]:
        mine = [(r["threads"], r["trainers"][name]) for r in runs if name in r["trainers"]]
        good = [(t, m["epochs"]) for t, m in mine if m["shares"][-1] >= GOAL]
        spent = {
            t: [median(sum(e[k] for e in epochs) for u, epochs in good if u == t) for k in (0, 1)]
            for t in {t for t, _ in good}
        }
        if 1 not in spent:
            rows.append([name, *[""] * 6, f"0 of {len(mine)}"])
            continue
        clock, cores = min((clock, t) for t, (clock, _) in spent.items())
        ours = (spent[1][1], clock) if name == OURS else ours
        seconds = [f"{x:.2f}" for x in (spent[1][1], spent[1][1] / ours[0], clock, clock / ours[1])]
        epochs = f"{median(len(e) for _, e in good):g}"
        rows.append([name, *seconds, cores, epochs, f"{len(good)} of {len(mine)}"])
    title = f"### mnist, 784-128-10 at 128, to {100 * GOAL:g} % of the test images"
    return f"{title}\n\n{markdown(rows)}\n"


def save(record: dict[str, Any], out: Path | None) -> None:
    """Write FILE.json and FILE.md."""
    if out is None:
        return
    write(out.with_suffix(".json"), json.dumps(record))
    parts = ["# A step of training\n", line(record["machine"]) + "\n"]
    parts += [table_of(entry) for entry in record["shapes"] if entry["found"]]
    parts += [goal_table(record["mnist"])] if record["mnist"] else []
    write(out.with_suffix(".md"), "\n".join(parts))


def main() -> None:
    """Measure all that is asked for."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--shapes", type=numbers, default="0,1,2,3,4", help="rows of the table, from 0")
    add("--only", type=names, default=",".join(TRAINERS), help="some of the trainers")
    add("--rounds", type=int, default=6, help=f"turns of {TURN} s")
    add("--seeds", type=int, default=3)
    chosen = options.parse_args()
    trainers = [name for name in TRAINERS if name in chosen.only]
    for name in trainers[:]:
        if why := missing(TRAINERS[name].module):
            trainers.remove(name)
            print(f"{name} takes no part: {why}.", flush=True)
    shapes = [SHAPES[int(k)] for k in chosen.shapes]
    record: dict[str, Any] = {"machine": describe(), "mnist": []}
    record["shapes"] = [{"shape": shape, "found": []} for shape in shapes]
    for threads in sorted({1, cores()}):
        for entry in record["shapes"]:
            entry["found"].append(measured(entry["shape"], trainers, threads, chosen.rounds))
            print(table_of(entry), flush=True)
            save(record, chosen.out)
        for seed in range(chosen.seeds if chosen.data else 0):
            record["mnist"].append(to_goal(trainers, threads, seed, chosen.data))
            print(goal_table(record["mnist"]), flush=True)
            save(record, chosen.out)


if __name__ == "__main__":
    main()
