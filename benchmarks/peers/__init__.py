"""The libraries that softlearn is measured against, a file each, imported when they are used."""

from __future__ import annotations

import importlib
import math
import time
import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.harness.judge import Task
from benchmarks.harness.recording import Stop
from benchmarks.peers import (
    cyanure,
    intelex,
    jax,
    keras,
    scikit_learn,
    softlearn,
    statsmodels,
    torch,
)
from benchmarks.peers.interface import Peer, Seen, Trainer

__all__ = ["PEERS", "TRAINERS", "fit", "missing", "reason_to_skip", "warm_up"]

PEERS: dict[str, Peer] = {
    "softlearn": softlearn.PEER,
    **{f"sklearn-{name}": peer for name, peer in scikit_learn.PEERS.items()},
    "sklearnex": intelex.PEER,
    "cyanure": cyanure.PEER,
    "torch-lbfgs": torch.PEER,
    "jax-lbfgs": jax.PEER,
    "statsmodels": statsmodels.PEER,
}
"""Who fits softmax regression."""
TRAINERS: dict[str, type[Trainer]] = {
    "softlearn": softlearn.Trainer,
    "PyTorch eager": torch.Trainer,
    "torch.compile": torch.CompiledTrainer,
    "JAX": jax.Trainer,
    "scikit-learn": scikit_learn.Trainer,
    "Keras (JAX)": keras.Trainer,
}
"""Who trains networks; softlearn comes first."""


def reason_to_skip(name: str, task: Task) -> str | None:
    """Return why a peer cannot take part, one sentence's end, or None."""
    if task.classes < 3:
        return "two classes are not softmax regression's case here"
    return PEERS[name].skip(task) or missing(*PEERS[name].packages)


def missing(*packages: str) -> str | None:
    """Return why packages cannot be imported, or None."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            return f"it is not installed here ({error})"
    return None


def fit(name: str, task: Task, seen: Seen, **settings: Any) -> dict[str, Any]:
    """Fit with one library at one of its settings; whoever calls has set dtype and threads."""
    arguments = {k: v for k, v in settings.items() if k not in ("dtype", "threads")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PEERS[name].fit(task, seen, **arguments)


def warm_up(name: str, task: Task, **settings: Any) -> None:
    """Import and start threads on a few rows; begin with the task itself where that compiles it."""
    X = np.random.default_rng(0).normal(size=(60, 4)).astype(task.X.dtype)
    few = Task(sp.csr_matrix(X) if task.sparse else X, np.arange(60) % 3, 1.0)
    _begin(name, few, seconds=0.3, **settings)
    if PEERS[name].compiles:
        _begin(name, task, points=3, **settings)


def _begin(
    name: str, task: Task, points: float = math.inf, seconds: float = math.inf, **settings: Any
) -> None:
    """Fit until a library has had so many points or seconds."""
    count, end = 0, time.perf_counter() + seconds

    def seen(*point: Any) -> None:
        nonlocal count
        count += 1
        if count >= points or time.perf_counter() > end:
            raise Stop

    with suppress(Stop):
        fit(name, task, seen, **settings)
