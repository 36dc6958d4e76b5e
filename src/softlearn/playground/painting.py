"""What `points` messages do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .points import ABSENT
from .reading import Refused, choice, fields, number, numbers, required, shown, whole
from .tables import Table, read_csv
from .workspace import Workspace

__all__ = ["imported", "painted"]

_OPS = {
    "add": ("xy", "label", "stroke"),
    "erase": ("xy", "radius", "stroke"),
    "relabel": ("xy", "radius", "label", "stroke"),
    "undo": (),
    "redo": (),
    "clear": (),
    "import": ("text", "columns"),
}
_SIZE = 1e3
_STROKES = 2**32 - 1


def painted(work: Workspace, message: Mapping[str, Any]) -> bool:
    """Change points as a message says; return whether more than the points changed.

    Raises:
        Refused: it cannot be done.

    """
    op = choice(required(message, "op"), "op", _OPS)
    given = fields(message, ("op", *_OPS[op]))
    points, classes = work.points, work.model.classes
    stroke = whole(given["stroke"], "stroke", 0, _STROKES) if "stroke" in given else None
    if op == "add":
        xy, label = required(given, "xy"), whole(required(given, "label"), "label", 0, classes - 1)
        if not isinstance(xy, list | tuple) or not xy:
            raise Refused(
                f"xy must be a list of points, but it is {shown(xy)}.", "xy",
                korean="xy: 점의 목록을 주세요.",
            )  # fmt: skip
        _room(work, len(xy))
        work.add(np.array([numbers(p, "xy", 2, _SIZE) for p in xy]), label, stroke)
    elif op in ("undo", "redo"):
        change = points.undo() if op == "undo" else points.redo()
        if change is None:
            korean = f"{'되돌릴' if op == 'undo' else '다시 할'} 것이 없습니다."
            raise Refused(f"There is nothing to {op}.", "op", "state", korean=korean)
        work.changed(change)
    elif op == "import":
        imported(work, read_csv(required(given, "text"), work, given.get("columns")))
        return True
    elif op == "clear":
        work.changed(points.relabel(points.alive, ABSENT))
    else:
        at = numbers(required(given, "xy"), "xy", 2, _SIZE)
        radius = number(required(given, "radius"), "radius", 0.0, 2 * _SIZE)
        label = ABSENT
        if op == "relabel":
            label = whole(required(given, "label"), "label", 0, classes - 1)
        work.changed(points.relabel(points.near(at, radius), label, stroke))
    return False


def imported(work: Workspace, table: Table) -> None:
    """Take the points of a table; weights stay unless there is another number of classes."""
    work.take(table.points, units=table.units)
    if len(table.names) != work.model.classes:
        work.begin(replace(work.model, classes=len(table.names)))
    work.names = list(table.names)


def _room(work: Workspace, more: int) -> None:
    most = work.limits.points
    if work.points.count + more > most:
        raise Refused(
            f"There is room for {most} points, and {work.points.count} are there: erase some "
            "first.", "xy", "limit", korean=f"점은 {most}개까지입니다. 먼저 지워 주세요.",
        )  # fmt: skip
