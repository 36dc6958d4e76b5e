"""Runs that are kept to be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .reading import Refused, fields, required, whole
from .workspace import Workspace

__all__ = ["Pins"]

Event = dict[str, Any]
_MOST = 8


class Pins:
    """Curves and settings of runs, each with a number."""

    def __init__(self) -> None:
        self.kept: list[Event] = []
        self._last = 0

    def pin(self, message: Mapping[str, Any], work: Workspace) -> Event:
        """Keep the run as it is now, and return the event `pinned`.

        Raises:
            Refused: there are too many.

        """
        fields(message, ())
        if len(self.kept) >= _MOST:
            raise Refused(
                f"At most {_MOST} runs can be pinned: unpin one first.", None, "limit",
                korean=f"고정할 수 있는 실행은 {_MOST}개까지입니다. 하나를 먼저 빼 주세요.",
            )  # fmt: skip
        self._last += 1
        layers = "-".join(map(str, work.model.sizes))
        self.kept.append(
            {
                "id": self._last,
                "name": f"{layers}, {work.optimizer.name}, rate {work.optimizer.lr:g}",
                "settings": {
                    "preset": work.data.preset,
                    "data": asdict(work.data),
                    "model": {**asdict(work.model), "hidden": list(work.model.hidden)},
                    "optimizer": asdict(work.optimizer),
                    "step": work.training.step,
                },
                "history": list(work.history),
                "train": work.measure().facts(),
                "test": work.measure(test=True).facts() if len(work.held[1]) else None,
            }
        )
        return self.event()

    def unpin(self, message: Mapping[str, Any]) -> Event:
        """Forget a run."""
        which = whole(required(fields(message, ("id",)), "id"), "id", 1, max(self._last, 1))
        self.kept = [pin for pin in self.kept if pin["id"] != which]
        return self.event()

    def event(self) -> Event:
        """Return the event `pinned`."""
        return {"type": "pinned", "pinned": list(self.kept)}
