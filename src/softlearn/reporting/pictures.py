"""The pictures of a report: each has alternative text and a caption, or does not apply."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._internal.format import counted
from ..influences import class_weights
from ..plots import (
    DecisionRegionDisplay,
    NetworkDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
    WeightsDisplay,
    drawing,
)
from ..plots.histories import Run
from ..plots.regions import Examples
from .influences import Spread
from .measured import Measured
from .svg import draw
from .words import short_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Picture", "model_pictures", "reliability_picture", "training_pictures"]

_MAX_POINTS = 1000
_FEW_POINTS = 200  # beyond, points are one image and not an element each
_MAX_ROWS = 30  # of weights
_MAX_FEATURES = 12
_UNITS = 20


class Picture(NamedTuple):
    """An `<svg>` element and what stands below it."""

    svg: str
    caption: str


def training_pictures(model: Any) -> list[Picture]:
    """Return the cost of each step or epoch, and proven gap or accuracy if they are known."""
    try:
        display = TrainingCurveDisplay.from_estimator(model, name="training", ax=False)
    except ValueError:  # it remembers nothing
        return []
    display = TrainingCurveDisplay({name: _bounded(run) for name, run in display.runs.items()})
    (run,) = display.runs.values()
    captions = {
        "cost": "The cost that was minimised, in nats per example.",
        "gap": "By how much, at most, the cost of each step was above its minimum, relative to it. "
        "The bound of the last step holds for all of them.",
        "accuracy": "The share of the rows predicted rightly, in training.",
    }
    found = []
    for quantity, caption in captions.items():
        curves = [curve for curve in run.curves if curve.endswith(quantity)]
        if not curves:
            continue
        more = " Dashed: on rows held out for validation." if len(curves) > 1 else ""

        def plot(ax: Axes, quantity: str = quantity, several: bool = len(curves) > 1) -> None:
            display.plot(ax, quantity=quantity, legend=several)

        svg = draw(f"training-{quantity}", (4.6, 3.0), plot, display.describe())
        found.append(Picture(svg, caption + more))
    return found


def _bounded(run: Run) -> Run:
    """Return a run whose every step has the gap that the bound of the last one proves."""
    if "gap" not in run.curves or not np.isfinite(run.curves["gap"][-1]):
        return Run({name: c for name, c in run.curves.items() if name != "gap"}, run.axes)
    cost, gap = run.curves["cost"], run.curves["gap"][-1]
    lower = cost[-1] - gap * abs(cost[-1])
    gaps = np.full(len(cost), np.nan)
    np.divide(cost - lower, np.abs(cost), out=gaps, where=cost > lower)
    return Run({**run.curves, "gap": gaps}, run.axes)


def reliability_picture(display: ReliabilityDisplay, classes: Sequence[Any]) -> Picture:
    """Return how often what was given a probability came true."""
    names = short_names(classes)
    named = dataclasses.replace(display, y=display.y, P=display.P, classes=names)
    svg = draw("reliability", (4.6, 4.2), named.plot, named.describe())
    of = f"of {names[1]}" if len(names) == 2 else "of the most probable class"
    caption = (
        f"The probability {of}, in bins of equal width, against how often it came true, with the "
        "95 % interval of that share. On the dotted line probabilities mean what they say; bars "
        "count the rows of each bin; a bin of a single row is hollow and not joined to others."
    )
    return Picture(svg, caption)


def model_pictures(
    estimator: Any,
    X: Any,
    measured: Measured,
    features: Sequence[str],
    image_shape: tuple[int, ...] | None,
    spread: Spread,
) -> Iterator[Picture]:
    """Yield what there is to see of a model: regions of two features, or weights, or layers."""
    if image_shape is not None and int(np.prod(image_shape)) != len(features):
        image_shape = None  # what the classifier sees are no pixels any more
    plane = _plane(estimator, X, measured)
    if plane is not None:
        yield _regions(*plane, measured, features)
    elif (W := class_weights(measured.fitted)) is not None and len(W) <= _MAX_ROWS:
        yield _weights(measured, features, image_shape, spread)
    coefs = getattr(measured.fitted, "coefs_", None)
    if isinstance(coefs, list) and len(coefs) > 1:
        if image_shape is not None:
            yield _units(coefs, image_shape)
        yield _layers(measured)


def _plane(estimator: Any, X: Any, measured: Measured) -> tuple[Any, NDArray[np.bool_]] | None:
    """Return what to ask and of which rows, if it takes two numbers: raw ones first."""
    for asked, rows in ((estimator, X), (measured.model, measured.F)):
        if np.shape(rows)[1:] != (2,) or hasattr(rows, "tocsr"):
            continue
        values = np.asarray(rows)
        if values.dtype.kind not in "iuf":
            continue
        finite = np.isfinite(values).all(axis=1)
        if finite.any():
            return (asked, rows), finite
    return None


def _regions(
    asked: tuple[Any, Any], finite: NDArray[np.bool_], measured: Measured, features: Sequence[str]
) -> Picture:
    estimator, X = asked
    rows = np.flatnonzero(finite & measured.known)
    shown = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MAX_POINTS)).astype(int)]
    taken = X.iloc[np.flatnonzero(finite)] if hasattr(X, "iloc") else X[finite]
    display = DecisionRegionDisplay.from_estimator(estimator, taken, resolution=160, ax=False)
    points = np.asarray(X, dtype=np.float64)[shown]
    across, up = short_names([*X.columns] if hasattr(X, "columns") else features, 40)
    display = dataclasses.replace(
        display,
        classes=short_names(measured.classes),
        names=(across, up),
        examples=Examples(points, measured.codes[shown]),
    )

    def plot(ax: Axes) -> None:
        display.plot(ax, legend=False)
        for artist in display.points_ if len(shown) > _FEW_POINTS else []:
            artist.set_rasterized(True)
        if len(display.classes) <= _MAX_ROWS:
            drawing.legend(display, outside=True)

    some = (
        f" {counted(len(shown), 'row')} of {len(rows):,} are drawn."
        if len(shown) < len(rows)
        else ""
    )
    caption = (
        "Which class is the most probable where; fainter where it is less sure. Lines part the "
        f"classes, markers are the rows of this report.{some}"
    )
    return Picture(draw("regions", (6.4, 4.4), plot, display.describe()), caption)


def _weights(
    measured: Measured,
    features: Sequence[str],
    image_shape: tuple[int, ...] | None,
    spread: Spread,
) -> Picture:
    display = WeightsDisplay.from_estimator(
        measured.fitted, features=features, image_shape=image_shape, ax=False
    )
    names = short_names(measured.classes)
    rows = names if len(display.W) == len(names) else [f"{names[1]} against {names[0]}"]
    display = dataclasses.replace(display, rows=rows, features=short_names(features, 24))
    if image_shape is None:  # pixels are of one unit already
        display = dataclasses.replace(display, W=display.W * spread.deviations)
    K, d = display.W.shape
    if image_shape is not None:
        columns = min(K, 5)
        size = (1.4 * columns + 0.8, 1.6 * -(-K // columns))
        caption = (
            "The weights as an image for each class: where a brighter pixel speaks for the class "
            "(orange) and against it (violet)."
        )
    else:
        d = min(d, _MAX_FEATURES)
        size = (0.5 * d + 2.6, 0.36 * K + 1.9)
        caption = (
            "The weights: what one standard deviation more of a feature, in the "
            f"{spread.rows}, adds to the logit of a class."
        )
    svg = draw(
        "weights",
        size,
        lambda ax: _unframed(display.plot(ax, top=_MAX_FEATURES)),
        display.describe(),
        fixed=True,
    )
    return Picture(svg, caption)


def _units(coefs: Sequence[Any], image_shape: tuple[int, ...]) -> Picture:
    """Return the weights of the first hidden layer's units that matter most to the next layer."""
    strength = np.linalg.norm(np.asarray(coefs[1], dtype=np.float64), axis=1)
    units = np.sort(np.argsort(-strength, kind="stable")[:_UNITS])
    display = WeightsDisplay.from_weights(
        np.asarray(coefs[0], dtype=np.float64)[:, units].T,
        rows=[f"unit {k}" for k in units.tolist()],
        image_shape=image_shape,
        ax=False,
    )
    size = (7.0, 1.5 * -(-len(units) // 5))
    caption = (
        f"What {len(units)} of the {len(strength)} units of the first hidden layer look for: those "
        "with the largest weights to the next layer. Brighter pixels raise a unit where it is "
        "orange and lower it where it is violet."
    )
    alt = f"Images of the weights of units {', '.join(map(str, units.tolist()))}."
    svg = draw("units", size, lambda ax: _unframed(display.plot(ax)), alt, fixed=True)
    return Picture(svg, caption)


def _unframed(display: WeightsDisplay) -> None:
    for ax in display.axes_:
        ax.spines[:].set_visible(False)


def _layers(measured: Measured) -> Picture:
    display = NetworkDisplay.from_estimator(measured.fitted, ax=False)
    if len(display.classes or ()) == len(measured.classes):
        display = dataclasses.replace(display, classes=short_names(measured.classes))
    rows = max(min(n, 8) for n in display.sizes)
    size = (1.5 * len(display.sizes) + 2.0, 0.4 * rows + 0.9)
    caption = "The layers; lines are as strong as their weights, dashed where these are negative."
    return Picture(draw("layers", size, display.plot, display.describe()), caption)
