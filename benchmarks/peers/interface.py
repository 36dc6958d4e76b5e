"""What a library offers: a fit of softmax regression, a trainer of networks, or both.

    fit(task, seen, **settings) -> facts

minimises the J of a `judge.Task`, X already in the dtype of the settings.  It calls
`seen(value, weights)` at each point with the objective that the library computed there (None where
it reports none) and a function that gives W and b; `seen` raises `recording.Stop` to make the
library stop.  A library without a hook is watched from outside; what it computes is not changed.
Libraries are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from benchmarks.harness.judge import Task

__all__ = [
    "MAX_ITERATIONS",
    "RATE",
    "Peer",
    "Seen",
    "Trainer",
    "Training",
    "initial_layers",
    "no_sparse",
    "settings",
]

Seen = Callable[..., None]
MAX_ITERATIONS = 10**9  # never the limit
RATE = 1e-3
"""Of learning, for all trainers."""


@dataclass(frozen=True)
class Peer:
    """A library's fit, what it needs, and the settings that are tried."""

    fit: Callable[..., dict[str, Any]]
    packages: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    """Each with dtype, threads ("all" or a number) and arguments of the fit."""
    skip: Callable[[Task], str | None] = field(default=lambda task: None)
    """Why it cannot take part, the end of a sentence."""
    compiles: bool = False
    """Whether it is called once on the same data before it is timed."""
    wholes: bool = False
    """Whether its points are runs from nothing, so that their times do not add up."""


def settings(dtype: str = "float64", threads: str | int = "all", **more: Any) -> dict[str, Any]:
    """Return one of the settings of a peer."""
    return {"dtype": dtype, "threads": threads, **more}


def no_sparse(task: Task) -> str | None:
    """Say why a library without sparse matrices cannot take part."""
    return "it takes no sparse matrices" if task.sparse else None


# -- networks


class Training(NamedTuple):
    """What network is to be trained, and on what."""

    X: np.ndarray  # (n, d) float32
    y: np.ndarray  # (n,) int64
    sizes: tuple[int, ...]
    batch: int
    seed: int = 0
    threads: int = 1


class Trainer(Protocol):
    """Makes epochs of Adam in float32, from `initial_layers` where it can be given them."""

    module: ClassVar[str]
    """The module whose import does not count."""

    def __init__(self, task: Training) -> None: ...

    def epoch(self, order: np.ndarray) -> Any:
        """Make a step for each whole batch of rows in this order, and wait for the last."""
        ...

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities (n, C)."""
        ...


def initial_layers(task: Training) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return W (n_l, n_{l-1}) from He's uniform distribution, and b = 0, of each layer."""
    rng = np.random.default_rng(task.seed)
    layers = []
    for m, n in pairwise(task.sizes):
        bound = np.sqrt(6.0 / m)
        W = rng.uniform(-bound, bound, (n, m)).astype(np.float32)
        layers.append((W, np.zeros(n, np.float32)))
    return layers
