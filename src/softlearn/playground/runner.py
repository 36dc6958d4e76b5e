"""A thread that runs one session: commands in, training in slices, pictures when there is room.

The thread alone touches the session.  Hosts (the server, the notebook) put commands and take what
the `Outbox` holds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from .outbox import Outbox
from .wire import Frame, pack_frame, pack_units, to_json

__all__ = ["Runner", "Runs", "Shown"]

CHUNK = 0.008  # seconds of training between two looks at the queue
_MOST_STEPS = 100_000  # of a slice
_PICTURES = 1 / 45  # seconds between two pictures while training, at least
_PROGRESS = 0.1  # seconds between two events of progress while training, at least
_TICK = 1 / 30  # seconds that `speed` calls a frame
_RETRY = 0.02  # seconds until what could not be shown is tried again
_MOST_WAITING = 32  # commands or events, beyond which a host takes no further commands
_QUIET = frozenset({"ack", "probe", "export", "race", "count", "softmax", "pin", "unpin"})
"""Commands that change no picture."""


class Shown(Protocol):
    """What a page wants to see."""

    @property
    def planes(self) -> bool:
        """Classes and probabilities on the plane."""
        ...

    @property
    def units(self) -> bool:
        """Maps of the hidden units."""
        ...

    @property
    def grid(self) -> int:
        """Pixels along a side."""
        ...


class Runs(Protocol):
    """What a runner asks of a session; `Session` says what each means."""

    @property
    def running(self) -> bool:
        """Whether training goes on."""
        ...

    @property
    def speed(self) -> float:
        """Steps per frame; 0 for as many as there is time for."""
        ...

    @property
    def step(self) -> int:
        """Steps taken so far."""
        ...

    @property
    def view(self) -> Shown:
        """What the page wants to see."""
        ...

    def handle(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Do what a message says; return events."""
        ...

    def advance(self, steps: int) -> list[dict[str, Any]]:
        """Take up to so many steps; return events."""
        ...

    def frame(self, kinds: frozenset[str], grid: int) -> Frame:
        """Return a picture."""
        ...

    def progress(self, since: int) -> dict[str, Any]:
        """Return the figures, and the history after a step."""
        ...

    def state(self) -> dict[str, Any]:
        """Return all there is to know."""
        ...


