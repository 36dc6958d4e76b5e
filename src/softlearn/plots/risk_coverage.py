"""What is gained by abstaining: how often the answers are wrong, of the surest share of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import number, percent
from .canvas import canvas, drawn, require
from .display import Display, Where
from .outputs import class_index, require_probabilities
from .palette import INK, NEUTRAL, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Accepted", "RiskCoverageDisplay"]

F64 = NDArray[np.float64]


class Accepted(NamedTuple):
    """What is accepted at one coverage."""

    coverage: float
    """The share of rows that is accepted."""
    threshold: float
    """The least confidence of these rows."""
    risk: float
    """The mean loss of these rows."""


@dataclass(eq=False, repr=False)
class RiskCoverageDisplay(Display):
    """The mean loss of the rows whose confidence is highest, against their share.

    Make one with `from_estimator` or `from_predictions`.

    Args:
        confidence: (n,) how sure each answer is.
        losses: (n,) what each costs: 1 for a wrong answer and 0 for a right one, or costs.
        risk_name: the name of the mean loss.

    Attributes:
        coverage, threshold, risk: (m,) a point for each value of the confidence, largest first.
        area: the mean risk over all coverages (AURC); the lower, the better the confidence ranks.
        figure_, ax_: where it was drawn, after `plot`.
        line_, floor_: the curve, and that of a confidence which knows the losses.
        marks_: the points that are marked.
        legend_: the legend.

    Reference: El-Yaniv and Wiener, JMLR 11 (2010); Geifman and El-Yaniv, NeurIPS (2017).

    """

    confidence: F64
    losses: F64
    risk_name: str = "share of wrong answers"

    def __post_init__(self) -> None:
        self.confidence = np.asarray(self.confidence, dtype=np.float64)
        self.losses = np.asarray(self.losses, dtype=np.float64)
        n = len(self.losses)
        require(n > 0, "there are no rows.")
        require(
            self.confidence.shape == self.losses.shape == (n,),
            f"confidence and losses must be one number for each row, but their shapes are "
            f"{self.confidence.shape} and {self.losses.shape}.",
        )
        require(np.isfinite(self.losses).all(), "losses must be finite numbers.")
        self.coverage, self.risk, ends = _curve(self.confidence, self.losses)
        self.threshold = np.sort(self.confidence)[::-1][ends]
        self.area = float(np.diff(self.coverage, prepend=0.0) @ self.risk)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        confidence: ArrayLike | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask a fitted classifier, best for rows that it was not fitted to.

        Args:
            estimator: any classifier with `predict_proba`.
            X: (n, d) features.
            y: (n,) labels.
            confidence: (n,) how sure each answer is, such as p-values of `NoneOfThese`; the largest
                probability if None.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it has no probabilities, or a label is not among its classes.

        """
        require_probabilities(estimator, "rank by")
        classes = np.asarray(estimator.classes_).tolist()
        P = estimator.predict_proba(X)
        return cls.from_predictions(y, P, classes, confidence=confidence, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y: Any,
        P: ArrayLike,
        classes: Sequence[Any] | None = None,
        *,
        confidence: ArrayLike | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take labels y (n,) and probabilities P (n, C); classes are 0 .. C - 1 if None."""
        A = np.asarray(P, dtype=np.float64)
        require(A.ndim == 2, f"P must have shape (examples, classes), but its shape is {A.shape}.")
        codes = class_index(y, list(range(A.shape[1]) if classes is None else classes))
        require(len(codes) == len(A), f"y has {len(codes)} labels, but P has {len(A)} rows.")
        sure = A.max(1) if confidence is None else np.asarray(confidence)
        return cls(sure, A.argmax(1) != codes)._drawn(ax, **kwargs)

    def at(self, coverage: float) -> Accepted:
        """Return the point of at least this coverage; rows of one confidence stay together."""
        require(0.0 < coverage <= 1.0, f"coverage must be in (0, 1], but it is {coverage}.")
        k = int(np.searchsorted(self.coverage, coverage * (1.0 - 1e-12)))
        return Accepted(*(float(a[k]) for a in (self.coverage, self.threshold, self.risk)))

    def plot(
        self, ax: Axes | None = None, *, marks: Sequence[float] = (0.8, 0.9), **kwargs: Any
    ) -> Self:
        """Draw the curve.

        Args:
            ax: where; new axes if None.
            marks: coverages that are marked with their risk and threshold.
            kwargs: for the line, as `Axes.plot` takes them.

        """
        self.figure_, self.ax_ = canvas(ax, (6.0, 4.0))
        blue = palette(1)[0]
        best, least, _ = _curve(-self.losses, self.losses)
        dashed: dict[str, Any] = {"color": NEUTRAL, "linestyle": "--", "linewidth": 1.2}
        (self.floor_,) = self.ax_.plot(best, least, label="if losses were known", **dashed)
        style: dict[str, Any] = {
            "color": blue,
            "label": f"area {number(self.area, 3)}",
            "drawstyle": "steps-pre",
            **kwargs,
        }
        (self.line_,) = self.ax_.plot(self.coverage, self.risk, **style)
        self.marks_ = []
        for coverage in marks:
            point = self.at(coverage)
            self.ax_.plot([point.coverage], [point.risk], "o", color=style["color"])
            self.marks_.append(
                self.ax_.annotate(
                    f"{percent(point.coverage)}: {drawn(number(point.risk, 3))}\n"
                    f"confidence from {drawn(number(point.threshold, 3))}",
                    (point.coverage, point.risk),
                    xytext=(-6, 8),
                    textcoords="offset points",
                    ha="right",
                    fontsize=8,
                    color=INK,
                )
            )
        top = 1.15 * float(max(self.risk.max(), least.max())) or 1.0
        self.ax_.set(xlabel="coverage: share of rows that are answered", ylabel=self.risk_name)
        self.ax_.set(xlim=(0.0, 1.0), ylim=(min(0.0, float(least.min())), top))
        self.ax_.grid(alpha=0.25)
        self.legend_ = self.ax_.legend(loc="upper left", labelcolor=INK)
        return self._finished()

    def describe(self) -> str:
        """Return alternative text for the picture."""
        points = [self.at(c) for c in (1.0, 0.9, 0.8)]
        each = "; ".join(
            f"{percent(p.coverage)}: {number(p.risk, 3)} (confidence from {number(p.threshold, 3)})"
            for p in points
        )
        return (
            f"Risk and coverage of {len(self.losses)} rows, {self.risk_name} by share of rows that "
            f"are answered: {each}. The mean over all coverages is {number(self.area, 3)}."
        )


def _curve(confidence: F64, losses: F64) -> tuple[F64, F64, NDArray[np.intp]]:
    """Return coverage and risk where rows of one confidence end, and these rows' ranks."""
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    return (ends + 1.0) / len(losses), np.cumsum(losses[order])[ends] / (ends + 1.0), ends
