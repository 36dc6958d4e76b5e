"""The settings of a network's training: the network, the rule, the state that steps change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ACTIVATIONS",
    "RULES",
    "F64",
    "Array",
    "Ints",
    "NotFinite",
    "Plan",
    "State",
    "Trainer",
    "Update",
    "batches",
    "order_of",
    "targets",
]

Array = NDArray[Any]
F64 = NDArray[np.float64]
Ints = NDArray[np.int64]
ACTIVATIONS = ("identity", "relu", "tanh", "sigmoid", "gelu")
RULES = ("descent", "momentum", "rmsprop", "adam")
"""In the numbering of network.hpp."""


class NotFinite(ArithmeticError):
    """A step gave a loss or parameters that are not finite; the state is that before it.

    Attributes:
        step: which step of the call, from 0.
        losses: those of the steps up to and with it.

    """

    def __init__(self, step: int, losses: F64) -> None:
        super().__init__(f"The loss or a parameter is not finite at step {step} of this call.")
        self.step, self.losses = step, losses


@dataclass(frozen=True)
class Update:
    """The update of a step with the gradient g, at learning rate alpha.

        descent     w <- w - alpha g
        momentum    m = beta m + c g; w <- w - alpha m, or with nesterov w - alpha (c g + beta m)
        rmsprop     v = beta2 v + (1 - beta2) g^2; w <- w - alpha g / (sqrt(v) + epsilon)
        adam        m, v as above; w <- (1 - alpha decay) w - alpha m^ / (sqrt(v^) + epsilon)

    c is 1 - beta for an average, else 1; adam averages, and m^ = m / (1 - beta^t), v^ = v / (1 -
    beta2^t) at step t = 1, 2, ...; with decay it is AdamW.

    Raises:
        ValueError: an argument is out of its range.

    """

    kind: str = "adam"
    beta: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0
    average: bool = True
    nesterov: bool = False

    def __post_init__(self) -> None:
        if self.kind not in RULES:
            raise ValueError(f"kind must be one of {', '.join(RULES)}, but it is {self.kind!r}.")
        for name in ("beta", "beta2"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(
                    f"{name} must be at least 0 and below 1, but it is {getattr(self, name)}."
                )
        if not self.epsilon > 0.0:  # a gradient that is 0 would be divided by 0
            raise ValueError(f"epsilon must be above 0, but it is {self.epsilon}.")


@dataclass(frozen=True)
class Plan:
    """What is trained, and how.

    Args:
        sizes: (d, n_1, ..., C): features, hidden units, classes.
        activation: g: "identity", "relu", "tanh", "sigmoid" or "gelu".
        update: the rule.
        l2: a penalty l2 / 2 ||W||^2 on the weights, part of each batch's loss.
        dropout: the chance that a hidden unit is left out; the others are divided by 1 - dropout.
        clip: longer gradients, penalty included, are shortened to this norm; 0 for never.
        seed: of dropout.

    Raises:
        ValueError: an argument is not one of the choices, or is out of its range.

    """

    sizes: tuple[int, ...]
    activation: str = "relu"
    update: Update = field(default_factory=Update)
    l2: float = 0.0
    dropout: float = 0.0
    clip: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"sizes must be (d, ..., C), each at least 1, but it is {self.sizes}.")
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}, but it is "
                f"{self.activation!r}."
            )
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be at least 0 and below 1, but it is {self.dropout}.")
        if not 0 <= self.seed < 1 << 64:
            raise ValueError(f"seed must be at least 0 and below 2^64, but it is {self.seed}.")

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return sum(n * (m + 1) for m, n in zip(self.sizes, self.sizes[1:], strict=False))

    def split(self, w: Array) -> tuple[list[Array], list[Array]]:
        """Return W[1], ..., W[L] and b[1], ..., b[L] as views of w."""
        shapes = [(n, m) for m, n in zip(self.sizes, self.sizes[1:], strict=False)]
        ends = np.cumsum([n * m for n, m in shapes] + [n for n, _ in shapes])
        parts = np.split(w, ends[:-1])
        return [p.reshape(s) for p, s in zip(parts, shapes, strict=False)], parts[len(shapes) :]


class State(NamedTuple):
    """All that a step changes: training continues from it with the same bits."""

    w: Array
    """Parameters, float32 or float64: all is computed in this type."""
    m: Array
    """Average of g (momentum, adam), or empty."""
    v: Array
    """Average of g^2 (rmsprop, adam), or empty."""
    steps: Ints
    """(1,): how many were made."""

    @classmethod
    def at(cls, w: Array, update: Update) -> State:
        """Return the state before the first step from w, which is copied."""
        w = np.array(w, dtype=np.float32 if w.dtype == np.float32 else np.float64)
        m = w.size if update.kind in ("momentum", "adam") else 0
        v = w.size if update.kind in ("rmsprop", "adam") else 0
        return cls(w, np.zeros(m, w.dtype), np.zeros(v, w.dtype), np.zeros(1, np.int64))


class Trainer(Protocol):
    """Makes steps; `state` is changed in place, whole steps at a time."""

    plan: Plan
    state: State

    def run(
        self, X: Any, Y: Array, order: Ints, batch_size: int, rates: F64,
        s: F64 | None = None, threads: int = 1,
    ) -> F64:  # fmt: skip
        """Make a step for each batch of rows, and return the loss of each before its step.

        Args:
            X: (n, d), dense or CSR, with the dtype of w.
            Y: labels (n,), int64, or probabilities (n, C).
            order: rows of X: the first `batch_size` are the first batch, and so on; the last batch
                may be smaller.
            batch_size: rows of a batch.
            rates: the learning rate of each batch.
            s: weights of the rows (n,), 1 on average; a batch's loss is its mean of s_i CE_i.
            threads: how many may be used; the bits do not depend on it.

        Raises:
            NotFinite: a loss or a parameter became infinite or NaN.
            KeyboardInterrupt: Ctrl-C; the state is that after the last whole step.

        """
        ...


def batches(order: Ints, batch_size: int, rates: F64) -> int:
    """Return how many batches there are.

    Raises:
        ValueError: they have no rows, or there are too few learning rates.

    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, but it is {batch_size}.")
    count = -(-len(order) // batch_size)
    if len(rates) < count:
        raise ValueError(f"rates has {len(rates)} learning rates, but there are {count} batches.")
    return count


def targets(Y: Array, dtype: Any) -> Array:
    """Return labels as int64, or probabilities in the dtype of the parameters."""
    return np.ascontiguousarray(Y, dtype=np.int64 if Y.ndim == 1 else dtype)


def order_of(seed: int, k: int, n: int, batch_size: int, shuffle: bool) -> NDArray[np.int64]:
    """Return the order of n rows in epoch k: that of `Stochastic`, sorted inside each batch."""
    if not shuffle:
        return np.arange(n)
    order = np.random.default_rng((seed, k)).permutation(n)
    whole = n - n % batch_size
    order[:whole] = np.sort(order[:whole].reshape(-1, batch_size), axis=1).ravel()
    order[whole:].sort()
    return order