class Runner:
    """One session and its thread.

    Args:
        session: made by the caller, touched by the thread alone from now on.
        wake: is called by the thread when the outbox has something to take.

    """

    def __init__(self, session: Runs, wake: Callable[[], None]) -> None:
        self.outbox = Outbox(wake)
        self._session = session
        self._commands: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._closed = False
        self._chunk = 1  # steps
        self._owed = 0.0  # steps, where the speed is given
        self._tick = 0.0  # when the next frame's steps are due
        self._since = 0  # the step up to which the page knows the history
        self._told = 0  # events of progress
        self._picture_due = self._progress_due = False
        self._shown_at = self._told_at = 0.0
        self._thread = threading.Thread(target=self._run, name="playground", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether the host should wait before it puts another command."""
        return max(self._commands.qsize(), self.outbox.waiting) > _MOST_WAITING

    @property
    def alive(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def put(self, message: dict[str, Any]) -> None:
        """Add a command."""
        self._commands.put(message)

    def refuse(self, code: str, sentence: str, korean: str, field: str | None = None) -> None:
        """Answer a message that was not taken."""
        event = {"type": "error", "code": code, "message": sentence, "field": field}
        self.outbox.put(to_json({**event, "message_ko": korean}))

    def close(self, wait: float = 0.0) -> None:
        """End the thread after the slice it is in; wait up to so many seconds for that."""
        self._closed = True
        self._commands.put(None)
        if wait:
            self._thread.join(wait)

    # -- the thread

    def _run(self) -> None:
        while not self._closed:
            self._take_commands()
            if not self._closed:
                self._guarded(self._train)
                self._guarded(self._show)

    def _take_commands(self) -> None:
        """Handle what waits; where there is nothing else to do, wait for it."""
        patience = self._patience()
        while not self._closed:
            try:
                message = self._commands.get(patience != 0.0, patience)
            except Empty:
                return
            if message is not None:
                self._guarded(lambda message=message: self._handle(message))  # type: ignore[misc]
            patience = 0.0

    def _patience(self) -> float | None:
        """Return how long to wait for a command, in seconds; None for ever."""
        if self._session.running:
            return max(self._tick - time.monotonic(), 0.0) if self._waits_for_tick() else 0.0
        room = self._picture_due and self.outbox.takes_picture  # without: an ack comes first
        return _RETRY if room or self._progress_due else None

    def _waits_for_tick(self) -> bool:
        return self._session.speed > 0 and self._owed < 1

    def _handle(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "ack":
            self._acknowledge(message)
            return
        events = self._session.handle(message)
        self._put(events)
        if not (isinstance(kind, str) and kind in _QUIET):
            self._picture_due = self._progress_due = True
            self._shown_at = self._told_at = 0.0  # at once
            self._chunk, self._owed, self._tick = 1, 0.0, 0.0  # steps may cost more than before

    def _acknowledge(self, message: Mapping[str, Any]) -> None:
        seq = message.get("seq")
        if isinstance(seq, int) and not isinstance(seq, bool):
            self.outbox.acknowledge(seq)
        else:
            sentence = "An ack gives the number of a frame as seq."
            self.refuse("value", sentence, "ack: seq에 그림의 번호를 주세요.", "seq")

    def _train(self) -> None:
        """Take the steps of one slice."""
        session = self._session
        if not session.running:
            return
        began = time.monotonic()
        steps = self._chunk
        if session.speed > 0:
            if self._waits_for_tick():
                if began < self._tick:
                    return
                self._owed += session.speed
                self._tick = max(self._tick + _TICK, began)
            steps = min(steps, int(self._owed))
            if steps == 0:
                return
            self._owed -= steps
        self._put(session.advance(steps))
        self._picture_due = self._progress_due = True
        took = max(time.monotonic() - began, 1e-6)
        if steps == self._chunk or took > CHUNK:
            fits = int(steps * CHUNK / took)
            self._chunk = max(1, min(2 * self._chunk, fits, _MOST_STEPS))
        if not session.running:
            self._shown_at = self._told_at = 0.0

    def _show(self) -> None:
        """Give progress and a picture where they are due and there is room."""
        now = time.monotonic()
        outbox = self.outbox
        if self._progress_due and outbox.takes_progress and now - self._told_at >= _PROGRESS:
            self._progress_due, self._told_at = False, now
            self._told += 1
            event = {**self._session.progress(self._since), "seq": self._told}
            self._put([event], progress=True)
        if self._picture_due and outbox.takes_picture and now - self._shown_at >= _PICTURES:
            self._picture_due, self._shown_at = False, now
            self._draw()

    def _draw(self) -> None:
        view = self._session.view
        wanted = {"planes": view.planes, "units": view.units}
        kinds = frozenset(name for name, on in wanted.items() if on)
        if not kinds:
            return
        frame = self._session.frame(kinds, view.grid)
        self.outbox.put_picture(lambda seq: _packed(frame, seq))

    def _put(self, events: Sequence[dict[str, Any]], *, progress: bool = False) -> None:
        for event in events:
            told = "history" in event and event.get("type") in ("state", "progress")
            restarts = told and event["type"] == "state"
            self.outbox.put(to_json(event), progress=progress, restarts=restarts)
            if told:
                self._since = event["step"]

    def _guarded(self, work: Callable[[], None]) -> None:
        """Keep the session alive whatever goes wrong in a part of it."""
        try:
            work()
        except Exception as error:
            if os.environ.get("SOFTLEARN_DEBUG"):
                traceback.print_exc(file=sys.stderr)
            reason = (str(error).strip().splitlines() or ["no reason was given"])[0].rstrip(".")
            sentence = f"Something failed unexpectedly ({type(error).__name__}: {reason})."
            self.refuse("internal", sentence, f"예기치 않은 오류입니다({type(error).__name__}).")
            if work == self._train:
                self.put({"type": "pause"})  # or it fails again and again


def _packed(frame: Frame, seq: int) -> list[bytes]:
    messages = []
    if frame.units is not None and len(frame.units):
        classes = 0 if frame.probabilities is None else len(frame.probabilities)
        messages.append(pack_units(frame, seq, classes))
    if frame.probabilities is not None:
        messages.append(pack_frame(frame, seq))
    return messages
