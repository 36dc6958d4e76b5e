"""How the average probability of each class moves with a column, with bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .._internal.format import number
from .canvas import canvas, place_legend, require
from .display import Display, Where
from .palette import line_styles, markers, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EffectDisplay"]

F64 = NDArray[np.float64]

_POINTS = 41
_APART = 0.3  # of a level's place that the classes share


@dataclass(eq=False, repr=False)
class EffectDisplay(Display):
    """The mean probability of each class where a column has one value in all rows.

    Make one with `from_results`.

    Args:
        values: (m,) numbers, or the m levels of a factor.
        P: (m, K) mean probabilities.
        intervals: (m, K, 2) their intervals.
        classes: the K labels.
        name: of the column.
        alpha: 1 - the level of the intervals.

    Attributes:
        figure_, ax_: where it was drawn, after `plot`.
        lines_: {label: line}, or of a factor {label: container} of points and intervals.
        bands_: {label: band}; empty for a factor.
        legend_: the legend.

    """

    values: Sequence[Any] | F64
    P: F64
    intervals: F64
    classes: Sequence[Any]
    name: str
    alpha: float = 0.05

    def __post_init__(self) -> None:
        expected = len(self.values), len(self.classes)
        require(
            self.P.shape == expected and self.intervals.shape == (*expected, 2),
            f"P must have shape {expected} (values, classes) and intervals {(*expected, 2)}, but "
            f"they have {self.P.shape} and {self.intervals.shape}.",
        )

    @classmethod
    def from_results(
        cls,
        results: Any,
        name: str,
        *,
        values: Sequence[Any] | None = None,
        alpha: float = 0.05,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask the results of `softlearn.inference`.

        Args:
            results: an `InferenceResults`, with the errors it has.
            name: a column, or a factor.
            values: where to ask; if None the levels of a factor, or from the least to the largest
                value of a column.
            alpha: 1 - the level of the intervals.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: there is no such column or value.

        """
        design, sample = results.design, results.sample
        require(
            name in design.given,
            f"There is no column {name!r}; there are {', '.join(design.given)}.",
        )
        if values is None and name in design.factors:
            values = design.factors[name]
        elif values is None:
            column = sample.X[:, sample.columns.index(name)]
            values = np.linspace(column.min(), column.max(), _POINTS).tolist()
        found = results.average_predictions(name, values)
        labels = sample.classes.tolist()
        return cls(values, found.predicted, found.conf_int(alpha), labels, name, alpha)._drawn(
            ax, **kwargs
        )

    @property
    def continuous(self) -> bool:
        """Whether the values are numbers, and not levels."""
        return np.asarray(self.values).dtype.kind in "biuf"

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw a line and a band for each class; for a factor points with intervals.

        Args:
            ax: where; new axes if None.
            kwargs: for the lines, as `Axes.plot` takes them; for a factor as `Axes.errorbar`.

        """
        self.figure_, self.ax_ = canvas(ax, (6.4, 4.0))
        self.lines_: dict[Any, Any] = {}
        self.bands_: dict[Any, Any] = {}
        (self._plot_lines if self.continuous else self._plot_levels)(**kwargs)
        if self.continuous:
            self.ax_.locator_params(axis="x", nbins=5)
        self.ax_.set(xlabel=self.name, ylabel="average probability")
        self.ax_.set_ylim(0.0, min(1.02, 1.08 * float(self.intervals.max())))
        self.ax_.grid(alpha=0.25)
        self.legend_ = place_legend(self.ax_, list(self.lines_.values()), outside=True)
        return self._finished()

    def _plot_lines(self, **kwargs: Any) -> None:
        K = len(self.classes)
        for k, (colour, dashes) in enumerate(zip(palette(K), line_styles(K), strict=True)):
            label = self.classes[k]
            style = {"color": colour, "linestyle": dashes, "linewidth": 2.0, **kwargs}
            (self.lines_[label],) = self.ax_.plot(
                self.values, self.P[:, k], label=str(label), **style
            )
            self.bands_[label] = self.ax_.fill_between(
                self.values, *self.intervals[:, k].T, color=colour, alpha=0.18, linewidth=0.0
            )

    def _plot_levels(self, **kwargs: Any) -> None:
        K, places = len(self.classes), np.arange(float(len(self.values)))
        for k, (colour, shape) in enumerate(zip(palette(K), markers(K), strict=True)):
            label, p = self.classes[k], self.P[:, k]
            style: dict[str, Any] = {
                "fmt": shape, "color": colour, "markeredgecolor": "white", "markeredgewidth": 0.5,
                "markersize": 7, "elinewidth": 1.8, "label": str(label), **kwargs,
            }  # fmt: skip
            self.lines_[label] = self.ax_.errorbar(
                places + _APART * (k / (K - 1) - 0.5),
                p,
                yerr=np.abs(self.intervals[:, k].T - p),
                **style,
            )
        self.ax_.set_xticks(places, list(map(str, self.values)))

    def describe(self) -> str:
        """Return alternative text for the picture."""
        ends, K = [self.values[0], self.values[-1]], len(self.classes)
        first, last = (number(v, 4) if self.continuous else str(v) for v in ends)
        parts = []
        for k, label in enumerate(self.classes[:3]):
            P, (low, high) = self.P[:, k], self.intervals[:, k].T
            parts.append(
                f"{label} from {P[0]:.3f} ({low[0]:.3f} to {high[0]:.3f}) to {P[-1]:.3f} "
                f"({low[-1]:.3f} to {high[-1]:.3f})"
            )
        more = f"; {K - 3} more classes" if K > 3 else ""
        level = f"{100.0 * (1.0 - self.alpha):g} %"
        return (
            f"Average probabilities of {K} classes as {self.name} goes from {first} to {last}, "
            f"with intervals of {level}: {'; '.join(parts)}{more}."
        )
