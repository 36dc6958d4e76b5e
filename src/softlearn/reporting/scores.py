"""How good the predictions are, in numbers; every row counts once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..plots import ReliabilityDisplay
from .measured import Measured

__all__ = ["ClassScore", "Scores"]

_BINS = 15  # as the command line counts the calibration error


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised; NaN where there is nothing to divide by."""

    k: int
    precision: float
    recall: float
    f1: float
    support: int
    """Rows of the class."""
    mean_p: float
    """The mean probability of the class in the rows that are of it."""


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of what was measured.

    Rows whose label the model does not know count as errors, and are left out of log-loss and
    calibration.
    """

    of: Measured
    class_rows: Sequence[int] = ()
    """Training rows of each class; those of the rows measured are taken if empty."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.of.codes)

    @property
    def right(self) -> int:
        """How many of them are predicted rightly."""
        return int(self.of.right.sum())

    @property
    def accuracy(self) -> float:
        """The share of the rows that is predicted rightly."""
        return self.right / self.rows

    @cached_property
    def log_loss(self) -> float:
        """The mean of -log p of the true class, in nats; p is not clipped."""
        return float(self.of.losses[self.of.known].mean())

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """(C,) rows of each class."""
        return np.bincount(self.of.codes[self.of.known], minlength=len(self.of.classes))

    @property
    def frequencies(self) -> NDArray[np.intp]:
        """(C,) how often each class came in training, or here if that is not known."""
        return np.asarray(self.class_rows, dtype=np.intp) if len(self.class_rows) else self.counts

    @property
    def majority(self) -> int:
        """The most frequent class."""
        return int(self.frequencies.argmax())

    @property
    def majority_accuracy(self) -> float:
        """The accuracy of always saying that."""
        return float(self.counts[self.majority]) / self.rows

    @property
    def majority_log_loss(self) -> float:
        """The log-loss of knowing only how frequent the classes are."""
        here = self.counts > 0
        share = self.counts[here] / self.counts.sum()
        known = self.frequencies[here] / self.frequencies.sum()
        return float(-(share * np.log(known)).sum())

    @cached_property
    def reliability(self) -> ReliabilityDisplay:
        """The rows of known classes in 15 bins by the probability of the most probable class."""
        known = self.of.known
        C = len(self.of.classes)
        return ReliabilityDisplay.from_predictions(
            self.of.codes[known], self.of.P[known], list(range(C)), n_bins=_BINS
        )

    @property
    def calibration_error(self) -> float:
        """The expected calibration error of the most probable class."""
        return self.reliability.expected_calibration_error

    @cached_property
    def confusion(self) -> NDArray[np.intp]:
        """(C, C) rows by true and predicted class; labels that are not known are left out."""
        from sklearn.metrics import confusion_matrix

        known, C = self.of.known, len(self.of.classes)
        table: NDArray[np.intp] = confusion_matrix(
            self.of.codes[known], self.of.winners[known], labels=np.arange(C)
        )
        return table

    def confusions(self, most: int) -> list[tuple[int, int, int]]:
        """Return (true, predicted, rows) of the most frequent errors, the most frequent first."""
        wrong, C = self.of.known & ~self.of.right, len(self.of.classes)
        codes = self.of.codes[wrong] * C + self.of.winners[wrong]
        pairs, counts = np.unique(codes, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:most]
        return [(int(pairs[k]) // C, int(pairs[k]) % C, int(counts[k])) for k in order]

    @cached_property
    def classes(self) -> list[ClassScore]:
        """The score of each class."""
        from sklearn.metrics import precision_recall_fscore_support

        codes, C = self.of.codes, len(self.of.classes)
        columns = precision_recall_fscore_support(
            codes, self.of.winners, labels=np.arange(C), zero_division=np.nan
        )
        return [
            ClassScore(
                k,
                float(precision),
                float(recall),
                float(f1),
                int(support),
                float(self.of.P[codes == k, k].mean()) if support else float("nan"),
            )
            for k, (precision, recall, f1, support) in enumerate(zip(*columns, strict=True))
        ]
