"""Newton's method that can go on from what was saved, where each point depends on w alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..protocol import F64, Objective, Point, Step
from .newton import Course, Newton
from .reused_preconditioner import ReusedPreconditioner

__all__ = ["SavedNewton", "SavedPreconditioner"]


@dataclass(frozen=True)
class SavedNewton(Newton):
    """Newton's method whose steps tell what it needs to go on to the same bits.

    Args:
        saved: the `Step.course` of an earlier run that ended at w0: it is continued.

    """

    saved: Mapping[str, Any] | None = None

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        course = Course(J)
        inverse = SavedPreconditioner(self.preconditioner, self.seed, self.stronger, self.patience)
        if self.saved is not None:
            course.numbers = self.saved
            inverse.restore(J, self.saved)
        for step in self.go_on(J, J.at(w0), tol, course, inverse):
            yield replace(step, course={**course.numbers, **inverse.numbers})


@dataclass
class SavedPreconditioner(ReusedPreconditioner):
    """A preconditioner that is made again where the saved one was made."""

    w: F64 = field(default_factory=lambda: np.zeros(0))
    """Where it was made; empty where none was."""
    mu: float = 0.0

    def renew(self, point: Point, mu: float) -> None:
        """Make a new one, and remember where."""
        super().renew(point, mu)
        self.w, self.mu = point.w, mu

    @property
    def numbers(self) -> dict[str, Any]:
        """All that makes it again, to be saved."""
        own = {f"inverse_{name}": x for name, x in vars(self).items() if name not in ("M", "w")}
        return {**own, "inverse": self.w}

    def restore(self, J: Objective, saved: Mapping[str, Any]) -> None:
        """Make the saved one again."""
        for name in vars(self).keys() - {"M", "w"}:
            setattr(self, name, saved[f"inverse_{name}"])
        self.w = saved["inverse"]
        if len(self.w):
            self.M = J.at(self.w).preconditioner(self.kind, self.seed, self.mu)
