"""Doing again what a journal says, whoever wrote it: each entry is read as a message is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..networks.plan import NotFinite
from .journal import snapshot_of
from .points import Points
from .presets import PRESETS
from .reading import Refused, choice, number, numbers, required, shown, whole
from .settings import Data, Limits, Model, Optimizer
from .training import Training
from .workspace import Workspace

__all__ = ["NOT_KEPT", "coordinates", "data_of", "replayed", "work_of"]

F64 = NDArray[np.float64]
Entry = Mapping[str, Any]
_ENTRIES = 1000
NOT_KEPT = "보관된 상태를 읽을 수 없습니다. 내용이 형식에 맞지 않습니다."
_STEPS = 2**53
_SIZE, _LARGEST = 1e3, 1e100
WORK = 4e8
"""Rows times weights times steps, about half a second: more is not made again."""


def replayed(entries: Any, limits: Limits, snapshot: Any = None) -> Workspace:
    """Return the workspace after what the entries say.

    Args:
        entries: of a `Journal`.
        limits: how much may be asked.
        snapshot: an entry "weights" that says where steps and changes by hand led, so that they
            need not be made again; None to make them.

    Raises:
        Refused: an entry cannot be done.

    """
    if not isinstance(entries, list) or len(entries) > _ENTRIES:
        raise Refused(
            f"journal must be a list, but it is {shown(entries)}.", "journal", korean=NOT_KEPT
        )
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise Refused(
                f"An entry of journal must be an object, not {shown(entry)}.",
                "journal",
                korean=NOT_KEPT,
            )
    first = _first(entries, "data") or {}
    model = Model().changed(_facts(_first(entries, "model") or {}), limits)
    work = Workspace(data_of(first, limits), model, limits)
    work.journal.entries, work.journal.complete = [], snapshot is not None
    player = _Player(work, replaying=snapshot is None)
    for entry in entries:
        player.do(entry)
    if snapshot is not None:
        player.set(snapshot)
        work.journal.complete = False
    player.check(work.model.classes)
    return work


def work_of(entries: list[dict[str, Any]]) -> float:
    """Return about how much work the steps are: rows times weights times steps."""
    rows = weights = total = 0
    for e in entries:
        if e["do"] in ("data", "table", "add"):
            rows = max(rows, e["n"] if e["do"] == "data" else rows + len(e["xy"]))
        elif e["do"] == "model":
            sizes = [2, *e["hidden"], e["classes"]]
            weights = sum(n * (m + 1) for m, n in pairwise(sizes))
        elif e["do"] == "train":
            total += e["steps"] * rows * weights
    return float(total)


def _first(entries: list[Entry], do: str) -> Entry | None:
    return next((e for e in entries if e.get("do") == do), None)


def _facts(entry: Entry) -> dict[str, Any]:
    """Return an entry as the message it is like."""
    return {k: v for k, v in entry.items() if k != "do"}


def data_of(entry: Any, limits: Limits) -> Data:
    """Return the settings of points that an entry says.

    Raises:
        Refused: they cannot be read.

    """
    if not isinstance(entry, Mapping):
        raise Refused(f"data must be an object, but it is {shown(entry)}.", "data", korean=NOT_KEPT)
    facts = _facts(entry)
    facts.pop("classes", None)
    preset = choice(facts.get("preset", PRESETS[0].id), "preset", (p.id for p in PRESETS))
    return Data(preset).changed(facts, limits)


def coordinates(value: Any, field: str, most: int) -> F64:
    """Return (n, 2) coordinates from a list of pairs.

    Raises:
        Refused: it is none, or too long.

    """
    if not isinstance(value, list | tuple):
        raise Refused(
            f"{field} must be a list of points, but it is {shown(value)}.", field, korean=NOT_KEPT
        )
    if len(value) > most:
        raise Refused(
            f"{field} has {len(value)} points, but {most} is the most.",
            field,
            "limit",
            korean=f"{field}: 점은 {most}개까지입니다.",
        )
    return np.array([numbers(p, field, 2, _SIZE) for p in value]).reshape(-1, 2)


class _Player:
    """Does entries to a workspace.

    Args:
        work: the workspace.
        replaying: whether steps and changes by hand are made; else only points and settings are.

    """

    def __init__(self, work: Workspace, replaying: bool) -> None:
        self.work, self.replaying, self.spent = work, replaying, 0.0

    def do(self, entry: Entry) -> None:
        """Do an entry."""
        known = "data table add label model weights optimizer train weight vector nudge zero"
        kind = choice(entry.get("do"), "do", known.split())
        getattr(self, kind)(entry)

    def check(self, classes: int) -> None:
        """Refuse points of classes that the network does not have."""
        label = self.work.points.label
        if label.max(initial=-1) >= classes:
            raise Refused(
                f"A point has the label {label.max()}, but there are {classes} classes.",
                "label",
                korean=NOT_KEPT,
            )
        if self.work.points.count > self.work.limits.points:
            most = self.work.limits.points
            raise Refused(
                f"There are more than {most} points.",
                "xy",
                "limit",
                korean=f"점은 {most}개까지만 둘 수 있습니다.",
            )

    # -- points

    def data(self, entry: Entry) -> None:
        classes = whole(entry.get("classes"), "classes", 2, self.work.limits.classes)
        self.work.draw(data_of(entry, self.work.limits), classes)

    def table(self, entry: Entry) -> None:
        xy = coordinates(entry.get("xy"), "xy", 4 * self.work.limits.points)
        label = self._labels(entry.get("label"), "label", len(xy))
        test = self._labels(entry.get("test"), "test", len(xy))
        self.work.take(Points(xy, label, test > 0))

    def _labels(self, value: Any, field: str, count: int) -> NDArray[np.int64]:
        if not isinstance(value, list) or len(value) != count:
            raise Refused(
                f"{field} must be a list of {count}, but it is {shown(value)}.",
                field,
                korean=NOT_KEPT,
            )
        return np.array([whole(v, field, -1, 9) for v in value], dtype=np.int64)

    def add(self, entry: Entry) -> None:
        xy = coordinates(entry.get("xy"), "xy", self.work.limits.points)
        self.work.add(xy, whole(entry.get("label"), "label", 0, 9))
        self.work.points.done.clear()

    def label(self, entry: Entry) -> None:
        rows = required(entry, "rows")
        if not isinstance(rows, list):
            raise Refused(f"rows must be a list, but it is {shown(rows)}.", "rows", korean=NOT_KEPT)
        last = len(self.work.points.label) - 1
        at = np.array([whole(r, "rows", 0, last) for r in rows], dtype=np.int64)
        labels = self._labels(entry.get("labels"), "labels", len(at))
        points = self.work.points
        before = points.label[at]
        points.label[at] = labels
        self.work.changed(type(points.relabel(at[:0], -1))(at, before, labels))

    # -- weights

    def model(self, entry: Entry) -> None:
        model = Model().changed(_facts(entry), self.work.limits)
        self.check(model.classes)
        self.work.begin(model)

    def weights(self, entry: Entry) -> None:
        self.set(entry)
        self.work.journal.entries.append(snapshot_of(self.work.training))

    def set(self, entry: Any) -> None:
        """Put weights and averages to what an entry "weights" says."""
        if not isinstance(entry, Mapping):
            raise Refused(
                f"weights must be an object, but it is {shown(entry)}.",
                "weights",
                korean=NOT_KEPT,
            )
        training = self.work.training
        for name, array in zip("wmv", training.state[:3], strict=True):
            array[:] = _vector(entry.get(name), name, len(array))
        training.state.steps[0] = whole(entry.get("t"), "t", 0, _STEPS)
        training.step = whole(entry.get("step"), "step", 0, _STEPS)
        training.epoch = whole(entry.get("epoch"), "epoch", 0, _STEPS)
        training.position = whole(entry.get("position"), "position", 0, training.batches - 1)
        self.work.version += 1

    def optimizer(self, entry: Entry) -> None:
        self.work.use(Optimizer().changed(_facts(entry), self.work.limits))

    def train(self, entry: Entry) -> None:
        steps = whole(entry.get("steps"), "steps", 1, _STEPS)
        if not self.replaying:
            self.work.journal.train(steps)
            return
        self.check(self.work.model.classes)
        training: Training = self.work.training
        self.spent += float(steps) * len(training.y) * len(training.w)
        if self.spent > WORK:
            raise Refused(
                "There are too many steps to make again: keep the session as a file instead.",
                "steps",
                "limit",
                korean="다시 하기에는 반복이 너무 많습니다. 파일로 저장해 주세요.",
            )  # fmt: skip
        try:
            self.work.run(steps)
        except NotFinite:
            raise Refused(
                "The steps do not stay finite on this machine.",
                "steps",
                korean="이 컴퓨터에서는 그 반복의 값이 유한하지 않습니다.",
            ) from None

    def weight(self, entry: Entry) -> None:
        at = whole(entry.get("at"), "at", 0, len(self.work.w) - 1)
        value = number(entry.get("value"), "value", -_LARGEST, _LARGEST)
        if self.replaying:
            self.work.set_weight(at, value)
        else:
            self.work.journal.change("weight", at=at, value=value)

    def vector(self, entry: Entry) -> None:
        w = _vector(entry.get("w"), "w", len(self.work.w))
        if self.replaying:
            self.work.set_weights(w)
        else:
            self.work.journal.change("vector", w=w.tolist())

    def nudge(self, entry: Entry) -> None:
        size = number(entry.get("size"), "size", 0.0, 10.0)
        at, k = (whole(entry.get(name), name, 0, _STEPS) for name in ("at", "k"))
        if self.replaying:
            self.work.nudge(size, (at, k))
        else:
            self.work.journal.change("nudge", size=size, at=at, k=k)

    def zero(self, entry: Entry) -> None:
        if self.replaying:
            self.work.zero()
        else:
            self.work.journal.change("zero")


def _vector(value: Any, field: str, count: int) -> F64:
    return np.array(numbers(value, field, count, _LARGEST))
