"""What was done since the weights began, so that it can be done again: in here, or as Python.

Entries are JSON objects; "do" says what they are:

    data      preset, n, noise, test, seed, classes    points of a preset
    table     xy, label, test                          points as given; label -1: not there now
    add       xy, label                                rows at the end of the table
    label     rows, labels                             other labels for some rows
    model     classes, hidden, activation, seed, init  weights of the seed
    weights   w, m, v, t, step, epoch, position        weights and averages as given
    optimizer name, lr, ...                            how steps are made
    train     steps
    weight    at, value                                one weight
    vector    w                                        all weights
    nudge     size, at, k                              a random step, the k-th after step `at`
    zero                                               no weights
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .points import Change, Points
from .settings import Data, Model, Optimizer
from .training import Training

__all__ = ["Entry", "Journal", "snapshot_of"]

Entry = dict[str, Any]
_MOST = 400  # entries before weights and points are written down as they are
_OF_POINTS = ("data", "table", "add", "label")


def snapshot_of(training: Training) -> Entry:
    """Return all that steps change, as it is."""
    state = training.state
    return {
        "do": "weights",
        "w": state.w.tolist(),
        "m": state.m.tolist(),
        "v": state.v.tolist(),
        "t": int(state.steps[0]),
        "step": training.step,
        "epoch": training.epoch,
        "position": training.position,
    }


def table_of(points: Points) -> Entry:
    """Return the whole table of points."""
    return {
        "do": "table",
        "xy": points.xy.tolist(),
        "label": points.label.tolist(),
        "test": points.test.astype(int).tolist(),
    }


class Journal:
    """The entries, as few as will do."""

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries: list[Entry] = list(entries or [])
        self.complete = False
        """Whether nothing may be left out for now: weights are not yet what it says."""

    # -- points

    def data(self, data: Data, classes: int) -> None:
        """Write that there are other points, those of a preset."""
        self._new_points({"do": "data", **asdict(data), "classes": classes})

    def table(self, points: Points) -> None:
        """Write that there are other points, as given."""
        self._new_points(table_of(points))

    def _new_points(self, entry: Entry) -> None:
        if not self._trained():
            self.entries = [e for e in self.entries if e["do"] not in _OF_POINTS]
        self.entries.append(entry)

    def added(self, xy: NDArray[np.float64], label: int) -> None:
        """Write that there are new rows at the end of the table."""
        self.entries.append({"do": "add", "xy": xy.tolist(), "label": label})

    def labelled(self, change: Change) -> None:
        """Write that rows have other labels."""
        rows, labels = change.rows.tolist(), change.after.tolist()
        self.entries.append({"do": "label", "rows": rows, "labels": labels})

    # -- weights

    def model(self, model: Model, optimizer: Optimizer) -> None:
        """Write that weights begin anew; how those before came about is of no interest then."""
        self._begin({"do": "model", **asdict(model), "hidden": list(model.hidden)}, optimizer)

    def weights(self, training: Training) -> None:
        """Write the weights down as they are."""
        model = {"do": "model", **asdict(training.model), "hidden": list(training.model.hidden)}
        self._begin(model, training.optimizer)
        self.entries.append(snapshot_of(training))

    def _begin(self, model: Entry, optimizer: Optimizer) -> None:
        self.entries = [e for e in self.entries if e["do"] in _OF_POINTS]
        last = max((i for i, e in enumerate(self.entries) if e["do"] in _OF_POINTS[:2]), default=0)
        self.entries = [*self.entries[last:], model, {"do": "optimizer", **asdict(optimizer)}]

    def use(self, optimizer: Optimizer) -> None:
        """Write how steps are made from now on."""
        if self.entries and self.entries[-1]["do"] == "optimizer":
            before = self.entries.pop()
            alike = (before["name"], before["batch"]) == (optimizer.name, optimizer.batch)
            if self._trained() and not alike:
                self.entries.append(before)  # averages or the pass over the points began anew
        self.entries.append({"do": "optimizer", **asdict(optimizer)})

    def change(self, do: str, **facts: Any) -> None:
        """Write that weights were changed by hand."""
        self.entries.append({"do": do, **facts})

    def train(self, steps: int) -> None:
        """Write that so many steps were made."""
        if steps and self.entries and self.entries[-1]["do"] == "train":
            self.entries[-1]["steps"] += steps
        elif steps:
            self.entries.append({"do": "train", "steps": steps})

    @property
    def nudges(self) -> int:
        """How many random steps there were since the last step of training."""
        since = takewhile(lambda e: e["do"] not in ("train", "weights"), reversed(self.entries))
        return sum(e["do"] == "nudge" for e in since)

    def _trained(self) -> bool:
        return any(e["do"] in ("train", "weights") for e in self.entries)

    @property
    def long(self) -> bool:
        """Whether there is so much that it is to be written shorter."""
        return len(self.entries) > _MOST and not self.complete

    def shorten(self, points: Points | None, training: Training) -> None:
        """Write points, and weights unless they are the seed's, as they are.

        Args:
            points: the points; None if they are those drawn for the preset.
            training: weights, and how steps are made.

        """
        touched = any(e["do"] not in (*_OF_POINTS, "model", "optimizer") for e in self.entries)
        drawn = [e for e in self.entries if e["do"] in _OF_POINTS[:2]]
        self.entries = drawn[-1:] if points is None else [table_of(points)]
        if touched:
            self.weights(training)
        else:
            self.model(training.model, training.optimizer)
