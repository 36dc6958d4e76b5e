"""Update rules, in the letters of their papers: g the gradient, k the steps made so far.

    momentum    v = beta v + (1 - beta) g  (or beta v + g)      w <- w - alpha v
    RMSprop     s = beta s + (1 - beta) g^2                     w <- w - alpha g / (sqrt(s) + eps)
    Adam        m, v the averages of g and g^2, corrected       w <- w - alpha m^ / (sqrt(v^) + eps)
    AdamW       Adam, and the weights decay by alpha lambda

`GradientDescent` has a file of its own.  Steps have the dtype of the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..protocol import F64
from .rule import Rule
from .schedules import Schedule, rate_at

__all__ = ["Adam", "AdamW", "Momentum", "RMSprop"]


class _Average(NamedTuple):
    """Steps made, and one running average."""

    k: int
    v: F64


class _Moments(NamedTuple):
    """Steps made, and the running averages of g and g^2."""

    k: int
    m: F64
    v: F64


def _between(low: float, high: float, **given: float) -> None:
    for name, value in given.items():
        if not low <= value < high:
            raise ValueError(f"{name} must be at least {low:g} and below {high:g}, not {value}.")


@dataclass(frozen=True)
class Momentum(Rule):
    """v = beta v + (1 - beta) g, w <- w - alpha v: the course's momentum, an average of gradients.

    Args:
        learning_rate: alpha, a number or a schedule.
        beta: how much of the past is kept.
        form: "average" as above; "sum" for v = beta v + g, that of PyTorch and of Polyak: the same
            steps with an alpha 1 - beta times as large.
        nesterov: step along what v will be if the gradient stays as it is.
        name: what users call this choice.

    Reference: Polyak, USSR Comput. Math. 4 (1964); Sutskever et al., ICML (2013), for Nesterov's.

    """

    learning_rate: float | Schedule = 0.1
    beta: float = 0.9
    form: str = "average"
    nesterov: bool = False
    name: str = "momentum"

    def __post_init__(self) -> None:
        _between(0.0, 1.0, beta=self.beta)
        if self.form not in ("average", "sum"):
            raise ValueError(f'form must be "average" or "sum", but it is {self.form!r}.')

    def init(self, w: F64) -> _Average:
        """Return the state before the first step from w."""
        return _Average(0, np.zeros_like(w))

    def update(self, g: F64, state: _Average, w: F64) -> tuple[F64, _Average]:
        """Return the step from w, where the gradient is g, and the next state."""
        k, v = state
        g = (1.0 - self.beta) * g if self.form == "average" else g
        v = self.beta * v + g
        d = self.beta * v + g if self.nesterov else v
        return -rate_at(self.learning_rate, k) * d, _Average(k + 1, v)


@dataclass(frozen=True)
class RMSprop(Rule):
    """s = beta s + (1 - beta) g^2, w <- w - alpha g / (sqrt(s) + epsilon).

    Args:
        learning_rate: alpha, a number or a schedule.
        beta: how much of the past is kept.
        epsilon: keeps the division safe.
        name: what users call this choice.

    Reference: Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine Learning (2012).

    """

    learning_rate: float | Schedule = 0.001
    beta: float = 0.9
    epsilon: float = 1e-8
    name: str = "rmsprop"

    def __post_init__(self) -> None:
        _between(0.0, 1.0, beta=self.beta)

    def init(self, w: F64) -> _Average:
        """Return the state before the first step from w."""
        return _Average(0, np.zeros_like(w))

    def update(self, g: F64, state: _Average, w: F64) -> tuple[F64, _Average]:
        """Return the step from w, where the gradient is g, and the next state."""
        k, s = state
        s = self.beta * s + (1.0 - self.beta) * (g * g)
        alpha = rate_at(self.learning_rate, k)
        return -alpha * g / (np.sqrt(s) + self.epsilon), _Average(k + 1, s)


@dataclass(frozen=True)
class Adam(Rule):
    """m, v: averages of g and g^2; w <- w - alpha m^ / (sqrt(v^) + epsilon).

    m^ = m / (1 - beta1^k) and v^ = v / (1 - beta2^k) at step k = 1, 2, ...: without that both would
    be too small at first.

    Args:
        learning_rate: alpha, a number or a schedule.
        beta1, beta2: how much of the past m and v keep.
        epsilon: keeps the division safe.
        name: what users call this choice.

    Reference: Kingma and Ba, ICLR (2015), algorithm 1.

    """

    learning_rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name: str = "adam"

    def __post_init__(self) -> None:
        _between(0.0, 1.0, beta1=self.beta1, beta2=self.beta2)

    def init(self, w: F64) -> _Moments:
        """Return the state before the first step from w."""
        return _Moments(0, np.zeros_like(w), np.zeros_like(w))

    def update(self, g: F64, state: _Moments, w: F64) -> tuple[F64, _Moments]:
        """Return the step from w, where the gradient is g, and the next state."""
        k, m, v = state.k + 1, state.m, state.v
        m = self.beta1 * m + (1.0 - self.beta1) * g
        v = self.beta2 * v + (1.0 - self.beta2) * (g * g)
        size = np.sqrt(v / (1.0 - self.beta2**k)) + self.epsilon
        alpha = rate_at(self.learning_rate, k - 1) / (1.0 - self.beta1**k)
        return -alpha * m / size, _Moments(k, m, v)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, and w <- w - alpha lambda w: the decay is no part of the gradient that Adam rescales.

    It shrinks all parameters, biases too, as PyTorch's and optax's do; an objective's l2 does not
    penalise biases.

    Args:
        learning_rate, beta1, beta2, epsilon: as in `Adam`.
        name: what users call this choice.
        weight_decay: lambda.

    Reference: Loshchilov and Hutter, ICLR (2019), algorithm 2, with the decay times alpha.

    """

    name: str = "adamw"
    weight_decay: float = 0.01

    def update(self, g: F64, state: _Moments, w: F64) -> tuple[F64, _Moments]:
        """Return the step from w, where the gradient is g, and the next state."""
        step, new = super().update(g, state, w)
        return step - rate_at(self.learning_rate, state.k) * self.weight_decay * w, new
