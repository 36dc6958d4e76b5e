"""Where displays draw: matplotlib, loaded when it is first needed, and axes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

from .palette import INK

__all__ = [
    "canvas",
    "divided",
    "drawn",
    "library",
    "outline",
    "place_legend",
    "require",
    "width_of",
]

_FEW = 6  # entries of a legend that may lie on the picture
_LINE = 0.22  # inches that an entry is high
_LETTER = 0.08  # and a letter wide


def library(name: str) -> Any:
    """Return a module that the `plot` extra brings."""
    try:
        return import_module(name)
    except ImportError:
        raise ImportError(
            "Plots need matplotlib, which is not installed: pip install softlearn[plot]."
        ) from None


def require(condition: object, sentence: str) -> None:
    """Raise ValueError with a sentence unless the condition holds."""
    if not condition:
        raise ValueError(sentence)


def canvas(ax: Axes | None, size: tuple[float, float], **keywords: Any) -> tuple[Figure, Axes]:
    """Return the figure and axes to draw on: those given, or new ones of a size in inches."""
    if ax is None:
        figure = library("matplotlib.pyplot").figure(figsize=size, layout="constrained")
        ax = figure.add_subplot(**keywords)
    return ax.figure, ax  # type: ignore[return-value]


def divided(
    ax: Axes | None,
    size: tuple[float, float],
    shape: tuple[int, int],
    heights: Sequence[float] | None = None,
    widths: Sequence[float] | None = None,
) -> tuple[Figure, Axes, list[list[Axes]]]:
    """Return the figure, axes and the axes of a grid that takes their place.

    Args:
        ax: axes to divide, which are then invisible; None for a new figure.

    """
    figure, ax = canvas(ax, size)
    ax.set_axis_off()
    spec = ax.get_subplotspec()
    if spec is None:  # axes placed by hand: a grid in their rectangle
        box = ax.get_position()
        grid: Any = figure.add_gridspec(
            *shape,
            height_ratios=heights,
            width_ratios=widths,
            left=box.x0,
            right=box.x1,
            bottom=box.y0,
            top=box.y1,
        )
    else:
        grid = spec.subgridspec(*shape, height_ratios=heights, width_ratios=widths)
    rows, columns = shape
    return (
        figure,
        ax,
        [[figure.add_subplot(grid[i, j]) for j in range(columns)] for i in range(rows)],
    )


def drawn(text: str) -> str:
    """Return a number as matplotlib's axes write it: with a minus sign, not a hyphen."""
    return text.replace("-", "−")


def width_of(ax: Axes) -> float:
    """Return how wide axes are, in inches, before a layout moves them."""
    return float(ax.get_window_extent().width / ax.figure.dpi)


def outline(width: float = 2.5, colour: str = "white") -> list[Any]:
    """Return the path effect that keeps letters readable on any ground."""
    effects = library("matplotlib.patheffects")
    return [effects.withStroke(linewidth=width, foreground=colour)]


def place_legend(ax: Axes, handles: Sequence[Any], *, outside: bool, title: str = "") -> Any:
    """Return a legend of the handles: beside the axes, or within where it hides least.

    Many are always beside the axes, in more columns where they are short.
    """
    outside = outside or len(handles) > _FEW
    height = max(float(ax.get_window_extent().height / ax.figure.dpi), _LINE)
    entry = 0.5 + _LETTER * max((len(str(h.get_label())) for h in handles), default=0)
    columns = min(
        int(np.ceil(_LINE * len(handles) / height)), max(1, int(0.6 * width_of(ax) / entry))
    )
    where = (
        {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
        if outside
        else {"loc": "best"}
    )
    return ax.legend(
        handles=list(handles),
        title=title or None,
        frameon=not outside,
        labelcolor=INK,
        ncols=columns,
        **where,
    )
