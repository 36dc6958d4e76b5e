"""The playground without a page: commands in, events and frames out.

A session is a function of the commands it was given: it has no clock, thread or socket, and the
same commands give the same bits, however many steps a call of `advance` makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from .beginning import begun
from .by_hand import looked_at, nudged, set_weight, softmax_of, zeroed
from .painting import painted
from .planes import planes_of, units_of
from .presets import PRESETS, preset_of
from .reading import Refused, choice, fields, flag, number, required, shown, whole
from .settings import Data, Limits, Model
from .sharing import restored
from .stopping import NO_POINTS, advanced
from .telling import (
    PROTOCOL,
    changed_event,
    error_event,
    points_event,
    progress_event,
    settings_event,
    state_event,
)
from .visit import Visit
from .wire import Frame
from .workspace import Workspace

__all__ = ["Session"]

Event = dict[str, Any]
Message = Mapping[str, Any]
ByHand = Callable[[Workspace, Message], None]


class Session(Visit):
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
        limits = limits or Limits()
        super().__init__(begun(preset, points, model, limits), limits)
        self.begun = "model" if model is not None else "preset" if points is None else "points"
        self._asked = 0
        self._commands: dict[str, Callable[[Message], list[Event]]] = {
            "hello": self._hello,
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
            "probe": lambda m: [looked_at(self.work, m)],
            "softmax": lambda m: [softmax_of(m)],
            "weight": lambda m: self._by_hand(m, set_weight),
            "nudge": lambda m: self._by_hand(m, nudged),
            "zero": lambda m: self._by_hand(m, zeroed),
            "solve": self._solve,
            "pin": lambda m: [self.pins.pin(m, self.work)],
            "unpin": lambda m: [self.pins.unpin(m)],
            "race": self._race,
            "count": self._count,
            "export": self._export,
            "restore": self._restore,
        }

    # -- commands

    def handle(self, message: Any) -> list[Event]:
        """Do what a message says, and return what is to be told.

        It raises nothing, whatever the message is: what cannot be done is an event "error", and all
        stays as it was.
        """
        try:
            if not isinstance(message, Mapping):
                raise Refused(
                    f"A message must be an object, not {shown(message)}.",
                    None,
                    "type",
                    korean="메시지는 객체여야 합니다.",
                )
            kind = message.get("type")
            if not isinstance(kind, str) or kind not in self._commands:
                raise Refused(
                    f"There is no message of the type {shown(kind)}.",
                    "type",
                    "type",
                    korean="그런 종류의 메시지는 없습니다.",
                )
            return self._commands[kind](message)
        except Refused as refused:
            return [error_event(refused)]

    def _hello(self, message: Message) -> list[Event]:
        whole(message.get("protocol", PROTOCOL), "protocol", PROTOCOL, PROTOCOL)
        return [self.state()]

    def _data(self, message: Message) -> list[Event]:
        work = self.work
        data, model = work.data.changed(message, self.limits), work.model
        if "preset" in message:
            chosen = preset_of(choice(message["preset"], "preset", (p.id for p in PRESETS)))
            if chosen.classes > self.limits.classes:
                raise Refused(
                    f"{chosen.id} has {chosen.classes} classes: too many.",
                    "preset",
                    "limit",
                    korean=f"클래스는 {self.limits.classes}개까지입니다.",
                )
            if chosen.id != data.preset:
                noise = data.noise if "noise" in message else chosen.noise
                data = Data(chosen.id, data.n, noise, data.test, data.seed)
                network = chosen.classes, chosen.hidden, chosen.activation
                model = Model(*network, model.seed, model.init)
        elif work.edited:
            work.split(data)
            return [changed_event(self)]
        work.new_data(data, model)
        return [changed_event(self)]

    def _points(self, message: Message) -> list[Event]:
        more_than_points = painted(self.work, message)
        return [changed_event(self) if more_than_points else points_event(self.work)]

    def _model(self, message: Message) -> list[Event]:
        model = self.work.model.changed(message, self.limits)
        if model.classes != self.work.model.classes:
            self.work.with_classes(model)
        else:
            self.work.begin(model)
        return [changed_event(self)]

    def _optimizer(self, message: Message) -> list[Event]:
        self.work.use(self.work.optimizer.changed(message, self.limits))
        return [settings_event(self)]

    def _run(self, message: Message, running: bool) -> list[Event]:
        fields(message, ())
        if running and not len(self.work.training.y):
            raise Refused(NO_POINTS[0], None, "state", korean=NO_POINTS[1])
        self.running = running
        return [settings_event(self)]

    def _step(self, message: Message) -> list[Event]:
        n = whole(fields(message, ("n",)).get("n", 1), "n", 1, self.limits.steps)
        return self._made(n)

    def _epoch(self, message: Message) -> list[Event]:
        fields(message, ())
        training = self.work.training
        return self._made(training.batches - training.position)

    def _made(self, steps: int) -> list[Event]:
        since, running = self.step, self.running
        events = advanced(self, steps)
        self.running = running and not events
        return [*events, self.progress(since)]

    def _reset(self, message: Message) -> list[Event]:
        fields(message, ())
        self.work.begin(self.work.model)
        return [changed_event(self)]

    def _speed(self, message: Message) -> list[Event]:
        given = fields(message, ("steps_per_frame",))
        value = required(given, "steps_per_frame")
        self.speed = number(value, "steps_per_frame", 0.0, 10_000.0)
        return [settings_event(self)]

    def _stop_when(self, message: Message) -> list[Event]:
        self.stop_when = self.stop_when.changed(message)
        return [settings_event(self)]

    def _view(self, message: Message) -> list[Event]:
        self.view = self.view.changed(message)
        return []

    def _by_hand(self, message: Message, change: ByHand) -> list[Event]:
        change(self.work, message)
        return [settings_event(self)]

    def _solve(self, message: Message) -> list[Event]:
        apply = flag(fields(message, ("apply",)).get("apply", False), "apply")
        event = lazy("solved").solved(self.work, apply)
        self._solved = self.work.problem, event
        return [event, *([settings_event(self)] if apply else [])]

    def _race(self, message: Message) -> list[Event]:
        if message.get("surface") == "network":
            return [lazy("race_network").raced_network(self.work, message)]
        return [lazy("race").raced(message, self.limits)]

    def _export(self, message: Message) -> list[Event]:
        return [lazy("exports").exported(self, message)]

    def _count(self, message: Message) -> list[Event]:
        given = required(fields(message, ("dimension",)), "dimension")
        return [lazy("counted").counted(whole(given, "dimension", 1, 12))]

    def _restore(self, message: Message) -> list[Event]:
        kept = required(fields(message, ("state",)), "state")
        self.work, self.stop_when, self.speed = restored(kept, self.limits)
        self.running, self._solved = False, (None, None)
        return [changed_event(self)]

    # -- training

    def advance(self, steps: int) -> list[Event]:
        """Make up to so many steps if the session is running, and return what happened.

        Args:
            steps: how many; the same steps whether they are asked for at once or one by one.

        """
        return advanced(self, steps) if self.running else []

    # -- telling

    def frame(self, kinds: frozenset[str], grid: int) -> Frame:
        """Return a picture.

        Args:
            kinds: what it shows: "planes" and "units".
            grid: pixels on each side of the planes.

        """
        work = self.work
        train, test = work.measure(), work.measure(test=True)
        frame = Frame(self.step, train.cost, train.accuracy, test.cost, test.accuracy)
        if "planes" in kinds:
            planes = planes_of(work.model, work.w, work.extent, grid)
            frame = replace(frame, argmax=planes.argmax, probabilities=planes.P)
        if "units" in kinds:
            frame = replace(frame, units=units_of(work.model, work.w, work.extent))
        return frame

    def progress(self, since: int) -> Event:
        """Return how far the training is.

        Args:
            since: the step up to which the page knows the curve.

        """
        self._asked += 1
        return progress_event(self, since, self._asked)

    def state(self) -> Event:
        """Return all there is to know."""
        return state_event(self)


def lazy(name: str) -> Any:
    """Return a module of this package that the first picture does not need.

    They load scikit-learn or the whole of SciPy, which takes longer than all else.
    """
    return import_module(f".{name}", __package__)
