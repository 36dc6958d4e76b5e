"""A cost over two parameters, or along two directions, and the paths of optimizers on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RegularGridInterpolator

from .._internal.format import number
from ..landscape import Plane, slice2d
from .canvas import canvas, library, outline, place_legend, require
from .directions import objective_and_w, plane_through
from .display import Display, Where
from .palette import INK, SEQUENTIAL, line_styles, markers, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CostSurfaceDisplay"]

F64 = NDArray[np.float64]

_KINDS = {"minimum": "*", "saddle": "X", "plateau": "s", "maximum": "^"}


@dataclass(eq=False, repr=False)
class CostSurfaceDisplay(Display):
    """A cost J over two coordinates.

    Make one with `from_function` or `from_estimator`.

    Args:
        x: (m,) and
        y: (n,) coordinates of the grid.
        J: (n, m) costs.
        trajectories: {label: (steps, 2) coordinates}.
        marks: critical points, each a mapping or an object with `kind` ("minimum", "saddle",
            "plateau" or "maximum") and `w`, its two coordinates.
        names: of the coordinates.
        directions: where the plane lies in the space of parameters, if it does.

    Attributes:
        figure_, ax_: where it was drawn, after `plot`.
        surface_: the contours, or the surface in three dimensions.
        lines_: {label: line} of the trajectories.
        marks_: the artists of the marks.
        legend_, colorbar_: if drawn, else None.

    """

    x: F64
    y: F64
    J: F64
    trajectories: dict[str, F64] = field(default_factory=dict)
    marks: Sequence[Any] = ()
    names: tuple[str, str] = ("w1", "w2")
    directions: Plane | None = None

    def __post_init__(self) -> None:
        expected = len(self.y), len(self.x)
        require(
            np.shape(self.J) == expected,
            f"J must have shape {expected} (y, x), but its shape is {np.shape(self.J)}.",
        )
        self.trajectories = {k: _pairs(k, path) for k, path in self.trajectories.items()}
        self.critical = [_critical(mark) for mark in self.marks]

    # -- making one

    @classmethod
    def from_function(
        cls,
        J: Callable[[F64], float],
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        *,
        trajectories: Mapping[str, ArrayLike] | None = None,
        marks: Sequence[Any] = (),
        resolution: int = 81,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask a function of two parameters for its value on a grid.

        Args:
            J: w (2,) to a number.
            x_range, y_range: where to ask.
            trajectories: {label: (steps, 2)} the steps of optimizers.
            marks: critical points, as in the class.
            resolution: points of the grid on each side.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        """
        x, y = (np.linspace(*ends, resolution) for ends in (x_range, y_range))
        values = np.array([[float(J(np.array([a, b]))) for a in x] for b in y])
        paths = {k: np.asarray(v, dtype=np.float64) for k, v in (trajectories or {}).items()}
        return cls(x, y, values, paths, marks)._drawn(ax, **kwargs)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        directions: tuple[ArrayLike, ArrayLike] | None = None,
        trajectories: Mapping[str, ArrayLike] | None = None,
        span: float = 1.0,
        resolution: int = 41,
        ax: Where = None,
        **kwargs: Any,
    ) -> Self:
        """Ask the objective of a fitted model of softlearn's along two directions through its w.

        J(w + a d1 + b d2) over a and b from -`span` to `span`.

        Args:
            estimator: a fitted `SoftmaxRegression` or `SoftmaxNetwork`.
            X, y: what it was fitted to.
            directions: two vectors like w (weights of a unit after those of another, layer by
                layer, then the intercepts), made orthogonal, each as long as w.  If None, those in
                which the trajectories move most; without any, random ones, for a network with the
                weights into each unit as long as its own (Li et al., NeurIPS 2018).
            trajectories: {label: (steps, size)} of parameters, drawn as their shadows on the
                plane; the span grows to hold them.
            span: how far to look, as a share of the length of w.
            resolution: points of the grid on each side.
            ax, kwargs: where and how, as `plot` takes them; ax=False draws nothing.

        Raises:
            ValueError: it has no objective, or a vector does not fit.

        """
        J, w = objective_and_w(estimator, X, y)
        paths = {k: np.asarray(v, dtype=np.float64) for k, v in (trajectories or {}).items()}
        plane = plane_through(J, w, directions, list(paths.values()))
        shadows = {k: plane.project(path)[0] for k, path in paths.items()}
        span = max([span, *(1.1 * float(np.abs(s).max()) for s in shadows.values())])
        a = np.linspace(-span, span, resolution)
        values = slice2d(J, plane, a, a)
        marks = [{"kind": "minimum", "w": (0.0, 0.0)}] if J.has_bound else []
        names = ("along d1 / |w|", "along d2 / |w|")
        return cls(a, a, values, shadows, marks, names, plane)._drawn(ax, **kwargs)

    # -- what it shows

    def levels(self, n: int = 18) -> F64:
        """Return n levels between the lowest and highest cost, closer together near the lowest.

        They are lowest + range k^2 / n^2: those of a round bowl are equally far apart.
        """
        low, high = float(np.nanmin(self.J)), float(np.nanmax(self.J))
        if not high > low:
            return np.array([low, low + 1.0])
        return np.asarray(low + (high - low) * np.linspace(0.0, 1.0, n) ** 2)

    def heights(self, points: F64) -> F64:
        """Return J at points (k, 2), linear between the grid's; NaN outside."""
        at = RegularGridInterpolator((self.y, self.x), self.J, bounds_error=False)
        return np.asarray(at(points[:, ::-1]))

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: str = "contour",
        levels: ArrayLike | None = None,
        legend: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Draw the surface, its trajectories and its marks.

        Args:
            ax: where; for "surface" axes with ``projection="3d"``; new axes if None.
            kind: "contour" (seen from above) or "surface" (in three dimensions).
            levels: of the contours.
            legend: whether to name trajectories and marks.
            kwargs: for `Axes.contourf` or `Axes3D.plot_surface`.

        Raises:
            ValueError: `kind` is another, or `ax` is not what it needs.

        """
        require(
            kind in ("contour", "surface"),
            f"kind must be 'contour' or 'surface', but it is {kind!r}.",
        )
        solid = kind == "surface"
        require(
            not solid or ax is None or hasattr(ax, "plot_surface"),
            "kind 'surface' needs axes made with projection='3d'.",
        )
        new = {"projection": "3d"} if solid else {}
        self.figure_, self.ax_ = canvas(ax, (6.6, 4.8), **new)
        self._solid = solid
        self.colorbar_: Any = None
        if solid:
            self._draw_surface(**kwargs)
        else:
            chosen = self.levels() if levels is None else np.asarray(levels, dtype=np.float64)
            self._draw_contours(chosen, **kwargs)
        self.lines_ = self._draw_trajectories()
        self.marks_ = self._draw_marks()
        self.ax_.set(xlabel=self.names[0], ylabel=self.names[1])
        handles = [*self.lines_.values(), *self.marks_]
        if legend and handles:
            self.legend_ = place_legend(self.ax_, handles, outside=False)
        else:
            self.legend_ = None
        return self._finished()

    def _draw_contours(self, levels: F64, **kwargs: Any) -> None:
        style: dict[str, Any] = {"cmap": SEQUENTIAL, "alpha": 0.85, **kwargs}
        self.surface_: Any = self.ax_.contourf(self.x, self.y, self.J, levels=levels, **style)
        thin: dict[str, Any] = {
            "colors": "white",
            "linewidths": 0.5,
            "alpha": 0.6,
            "linestyles": "solid",
        }
        self.ax_.contour(self.x, self.y, self.J, levels=levels, **thin)
        ticker = library("matplotlib.ticker")
        numbers = ticker.ScalarFormatter()
        numbers.set_powerlimits((-2, 5))
        self.colorbar_ = self.figure_.colorbar(
            self.surface_, ax=self.ax_, label="J", spacing="proportional", format=numbers,
            ticks=ticker.MaxNLocator(6, steps=[1, 2, 5, 10]),
        )  # fmt: skip
        self.ax_.set(xlim=(self.x[0], self.x[-1]), ylim=(self.y[0], self.y[-1]))

    def _draw_surface(self, **kwargs: Any) -> None:
        style = {"cmap": SEQUENTIAL, "alpha": 0.75, "linewidth": 0, "rcount": 60, "ccount": 60}
        grid = np.meshgrid(self.x, self.y)
        ax: Any = self.ax_
        self.surface_ = ax.plot_surface(*grid, self.J, **{**style, **kwargs})
        ax.set_zlabel("J")

    def _draw_trajectories(self) -> dict[str, Any]:
        n = len(self.trajectories)
        looks = zip(palette(max(n, 1)), line_styles(n), markers(n), strict=False)
        lines = {}
        for k, ((label, path), (colour, style, marker)) in enumerate(
            zip(self.trajectories.items(), looks, strict=False)
        ):
            width = 1.6 + 2.4 * (n - 1 - k) / max(n - 1, 1)  # so that no path hides another
            apart = max(1, len(path) // 12)
            (lines[label],) = self.ax_.plot(
                *self._at(path),
                color=colour,
                linestyle=style,
                marker=marker,
                markevery=(k * apart // n, apart),
                markersize=5,
                markeredgecolor="white",
                markeredgewidth=0.5,
                linewidth=width,
                label=label,
                path_effects=None if self._solid else outline(width + 1.4),
                zorder=5,
            )
        return lines

    def _draw_marks(self) -> list[Any]:
        drawn = []
        for kind in _KINDS:
            points = [w for k, w in self.critical if k == kind]
            if points:
                drawn += self.ax_.plot(
                    *self._at(np.array(points)),
                    color="white",
                    markeredgecolor=INK,
                    markeredgewidth=1.2,
                    marker=_KINDS[kind],
                    markersize=14 if kind == "minimum" else 10,
                    linestyle="none",
                    label=kind,
                    zorder=6,
                )
        return drawn

    def _at(self, points: F64) -> tuple[F64, ...]:
        """Return what to draw points at: their coordinates, and in three dimensions J there."""
        return (*points.T, self.heights(points)) if self._solid else tuple(points.T)

    def describe(self) -> str:
        """Return alternative text for the picture."""
        row, column = np.unravel_index(int(np.nanargmin(self.J)), self.J.shape)
        low, high = float(np.nanmin(self.J)), float(np.nanmax(self.J))
        unit = 10.0 ** (np.floor(np.log10(high - low)) - 3.0) if high > low else 0.01
        low, high = round(low / unit) * unit, round(high / unit) * unit
        text = (
            f"Cost J over {self.names[0]} from {number(self.x[0], 3)} to {number(self.x[-1], 3)} "
            f"and {self.names[1]} from {number(self.y[0], 3)} to {number(self.y[-1], 3)}: from "
            f"{number(low, 3)} near {_point(self.x[column], self.y[row])} to {number(high, 3)}."
        )
        for label, path in self.trajectories.items():
            start, end = _point(*path[0]), _point(*path[-1])
            text += f" {label} goes from {start} to {end} in {len(path) - 1} steps."
        for kind, w in self.critical:
            text += f" A {kind} is marked at {_point(*w)}."
        return text


def _point(a: float, b: float) -> str:
    return f"({number(a, 3)}, {number(b, 3)})"


def _pairs(label: str, path: ArrayLike) -> F64:
    steps = np.asarray(path, dtype=np.float64)
    require(
        steps.ndim == 2 and steps.shape[1] == 2 and len(steps) > 0,
        f"trajectory {label!r} must have shape (steps, 2), but its shape is {steps.shape}.",
    )
    return steps


def _critical(mark: Any) -> tuple[str, F64]:
    get = mark.get if hasattr(mark, "get") else lambda name: getattr(mark, name, None)
    kind, w = get("kind"), get("w")
    kind = str(getattr(kind, "value", kind))
    require(
        kind in _KINDS and w is not None and np.shape(w) == (2,),
        f"A mark must have a kind ({', '.join(_KINDS)}) and w, two coordinates, but it is {mark}.",
    )
    return kind, np.asarray(w, dtype=np.float64)
