r"""How far probabilities are from what happens, beside what chance alone gives.

Predictions are sorted into bins by their probability, and

    error = sum_b  n_b / n  | share of bin b that happened - mean probability of bin b |

For few rows it is above zero even if every probability is right, which labels drawn from the
probabilities themselves show.

Reference: Guo et al., ICML (2017); Nixon et al., CVPR workshops (2019), for the error by class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import quoted
from .._internal.intervals import wilson

__all__ = [
    "Bins",
    "CalibrationComparison",
    "CalibrationError",
    "ByChance",
    "bins_of",
    "compare_calibration",
    "expected_calibration_error",
]

F64 = NDArray[np.float64]
Codes = NDArray[np.intp]

_FEWEST, _DRAWS, _LABELS = 20, 100, 2_000_000  # draws of all labels, and labels altogether


@dataclass(frozen=True, eq=False)
class Bins:
    """Events sorted into bins by the probability they were given."""

    edges: F64
    """(B + 1,) from 0 to 1."""
    predicted: F64
    """(B,) mean probability; NaN in an empty bin."""
    observed: F64
    """(B,) share of events that happened; NaN in an empty bin."""
    count: NDArray[np.intp]
    """(B,) how many."""

    @property
    def interval(self) -> tuple[F64, F64]:
        """(B,), (B,) the ends of the 95 % interval (Wilson's) of each share observed."""
        return wilson(self.observed * self.count, self.count)

    @property
    def error(self) -> float:
        """The expected calibration error, sum_b count_b / n |observed_b - predicted_b|."""
        away = np.nan_to_num(np.abs(self.observed - self.predicted))
        return float(away @ self.count / self.count.sum())


def bins_of(happened: ArrayLike, p: ArrayLike, n_bins: int, strategy: str) -> Bins:
    """Return the bins of events: happened (n,) 0 or 1, p (n,) their probabilities."""
    y, p = np.asarray(happened, dtype=np.float64), np.asarray(p, dtype=np.float64)
    inner = np.linspace(0.0, 1.0, n_bins + 1)[1:-1]
    if strategy == "quantile":
        inner = np.unique(np.quantile(p, inner))
    edges = np.concatenate([[0.0], inner, [1.0]])
    which = np.searchsorted(inner, p)  # as scikit-learn: a probability on an edge goes below
    count, given, seen = (
        np.bincount(which, weights=w, minlength=len(edges) - 1) for w in (np.ones(len(p)), p, y)
    )
    with np.errstate(invalid="ignore"):
        return Bins(edges, given / count, seen / count, count.astype(np.intp))


class ByChance(NamedTuple):
    """The error of labels that are drawn from the probabilities."""

    mean: float
    percentile_95: float


@dataclass(frozen=True)
class CalibrationError:
    """A calibration error, and what chance alone gives for the same probabilities."""

    value: float
    by_chance: ByChance
    kind: str

    @property
    def beyond_chance(self) -> bool:
        """Whether the error is larger than 95 % of those by chance."""
        return self.value > self.by_chance.percentile_95

    def __str__(self) -> str:
        """Return the error in words."""
        mean, top = (f"{100.0 * share:.2f} %" for share in self.by_chance)
        return f"{100.0 * self.value:.2f} % (by chance {mean}, at most {top} in 95 of 100)"


def expected_calibration_error(
    y: ArrayLike,
    P: ArrayLike,
    *,
    kind: str = "top",
    n_bins: int = 15,
    classes: Sequence[Any] | None = None,
    random_state: int = 0,
) -> CalibrationError:
    """Return the expected calibration error over equal bins from 0 to 1.

    Args:
        y: (n,) labels.
        P: (n, C) probabilities.
        kind: "top" for the largest probability of a row and whether that class was right;
            "classwise" for the mean over classes of the error of each one's probability.
        n_bins: how many bins.
        classes: the labels of the columns; 0 .. C - 1 if absent.
        random_state: the seed of the labels that are drawn to see what chance gives.

    Raises:
        ValueError: the arguments do not fit each other, or P are no probabilities.

    """
    if kind not in ("top", "classwise"):
        raise ValueError(f"kind must be 'top' or 'classwise', but it is {kind!r}.")
    if not n_bins >= 1:
        raise ValueError(f"n_bins must be at least 1, but it is {n_bins}.")
    A, codes = _probabilities(P), _codes(y, classes, P)
    if len(A) != len(codes):
        raise ValueError(f"y has {len(codes)} labels, but P has {len(A)} rows.")
    of = _Binned(A, n_bins) if kind == "classwise" else _TopBinned(A, n_bins)
    rng, rows = np.random.default_rng(random_state), np.arange(len(A))
    # u[i] + i among the cumulated probabilities of all rows finds the class in one search
    shares = np.cumsum(A, axis=1)
    steps = (shares / shares[:, -1:] + rows[:, None]).ravel()
    drawn = []
    for _ in range(max(min(_LABELS // len(A), _DRAWS), _FEWEST)):
        at = np.searchsorted(steps, rows + rng.random(len(A)), side="right")
        drawn.append(of.error(np.minimum(at - rows * A.shape[1], A.shape[1] - 1)))
    chance = ByChance(float(np.mean(drawn)), float(np.percentile(drawn, 95)))
    return CalibrationError(of.error(codes), chance, kind)


@dataclass(frozen=True)
class CalibrationComparison:
    """Probabilities before and after a calibration, for the same rows."""

    log_loss: tuple[float, float]
    top: tuple[CalibrationError, CalibrationError]
    classwise: tuple[CalibrationError, CalibrationError]

    @property
    def note(self) -> str:
        """A sentence if log-loss and top-label error disagree about which is better, or ""."""
        better = self.log_loss[1] < self.log_loss[0]
        rises = self.top[1].value > self.top[0].value
        if better is not rises or not any(error.beyond_chance for error in self.top):
            return ""
        return (
            f"The log-loss {'falls' if better else 'rises'} and the top-label error "
            f"{'rises' if rises else 'falls'}: choose by the log-loss."
        )

    def __str__(self) -> str:
        """Return a table."""
        lines = [f"{'':22}{'before':>12}{'after':>12}{'by chance':>12}{'95 in 100':>12}"]
        before, after = self.log_loss
        lines.append(f"{'log-loss':22}{before:12.4f}{after:12.4f}")
        for name, pair in (("top-label error", self.top), ("class-wise error", self.classwise)):
            shares = (pair[0].value, pair[1].value, *pair[1].by_chance)
            lines.append(f"{name:22}" + "".join(f"{100.0 * x:10.2f} %" for x in shares))
        return "\n".join([*lines, self.note] if self.note else lines)


def compare_calibration(
    y: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    *,
    n_bins: int = 15,
    classes: Sequence[Any] | None = None,
    random_state: int = 0,
) -> CalibrationComparison:
    """Return log-loss and calibration errors before and after a calibration.

    Args:
        y: (n,) labels of rows that neither was fitted to.
        before, after: (n, C) probabilities.
        n_bins, classes, random_state: as of `expected_calibration_error`.

    Raises:
        ValueError: as `expected_calibration_error`.

    """

    def error(P: ArrayLike, kind: str) -> CalibrationError:
        return expected_calibration_error(
            y, P, kind=kind, n_bins=n_bins, classes=classes, random_state=random_state
        )

    def loss(P: ArrayLike) -> float:
        codes = _codes(y, classes, P)
        with np.errstate(divide="ignore"):
            return float(-np.log(np.asarray(P)[np.arange(len(codes)), codes]).mean())

    return CalibrationComparison(
        (loss(before), loss(after)),
        (error(before, "top"), error(after, "top")),
        (error(before, "classwise"), error(after, "classwise")),
    )


class _Binned:
    """Probabilities in bins, class by class; `error` is that of labels (n,)."""

    def __init__(self, P: F64, n_bins: int) -> None:
        n, self.C = P.shape
        inner = np.linspace(0.0, 1.0, n_bins + 1)[1:-1]
        self.bins = np.searchsorted(inner, P) + n_bins * np.arange(self.C)
        self.size, self.n = n_bins * self.C, n
        self.given = np.bincount(self.bins.ravel(), P.ravel(), self.size)

    def error(self, codes: Codes) -> float:
        """Return the mean over the classes of sum_b |happened_b - given_b| / n."""
        happened = np.bincount(self.bins[np.arange(self.n), codes], minlength=self.size)
        return float(np.abs(happened - self.given).sum() / (self.n * self.C))


class _TopBinned(_Binned):
    """The largest probability of each row in bins."""

    def __init__(self, P: F64, n_bins: int) -> None:
        self.winners = P.argmax(1)
        super().__init__(P.max(1)[:, None], n_bins)

    def error(self, codes: Codes) -> float:
        """Return sum_b |right_b - given_b| / n."""
        right = np.bincount(self.bins[codes == self.winners, 0], minlength=self.size)
        return float(np.abs(right - self.given).sum() / self.n)


def _probabilities(P: ArrayLike) -> F64:
    A = np.asarray(P, dtype=np.float64)
    if A.ndim != 2 or not A.size:
        raise ValueError(f"P must have shape (rows, classes), but its shape is {A.shape}.")
    wrong = ~((A >= 0.0).all(1) & (np.abs(A.sum(1) - 1.0) <= 1e-6))
    if wrong.any():
        i = int(wrong.argmax())
        raise ValueError(f"P must be probabilities, but row {i} sums to {A[i].sum():.6g}.")
    return A


def _codes(y: ArrayLike, classes: Sequence[Any] | None, P: ArrayLike) -> Codes:
    labels = list(range(np.shape(P)[1])) if classes is None else np.asarray(classes).tolist()
    if len(labels) != np.shape(P)[1]:
        raise ValueError(f"P has {np.shape(P)[1]} columns for {len(labels)} classes.")
    number = {label: k for k, label in enumerate(labels)}
    given = np.asarray(y).tolist()
    unknown = next((label for label in given if label not in number), None)
    if unknown is not None:
        raise ValueError(f"y has the label {quoted(unknown)}, which is not among the classes.")
    return np.fromiter(map(number.__getitem__, given), dtype=np.intp, count=len(given))
