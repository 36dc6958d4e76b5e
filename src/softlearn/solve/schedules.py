"""Learning rates as functions of the step k = 0, 1, 2, ...

A schedule is any function of k; these are frozen records.  One step is one update: with
mini-batches an epoch has as many as there are batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

__all__ = [
    "Constant",
    "Cosine",
    "Exponential",
    "InverseTime",
    "Schedule",
    "StepDecay",
    "WarmUp",
    "rate_at",
]

Schedule = Callable[[int], float]


def rate_at(learning_rate: float | Schedule, k: int) -> float:
    """Return the learning rate of step k: a number is its own constant schedule."""
    return float(learning_rate(k) if callable(learning_rate) else learning_rate)


def _positive(**given: float) -> None:
    for name, value in given.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, but it is {value}.")


@dataclass(frozen=True)
class Constant:
    """alpha_k = alpha."""

    alpha: float

    def __call__(self, k: int) -> float:
        """Return alpha_k."""
        return self.alpha


@dataclass(frozen=True)
class StepDecay:
    """alpha_k = alpha gamma^floor(k / every)."""

    alpha: float
    every: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _positive(every=self.every)

    def __call__(self, k: int) -> float:
        """Return alpha_k."""
        return self.alpha * self.gamma ** (k // self.every)


@dataclass(frozen=True)
class Exponential:
    """alpha_k = alpha gamma^k."""

    alpha: float
    gamma: float

    def __call__(self, k: int) -> float:
        """Return alpha_k."""
        return self.alpha * self.gamma**k


@dataclass(frozen=True)
class Cosine:
    """alpha_k = last + (alpha - last) (1 + cos(pi k / steps)) / 2, and last after `steps`.

    Reference: Loshchilov and Hutter, ICLR (2017), without restarts.
    """

    alpha: float
    steps: int
    last: float = 0.0

    def __post_init__(self) -> None:
        _positive(steps=self.steps)

    def __call__(self, k: int) -> float:
        """Return alpha_k."""
        t = min(k / self.steps, 1.0)
        return self.last + (self.alpha - self.last) * 0.5 * (1.0 + cos(pi * t))


@dataclass(frozen=True)
class InverseTime:
    """alpha_k = alpha / (1 + decay k), the course's learning-rate decay.

    Reference: Robbins and Monro, Ann. Math. Statist. 22 (1951), for why 1/k.
    """

    alpha: float
    decay: float

    def __call__(self, k: int) -> float:
        """Return alpha_k."""
        return self.alpha / (1.0 + self.decay * k)


@dataclass(frozen=True)
class WarmUp:
    """alpha_k = then(0) (k + 1) / steps for k < steps, and then(k - steps) after that.

    Args:
        steps: how many steps the rate takes to grow.
        then: the schedule or the constant rate that follows.

    Reference: Goyal et al., arXiv:1706.02677.

    """

    steps: int
    then: float | Schedule

    def __post_init__(self) -> None:
        _positive(steps=self.steps)

    def __call__(self, k: int) -> float:
        """Return alpha_k."""
        if k < self.steps:
            return rate_at(self.then, 0) * (k + 1) / self.steps
        return rate_at(self.then, k - self.steps)
