"""What waits to be sent to a page: events in their order, and the newest picture."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

__all__ = ["CREDITS", "Outbox"]

CREDITS = 2
"""The most pictures that are under way: not yet acknowledged by the page."""


class Outbox:
    """Filled by a session's thread, emptied by the host that sends.

    Memory stays flat whatever the page does: pictures need a credit, of pictures that wait only
    the newest is kept, progress is made when the last has been taken, and a host takes no
    further commands while `waiting` is large.  After a restart pictures of before need no
    acknowledgement, if one came since the last restart: a page that gives none gets none.

    Args:
        wake: is called after something was put, by the thread that put it.

    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._events: deque[str] = deque()
        self._picture: Sequence[bytes] = ()
        self._progress = False
        self._seq = 0  # the number of the last picture that was put
        self._under_way: deque[int] = deque()  # numbers that were taken and not acknowledged
        self._answered = False  # whether an acknowledgement came since the last restart

    @property
    def waiting(self) -> int:
        """How many events wait."""
        return len(self._events)

    @property
    def takes_progress(self) -> bool:
        """Whether the last progress has been taken."""
        return not self._progress

    @property
    def takes_picture(self) -> bool:
        """Whether there is a credit; a picture that still waits is replaced, and needs none."""
        return bool(self._picture) or len(self._under_way) < CREDITS

    def put(self, event: str, *, progress: bool = False, restarts: bool = False) -> None:
        """Add an event.

        Args:
            event: JSON.
            progress: it is one of progress, of which one waits at most.
            restarts: pictures that wait or are under way are older than what it says.  The former
                are dropped; the latter hold no credit any more, where the page acknowledges.

        """
        with self._lock:
            self._events.append(event)
            self._progress = self._progress or progress
            if restarts:
                self._picture = ()
                if self._answered:
                    self._under_way.clear()
                self._answered = False
        self._wake()

    def put_picture(self, pack: Callable[[int], Sequence[bytes]]) -> None:
        """Put a picture in the place of one that waits.

        Args:
            pack: makes the messages of a picture, given its number.

        """
        messages = pack(self._seq + 1)
        with self._lock:
            self._seq += 1
            self._picture = messages
        self._wake()

    def forget(self) -> None:
        """Drop what waits and what is under way: the page that was to get it is gone."""
        with self._lock:
            self._events.clear()
            self._under_way.clear()
            self._picture, self._progress = (), False

    def acknowledge(self, seq: int) -> None:
        """Note that the page has shown a picture, and with it all before."""
        with self._lock:
            while self._under_way and self._under_way[0] <= seq:
                self._under_way.popleft()
                self._answered = True

    def take(self) -> list[str | bytes]:
        """Return what waits, in the order in which it is to be sent."""
        with self._lock:
            found: list[str | bytes] = [*self._events, *self._picture]
            if self._picture:
                self._under_way.append(self._seq)
            self._events.clear()
            self._picture, self._progress = (), False
        return found
