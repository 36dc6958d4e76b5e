"""A forest plot: the coefficients of a multinomial logit with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from .._internal.format import number
from .canvas import canvas, library, place_legend, require
from .display import Display, Where
from .palette import INK, markers, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CoefficientDisplay"]

F64 = NDArray[np.float64]

_APART = 0.6  # of a row that the classes share


@dataclass(eq=False, repr=False)
class CoefficientDisplay(Display):
    """Log odds of each class against the base class, a row for each column.

    Make one with `from_results`.

    Args:
        params: (K - 1, p) log odds of the classes but the base.
        intervals: (K - 1, p, 2) their intervals.
        columns: the p names of the columns.
        classes: the K labels.
        base: the label of the base class.
        alpha: 1 - the level of the intervals.

    Attributes:
        figure_, ax_: where it was drawn, after `plot`.
        bars_: {label: container} of the points and intervals.
        legend_: the legend; None for two classes.

    """

    params: F64
    intervals: F64
    columns: Sequence[str]
    classes: Sequence[Any]
    base: Any
    alpha: float = 0.05

    def __post_init__(self) -> None:
        self.params = np.asarray(self.params, dtype=np.float64)
        self.intervals = np.asarray(self.intervals, dtype=np.float64)
        expected = len(self.classes) - 1, len(self.columns)
        require(self.base in self.classes, f"base must be a class, but it is {self.base!r}.")
        require(expected[1] > 0, "columns has no names: there is nothing to draw.")
        require(
            self.params.shape == expected and self.intervals.shape == (*expected, 2),
            f"params must have shape {expected} (classes but the base, columns) and intervals "
            f"{(*expected, 2)}, but they have {self.params.shape} and {self.intervals.shape}.",
        )

    @classmethod
    def from_results(
        cls,
        results: Any,
        *,
        columns: Sequence[str] | None = None,
        per: Mapping[str, float] | Literal["spread"] | None = None,
        alpha: float = 0.05,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take the estimates of `softlearn.inference`.

        Args:
            results: an `InferenceResults`, against the base class and with the errors it has.
            columns: which to show; a factor stands for its dummies; None for all but "const".
            per: {column: how many units}; a coefficient is of one unit otherwise.  "spread" for
                about a standard deviation of each column of numbers: 1, 2 or 5 times a power of 10.
            alpha: 1 - the level of the intervals.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: there is no such column.

        """
        known, factors = list(results.sample.columns), results.terms
        wanted = [c for c in known if c != "const"] if columns is None else columns
        names = [made for name in wanted for made in factors.get(name, (name,))]
        units = results.spreads if isinstance(per, str) else dict(per or {})
        for name in (*names, *units):
            require(name in known, f"There is no column {name!r}; there are {', '.join(known)}.")
        require(all(unit > 0.0 for unit in units.values()), "per must be positive numbers.")
        times = np.array([units.get(name, 1.0) for name in names])
        labels = results.sample.classes.tolist()
        every, at = results.coefficients[results.others], [known.index(name) for name in names]
        return cls(
            every[:, at] * times,
            results.conf_int(alpha)[:, at] * times[:, None],
            [f"{name}, per {units[name]:g}" if name in units else name for name in names],
            labels,
            labels[results.base],
            alpha,
        )._drawn(ax, **kwargs)

    def plot(self, ax: Axes | None = None, *, ratios: bool = False, **kwargs: Any) -> Self:
        """Draw a row for each column, with a point and an interval for each class.

        Args:
            ax: where; new axes if None.
            ratios: whether relative risk ratios exp(b) are drawn, on a logarithmic scale.
            kwargs: for the points, as `Axes.errorbar` takes them.

        """
        others = [k for k, label in enumerate(self.classes) if label != self.base]
        n, p = self.params.shape
        self.figure_, self.ax_ = canvas(ax, (6.4, 1.4 + p * max(0.36, 0.2 * n)))
        colours, shapes = palette(len(self.classes)), markers(len(self.classes))
        rows = np.arange(p, dtype=np.float64)
        self.bars_: dict[Any, Any] = {}
        for i, k in enumerate(others):
            apart = 0.0 if n == 1 else min(_APART, 0.2 * n) * (i / (n - 1) - 0.5)
            shown, ends = self.params[i], self.intervals[i].T
            if ratios:
                shown, ends = np.exp(shown), np.exp(ends)
            style: dict[str, Any] = {
                "fmt": shapes[k], "color": colours[k], "markeredgecolor": "white",
                "markeredgewidth": 0.5, "markersize": 7, "elinewidth": 1.8,
                "label": str(self.classes[k]), **kwargs,
            }  # fmt: skip
            self.bars_[self.classes[k]] = self.ax_.errorbar(
                shown, rows + apart, xerr=np.abs(ends - shown), **style
            )
        self.ax_.axvline(float(ratios), color=INK, linewidth=0.8, linestyle=":", zorder=0)
        if ratios:
            self.ax_.set_xscale("log")
            ticker = library("matplotlib.ticker")
            self.ax_.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
            self.ax_.xaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:g}"))
            self.ax_.xaxis.set_minor_formatter(ticker.NullFormatter())
        self.ax_.set_yticks(rows, list(self.columns))
        self.ax_.set_ylim(p - 0.5, -0.5)
        self.ax_.grid(axis="x", alpha=0.25)
        what = "relative risk ratio" if ratios else "log odds"
        only = f"{self.classes[others[0]]} against" if n == 1 else "against"
        level = f"{100.0 * (1.0 - self.alpha):g} % intervals"
        self.ax_.set_xlabel(f"{what} {only} {self.base}, {level}")
        bars = list(self.bars_.values())
        self.legend_ = place_legend(self.ax_, bars, outside=True) if n > 1 else None
        return self._finished()

    def describe(self) -> str:
        """Return alternative text for the picture."""
        n, p = self.params.shape
        low, high = self.intervals[..., 0], self.intervals[..., 1]
        away = (low > 0.0) | (high < 0.0)
        others = [label for label in self.classes if label != self.base]
        i, j = divmod(int(np.abs(self.params).argmax()), p)
        return (
            f"Log odds against {self.base} with intervals of {100.0 * (1.0 - self.alpha):g} %: "
            f"{p} rows for {n} class{'es' * (n > 1)}; {int(away.sum())} of {n * p} intervals leave "
            f"0 out. The largest is {number(self.params[i, j], 3)} ({number(low[i, j], 3)} to "
            f"{number(high[i, j], 3)}), of {self.columns[j]} for {others[i]}."
        )
