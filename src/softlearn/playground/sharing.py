"""A session as JSON: what a file or a link keeps, and how it comes back to the same bits."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .. import __version__
from .journal import snapshot_of
from .reading import Refused, number, numbers, shown, whole
from .replay import NOT_KEPT, WORK, data_of, replayed, work_of
from .settings import Limits, StopWhen
from .visit import Visit
from .workspace import Units, Workspace

__all__ = ["FORMAT", "link_of", "restored", "saved"]

FORMAT = 1
_CURVE = 20_000


def saved(visit: Visit) -> dict[str, Any]:
    """Return all of a session: what was done, and where it led."""
    work = visit.work
    return {**_short(visit), "weights": snapshot_of(work.training), "history": work.history}


def _short(visit: Visit) -> dict[str, Any]:
    work = visit.work
    kept: dict[str, Any] = {
        "format": FORMAT,
        "softlearn": __version__,
        "journal": work.journal.entries,
        "names": work.names,
        "extent": list(work.extent),
        "speed": visit.speed,
    }
    if work.given:
        kept["data"] = asdict(work.data)  # how points would be drawn or held out
    if work.units:
        kept["units"] = work.units
    if visit.stop_when != StopWhen():
        kept["stop_when"] = asdict(visit.stop_when)
    return kept


def link_of(visit: Visit) -> str:
    """Return the session as text for a URL: base64url of JSON.

    Weights are left out where it takes no time to make the steps again.
    """
    kept = _short(visit)
    if work_of(visit.work.journal.entries) > WORK / 2:
        kept["weights"] = snapshot_of(visit.work.training)
    text = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def restored(kept: Any, limits: Limits) -> tuple[Workspace, StopWhen, float]:
    """Return what `saved` kept: points and network, when to stop, the speed.

    Raises:
        Refused: it is not what `saved` gives.

    """
    if not isinstance(kept, Mapping):
        raise Refused(
            f"state must be an object, but it is {shown(kept)}.", "state", korean=NOT_KEPT
        )
    if kept.get("format") != FORMAT:
        raise Refused(
            f"state must have the format {FORMAT}, but it has {shown(kept.get('format'))}.",
            "format",
            korean=NOT_KEPT,
        )
    work = replayed(kept.get("journal"), limits, kept.get("weights"))
    x0, x1, y0, y1 = numbers(kept.get("extent"), "extent", 4, 1e6)
    if not (x1 - x0 > 1e-6 and y1 - y0 > 1e-6):
        raise Refused("extent must be x0 < x1, y0 < y1.", "extent", korean=NOT_KEPT)
    work.extent = x0, x1, y0, y1
    if "data" in kept:
        work.data = data_of(kept["data"], limits)
    work.names = _names(kept.get("names"), work.model.classes)
    work.units = _units(kept.get("units"))
    if "weights" in kept:
        work.history = _history(kept.get("history", []), work.training.step)
        if not work.history:
            work.record()
    stop = kept.get("stop_when", {})
    if not isinstance(stop, Mapping):
        raise Refused(
            f"stop_when must be an object, but it is {shown(stop)}.", "stop_when", korean=NOT_KEPT
        )
    speed = number(kept.get("speed", 0.0), "speed", 0.0, 10_000.0)
    return work, StopWhen().changed(stop), speed


def _names(value: Any, count: int) -> list[str]:
    good = isinstance(value, list) and len(value) == count
    if not good or not all(isinstance(name, str) and len(name) <= 60 for name in value):
        raise Refused(f"names must be a list of {count} short texts.", "names", korean=NOT_KEPT)
    return [*value]


def _units(value: Any) -> Units | None:
    if value is None:
        return None
    units: Units = {}
    for axis in ("x", "y"):
        facts = value.get(axis) if isinstance(value, Mapping) else None
        if not isinstance(facts, Mapping) or not isinstance(facts.get("name"), str):
            raise Refused(
                "units must have a name, mean and scale for x and y.", "units", korean=NOT_KEPT
            )
        units[axis] = {
            "name": str(facts["name"])[:60],
            "mean": number(facts.get("mean"), "mean"),
            "scale": number(facts.get("scale"), "scale", 0.0, above=True),
        }
    return units


def _history(value: Any, last: int) -> list[list[float | None]]:
    if not isinstance(value, list) or len(value) > _CURVE:
        raise Refused(
            f"history must be a list, but it is {shown(value)}.", "history", korean=NOT_KEPT
        )
    curve: list[list[float | None]] = []
    for point in value:
        if not isinstance(point, list) or len(point) != 3:
            raise Refused(
                "A point of history must be [step, train, test].", "history", korean=NOT_KEPT
            )
        step = whole(point[0], "history", 0, last)
        curve.append([step, *(None if v is None else number(v, "history") for v in point[1:])])
    return curve
