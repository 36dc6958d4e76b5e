"""How training went: cost, gap or accuracy, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.format import number, power
from .canvas import canvas, library, place_legend, require
from .display import Display, Where
from .histories import Run, read_estimator, read_history, smoothed
from .palette import line_styles, markers, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TrainingCurveDisplay"]

F64 = NDArray[np.float64]

_QUANTITIES = ("cost", "accuracy", "gap")
_LABELS = {
    "gap": "proven relative gap",
    "time": "time (s)",
    "passes": "passes over the data",
}
_FEW = 30  # points that are marked one by one


@dataclass(eq=False, repr=False)
class TrainingCurveDisplay(Display):
    """The curves of one training run or several.

    Make one with `from_estimator`, `from_estimators`, `from_history` or `from_arrays`.

    Args:
        runs: {name: Run}, whose curves and axes are arrays.

    Attributes:
        figure_, ax_: where it was drawn, after `plot`.
        lines_: {(run, curve): line}, smoothed if it was asked for.
        raw_lines_: the same, as it was before smoothing; empty without.
        legend_: the legend, or None.

    """

    runs: dict[str, Run]
    lines_: dict[tuple[str, str], Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        require(self.runs, "There is no run to draw: give one at least.")

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        name: str | None = None,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Read what a fitted estimator remembers: its `trace_`, `history_` or `loss_curve_`.

        Args:
            estimator: `SoftmaxRegression`, scikit-learn's `MLPClassifier`, a network of Keras or
                skorch, or a pipeline or search with one of them.
            name: what to call the run; the name of its class if None.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it remembers nothing.

        """
        return cls({name or type(estimator).__name__: read_estimator(estimator)})._drawn(
            ax, **kwargs
        )

    @classmethod
    def from_estimators(
        cls,
        estimators: Mapping[str, Any],
        *,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Read several fitted estimators, {name of the run: estimator}."""
        return cls({name: read_estimator(e) for name, e in estimators.items()})._drawn(ax, **kwargs)

    @classmethod
    def from_history(
        cls,
        history: Any,
        *,
        name: str = "training",
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Read a history: a dictionary of lists, or a list of dictionaries, one an epoch."""
        return cls({name: read_history(history)})._drawn(ax, **kwargs)

    @classmethod
    def from_arrays(
        cls,
        costs: Mapping[str, ArrayLike],
        *,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take costs, {name of the run: (n,)}.

        >>> costs = {"slow": [1.0, 0.8], "fast": [1.0, 0.1]}
        >>> TrainingCurveDisplay.from_arrays(costs, ax=False).describe()
        'Training curves: slow, cost 1 to 0.8 in 2 steps; fast, cost 1 to 0.1 in 2 steps.'

        """
        return cls({name: read_history(values) for name, values in costs.items()})._drawn(
            ax, **kwargs
        )

    def plot(
        self,
        ax: Axes | None = None,
        *,
        quantity: str | None = None,
        over: str | None = None,
        smooth: float = 0.0,
        log: bool | None = None,
        legend: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Draw a quantity of every run, training and validation.

        Args:
            ax: where; new axes if None.
            quantity: "cost", "accuracy" or "gap" (of convex fits); the first that is known if None.
            over: "step", "epoch", "time" or "passes"; the first that all runs know if None.
            smooth: 0 for none, else beta of the running mean, such as 0.9; the raw curve stays,
                faint.
            log: whether the vertical axis is logarithmic; if None, for the gap.
            legend: whether to name the curves.
            kwargs: for the lines, as `Axes.plot` takes them.

        Raises:
            ValueError: no run knows the quantity, or not all know `over`.

        """
        quantity = self._quantity(quantity)
        over = self._over(over)
        smoothed([], smooth)  # refuses a wrong beta before anything is drawn
        self.figure_, self.ax_ = canvas(ax, (6.4, 4.0))
        self.lines_, self.raw_lines_ = {}, {}
        curves = [
            (k, name, curve)
            for k, name in enumerate(self.runs)
            for curve in (quantity, f"validation {quantity}")
            if curve in self.runs[name].curves
        ]
        for k, name, curve in curves:
            run = self.runs[name]
            first = next(iter(run.axes.values()))
            x, y = run.axes.get(over, first), run.curves[curve]
            style = {**self._style(k, curve, len(x)), **kwargs}
            if smooth:
                faint = {**style, "alpha": 0.3, "linewidth": 0.8, "marker": None}
                (self.raw_lines_[name, curve],) = self.ax_.plot(x, y, **faint)
                y = smoothed(y, smooth)
            label = name if curve == quantity else f"{name}, validation"
            (self.lines_[name, curve],) = self.ax_.plot(x, y, label=label, **style)
        if log or (log is None and quantity == "gap"):
            self.ax_.set_yscale("log")
        ylabel = _LABELS.get(quantity, quantity)
        self.ax_.set(xlabel=_LABELS.get(over, over), ylabel=ylabel)
        if over not in ("time", "passes"):
            whole = library("matplotlib.ticker").MaxNLocator(
                "auto", integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]
            )
            self.ax_.xaxis.set_major_locator(whole)
        self.ax_.grid(alpha=0.25)
        handles = list(self.lines_.values())
        self.legend_ = place_legend(self.ax_, handles, outside=False) if legend else None
        return self._finished()

    def _style(self, k: int, curve: str, n: int) -> dict[str, Any]:
        """Return how a curve of run k with n points looks; that on validation rows is dashed."""
        runs, checked = len(self.runs), curve.startswith("validation")
        colour, line, marker = (f(runs)[k] for f in (palette, line_styles, markers))
        style: dict[str, Any] = {
            "color": colour,
            "linestyle": "--" if checked else "-" if runs == 1 else line,
            "linewidth": 1.8,
            "marker": marker if n <= _FEW or runs > 1 else None,
            "markerfacecolor": "white" if checked else colour,
            "markersize": 5,
        }
        if runs > 1 and n > _FEW:  # a few markers tell runs apart
            style["markevery"] = (0.04 * (k % 3), 0.12)
        return style

    def _quantity(self, wanted: str | None) -> str:
        known = [q for q in _QUANTITIES if any(self._knows(run, q) for run in self.runs.values())]
        require(
            wanted is None or wanted in known,
            f"quantity must be one that a run knows, {', '.join(known)}, but it is {wanted!r}.",
        )
        return wanted or known[0]

    @staticmethod
    def _knows(run: Run, quantity: str) -> bool:
        return quantity in run.curves or f"validation {quantity}" in run.curves

    def _over(self, wanted: str | None) -> str:
        runs = list(self.runs.values())
        shared: Sequence[str] = [a for a in runs[0].axes if all(a in r.axes for r in runs)]
        if not shared and wanted is None:  # steps of one are drawn beside epochs of another
            return "step or epoch"
        require(
            wanted is None or wanted in shared,
            f"over must be what all runs know, {', '.join(shared)}, but it is {wanted!r}.",
        )
        return wanted or shared[0]

    def describe(self) -> str:
        """Return alternative text for the picture."""
        return f"Training curves: {'; '.join(_description(n, r) for n, r in self.runs.items())}."


def _description(name: str, run: Run) -> str:
    parts = [name]
    for curve, values in run.curves.items():
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        if curve == "gap":
            parts.append(f"proven relative gap {power(known[-1]) if known[-1] else 0} at the end")
        else:
            best = known.max() if "accuracy" in curve else known.min()
            first, last, best = (number(v, 3) for v in (known[0], known[-1], best))
            end = f"{curve} {first} to {last}"
            parts.append(end if best == last else f"{end} (best {best})")
    n, axis = len(next(iter(run.curves.values()))), next(iter(run.axes))
    n -= int(axis == "step" and run.axes[axis][0] == 0.0)  # the start is no step
    return f"{', '.join(parts)} in {n} {axis}{'' if n == 1 else 's'}"
