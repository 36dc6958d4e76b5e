"""The points one paints: a table that only grows, and a label for each row, -1 for none.

Every change is a new label for some rows, or rows at the end.  So what was done can be undone, and
written down, as rows and labels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ABSENT", "Change", "Points", "held_out"]

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]
_UNDO = 200
ABSENT = -1


def held_out(n: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Return which of n points are held out, at random."""
    held = np.zeros(n, dtype=np.bool_)
    held[np.random.default_rng((seed, n)).permutation(n)[: round(share * n)]] = True
    return held


class Change(NamedTuple):
    """Rows of the table, and their labels before and after."""

    rows: Ints
    before: Ints
    after: Ints

    @property
    def reverse(self) -> Change:
        """The change that takes it back; of a row that is in it twice, the first label holds."""
        return Change(self.rows[::-1], self.after[::-1], self.before[::-1])

    def then(self, other: Change) -> Change:
        """Both changes as one."""
        return Change(*map(np.concatenate, zip(self, other, strict=True)))


@dataclass
class Points:
    """The table.

    Args:
        xy: (m, 2) coordinates of all points there ever were.
        label: (m,) class, or -1 where the point is not there now.
        test: (m,) whether it is held out.

    """

    xy: F64
    label: Ints
    test: NDArray[np.bool_]
    undone: list[Change] = field(default_factory=list)
    done: list[Change] = field(default_factory=list)
    stroke: int | None = None
    """The number of the stroke that made the last change, if it may go on."""

    # -- what there is

    @property
    def alive(self) -> Ints:
        """Rows of the points that are there."""
        return np.flatnonzero(self.label >= 0)

    @property
    def count(self) -> int:
        """How many points are there."""
        return int(np.count_nonzero(self.label >= 0))

    def part(self, test: bool) -> tuple[F64, Ints]:
        """Return coordinates and labels of the points to train on, or of those held out."""
        rows = np.flatnonzero((self.label >= 0) & (self.test == test))
        return np.ascontiguousarray(self.xy[rows]), self.label[rows]

    def facts(self) -> dict[str, Any]:
        """Return the points as messages have them."""
        rows = self.alive
        return {
            "xy": self.xy[rows].tolist(),
            "label": self.label[rows].tolist(),
            "test": self.test[rows].astype(int).tolist(),
        }

    def near(self, xy: tuple[float, ...], radius: float) -> Ints:
        """Return the rows of the points that are no further away than the radius."""
        rows = self.alive
        found: Ints = rows[np.hypot(*(self.xy[rows] - xy).T) <= radius]
        return found

    # -- changes

    def add(self, xy: F64, label: int, stroke: int | None = None) -> Change:
        """Put new points to train on at the end of the table."""
        rows = np.arange(len(self.label), len(self.label) + len(xy))
        self.xy = np.concatenate([self.xy, xy])
        self.label = np.concatenate([self.label, np.full(len(xy), ABSENT)])
        self.test = np.concatenate([self.test, np.zeros(len(xy), dtype=np.bool_)])
        return self.relabel(rows, label, stroke)

    def relabel(self, rows: Ints, label: int, stroke: int | None = None) -> Change:
        """Give some points another label; -1 takes them away.

        Args:
            rows: which points.
            label: the label.
            stroke: changes with the same number, one after another, are undone as one.

        """
        change = Change(rows, self.label[rows], np.full(len(rows), label))
        if (change.before != change.after).any():
            if stroke is not None and stroke == self.stroke and self.done:
                self.done[-1] = self.done[-1].then(change)
            else:
                self.done = [*self.done[1 - _UNDO :], change]
            self.undone, self.stroke = [], stroke
            self.label[rows] = label
        return change

    def undo(self) -> Change | None:
        """Take back the last change; None if there is none."""
        if not self.done:
            return None
        self.stroke = None
        self.undone.append(self.done.pop())
        return self._apply(self.undone[-1].reverse)

    def redo(self) -> Change | None:
        """Make the change again that was taken back last; None if there is none."""
        if not self.undone:
            return None
        self.stroke = None
        self.done.append(self.undone.pop())
        return self._apply(self.done[-1])

    def _apply(self, change: Change) -> Change:
        self.label[change.rows] = change.after
        return change
