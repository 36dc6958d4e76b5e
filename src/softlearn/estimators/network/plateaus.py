"""Whether a training without progress is on a plateau: see `softlearn.landscape`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data import as_rows
from ...execution.blas import one_blas_thread
from ...networks import objective_of
from ..sklearn.checks import Examples
from .task import Task

if TYPE_CHECKING:
    from ...landscape import PlateauWatch

__all__ = ["Plateaus"]

_FEWEST, _PART, _MAX_ROWS = 100, 20, 1000  # rows for Hessian products: n / 20
_WINDOW = 10  # epochs
_STALL = 0.01  # the mean loss of a few epochs is no more accurate
_SHARE = 0.01  # of the work, counted; products in NumPy take longer than steps
_LOW = 0.2  # of the loss of the class frequencies: below it, training has learned something


class Plateaus:
    """Watches the epochs of an update rule until the loss is low.

    Args:
        task: the training task.
        examples: its rows as the rule sees them.
        w: the start.

    """

    def __init__(self, task: Task, examples: Examples, w: NDArray[Any]) -> None:
        from ...landscape import PlateauWatch  # which what only predicts does without

        rows, choices = task.rows, task.choices
        n_rows = min(len(rows), max(_FEWEST, min(_MAX_ROWS, len(rows) // _PART)))
        few = np.random.default_rng(choices.seed).choice(rows, n_rows, replace=False)
        part = examples.subset(np.sort(few))
        self._low, self._said = _LOW * examples.entropy(), ""
        self._watch: PlateauWatch | None = None
        if part.s is not None and not part.s.any():
            return
        J = objective_of(as_rows(part.X), part.codes, task.model, l2=choices.l2, weights=part.s)
        adaptive = any(name in choices.rule.name for name in ("adam", "rmsprop"))
        self._watch = PlateauWatch(
            J,
            window=_WINDOW,
            stall=_STALL,
            share=_SHARE,
            steps_per_pass=len(few) / len(rows),
            unit="epoch",
            remedy=f"{'a larger learning_rate_init' if adaptive else 'solver=' + repr('adam')} or "
            "another random_state may leave it",
        )
        with one_blas_thread(), np.errstate(all="ignore"):
            self._watch.take(J.at(w).value, w)

    def after_epoch(self, loss: float, w: NDArray[Any]) -> str:
        """Take an epoch; return a sentence if there is something to say, else ""."""
        if self._watch is None:
            return ""
        if loss <= self._low:
            self._watch = None
            return ""
        with one_blas_thread():
            text = self._watch.take(loss, w)
        if text:
            self._said = text if self._watch.since is not None else ""
        return text

    @property
    def at_the_end(self) -> str:
        """A sentence on a stall that has not ended, else ""."""
        stalled = self._watch is not None and self._watch.since is not None
        return self._said if stalled else ""
