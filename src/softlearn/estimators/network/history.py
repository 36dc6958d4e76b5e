"""The history of a training: records of epochs, the best weights, and when to stop."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...networks import Network
from ...problem import Linear
from ..sklearn.checks import Examples
from .examples import Measured, measure
from .parameters import Rates

__all__ = ["KEYS", "NetworkEpoch", "Record", "history_fault"]

Array = NDArray[Any]
KEYS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


def history_fault(history: Any) -> str:
    """Return the fault of a history that was read from a file; "" if it is valid."""
    if not (isinstance(history, dict) and history.keys() == set(KEYS)):
        return "history_ has other keys"
    lists = [history[key] for key in KEYS]
    if not all(isinstance(x, list) and all(type(v) is float for v in x) for x in lists):
        return "history_ has entries that are no lists of numbers"
    n = len(history["loss"])
    fit = all(len(history[key]) in ({0, n} if key.startswith("val") else {n}) for key in KEYS)
    same = len(history["val_loss"]) == len(history["val_accuracy"])
    return "" if fit and same else "the lists of history_ have different lengths"


@dataclass(frozen=True)
class NetworkEpoch:
    """A record after an epoch, or after a step of a solver that takes all rows."""

    k: int
    of: int
    """The maximum number of epochs."""
    loss: float
    """The mean of the batches' losses, penalty included, each before its step."""
    accuracy: float
    """On training rows, after the epoch; of many, on 5,000."""
    val_loss: float
    """Log-loss on the validation rows, exact; NaN without any."""
    val_accuracy: float
    learning_rate: float
    """Of the last step; NaN where a solver has none."""
    seconds: float
    """Since the start."""
    note: str = ""
    """A sentence on the plateau at which the training is, or ""."""

    def __str__(self) -> str:
        parts = [f"epoch {self.k:3d}/{self.of}", f"loss {self.loss:.4f}"]
        parts.append(f"accuracy {self.accuracy:.4f}")
        if not np.isnan(self.val_loss):
            parts.append(f"validation {self.val_loss:.4f}, {self.val_accuracy:.4f}")
        if not np.isnan(self.learning_rate):
            parts.append(f"rate {self.learning_rate:.1e}")
        left = self.seconds / self.k * (self.of - self.k)
        parts.append(f"{self.seconds:.1f} s, {left:.0f} s left at most")
        return "  ".join(parts) + (f"\n{self.note}" if self.note else "")


@dataclass
class Record:
    """The history of a training, its best weights, and whether to continue.

    Args:
        epochs: the maximum number.
        sample: training rows on which the accuracy is measured.
        validation: rows to validate on, or None.
        keep_best: whether the weights with the lowest validation loss are kept, and training ends
            when it falls no further.
        tol, patience: training ends after more than `patience` epochs in a row that do not lower
            the loss by tol.
        n_jobs: threads.

    """

    epochs: int
    sample: Examples
    validation: Examples | None
    keep_best: bool
    tol: float
    patience: float
    n_jobs: int | None
    history: dict[str, list[float]] = field(default_factory=lambda: {key: [] for key in KEYS})
    best: Array | None = None
    best_epoch: int = 0
    lowest: float = np.inf
    sample_loss: float = np.nan
    """The log-loss on the sample of the weights to keep, where it was measured."""
    in_vain: int = 0
    before: float = 0.0
    """Seconds of the runs before this one."""
    began: float = field(default_factory=time.perf_counter)

    @property
    def k(self) -> int:
        """Epochs made."""
        return len(self.history["loss"])

    def add(self, model: Network | Linear, w: Array, loss: float, rate: float) -> NetworkEpoch:
        """Record an epoch whose batches lost `loss` on average and that ended at w."""
        seen = measure(model, w, self.sample, self.n_jobs)
        found = Measured(np.nan, np.nan)
        if self.validation is not None:
            found = measure(model, w, self.validation, self.n_jobs)
        seconds = self.before + time.perf_counter() - self.began
        epoch = NetworkEpoch(
            self.k + 1, self.epochs, loss, seen.accuracy, found.loss, found.accuracy, rate, seconds
        )
        for key in KEYS if self.validation is not None else (*KEYS[:2], *KEYS[4:]):
            self.history[key].append(float(getattr(epoch, key)))
        judged = found.loss if self.keep_best else loss
        self.in_vain = 0 if judged < self.lowest - self.tol else self.in_vain + 1
        if judged < self.lowest or not self.keep_best:
            self.sample_loss = seen.loss
        if judged < self.lowest:
            self.lowest = judged
            if self.keep_best:
                self.best, self.best_epoch = w.copy(), epoch.k
        return epoch

    def exhausted(self, rates: Rates) -> tuple[bool, Rates]:
        """Return whether to stop, and the learning rates of the next epochs."""
        if self.in_vain <= self.patience or not (rates.ends or self.keep_best):
            return False, rates
        slower = rates.slower()
        if slower is None:
            return True, rates
        self.in_vain = 0
        return False, slower

    def facts(self) -> dict[str, Any]:
        """Return the state as JSON values, to continue later."""
        return {
            "history": self.history,
            "best_epoch": self.best_epoch,
            "lowest": self.lowest,
            "in_vain": self.in_vain,
        }

    def resume(self, facts: dict[str, Any], best: Array | None) -> None:
        """Continue from the result of `facts`."""
        self.history = facts["history"]
        self.best_epoch, self.lowest = facts["best_epoch"], facts["lowest"]
        self.in_vain, self.best = facts["in_vain"], best
        self.before = self.history["seconds"][-1] if self.history["seconds"] else 0.0
