"""Epochs of steps: by the kernels for softlearn's own rules, else by `Stochastic`.

Both read the rows in the same order for the same seed.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...data import as_rows
from ...execution.blas import one_blas_thread
from ...execution.threads import engine_for
from ...networks import objective_of
from ...networks.plan import order_of
from ...networks.trainer import NotFinite, Plan, State, Update, trainer_for
from ...protocol import F64
from ...solve import Epoch, Stochastic
from ..sklearn.threads import threads
from .parameters import update_for
from .task import Task

__all__ = ["Broken", "Steps", "steps_for"]

Array = NDArray[Any]
_FOREVER = 2**62


class Broken(ArithmeticError):
    """A loss or a parameter is not finite; `w` is the last point at which all were finite."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.batches = batches
        """The batches of the epoch before the failure."""


class Steps(Protocol):
    """Makes epochs."""

    @property
    def w(self) -> Array:
        """The parameters now."""
        ...

    def epoch(self, k: int, rates: F64) -> float:
        """Make epoch k = 1, 2, ...; return the mean of its batches' losses before their steps."""
        ...

    def arrays(self) -> list[Array]:
        """Return all arrays on which later steps depend, the parameters first."""
        ...

    def restore(self, arrays: list[Array]) -> None:
        """Continue from the result of `arrays`."""
        ...


def steps_for(task: Task, w: Array, shuffle: bool, n_jobs: int | None) -> Steps:
    """Return the object that makes the epochs of a task, from w on.

    Raises:
        ValueError: shuffle=False with a rule that is not softlearn's.

    """
    update = update_for(task.choices.rule)
    if update is not None:
        return _KernelSteps(task, update, w, shuffle, threads(n_jobs))
    if not shuffle:
        raise ValueError("shuffle=False needs a solver of softlearn's own, such as 'adam'.")
    return _RuleSteps(task, w, threads(n_jobs))


class _KernelSteps:
    """A rule of softlearn's, by the kernels."""

    def __init__(self, task: Task, update: Update, w: Array, shuffle: bool, jobs: int) -> None:
        self.task, self.shuffle, self.jobs = task, shuffle, jobs
        model, choices = task.model, task.choices
        plan = Plan(
            model.sizes,
            activation=model.activation,
            update=update,
            l2=choices.l2,
            dropout=model.dropout,
            clip=choices.clip or 0.0,
            seed=choices.seed,
        )
        self.state = State.at(w, update)
        self.trainer = trainer_for(plan, self.state)
        self.s = task.examples.shares(task.rows)

    @property
    def w(self) -> Array:
        return self.state.w

    def epoch(self, k: int, rates: F64) -> float:
        choices, examples, rows = self.task.choices, self.task.examples, self.task.rows
        size, n = choices.batch_size, len(rows)
        order = order_of(choices.seed, k, n, size, self.shuffle)
        order = order if n == examples.n else rows[order]
        try:
            losses = self.trainer.run(
                examples.X, examples.codes, order, size, rates, self.s, self.jobs
            )
        except NotFinite as error:
            raise Broken(error.step) from error
        return float(losses.mean())

    def arrays(self) -> list[Array]:
        return list(self.state)

    def restore(self, arrays: list[Array]) -> None:
        for now, then in zip(self.state, arrays, strict=True):
            now[...] = then


class _RuleSteps:
    """Any `Rule`, with its own learning rates."""

    def __init__(self, task: Task, w: Array, jobs: int) -> None:
        model, choices, examples, rows = task.model, task.choices, task.examples, task.rows
        part = examples if len(rows) == examples.n else examples.subset(rows)
        self.J = objective_of(
            as_rows(part.X),
            part.codes,
            model,
            l2=choices.l2,
            weights=part.s,
            engine=engine_for(jobs, float(choices.batch_size) * model.size),
        )
        self.loop = Stochastic(
            choices.rule, choices.batch_size, epochs=_FOREVER, seed=choices.seed, clip=choices.clip
        )
        self.now = Epoch(self.J.at(w), state=choices.rule.init(w))

    @property
    def w(self) -> Array:
        return np.asarray(self.now.point.w)

    def epoch(self, k: int, rates: F64) -> float:
        with one_blas_thread():
            after = next(
                self.loop.resume(self.J, Epoch(self.now.point, k=k - 1, state=self.now.state))
            )
        self.now = after
        if not np.isfinite(after.loss):  # without losses this is the last finite point
            raise Broken(-1)
        return after.loss

    def arrays(self) -> list[Array]:
        return [self.w, *(np.asarray(leaf) for leaf in _leaves(self.now.state))]

    def restore(self, arrays: list[Array]) -> None:
        w, *leaves = arrays
        state = _filled(self.now.state, iter(leaves))
        self.now = Epoch(self.J.at(w), state=state)


def _leaves(state: Any) -> list[Any]:
    """Return the numbers and arrays of a rule's state, which is made of tuples."""
    if isinstance(state, tuple):
        return [leaf for part in state for leaf in _leaves(part)]
    return [state]


def _filled(like: Any, leaves: Any) -> Any:
    """Return a state of the same shape, with other numbers and arrays."""
    if isinstance(like, tuple):
        parts = [_filled(part, leaves) for part in like]
        return type(like)(*parts) if hasattr(like, "_fields") else tuple(parts)
    leaf = next(leaves)
    return type(like)(leaf[()]) if np.ndim(like) == 0 else leaf
