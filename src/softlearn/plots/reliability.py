"""Whether probabilities mean what they say: of what is given 0.8, are 80 % right?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..decide.calibration_error import Bins, bins_of
from .canvas import divided, place_legend, require
from .display import Display, Where
from .outputs import class_index, class_names, require_probabilities
from .palette import INK, line_styles, markers, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Bins", "ReliabilityDisplay"]

F64 = NDArray[np.float64]

_JOINED = 2  # examples from which the share of a bin is joined to the next


@dataclass(eq=False, repr=False)
class ReliabilityDisplay(Display):
    """Reliability curves with the number of examples in each bin.

    Make one with `from_estimator` or `from_predictions`.

    Args:
        y: (n,) class indices.
        P: (n, C) probabilities.
        classes: the C labels.
        n_bins: how many bins from 0 to 1.
        strategy: "uniform" bins, or "quantile" with equally many examples in each.

    Attributes:
        top_label: the bins of the largest probability, and whether that class was right.
        class_wise: {label: bins} of the probability of each class, and whether it was that class.
        figure_, ax_: where it was drawn, after `plot`; the axes are divided.
        axes_: (curves, counts).
        lines_: {name: line} of the curves; bars_ {name: counts}.
        calibration_: scikit-learn's `CalibrationDisplay`, which draws two classes; else None.
        legend_: the legend.

    Reference: Guo et al., On calibration of modern neural networks (ICML 2017); Nixon et al.,
    Measuring calibration in deep learning (CVPR workshops 2019), for the errors by class.

    """

    y: NDArray[np.intp]
    P: F64
    classes: Sequence[Any]
    n_bins: int = 10
    strategy: str = "uniform"

    def __post_init__(self) -> None:
        self.P = np.asarray(self.P, dtype=np.float64)
        n, C = len(self.y), len(self.classes)
        require(n > 0, "y has no labels.")
        require(
            self.P.shape == (n, C),
            f"P must have shape {(n, C)} (examples, classes), but its shape is {self.P.shape}.",
        )
        require(self.n_bins >= 1, f"n_bins must be at least 1, but it is {self.n_bins}.")
        require(
            self.strategy in ("uniform", "quantile"),
            f"strategy must be 'uniform' or 'quantile', but it is {self.strategy!r}.",
        )
        settings = self.n_bins, self.strategy
        winners = self.P.argmax(1)
        self.top_label = bins_of(winners == self.y, self.P.max(1), *settings)
        self.class_wise = {
            label: bins_of(self.y == k, self.P[:, k], *settings)
            for k, label in enumerate(self.classes)
        }

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        n_bins: int = 10,
        strategy: str = "uniform",
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask a fitted classifier for the probabilities of X, best not those it was fitted to.

        Args:
            estimator: any classifier with `predict_proba`.
            X: (n, d) features.
            y: (n,) labels.
            n_bins, strategy: as in the class.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it has no probabilities, or a label is not among its classes.

        """
        require_probabilities(estimator, "judge")
        classes = np.asarray(estimator.classes_).tolist()
        P = np.asarray(estimator.predict_proba(X))
        return cls(class_index(y, classes), P, classes, n_bins, strategy)._drawn(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y: Any,
        P: ArrayLike,
        classes: Sequence[Any] | None = None,
        *,
        n_bins: int = 10,
        strategy: str = "uniform",
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Take labels y (n,) and probabilities P (n, C); classes are 0 .. C - 1 if None."""
        A = np.asarray(P, dtype=np.float64)
        require(A.ndim == 2, f"P must have shape (examples, classes), but its shape is {A.shape}.")
        labels = list(range(A.shape[1]) if classes is None else classes)
        return cls(class_index(y, labels), A, labels, n_bins, strategy)._drawn(ax, **kwargs)

    @property
    def expected_calibration_error(self) -> float:
        """The error of the top label, sum_b count_b / n |share right_b - mean confidence_b|."""
        return self.top_label.error

    @property
    def class_wise_error(self) -> float:
        """The mean over the classes of the error of each."""
        return float(np.mean([bins.error for bins in self.class_wise.values()]))

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: str = "top-label",
        least: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves over the number of examples in each bin.

        Two classes are drawn by scikit-learn's `CalibrationDisplay`: the probability of the second.

        Args:
            ax: what to divide; a new figure if None.
            kind: "top-label" or "class-wise".
            least: curves leave out bins with fewer examples; if None, 5 for "class-wise" with
                more than two classes, where most bins hold next to nothing, else 1.
            kwargs: for the lines, as `Axes.plot` takes them.

        """
        require(
            kind in ("top-label", "class-wise"),
            f"kind must be 'top-label' or 'class-wise', but it is {kind!r}.",
        )
        self.figure_, self.ax_, grid = divided(ax, (6.0, 6.0), (2, 1), heights=(3.0, 1.0))
        above, below = self.axes_ = (grid[0][0], grid[1][0])
        self.lines_: dict[str, Any] = {}
        self.calibration_: Any = None
        if len(self.classes) == 2:
            label = self.classes[1]
            shown, colours = {str(label): self.class_wise[label]}, [palette(2)[1]]
            self._delegate(above, colours[0], least or 1, **kwargs)
        else:
            least = least or (5 if kind == "class-wise" else 1)
            shown, colours = self._curves(above, kind, least, **kwargs)
            above.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        self.bars_ = self._counts(below, shown, colours)
        above.set(xlim=(0.0, 1.0), ylim=(0.0, 1.02), ylabel="share that happened", xlabel="")
        above.grid(alpha=0.25)
        above.tick_params(labelbottom=False)
        if least is not None and least > 1:
            above.set_xlabel(f"bins of at least {least} examples", loc="left", fontsize=9)
        self.legend_ = place_legend(above, list(self.lines_.values()), outside=False)
        return self._finished()

    def _delegate(self, ax: Axes, colour: str, least: int, **kwargs: Any) -> None:
        from sklearn.calibration import CalibrationDisplay

        bins, label = self.class_wise[self.classes[1]], self.classes[1]
        some = bins.count >= max(least, _JOINED)
        display = CalibrationDisplay(
            bins.observed[some], bins.predicted[some], self.P[:, 1], pos_label=label
        )
        name = f"{label}, error {bins.error:.3f}"
        self.calibration_ = display.plot(ax=ax, name=name, **{"color": colour, **kwargs})
        self.lines_[str(label)] = display.line_
        self._uncertain(ax, bins, colour, least)

    def _curves(
        self, ax: Axes, kind: str, least: int, **kwargs: Any
    ) -> tuple[dict[str, Bins], list[str]]:
        if kind == "top-label":
            shown, labels = {"top label": self.top_label}, ["top label"]
        else:
            shown = {str(label): bins for label, bins in self.class_wise.items()}
            labels = class_names(self.classes)[1]
        n = len(shown)
        colours, styles, shapes = palette(n), line_styles(n), markers(n)
        for k, (name, bins) in enumerate(shown.items()):
            some = bins.count >= (max(least, _JOINED) if n == 1 else least)
            style: dict[str, Any] = {
                "color": colours[k],
                "linestyle": styles[k],
                "marker": shapes[k],
                "markersize": 6,
                "markeredgecolor": "white",
                "markeredgewidth": 0.5,
                "label": f"{labels[k]}, error {bins.error:.3f}",
                **kwargs,
            }
            self.lines_[name] = _marked(ax, bins, some, **style)
        if n == 1:
            self._uncertain(ax, self.top_label, colours[0], least)
        return shown, colours

    def _uncertain(self, ax: Axes, bins: Bins, colour: str, least: int) -> None:
        """Draw the interval of each bin, and hollow markers where a single example is no share."""
        some, alone = bins.count >= least, (bins.count >= least) & (bins.count < _JOINED)
        low, high = bins.interval
        ax.vlines(bins.predicted[some], low[some], high[some], color=colour, linewidth=1, alpha=0.6)
        _marked(ax, bins, alone, color=colour, linestyle="", marker="o", markerfacecolor="white")

    def _counts(self, ax: Axes, shown: dict[str, Bins], colours: list[str]) -> dict[str, Any]:
        """Return the counts: bars of one curve, steps of several."""
        drawn: dict[str, Any] = {}
        styles = line_styles(len(shown))
        for (name, bins), colour, style in zip(shown.items(), colours, styles, strict=True):
            if len(shown) == 1:
                look: dict[str, Any] = {"align": "edge", "color": colour, "edgecolor": "white"}
                drawn[name] = ax.bar(bins.edges[:-1], bins.count, np.diff(bins.edges), **look)
            else:
                drawn[name] = ax.stairs(
                    bins.count, bins.edges, color=colour, linestyle=style, linewidth=1.4
                )
        largest = max(int(bins.count.max()) for bins in shown.values())
        ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.1 * largest))
        if len(shown) > 1:  # few of the examples are of any one class
            ax.set_yscale("log")
            ax.set_ylim(0.7, 2.0 * largest)
        ax.set(xlabel="mean predicted probability in a bin", ylabel="examples")
        return drawn

    def describe(self) -> str:
        """Return alternative text for the picture."""
        winners = self.P.argmax(1)
        text = (
            f"Reliability of the probabilities of {len(self.y)} examples in {len(self.classes)} "
            f"classes: the top label is given {self.P.max(1).mean():.3f} on average and is right "
            f"in {(winners == self.y).mean():.3f}; its expected calibration error is "
            f"{self.expected_calibration_error:.3f} over {len(self.top_label.count)} bins."
        )
        worst = max(self.class_wise, key=lambda label: self.class_wise[label].error)
        return (
            f"{text} By class the error is {self.class_wise_error:.3f} on average and largest for "
            f"{worst}, {self.class_wise[worst].error:.3f}."
        )


def _marked(ax: Axes, bins: Bins, some: NDArray[np.bool_], **style: Any) -> Any:
    """Draw some bins, whole markers at the edge of the axes too; return the line."""
    style = {"clip_on": False, **style}
    (line,) = ax.plot(bins.predicted[some], bins.observed[some], **style)
    line.set_in_layout(bool(some.any()))  # which would make room for a line without points
    return line
