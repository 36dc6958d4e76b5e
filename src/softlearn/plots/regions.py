"""Which class wins where, and how surely: the plane coloured by a classifier."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from .._internal.format import number
from . import drawing
from .canvas import canvas, require
from .display import Display, Where
from .drawing import Examples
from .outputs import class_index, probabilities, response_of
from .palette import confidence
from .planes import plane_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DecisionRegionDisplay", "Examples"]

F64 = NDArray[np.float64]

_VIEWS = ("confidence", "hardmax", "probability", "entropy", "margin")
_AROUND = 0.08  # of the range of the points, on each side


@dataclass(eq=False, repr=False)
class DecisionRegionDisplay(Display):
    """The regions of a classifier's classes over two coordinates.

    Make one with `from_estimator` or `from_function`.

    Args:
        x: (m,) and
        y: (n,) coordinates of the grid.
        P: (n, m, C) probabilities; booleans, true for the class predicted, if there are none.
        classes: the C labels.
        names: of the coordinates.
        examples: data points, or None.
        note: sentences that the picture needs, or "".

    Attributes:
        winners: (n, m) index of the most probable class.
        soft: whether P are probabilities.
        figure_, ax_: where it was drawn, after `plot`.
        image_: the coloured plane.
        boundaries_: {(i, j): (k, 2, 2) segments} between classes, by index.
        lines_, points_, numerals_, legend_, colorbar_: the other artists, None or empty if left
            out.

    """

    x: F64
    y: F64
    P: NDArray[Any]
    classes: Sequence[Any]
    names: tuple[str, str] = ("x1", "x2")
    examples: Examples | None = None
    note: str = ""

    def __post_init__(self) -> None:
        expected = (len(self.y), len(self.x), len(self.classes))
        require(
            np.shape(self.P) == expected,
            f"P must have shape {expected} (y, x, classes), but its shape is {np.shape(self.P)}.",
        )
        self.winners = self.P.argmax(-1)
        self.soft = self.P.dtype != np.bool_

    # -- making one

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        plane: Any = None,
        fixed: Mapping[Any, Any] | None = None,
        resolution: int = 200,
        response_method: str = "auto",
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask a fitted classifier for its probabilities on a grid around the rows of X.

        Args:
            estimator: any scikit-learn classifier.  One without `predict_proba` is drawn as
                hardmax, by its predictions, and says so.
            X: (n, d) features, an array, a sparse matrix or a data frame.
            y: (n,) labels, to draw the rows as points.
            plane: what to look at if d > 2: two features, by position or name, or "principal",
                the plane of the first two principal components of the standardised features (the
                default).
            fixed: {feature: value} of the features that are not in a plane of two features; their
                medians if it does not say.
            resolution: points of the grid on each side.
            response_method: "auto", "predict_proba", "decision_function" or "predict"; the last
                draws what is predicted where that is not the most probable class.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: X, y, plane or fixed do not fit.

        """
        response = response_of(estimator, response_method)
        chosen = plane_of(X, plane, fixed)
        classes = np.asarray(estimator.classes_).tolist()
        require(len(classes) >= 2, "estimator knows one class only: there are no regions to draw.")
        points = chosen.project(X)
        x, grid_y = (_around(points[:, k], resolution) for k in (0, 1))
        U = np.stack(np.meshgrid(x, grid_y), axis=-1).reshape(-1, 2)
        P = probabilities(estimator, chosen.lift(U), response, classes)
        examples = None if y is None else Examples(points, class_index(y, classes))
        note = chosen.sentence
        if response != "predict_proba":
            why = f"{type(estimator).__name__} gives no probabilities here ({response})"
            note = f"{why}: the regions are those of its predictions. {note}".strip()
        shape = resolution, resolution, len(classes)
        return cls(x, grid_y, P.reshape(shape), classes, chosen.names, examples, note)._drawn(
            ax, **kwargs
        )

    @classmethod
    def from_function(
        cls,
        function: Callable[[F64], Any],
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        *,
        classes: Sequence[Any] | None = None,
        resolution: int = 200,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask a function for probabilities on a grid.

        Args:
            function: points (m, 2) to probabilities (m, C).
            x_range, y_range: where to ask.
            classes: labels; 0 .. C - 1 if None.
            resolution: points of the grid on each side.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        """
        x, y = (np.linspace(*ends, resolution) for ends in (x_range, y_range))
        U = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        P = np.asarray(function(U), dtype=np.float64)
        labels = range(P.shape[-1]) if classes is None else classes
        return cls(x, y, P.reshape(resolution, resolution, -1), list(labels))._drawn(ax, **kwargs)

    # -- what it shows

    def values(self, view: str, label: Any = None) -> F64:
        """Return (n, m) what a view shows: all classes on one scale.

        "confidence": s = (p_max - 1/C) / (1 - 1/C), 0 to 1;  "hardmax": 1 everywhere;
        "probability": p of the class `label`, 0 to 1;  "entropy": -sum p log p in nats, 0 to
        log C;  "margin": the largest p less the second largest, 0 to 1.
        """
        require(view in _VIEWS, f"view must be one of {', '.join(_VIEWS)}, but it is {view!r}.")
        P = self.P.astype(np.float64)
        if view == "confidence":
            return confidence(P)
        if view == "probability":
            require(label is not None, "view 'probability' needs the label of a class.")
            return np.asarray(P[..., class_index([label], self.classes)[0]])
        if view == "entropy":
            return np.asarray(entr(P).sum(-1))
        if view == "margin":
            top = np.partition(P, -2, axis=-1)
            return np.asarray(top[..., -1] - top[..., -2])
        return np.ones(self.winners.shape)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        view: str = "confidence",
        label: Any = None,
        boundaries: bool = True,
        numerals: bool = True,
        legend: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Draw the regions.

        Args:
            ax: where; new axes if None.
            view: "confidence" (the winning class, stronger where it is surer), "hardmax" (flat),
                "probability" of the class `label`, "entropy" or "margin" (of the top two).
            label: of the class whose probability is shown.
            boundaries: whether to draw lines between regions.
            numerals: whether to name each region in its middle.
            legend: whether to name the classes beside the picture.
            kwargs: for the points, as `Axes.scatter` takes them.

        """
        values = self.values(view, label)
        if not self.soft and view not in ("confidence", "hardmax"):
            warnings.warn(
                f"{self.note or 'There are no probabilities.'} The view is 'hardmax', not "
                f"{view!r}.",
                UserWarning,
                stacklevel=2,
            )
        if not self.soft:
            view, values = "hardmax", np.ones(self.winners.shape)
        require(
            self.examples is not None or not kwargs,
            f"There are no points to draw, for which {', '.join(kwargs)} would be.",
        )
        self.figure_, self.ax_ = canvas(ax, (6.4, 4.8))
        self.view_ = view
        self.image_, self.colorbar_ = drawing.image(self, values, view, label)
        self.boundaries_: dict[tuple[int, int], F64] = {}
        self.lines_: Any = None
        if boundaries:
            self.boundaries_, self.lines_ = drawing.lines(self)
        self.points_ = drawing.points(self, **kwargs) if self.examples is not None else []
        self.numerals_ = drawing.numerals(self) if numerals else []
        outside = ax is None and self.colorbar_ is None
        self.legend_ = drawing.legend(self, outside) if legend else None
        self.ax_.set(
            xlabel=self.names[0],
            ylabel=self.names[1],
            xlim=(self.x[0], self.x[-1]),
            ylim=(self.y[0], self.y[-1]),
        )
        return self._finished()

    def describe(self) -> str:
        """Return alternative text for the picture."""
        shares = np.bincount(self.winners.ravel(), minlength=len(self.classes))
        order = np.argsort(-shares, kind="stable")
        parts = [
            f"{self.classes[k]} {100.0 * shares[k] / shares.sum():.0f} %" for k in order.tolist()
        ]
        x, y = map(_extent, self.names, (self.x, self.y))
        text = (
            f"Regions of {len(self.classes)} classes over {x} and {y}; share of the area: "
            f"{', '.join(parts)}."
        )
        if self.soft:
            text += f" The largest probability is {self.P.max(-1).mean():.2f} on average."
        if self.examples is not None:
            text += f" {len(self.examples.targets)} data points are drawn."
        return f"{text} {self.note}".strip()


def _extent(name: str, u: F64) -> str:
    return f"{name} from {number(u[0], 3)} to {number(u[-1], 3)}"


def _around(u: F64, resolution: int) -> F64:
    low, high = float(u.min()), float(u.max())
    pad = _AROUND * (high - low) or 1.0
    return np.linspace(low - pad, high + pad, resolution)
