"""Other libraries' L1 fits: each in a process of its own, which a limit of time ends."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.harness.judge import Task, objective
from benchmarks.harness.machine import cores
from benchmarks.harness.processes import ROOT, environment

__all__ = ["ERROR", "Processes", "SparsePeer", "judged", "peers_of", "run", "write_set"]

ERROR = 1e-6
_START = 300.0  # seconds to read the set and compile
_LEAST = 0.2  # seconds of a run
_SHORT = 0.5  # seconds: a shorter run is repeated
_TOLERANCES = np.logspace(-2, -13, 12)
_PATH = 10  # penalties of a short path to the one asked for


@dataclass(frozen=True)
class SparsePeer:
    """A library's fit of one kind of problem."""

    name: str
    worker: str
    """Its name for the process, `sparse_worker.py` or `glmnet.R`."""
    problem: str = "plain"
    """ "plain", "without intercept" or "grouped"."""
    short_path: bool = False
    """Whether a fit goes along a short path of penalties."""
    paths: bool = False
    """Whether it fits a path of 100 penalties."""


def peers_of(classes: int) -> list[SparsePeer]:
    """Return those that can take part."""
    found = [
        SparsePeer("saga", "saga"),
        SparsePeer("glmnet", "glmnet", short_path=True, paths=True),
    ]
    if classes > 2:
        return [*found, SparsePeer("adelie", "adelie", "grouped", short_path=True)]
    return [
        *found,
        SparsePeer("liblinear", "liblinear"),
        SparsePeer("liblinear 1e4", "liblinear 1e4"),
        SparsePeer("skglm", "skglm", paths=True),
        SparsePeer("celer", "celer", "without intercept"),
        SparsePeer("adelie", "adelie", short_path=True, paths=True),
    ]


def judged(task: Task, strength: float, W: Any, b: Any, grouped: bool = False) -> float:
    """Return J with an L1 penalty, or the group lasso over classes."""
    sizes = np.sqrt((W * W).sum(0)) if grouped else np.abs(W)
    penalty = strength * float(sizes.sum())
    if len(W) == 1:
        W, b = np.concatenate([0.0 * W, W]), np.concatenate([0.0 * b, b])
    return objective(task, W, b) + penalty


def write_set(folder: Path, X: Any, y: np.ndarray) -> None:
    """Write a set as the processes read it."""
    sparse = sp.issparse(X)
    if sparse:
        X = X.tocsc().sorted_indices()
        X.indices.astype(np.int32).tofile(folder / "i.bin")
        X.indptr.astype(np.int32).tofile(folder / "p.bin")
        X.data.astype(np.float64).tofile(folder / "data.bin")
    else:
        np.asarray(X, np.float64).T.tofile(folder / "data.bin")
    y.astype(np.int32).tofile(folder / "y.bin")
    about = {"shape": [int(v) for v in X.shape], "sparse": sparse}
    (folder / "about.json").write_text(json.dumps(about))
    (folder / "about.txt").write_text(f"{X.shape[0]} {X.shape[1]} {int(sparse)}\n")


class Processes:
    """The processes of the peers of one set; each is started when it is needed, and kept.

    Args:
        folder: that of `write_set`.
        python: the Python that has the peers which are not scikit-learn's.

    """

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.python = folder, python
        self.running: dict[str, _Process] = {}

    def of(self, peer: SparsePeer) -> _Process | None:
        """Return the process of a peer; None where it cannot be started."""
        if peer.worker not in self.running:
            process = _Process(peer, self.folder, self.python)
            if process.answer(_START) != "ready":
                process.end()
                return None
            self.running[peer.worker] = process
        return self.running[peer.worker]

    def end(self, *workers: str) -> None:
        """End some of them, or all."""
        for name in workers or list(self.running):
            self.running.pop(name).end()


class _Process:
    """A process that answers requests."""

    def __init__(self, peer: SparsePeer, folder: Path, python: str) -> None:
        here = ROOT / "benchmarks" / "peers"
        if peer.worker.startswith("glmnet"):
            command = ["Rscript", str(here / "glmnet.R"), str(folder), peer.worker]
        else:
            own = peer.worker in ("saga", "liblinear", "liblinear 1e4")
            program = [str(here / "sparse_worker.py"), str(folder), peer.worker]
            command = [sys.executable if own else python, *program]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, text=True, env=environment(cores()), **pipes)

    def answer(self, seconds: float) -> str | None:
        """Return a line of the process; None where none came in time, or it ended."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as wait:
            wait.register(self.process.stdout, selectors.EVENT_READ)
            if not wait.select(seconds):
                return None
        return self.process.stdout.readline().strip() or None

    def ask(self, tol: float, strengths: Sequence[float], kept: Sequence[int]) -> None:
        """Send a request."""
        assert self.process.stdin is not None
        numbers = " ".join(repr(float(v)) for v in (tol, *strengths))
        self.process.stdin.write(f"{numbers}:{' '.join(map(str, kept))}\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def run(
    peer: SparsePeer,
    among: Processes,
    strengths: Sequence[float],
    kept: dict[int, Callable[[Any, Any], float]],
    shape: tuple[int, int],
    limit: float,
    most: float = np.inf,
) -> dict[str, Any]:
    """Return the time of the first run, at smaller and smaller tolerances, that is accurate enough.

    Args:
        peer: who runs.
        among: the processes.
        strengths: falling penalties.
        kept: which of the solutions to judge, and a function of W and b: the relative error.
        shape: of W.
        limit: seconds of one run,
        most: and of all of them together; a run that is begun has what is left.

    """
    if most < _LEAST:
        return {"seconds": 0.0, "reached": False, "error": None, "tol": None, "why": "no time left"}
    found: dict[str, Any] = {"seconds": limit, "reached": False, "error": None, "tol": None}
    process = among.of(peer)
    if process is None:
        return {**found, "why": "it did not start"}
    end = time.monotonic() + most
    for tol in _TOLERANCES:
        times: list[float] = []
        error = np.inf
        while not times or (len(times) < 3 and times[0] < _SHORT and error <= ERROR):
            if times and end - time.monotonic() < times[0]:
                break
            limit = min(limit, max(end - time.monotonic(), _LEAST))
            process.ask(tol, strengths, list(kept))
            answer = process.answer(limit)
            if answer is None:
                why = "time" if process.process.poll() is None else "it failed"
                among.end(peer.worker)
                return {**found, "seconds": limit, "why": why}
            times.append(float(answer))
            error = max(_errors(among.folder, kept, shape))
        found |= {"seconds": min(times), "error": error, "tol": float(tol)}
        if error <= ERROR:
            return {**found, "reached": True}
    return {**found, "why": "no tolerance is enough"}


def _errors(
    folder: Path, kept: dict[int, Callable[[Any, Any], float]], shape: tuple[int, int]
) -> Iterator[float]:
    """Yield the relative error of each solution."""
    K, d = shape
    values = np.fromfile(folder / "found.bin").reshape(len(kept), -1)
    for own, error in zip(values, kept.values(), strict=True):
        yield error(own[: K * d].reshape(K, d), own[K * d :])
