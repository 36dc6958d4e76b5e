r"""How fast is a step of training, against PyTorch, JAX, scikit-learn and Keras?

    OMP_WAIT_POLICY=passive python benchmarks/network.py --data FOLDER --out FILE

Fully connected softmax networks, Adam, float32, epochs in an order drawn anew.  Each trainer has a
process of its own; all of a shape take turns of half a second, `--rounds` times, so that what else
the machine does is shared by all; and that once with one core and once with all.  It counts with
the number of cores that suits it better:

    step     median over all its epochs of the time of an epoch over its steps, without the first
    least    the shortest epoch, likewise: what the machine allows when nobody disturbs
    first    building the trainer and the first epoch, compilation included, imports excluded
    share    useful multiplications and additions of a step (forward, and the gradients of W and a),
             of what NumPy's BLAS reaches meanwhile with large float32 matrices on the same cores

With ``--data``, a folder with load.py and mnist, also: seconds of training (tests excluded, first
call included) until 784-128-10 gets 97.5 % of the test images right, median over seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from machine import cores, describe, line
from network_peers import TRAINERS

GOAL, MOST_EPOCHS, TURN = 0.975, 30, 0.5
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
            [sys.executable, str(Path(__file__).with_name("network_worker.py")), json.dumps(words)],
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
    """Return what each trainer needs for a shape, on so many cores."""
    all_of_them = [Process(n, threads, **shape._asdict()) for n in names]
    working = [p for p in all_of_them if p.first is not None]
    times: dict[str, list[float]] = {p.name: [] for p in working}
    rates = []
    for _ in range(rounds):
        rates.append(working[0].ask("gemm"))
        for process in working:
            times[process.name] += process.ask(f"turn {TURN}")
    for process in all_of_them:
        process.close()
    rate = max(rates)
    return {"gemm": rate} | {
        p.name: {
            "threads": threads,
            "step": median(times[p.name]) / shape.steps,
            "least": min(times[p.name]) / shape.steps,
            "first": p.first,
            "share": shape.flop * shape.steps / min(times[p.name]) / rate,
            "epochs": len(times[p.name]),
        }
        for p in working
    }


def to_goal(names: list[str], threads: int, seed: int, data: Path) -> dict[str, Any]:
    """Return how long each trainer takes to the goal on mnist."""
    found = {}
    working = [Process(n, threads, seed=seed, data=str(data)) for n in names]
    for process in working:
        if process.first is None:
            continue
        spent, reached = process.first, [process.ask("share")]
        while reached[-1] < GOAL and len(reached) < MOST_EPOCHS:
            spent += process.ask("turn 0")[0]
            reached.append(process.ask("share"))
        good = reached[-1] >= GOAL
        found[process.name] = {"seconds": spent if good else None, "shares": reached}
    for process in working:
        process.close()
    return found


# -------------------------------------------------------------------------------------- tables


def best(found: list[Any], by: str) -> Any:
    """Return the record with the smallest entry, or None."""
    return min((f for f in found if f is not None), key=lambda f: f[by], default=None)


def table_of(entry: dict[str, Any]) -> str:
    """Return a shape's table as Markdown: each time over softlearn's too."""
    rows = [
        f"### {entry['shape']}\n",
        "| | step, us | / softlearn | least, us | / softlearn | cores | share of multiply | "
        "first epoch, s | / softlearn |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    names = [n for n in TRAINERS if any(n in f for f in entry["found"])]
    of = {n: [f.get(n) for f in entry["found"]] for n in names}
    ours = {by: best(of.get(OURS, []), by) for by in ("step", "least", "first")}
    for name in names:
        mine = {by: best(of[name], by) for by in ours}
        over = {by: mine[by][by] / ours[by][by] if ours[by] else float("nan") for by in ours}
        rows.append(
            f"| {name} | {1e6 * mine['step']['step']:.1f} | {over['step']:.2f} | "
            f"{1e6 * mine['least']['least']:.1f} | {over['least']:.2f} | "
            f"{mine['step']['threads']} | {100 * mine['least']['share']:.0f} % | "
            f"{mine['first']['first']:.3g} | {over['first']:.1f} |"
        )
    return "\n".join(rows) + "\n"


def goal_table(runs: list[dict[str, Any]]) -> str:
    """Return seconds to the goal with the better number of cores, median over seeds."""
    rows = [
        f"### mnist, 784-128-10 at 128, to {100 * GOAL:g} % of the test images\n",
        "| | s | / softlearn | epochs | cores | runs that reached it |",
        "|---|---|---|---|---|---|",
    ]
    found: dict[str, tuple[Any, ...]] = {}
    for name in TRAINERS:
        for t in sorted({r["threads"] for r in runs}):
            mine = [r["found"][name] for r in runs if r["threads"] == t and name in r["found"]]
            good = [m for m in mine if m["seconds"] is not None]
            if good:
                seconds = median(m["seconds"] for m in good)
                epochs = median(len(m["shares"]) for m in good)
                this = (seconds, epochs, t, f"{len(good)} of {len(mine)}")
                found[name] = min(found.get(name, this), this)
    for name, (seconds, epochs, t, share) in found.items():
        over = seconds / found[OURS][0] if OURS in found else float("nan")
        rows.append(f"| {name} | {seconds:.2f} | {over:.2f} | {epochs:g} | {t} | {share} |")
    return "\n".join(rows) + "\n"


def save(record: dict[str, Any], out: Path | None) -> None:
    """Write FILE.json and FILE.md."""
    if out is None:
        return
    out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    parts = ["# A step of training\n", line(record["machine"]) + "\n"]
    parts += [table_of(entry) for entry in record["shapes"]]
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
    counts = sorted({1, cores()})
    record: dict[str, Any] = {"machine": describe(), "shapes": [], "mnist": []}
    for shape in [SHAPES[int(k)] for k in chosen.shapes.split(",") if k]:
        found = [measured(shape, names, threads, chosen.rounds) for threads in counts]
        record["shapes"].append({"shape": str(shape), "found": found})
        print(table_of(record["shapes"][-1]), flush=True)
        save(record, chosen.out)
    if chosen.data:
        for seed in range(chosen.seeds):
            for t in counts:
                found_here = to_goal(names, t, seed, chosen.data)
                record["mnist"].append({"seed": seed, "threads": t, "found": found_here})
                save(record, chosen.out)
        print(goal_table(record["mnist"]))


if __name__ == "__main__":
    main()
