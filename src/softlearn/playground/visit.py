"""What a session has at any time; `session` is what changes it."""

from __future__ import annotations

from typing import Any

from .pins import Pins
from .settings import Limits, StopWhen, View
from .workspace import Workspace

__all__ = ["Visit"]


class Visit:
    """Points and network, and how they are run and looked at.

    Args:
        work: points, network, journal.
        limits: how much may be asked.

    """

    def __init__(self, work: Workspace, limits: Limits) -> None:
        self.work, self.limits = work, limits
        self.running, self.speed = False, 0.0
        self.view, self.stop_when = View(), StopWhen()
        self.pins = Pins()
        self.begun = "preset"
        """What it began with: "preset", "points" or "model"."""
        self._solved: tuple[Any, dict[str, Any] | None] = None, None

    @property
    def step(self) -> int:
        """Steps made."""
        return self.work.training.step

    @property
    def solved(self) -> dict[str, Any] | None:
        """The optimum, if it was asked for, of the points and the network as they are now."""
        problem, event = self._solved
        return event if problem == self.work.problem else None
