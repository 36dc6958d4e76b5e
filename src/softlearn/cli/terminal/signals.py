"""What ends a command: Ctrl-C, and SIGTERM, which does what Ctrl-C does.

A signal that was ignored when the program began, as after `nohup`, stays ignored.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = [
    "TERMINATED",
    "Terminated",
    "ending_on_sigterm",
    "interrupt_as_flag",
    "stopped",
    "terminated",
]

TERMINATED = 128 + int(signal.SIGTERM)
"""The exit status of a command that SIGTERM ended: 143, as a shell has it."""

Handler = Callable[[int, FrameType | None], None]
_came = threading.Event()


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def terminated() -> bool:
    """Whether SIGTERM came since the command began."""
    return _came.is_set()


def stopped(what: str) -> str:
    """Return the sentence on a command that was stopped, and what became of its work."""
    return f"Stopped by {'SIGTERM' if _came.is_set() else 'the user'}; {what}."


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM raise `Terminated`, and `terminated` tell that it came."""
    _came.clear()
    with _handled({signal.SIGTERM: _terminate}):
        yield


@contextmanager
def interrupt_as_flag(tell: Callable[[], None]) -> Iterator[threading.Event]:
    """Let the first Ctrl-C or SIGTERM set a flag instead of raising; yield the flag."""
    came = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            _came.set()
        came.set()
        tell()
        for again, handler in at_once.items():
            signal.signal(again, handler)

    handlers: dict[int, Handler] = {signal.SIGINT: on_signal, signal.SIGTERM: on_signal}
    with _handled(handlers) as changed:
        raising = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
        at_once = {number: raising[signal.Signals(number)] for number in changed}
        yield came


def _terminate(number: int, frame: FrameType | None) -> None:
    _came.set()
    raise Terminated


@contextmanager
def _handled(handlers: dict[int, Handler]) -> Iterator[list[int]]:
    """Set handlers for signals that are not ignored, and yield which; then set those before."""
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be set
        yield []
        return
    before = {number: signal.getsignal(number) for number in handlers}
    changed = [number for number, old in before.items() if old not in (signal.SIG_IGN, None)]
    for number in changed:
        signal.signal(number, handlers[number])
    try:
        yield changed
    finally:
        for number in changed:
            signal.signal(number, before[number])
