"""One trainer in a process of its own, which trains when it is asked: `network.py` starts it.

    python -m benchmarks.harness.network_worker JSON

JSON: trainer, threads, seed, and either sizes, batch and steps, for rows that are made, or data, a
folder with load.py and mnist.  Times are pairs: seconds by the clock, and of processors.  The first
answer is what building the trainer and the first epoch took, compilation included and imports not.
Then each line that it reads has one:

    turn SECONDS    the time of each of the epochs it makes in so long, at least one
    share           the share of test images that are right
    gemm SIZE       the time of a float32 product of square matrices by NumPy's BLAS
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases.datasets import images
from benchmarks.peers import TRAINERS
from benchmarks.peers.interface import Training

Time = tuple[float, float]


def now() -> Time:
    """Return seconds by the clock and of this process, all its threads."""
    return time.perf_counter(), time.process_time()


def since(then: Time) -> Time:
    """Return how many have gone by."""
    clock, processor = now()
    return round(clock - then[0], 7), round(processor - then[1], 7)


class Worker:
    """A trainer, its rows and their order."""

    def __init__(
        self, trainer: str, task: Training, X_test: np.ndarray, y_test: np.ndarray
    ) -> None:
        self.name, self.task, self.X_test, self.y_test = trainer, task, X_test, y_test
        self.rng = np.random.default_rng(task.seed + 1)
        self.trainer: Any = None

    def epoch(self) -> Time:
        """Return the time of an epoch in an order drawn anew; before the first, build all."""
        n = len(self.task.y)
        order = self.rng.permutation(n)[: n // self.task.batch * self.task.batch]
        began = now()
        if self.trainer is None:
            self.trainer = TRAINERS[self.name](self.task)
        self.trainer.epoch(order)
        return since(began)

    def turn(self, seconds: float) -> list[Time]:
        """Return the time of each epoch of a turn."""
        times = [self.epoch()]
        while sum(clock for clock, _ in times) < seconds:
            times.append(self.epoch())
        return times

    def share(self) -> float:
        """Return the share of test images that are right."""
        return float((self.trainer.logits(self.X_test).argmax(1) == self.y_test).mean())


def made(sizes: tuple[int, ...], batch: int, steps: int) -> tuple[np.ndarray, ...]:
    """Return rows in a cube, with the labels of a linear model, and no test rows."""
    rng = np.random.default_rng(0)
    X = rng.random((steps * batch, sizes[0]), dtype=np.float32)
    teacher = rng.normal(size=(sizes[0], sizes[-1])).astype(np.float32)
    y = ((X - 0.5) @ teacher).argmax(1).astype(np.int64)
    return X, y, X[:0], y[:0]


def gemm(size: int) -> Time:
    """Return the least time of a few large products."""
    A = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    out, times = np.empty_like(A), []
    for _ in range(5):
        began = now()
        np.matmul(A, A, out=out)
        times.append(since(began))
    return min(t[0] for t in times), min(t[1] for t in times)


def main(given: dict[str, Any]) -> None:
    """Answer on the standard output as it is now; what libraries print goes to the other."""
    answers, sys.stdout = sys.stdout, sys.stderr

    def answer(with_what: Any) -> None:
        print(json.dumps(with_what), file=answers, flush=True)

    sizes = tuple(given.get("sizes", (784, 128, 10)))
    batch = given.get("batch", 128)
    X, y, X_test, y_test = (
        images(Path(given["data"])) if "data" in given else made(sizes, batch, given["steps"])
    )
    import_module(TRAINERS[given["trainer"]].module)
    task = Training(X, y.astype(np.int64), sizes, batch, given["seed"], given["threads"])
    worker = Worker(given["trainer"], task, X_test, y_test)
    answer(worker.epoch())
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "turn":
            answer(worker.turn(float(rest[0])))
        else:
            answer(worker.share() if word == "share" else gemm(int(rest[0])))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
