"""How the parts of a `DecisionRegionDisplay` are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .boundaries import boundary_segments, roomiest_point
from .canvas import library, outline, place_legend
from .outputs import class_index, class_names
from .palette import INK, SEQUENTIAL, fill_strength, fills, markers, palette, rgb

__all__ = ["Examples", "Regions", "image", "legend", "lines", "numerals", "points"]

F64 = NDArray[np.float64]

_LEAST_ROOM = 0.02  # of the grid: a region with less gets no numeral
_AMOUNTS = {
    "entropy": "entropy (nats)",
    "margin": "margin of the top two",
}


class Examples(NamedTuple):
    """Points to draw: (n, 2) coordinates and (n,) class indices."""

    points: F64
    targets: NDArray[np.intp]


class Regions(Protocol):
    """What is drawn, and where: a `DecisionRegionDisplay`."""

    x: F64
    y: F64
    P: NDArray[Any]
    winners: NDArray[np.intp]
    classes: Sequence[Any]
    examples: Examples | None
    figure_: Any
    ax_: Any


def image(display: Regions, values: F64, view: str, label: Any) -> tuple[Any, Any]:
    """Return the image, each point of the grid in the middle of its pixel, and its colour bar."""
    x, y, C = display.x, display.y, len(display.classes)
    dx, dy = (x[1] - x[0]) / 2.0, (y[1] - y[0]) / 2.0
    where: dict[str, Any] = {
        "extent": (x[0] - dx, x[-1] + dx, y[0] - dy, y[-1] + dy),
        "origin": "lower",
        "aspect": "auto",
        "interpolation": "nearest",
        "zorder": 0,
    }
    ax = display.ax_
    if view in ("confidence", "hardmax"):
        return ax.imshow(fills(display.winners, fill_strength(values), C), **where), None
    if view == "probability":
        k = int(class_index([label], display.classes)[0])
        colours: Any = library("matplotlib.colors").LinearSegmentedColormap.from_list(
            f"class {k}", [(*rgb(palette(C)[k]), 0.0), (*rgb(palette(C)[k]), 0.9)]
        )
        top, name = 1.0, f"probability of {display.classes[k]}"
    else:
        colours, name = SEQUENTIAL, _AMOUNTS[view]
        top = np.log(C) if view == "entropy" else 1.0
    drawn = ax.imshow(values, cmap=colours, vmin=0.0, vmax=top, **where)
    return drawn, display.figure_.colorbar(drawn, ax=ax, label=name)


def lines(display: Regions) -> tuple[dict[tuple[int, int], F64], Any]:
    """Return the boundaries and the collection that draws them."""
    found = boundary_segments(display.x, display.y, display.P)
    pieces = np.concatenate(list(found.values())) if found else np.empty((0, 2, 2))
    collection = library("matplotlib.collections").LineCollection(
        pieces, colors=INK, linewidths=1.2, capstyle="round", zorder=2
    )
    display.ax_.add_collection(collection, autolim=False)
    return found, collection


def points(display: Regions, **kwargs: Any) -> list[Any]:
    """Return the collections of points, one a class that has some."""
    assert display.examples is not None
    (U, targets), C = display.examples, len(display.classes)
    size = float(np.clip(9000.0 / max(len(U), 1), 14.0, 36.0))
    style = {"s": size, "edgecolors": "white", "linewidths": 0.5, "zorder": 3, **kwargs}
    colours, shapes = palette(C), markers(C)
    drawn = []
    for k in np.unique(targets).tolist():
        own = {} if {"c", "color"} & kwargs.keys() else {"color": colours[k]}
        drawn.append(display.ax_.scatter(*U[targets == k].T, marker=shapes[k], **own, **style))
    return drawn


def numerals(display: Regions) -> list[Any]:
    """Return the texts that name the regions, where each has most room."""
    short, _ = class_names(display.classes)
    x, y = display.x, display.y
    occupied = np.zeros(display.winners.shape, dtype=bool)
    if display.examples is not None and len(display.examples.points):
        U = display.examples.points
        rows, columns = np.searchsorted(y, U[:, 1]), np.searchsorted(x, U[:, 0])
        occupied[np.minimum(rows, len(y) - 1), np.minimum(columns, len(x) - 1)] = True
    texts = []
    for k in range(len(display.classes)):
        place = roomiest_point(display.winners, k, occupied)
        if place is None or place[2] < _LEAST_ROOM * min(occupied.shape):
            continue
        texts.append(
            display.ax_.text(
                x[place[1]],
                y[place[0]],
                short[k],
                color=INK,
                fontsize=13,
                fontweight="bold",
                ha="center",
                va="center",
                path_effects=outline(3.0),
                zorder=4,
            )
        )
    return texts


def legend(display: Regions, outside: bool) -> Any:
    """Return the legend: a marker in its colour for each class."""
    C, (_, names) = len(display.classes), class_names(display.classes)
    line = library("matplotlib.lines").Line2D
    handles = [
        line(
            [],
            [],
            color=colour,
            marker=marker,
            linestyle="none",
            markersize=8,
            markeredgecolor="white",
            label=name,
        )
        for colour, marker, name in zip(palette(C), markers(C), names, strict=True)
    ]
    return place_legend(display.ax_, handles, outside=outside)
