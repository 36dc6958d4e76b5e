"""What a session begins with: a preset, points of one's own, a model of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .points import Points
from .presets import PRESETS, preset_of
from .reading import choice
from .settings import Data, Limits, Model
from .tables import fitted_in
from .workspace import Workspace

if TYPE_CHECKING:
    from .fitted import Begun

__all__ = ["begun"]


def begun(preset: str, points: Mapping[str, Any] | None, model: Any, limits: Limits) -> Workspace:
    """Return the workspace that a session begins with.

    Args:
        preset, points, model, limits: as of `Session`.

    Raises:
        ValueError: they do not fit.

    """
    found = preset_of(choice(preset, "preset", (p.id for p in PRESETS)))
    start = None
    if model is not None:
        from .fitted import begun_from  # which loads scikit-learn

        start = begun_from(model, limits)
    data = Data(found.id, noise=found.noise)
    if start is not None:
        network = start.model
    elif points is not None:
        network = Model(_count(points, limits))
    else:
        network = Model(found.classes, found.hidden, found.activation)
    if network.classes > limits.classes:
        raise ValueError(
            f"{found.id} has {network.classes} classes, but at most {limits.classes} are allowed."
        )
    work = Workspace(data, network, limits)
    if points is not None:
        _give(work, points, start)
    elif start is not None:
        none = np.zeros(0, dtype=np.int64)
        work.take(Points(np.zeros((0, 2)), none, none > 0), units=start.units)
        work.names = start.names
    if start is not None:
        work.begin_at(_scaled(start, work))
    return work


def _count(points: Mapping[str, Any], limits: Limits) -> int:
    """Return the number of classes of some points."""
    names = points.get("names")
    label = np.asarray(points["label"])
    count = len(names) if names is not None else int(label.max(initial=0)) + 1
    if not count <= limits.classes:
        raise ValueError(f"points have {count} classes, but at most {limits.classes} can be shown.")
    return max(count, 2)


def _give(work: Workspace, given: Mapping[str, Any], start: Begun | None) -> None:
    """Take points of one's own, a share of them held out; scaled if they must be."""
    xy = np.asarray(given["xy"], dtype=np.float64)
    label = np.asarray(given["label"]).astype(np.int64)
    if xy.ndim != 2 or xy.shape[1:] != (2,) or label.shape != xy.shape[:1]:
        raise ValueError("points must have two coordinates and a label each.")
    if len(xy) > work.limits.points:
        raise ValueError(
            f"There are {len(xy):,} points, but {work.limits.points:,} is the most: take a sample."
        )
    if not (np.abs(xy) <= 1e30).all():
        raise ValueError("points have a coordinate that is not a number.")
    given_names = given.get("names")
    names = [] if given_names is None else [str(name)[:60] for name in given_names]
    if start is not None:
        label, names = _as_in(start, label, names)
    if len(label) and not 0 <= label.min() <= label.max() < work.model.classes:
        raise ValueError(f"Labels of points must be 0 to {work.model.classes - 1}.")
    shown_xy, units = fitted_in(xy, _axes(given))
    test = np.zeros(len(xy), dtype=np.bool_)
    order = np.random.default_rng((work.data.seed, len(xy))).permutation(len(xy))
    test[order[: round(work.data.test * len(xy))]] = True
    work.take(Points(shown_xy, label, test), units=units)
    if names:
        more = (str(k + 1) for k in range(len(names), work.model.classes))
        work.names = [*names, *more][: work.model.classes]


def _as_in(start: Begun, label: Any, names: list[str]) -> tuple[Any, list[str]]:
    """Return the labels in the order of a model's classes, and their names."""
    classes = start.names
    if not names:
        return label, classes
    missing = [name for name in names if name not in classes]
    if missing:
        raise ValueError(f"points have the class {missing[0]!r}, which model does not know.")
    place = np.array([classes.index(name) for name in names], dtype=np.int64)
    return place[label], classes


def _scaled(start: Begun, work: Workspace) -> Any:
    """Return the weights for points as they are shown: W[1] and b[1] take the scaling up."""
    w = start.w
    if not work.units:
        return w
    mean, scale = (np.array([float(work.units[k][f]) for k in "xy"]) for f in ("mean", "scale"))
    W, b = work.training.plan.split(w)
    b[0][:] += W[0] @ mean
    W[0][:] *= scale
    return w


def _axes(given: Mapping[str, Any]) -> tuple[str, str]:
    axes = given.get("axes")
    return ("x", "y") if axes is None else (str(axes[0])[:60], str(axes[1])[:60])
