"""Mini-batches: any update rule with the gradients of a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..protocol import F64, Objective, Step
from .rule import Rule

__all__ = ["Epoch", "Stochastic"]


@dataclass(slots=True)
class Epoch(Step):
    """The step of one epoch: its point is not evaluated until its value is accessed.

    `Stochastic.resume` continues from `point.w`, `state` and `k`, to the same bits.
    """

    k: int = 0
    """Epochs made."""
    loss: float = np.nan
    """The mean over the epoch of the batches' objectives, each before its step."""
    state: Any = None
    """The rule's."""
    largest: float = 0.0
    """The largest norm of a batch's gradient, before it was clipped."""


@dataclass(frozen=True)
class Stochastic:
    """w <- w + step of the rule, with the gradient of J over the next batch of rows.

    Each epoch goes through all rows once, in an order drawn anew; only the rows of the batch are
    gathered, X is never copied or shuffled.  The expectation of a batch's gradient is the
    gradient of J, whatever the weights of the rows.

    Args:
        rule: such as `Adam`.
        batch_size: rows of a batch; 1 is the classical stochastic gradient, a number as large as X
            is gradient descent.
        epochs: the number of passes through the rows.
        seed: of the orders, and of a network's dropout: the same seed gives the same bits.
        clip: gradients longer than this are shortened to it; None for never.
        name: the name of this choice.

    Raises:
        ValueError: an argument is out of its range.

    Reference: Bottou, Curtis and Nocedal, SIAM Review 60 (2018); Pascanu, Mikolov and Bengio, ICML
    (2013), for clipping.

    """

    rule: Rule
    batch_size: int = 128
    epochs: int = 20
    seed: int = 0
    clip: float | None = None
    name: str = "stochastic"

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("epochs", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"{name} must be at least {least}, but it is {getattr(self, name)}."
                )
        if self.clip is not None and not self.clip > 0.0:
            raise ValueError(f"clip must be above 0, or None for never, but it is {self.clip}.")

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Epoch]:
        """Yield w0 and then one Epoch after another."""
        start = J.at(w0)
        first = Epoch(start, state=self.rule.init(start.w))
        yield first
        yield from self.resume(J, first)

    def resume(self, J: Objective, epoch: Epoch) -> Iterator[Epoch]:
        """Yield the epochs after one that was yielded, perhaps in a run that has ended.

        Where a batch's objective or gradient is not finite, the epoch ends at once.  The last Epoch
        but one then has the last point at which both were finite; the last one has NaN, and its
        note says what to change.
        """
        broken = False
        while epoch.k < self.epochs and not broken:
            with np.errstate(over="ignore", invalid="ignore"):
                *last_finite, epoch = self._epochs(J, epoch)
            broken = bool(last_finite)
            yield from last_finite
            yield epoch

    def _epochs(self, J: Objective, epoch: Epoch) -> list[Epoch]:
        """Return the next epoch; after a failure the last finite point and the one after it."""
        w, state, k, before = epoch.point.w, epoch.state, epoch.k + 1, epoch.point.w
        loss, count, largest = 0.0, 0, 0.0
        for batch in J.batches(self.batch_size, np.random.default_rng((self.seed, k))):
            point = batch.at(w)
            g = point.grad
            length = _length(g)
            if not np.isfinite(point.value + length):
                break
            if self.clip is not None and length > self.clip:
                g = (self.clip / length) * g
            step, state = self.rule.update(g, state, w)
            before, w = w, w + step
            loss, count, largest = loss + point.value, count + 1, max(largest, length)
        else:
            if np.isfinite(w).all():
                loss /= max(count, 1)
                return [Epoch(J.at(w), note=f"loss {loss:.4g}", k=k, loss=loss, state=state,
                              largest=largest)]  # fmt: skip
        return [
            Epoch(J.at(before), note="the last finite point", k=k, state=state),
            Epoch(J.at(np.full_like(w, np.nan)), note=self._not_finite(k, count), k=k, state=state),
        ]

    def _not_finite(self, k: int, count: int) -> str:
        bound = "clip=1.0" if self.clip is None else "a smaller clip"
        return (
            f"The objective or its gradient is not finite after {count} batches of epoch {k}: try "
            f"a smaller learning rate, {bound}, or features on one scale."
        )


def _length(g: F64) -> float:
    """Return the norm of g, finite for every finite g, even if the sum of squares overflows."""
    square = float(g @ g)
    if np.isfinite(square):
        return float(np.sqrt(square))
    top = float(np.abs(g).max())
    return top * float(np.linalg.norm(g / top)) if np.isfinite(top) else top
