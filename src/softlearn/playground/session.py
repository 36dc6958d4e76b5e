"""The playground without a page: commands in, events and frames out.

A session is a function of the commands it was given: it has no clock, thread, socket or file, and
the same commands give the same bits, however many steps a call of `advance` makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from .. import __version__
from ..networks.plan import ACTIVATIONS
from .measures import finite
from .painting import painted
from .planes import planes_of, units_of
from .presets import PRESETS, preset_of
from .probe import probed, softmax_facts
from .reading import Refused, choice, fields, number, numbers, required, shown, whole
from .settings import Data, Limits, Model, StopWhen, View
from .wire import Frame
from .workspace import NotFinite, Workspace, recorded

__all__ = ["Session"]

Event = dict[str, Any]
Message = Mapping[str, Any]
PROTOCOL = 1
_SIZE = 1e3  # no coordinate or weight is larger


class Session:
    """What one visitor does.

    Args:
        preset: the points and the network to begin with.
        points: other points: "xy" (n, 2), "label" (n,) from 0 on, and perhaps "names" of the
            classes and "axes", the names of the two coordinates.
        model: a fitted classifier of two features to begin with.
        limits: how much may be asked.

    Raises:
        ValueError: there is no such preset, or points or model do not fit.

    """

    def __init__(
        self,
        preset: str = PRESETS[0].id,
        *,
        points: Mapping[str, Any] | None = None,
        model: Any = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        found = preset_of(choice(preset, "preset", (p.id for p in PRESETS)))
        network = Model(found.classes, found.hidden, found.activation)
        self.work = Workspace(Data(found.id, noise=found.noise), network, self.limits)
        self.running, self.speed = False, 0.0
        self.view, self.stop_when = View(), StopWhen()
        self.said: str | None = None
        self._asked = 0
        self._commands: dict[str, Callable[[Message], list[Event]]] = {
            "hello": lambda m: [self.state()],
            "data": self._data,
            "points": self._points,
            "model": self._model,
            "optimizer": self._optimizer,
            "run": lambda m: self._run(m, True),
            "pause": lambda m: self._run(m, False),
            "step": self._step,
            "epoch": self._epoch,
            "reset": self._reset,
            "speed": self._speed,
            "stop_when": self._stop_when,
            "view": self._view,
            "probe": self._probe,
            "softmax": self._softmax,
            "weight": self._weight,
            "nudge": self._nudge,
            "zero": self._zero,
        }

    @property
    def step(self) -> int:
        """Steps made."""
        return self.work.training.step

    # -- commands

    def handle(self, message: Any) -> list[Event]:
        """Do what a message says, and return what is to be told.

        It raises nothing, whatever the message is: what cannot be done is an event "error", and all
        stays as it was.
        """
        try:
            return self._handle(message)
        except Refused as refused:
            return [_error(refused)]

    def _handle(self, message: Any) -> list[Event]:
        if not isinstance(message, Mapping):
            raise Refused(f"A message must be an object, but it is {shown(message)}.", code="type")
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in self._commands:
            raise Refused(f"There is no message of the type {shown(kind)}.", "type", "type")
        return self._commands[kind](message)

    def _data(self, message: Message) -> list[Event]:
        work = self.work
        data, model = work.data.changed(message, self.limits), work.model
        if "preset" in message:
            chosen = preset_of(choice(message["preset"], "preset", (p.id for p in PRESETS)))
            if chosen.id != data.preset or work.edited:
                noise = data.noise if "noise" in message else chosen.noise
                data = Data(chosen.id, data.n, noise, data.test, data.seed)
                model = Model(
                    chosen.classes, chosen.hidden, chosen.activation, model.seed, model.init
                )
        if model.classes > self.limits.classes:
            raise Refused(
                f"preset {data.preset} has {model.classes} classes, but at most "
                f"{self.limits.classes} are allowed.", "preset", "limit",
            )  # fmt: skip
        work.new_data(data, model)
        return [self.state()]

    def _points(self, message: Message) -> list[Event]:
        whole_state = painted(self.work, message)
        return [self.state() if whole_state else self._points_event()]

    def _points_event(self) -> Event:
        points = self.work.points
        return {
            "type": "points",
            "points": points.facts(),
            "undo": len(points.done),
            "redo": len(points.undone),
            "count": points.count,
        }

    def _model(self, message: Message) -> list[Event]:
        model = self.work.model.changed(message, self.limits)
        if model.classes != self.work.model.classes:
            self.work.with_classes(model)
        else:
            self.work.begin(model)
        return [self.state()]

    def _optimizer(self, message: Message) -> list[Event]:
        self.work.use(self.work.optimizer.changed(message, self.limits))
        return [self._settings()]

    def _run(self, message: Message, running: bool) -> list[Event]:
        fields(message, ())
        if running and not len(self.work.training.y):
            raise Refused(
                "There are no points to train on: paint some.", None, "state",
                "학습할 점이 없습니다. 점을 찍어 주세요.",
            )  # fmt: skip
        self.running = running
        return [self._settings()]

    def _step(self, message: Message) -> list[Event]:
        n = whole(fields(message, ("n",)).get("n", 1), "n", 1, self.limits.steps)
        return self._made(n)

    def _epoch(self, message: Message) -> list[Event]:
        fields(message, ())
        training = self.work.training
        return self._made(training.batches - training.position)

    def _made(self, steps: int) -> list[Event]:
        since, running = self.step, self.running
        events = self._advance(steps)
        self.running = running and not events
        return [*events, self.progress(since)]

    def _reset(self, message: Message) -> list[Event]:
        fields(message, ())
        self.work.begin(self.work.model)
        return [self.state()]

    def _speed(self, message: Message) -> list[Event]:
        given = fields(message, ("steps_per_frame",))
        value = required(given, "steps_per_frame")
        self.speed = number(value, "steps_per_frame", 0.0, 10_000.0)
        return [self._settings()]

    def _stop_when(self, message: Message) -> list[Event]:
        self.stop_when = self.stop_when.changed(message)
        return [self._settings()]

    def _view(self, message: Message) -> list[Event]:
        self.view = self.view.changed(message)
        return []

    def _probe(self, message: Message) -> list[Event]:
        given, work = fields(message, ("xy", "point")), self.work
        if "point" in given:
            rows = work.points.alive
            if not len(rows):
                raise Refused("There are no points to look at.", "point", "state")
            row = rows[whole(given["point"], "point", 0, len(rows) - 1)]
            xy, label = work.points.xy[row], int(work.points.label[row])
            return [probed(work.model, work.w, xy, label)]
        at = np.array(numbers(required(given, "xy"), "xy", 2, _SIZE))
        return [probed(work.model, work.w, at, None)]

    def _softmax(self, message: Message) -> list[Event]:
        z = required(fields(message, ("z",)), "z")
        count = len(z) if isinstance(z, list | tuple) and 2 <= len(z) <= 10 else 2
        return [{"type": "softmax", **softmax_facts(np.array(numbers(z, "z", count, 1e6)))}]

    def _weight(self, message: Message) -> list[Event]:
        given = fields(message, ("layer", "i", "j", "value"))
        sizes = self.work.model.sizes
        layer = whole(required(given, "layer"), "layer", 1, len(sizes) - 1)
        i = whole(required(given, "i"), "i", 0, sizes[layer] - 1)
        j = whole(required(given, "j"), "j", -1, sizes[layer - 1] - 1)
        value = number(required(given, "value"), "value", -1e6, 1e6)
        self.work.set_weight(_place(sizes, layer, i, j), value)
        return [self._settings()]

    def _nudge(self, message: Message) -> list[Event]:
        size = fields(message, ("size",)).get("size", 0.1)
        self.work.nudge(number(size, "size", 0.0, 10.0))
        return [self._settings()]

    def _zero(self, message: Message) -> list[Event]:
        fields(message, ())
        self.work.zero()
        return [self._settings()]

    # -- training

    def advance(self, steps: int) -> list[Event]:
        """Make up to so many steps if the session is running, and return what happened.

        Args:
            steps: how many; the same steps whether they are asked for at once or one by one.

        """
        return self._advance(steps) if self.running else []

    def _advance(self, steps: int) -> list[Event]:
        work, stop, end = self.work, self.stop_when, self.step + steps
        while self.step < end:
            until = end
            if stop.any:
                until = min(until, recorded(self.step))
            if stop.steps is not None and self.step < stop.steps:
                until = min(until, stop.steps)
            try:
                work.run(until - self.step)
            except NotFinite:
                return [self._stopped("diverged", *_DIVERGED.values())]
            if self.step < until:  # no points
                return [self._stopped("stopped", "There are no points to train on.",
                                      "학습할 점이 없습니다.")]  # fmt: skip
            why = self._why()
            if why:
                return [self._stopped("stopped", *why)]
        return []

    def _why(self) -> tuple[str, str] | None:
        """Return why to stop now, in both languages, if there is a reason."""
        stop, at = self.stop_when, self.step
        if stop.steps == at:
            return f"Stopped after {at} steps, as asked.", f"{at}번째 단계에서 멈췄습니다."
        if not stop.any or self.work.history[-1][0] != at:
            return None
        now = self.work.measure()
        if stop.cost is not None and now.cost <= stop.cost:
            return (
                f"Stopped at step {at}: the cost is {now.cost:.4g}, at most {stop.cost:g}.",
                f"{at}번째 단계에서 멈췄습니다. 비용이 {now.cost:.4g}입니다.",
            )
        if stop.accuracy is not None and now.accuracy >= stop.accuracy:
            return (
                f"Stopped at step {at}: {100 * now.accuracy:.4g} % of the points are right.",
                f"{at}번째 단계에서 멈췄습니다. 정확도가 {100 * now.accuracy:.4g} %입니다.",
            )
        return None

    def _stopped(self, kind: str, why: str, why_ko: str) -> Event:
        self.running = False
        return {"type": "event", "kind": kind, "why": why, "why_ko": why_ko}

    # -- telling

    def frame(self, kinds: frozenset[str], grid: int) -> Frame:
        """Return a picture.

        Args:
            kinds: what it shows: "planes" and "units".
            grid: pixels on each side of the planes.

        """
        work = self.work
        train, test = work.measure(), work.measure(test=True)
        planes = planes_of(work.model, work.w, work.extent, grid) if "planes" in kinds else None
        return Frame(
            self.step,
            train.cost,
            train.accuracy,
            test.cost,
            test.accuracy,
            planes.argmax if planes else None,
            planes.P if planes else None,
            units_of(work.model, work.w, work.extent) if "units" in kinds else None,
        )

    def progress(self, since: int) -> Event:
        """Return how far the training is.

        Args:
            since: the step up to which the page knows the curve.

        """
        work, train = self.work, self.work.measure()
        test = work.measure(test=True)
        self._asked += 1
        return {
            "type": "progress",
            "seq": self._asked,
            "step": self.step,
            "epoch": work.training.epoch,
            "running": self.running,
            "train": train.facts(),
            "test": test.facts() if test.confusion.any() else None,
            "loss_batch": finite(work.training.loss),
            "history": [point for point in work.history if (point[0] or 0) > since],
            "weights": self._weights() if self.view.weights else None,
            "gradient_norm": finite(train.gradient_norm),
        }

    def _weights(self) -> list[dict[str, Any]]:
        layers = zip(*self.work.training.plan.split(self.work.w), strict=True)
        return [{"W": W.tolist(), "b": b.tolist()} for W, b in layers]

    def _settings(self) -> Event:
        """Return a "state" without what is long or what steps change."""
        work, model = self.work, self.work.model
        x0, x1, y0, y1 = work.extent
        return {
            "type": "state",
            "protocol": PROTOCOL,
            "version": __version__,
            "preset": work.data.preset,
            "data": {
                **{k: getattr(work.data, k) for k in ("n", "noise", "test", "seed")},
                "count": work.points.count,
                "extent": [x0, x1, y0, y1],
                "units": work.units,
            },
            "classes": {"count": model.classes, "names": work.names},
            "model": {
                **asdict(model),
                "hidden": list(model.hidden),
                "parameters": len(work.w),
                "activations": list(ACTIVATIONS),
            },
            "optimizer": asdict(work.optimizer),
            "stop_when": asdict(self.stop_when),
            "speed": self.speed,
            "running": self.running,
            "convex": not model.hidden,
            "undo": len(work.points.done),
            "redo": len(work.points.undone),
            "message": self.said,
        }

    def state(self) -> Event:
        """Return all there is to know."""
        work = self.work
        return {
            **self._settings(),
            "presets": [p.facts() for p in PRESETS],
            "step": self.step,
            "epoch": work.training.epoch,
            "points": work.points.facts(),
            "history": list(work.history),
            "pinned": [],
            "solved": None,
            "limits": asdict(self.limits),
        }


_DIVERGED = {
    "en": "The cost is no longer a finite number, so training stopped before that step: take a "
    "smaller learning rate, and reset.",
    "ko": "비용이 유한한 수를 벗어나 그 단계 직전에 멈췄습니다. 학습률을 줄이고 다시 시작하세요.",
}


def _place(sizes: tuple[int, ...], layer: int, i: int, j: int) -> int:
    """Return where W[layer][i, j], or b[layer][i] where j is -1, is in the vector of weights."""
    weights = [n * m for m, n in pairwise(sizes)]
    if j >= 0:
        return sum(weights[: layer - 1]) + i * sizes[layer - 1] + j
    return sum(weights) + sum(sizes[1:layer]) + i


def _error(refused: Refused) -> Event:
    event = {
        "type": "error",
        "code": refused.code,
        "message": str(refused),
        "field": refused.field,
    }
    return {**event, "message_ko": refused.korean} if refused.korean else event
