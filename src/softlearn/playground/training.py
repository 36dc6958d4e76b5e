"""Training by the library's own steps, and what they measure when they are of length zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..networks import Network, initial_parameters
from ..networks.plan import order_of
from ..networks.trainer import NotFinite, Plan, State, Update, trainer_for
from .settings import Model, Optimizer

__all__ = ["Cost", "Training", "cost_of", "network_of", "start_of"]

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]
_ROWS = 1 << 16  # of the order of one call: many steps at a time


def network_of(model: Model) -> Network:
    """Return the library's network."""
    return Network(model.sizes, model.activation)


def start_of(model: Model) -> F64:
    """Return the weights that `SoftmaxNetwork` starts from with random_state=seed."""
    old = model.init == "sklearn"
    rng = np.random.RandomState(model.seed) if old else np.random.default_rng(model.seed)
    w: F64 = initial_parameters(network_of(model), rng, model.init)
    return w


class Cost(NamedTuple):
    """What is minimised, at some weights."""

    value: float
    """Mean cross-entropy, penalty included; inf where it is not finite."""
    grad: F64


def cost_of(model: Model, w: F64, X: F64, y: Ints, l2: float = 0.0) -> Cost:
    """Return the cost over some points and its gradient: a step of length zero of the trainer.

    With beta = 0 and not as an average, its momentum is the gradient.  Without points all is 0.
    """
    update = Update("momentum", beta=0.0, average=False)
    state, n = State.at(w, update), len(y)
    if not n:
        return Cost(0.0, state.m)
    trainer = trainer_for(Plan(model.sizes, model.activation, update, l2=l2), state)
    try:
        losses = trainer.run(X, y, np.arange(n), n, np.zeros(1))
    except NotFinite:
        return Cost(np.inf, np.full(len(w), np.inf))
    return Cost(float(losses[0]), state.m)


@dataclass
class Training:
    """Weights on their way.

    Args:
        model: the network.
        optimizer: how steps are made.
        X: (n, 2) points to train on.
        y: (n,) their labels.
        state: what steps change: weights and averages.
        step: steps made.
        epoch: which pass over the points is under way, or was finished last; from 1 on.
        position: batches of it that are done; 0 when the next step begins a new one.

    """

    model: Model
    optimizer: Optimizer
    X: F64
    y: Ints
    state: State
    step: int = 0
    epoch: int = 0
    position: int = 0
    loss: float = np.nan
    """Of the last batch, before its step."""

    @classmethod
    def begun(cls, model: Model, optimizer: Optimizer, X: F64, y: Ints) -> Training:
        """Return a training at the weights of the model's seed."""
        return cls(model, optimizer, X, y, State.at(start_of(model), optimizer.update))

    def __post_init__(self) -> None:
        self._prepare()

    def _prepare(self) -> None:
        update = self.optimizer.update
        model = self.model
        self.plan = Plan(model.sizes, model.activation, update, l2=self.optimizer.l2)
        self._trainer = trainer_for(self.plan, self.state)
        n, batch = len(self.y), self.optimizer.batch
        self.batch = batch if 0 < batch < n else n
        """Rows of a batch."""
        self.batches = -(-n // self.batch) if n else 1
        """Of an epoch."""
        self._orders = np.arange(n)  # those of many steps on all rows
        self._order = np.zeros(0, dtype=np.int64)  # that of the epoch under way
        self._of = -1

    @property
    def w(self) -> F64:
        """The weights, one vector; to write to it is to change them."""
        return self.state.w

    def give(self, X: F64, y: Ints) -> None:
        """Train on other points from now on; an epoch that is under way is broken off."""
        self.X, self.y, self.position = X, y, 0
        self._prepare()

    def use(self, optimizer: Optimizer) -> None:
        """Train in another way: averages are kept unless they are those of another rule."""
        if optimizer.name != self.optimizer.name:
            self.state = State.at(self.state.w, optimizer.update)
        if optimizer.batch != self.optimizer.batch:
            self.position = 0
        self.optimizer = optimizer
        self._prepare()

    def run(self, steps: int) -> None:
        """Make so many steps: the same ones whether in one call or in several.

        Raises:
            NotFinite: a loss or a weight is not finite; the state is that before that step.

        """
        while steps > 0 and len(self.y):
            steps -= self._on_all(steps) if self.batches == 1 else self._in_batches(steps)

    def _on_all(self, steps: int) -> int:
        n = len(self.y)
        count = min(steps, max(_ROWS // n, 1))
        if len(self._orders) < count * n:
            self._orders = np.tile(np.arange(n), count)
        return self._made(self._orders[: count * n], count)

    def _in_batches(self, steps: int) -> int:
        k = self.epoch + (self.position == 0)
        if self._of != k:
            self._order = order_of(self.model.seed, k, len(self.y), self.batch, True)
            self._of = k
        count = min(steps, self.batches - self.position)
        first = self.position * self.batch
        return self._made(self._order[first : first + count * self.batch], count)

    def _made(self, order: Ints, count: int) -> int:
        rates = np.full(count, self.optimizer.lr)
        try:
            losses = self._trainer.run(self.X, self.y, order, self.batch, rates)
        except NotFinite as error:
            self._count(error.step)
            raise
        self.loss = float(losses[-1])
        self._count(count)
        return count

    def _count(self, steps: int) -> None:
        self.step += steps
        batches = self.position + steps
        self.epoch += -(-batches // self.batches) - (self.position > 0)
        self.position = batches % self.batches
