"""How good predictions are, in numbers: for the terminal and for the page alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._internal.format import worse_than_baseline

__all__ = ["BINS", "MAX_CONFUSIONS", "Baseline", "ClassScore", "Scores", "confusions"]

F64 = NDArray[np.float64]
Codes = NDArray[np.intp]

BINS = 15  # of the calibration error
MAX_CONFUSIONS = 10


class ClassScore(NamedTuple):
    """How well one class is recognised; NaN where there is nothing to divide by."""

    precision: float
    recall: float
    f1: float
    support: int
    """Rows of the class."""
    mean_p: float
    """The mean probability of the class in the rows that are of it."""


class Baseline(NamedTuple):
    """What knowing only how frequent the classes are achieves: its probabilities are that."""

    k: int
    """The most frequent class, which it always says."""
    accuracy: float
    log_loss: float


@dataclass(frozen=True, eq=False)
class Scores:
    """Predictions on n rows with known labels, classes numbered as in the model.

    Every row counts once.  Rows whose label the model does not know count as errors, and are left
    out of the log-loss, which would be infinite.
    """

    codes: Codes
    """(n,) the number of each row's true class; -1 for a label that the model does not know."""
    winners: Codes
    """(n,) the number of the predicted class."""
    log_P: F64
    """(n, C) logarithms of the probabilities, not clipped."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) whether the model knows the label."""
        return np.asarray(self.codes >= 0)

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether the predicted class is the true one."""
        return np.asarray(self.codes == self.winners)

    @property
    def losses(self) -> F64:
        """(n,) -log p of the true class in nats; NaN for labels that the model does not know."""
        rows = np.arange(len(self.codes))
        return np.where(self.known, -self.log_P[rows, self.codes], np.nan)

    @property
    def accuracy(self) -> float:
        """The share of the rows that is predicted rightly."""
        return float(self.right.mean())

    @cached_property
    def log_loss(self) -> float:
        """The mean loss of the rows whose label is known; NaN without any."""
        return float(self.losses[self.known].mean()) if self.known.any() else np.nan

    @cached_property
    def counts(self) -> Codes:
        """(C,) rows of each class."""
        return np.bincount(self.codes[self.known], minlength=self.log_P.shape[1])

    @cached_property
    def by_class(self) -> list[ClassScore]:
        """The score of each class."""
        from sklearn.metrics import precision_recall_fscore_support

        labels, known = np.arange(len(self.counts)), self.known
        ratios = precision_recall_fscore_support(
            self.codes, self.winners, labels=labels, zero_division=np.nan
        )[:3]
        p = np.bincount(self.codes[known], np.exp(-self.losses[known]), minlength=len(labels))
        with np.errstate(invalid="ignore"):
            columns = [*ratios, self.counts, p / self.counts]
        return [ClassScore(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]

    def baseline(self, frequencies: ArrayLike) -> Baseline:
        """Return what knowing only how often each class came, (C,), achieves on these rows."""
        often, here = np.asarray(frequencies), self.counts > 0
        k, log_loss = int(often.argmax()), np.nan
        if here.any():
            share = self.counts[here] / self.counts.sum()
            log_loss = float(-(share * np.log(often[here] / often.sum())).sum())
        return Baseline(k, float(self.counts[k] / len(self.codes)), log_loss)

    def worse_than(self, base: Baseline, label: object) -> str:
        """Return a sentence if they are worse than the baseline, which says the label; or ""."""
        accuracy, log_loss = (self.accuracy, base.accuracy), (self.log_loss, base.log_loss)
        return worse_than_baseline(len(self.codes), accuracy, log_loss, label)


def confusions(true: NDArray[Any], predicted: NDArray[Any]) -> list[tuple[Any, Any, int, float]]:
    """Return the most frequent pairs of a true and a predicted class that differ, rows and share.

    The share is that of all rows of the true class.
    """
    labels, codes = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    i, j = codes.reshape(2, -1)
    pairs, rows = np.unique((i * len(labels) + j)[i != j], return_counts=True)
    order = np.argsort(-rows, kind="stable")[:MAX_CONFUSIONS]
    of, to = np.divmod(pairs[order], len(labels))
    shares = rows[order] / np.bincount(i, minlength=len(labels))[of]
    found = labels[of].tolist(), labels[to].tolist(), rows[order].tolist(), shares.tolist()
    return list(zip(*found, strict=True))
