"""What is asked of one point, and what is done to weights by hand."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from .probe import probed, softmax_facts
from .reading import Refused, fields, number, numbers, required, whole
from .workspace import Workspace

__all__ = ["looked_at", "nudged", "set_weight", "softmax_of", "zeroed"]

Message = Mapping[str, Any]
_SIZE = 1e3  # no coordinate is larger


def looked_at(work: Workspace, message: Message) -> dict[str, Any]:
    """Return the event `probe`, for a place of the plane or one of the points."""
    given = fields(message, ("xy", "point"))
    if "point" not in given:
        at = np.array(numbers(required(given, "xy"), "xy", 2, _SIZE))
        return probed(work.model, work.w, at, None)
    rows = work.points.alive
    if not len(rows):
        raise Refused(
            "There are no points to look at.", "point", "state", korean="살펴볼 점이 없습니다."
        )
    row = rows[whole(given["point"], "point", 0, len(rows) - 1)]
    return probed(work.model, work.w, work.points.xy[row], int(work.points.label[row]))


def softmax_of(message: Message) -> dict[str, Any]:
    """Return the event `softmax`, for logits."""
    z = required(fields(message, ("z",)), "z")
    count = len(z) if isinstance(z, list | tuple) and 2 <= len(z) <= 10 else 2
    return {"type": "softmax", **softmax_facts(np.array(numbers(z, "z", count, 1e6)))}


def set_weight(work: Workspace, message: Message) -> None:
    """Do `weight`."""
    given, sizes = fields(message, ("layer", "i", "j", "value")), work.model.sizes
    layer = whole(required(given, "layer"), "layer", 1, len(sizes) - 1)
    i = whole(required(given, "i"), "i", 0, sizes[layer] - 1)
    j = whole(required(given, "j"), "j", -1, sizes[layer - 1] - 1)
    value = number(required(given, "value"), "value", -1e6, 1e6)
    work.set_weight(_place(sizes, layer, i, j), value)


def _place(sizes: tuple[int, ...], layer: int, i: int, j: int) -> int:
    """Return where W[layer][i, j], or b[layer][i] where j is -1, is in the vector of weights."""
    weights = [n * m for m, n in pairwise(sizes)]
    if j >= 0:
        return sum(weights[: layer - 1]) + i * sizes[layer - 1] + j
    return sum(weights) + sum(sizes[1:layer]) + i


def nudged(work: Workspace, message: Message) -> None:
    """Do `nudge`."""
    size = fields(message, ("size",)).get("size", 0.1)
    work.nudge(number(size, "size", 0.0, 10.0))


def zeroed(work: Workspace, message: Message) -> None:
    """Do `zero`."""
    fields(message, ())
    work.zero()
