"""What a session works on: points, a network in training, and a journal of what was done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..networks.trainer import NotFinite
from .journal import Journal
from .measures import Measured, finite, measured
from .planes import Extent
from .points import Change, Points
from .presets import EXTENT, points_of, preset_of, sibling
from .settings import Data, Limits, Model, Optimizer
from .training import Training

__all__ = ["Workspace", "recorded"]

F64 = NDArray[np.float64]
_DENSE = 8  # so that there are 128 points of the curve for each doubling of the steps


def recorded(step: int) -> int:
    """Return the next step after this one at which the curve has a point."""
    stride = 1 << max((step + 1).bit_length() - _DENSE, 0)
    return (step // stride + 1) * stride


class Workspace:
    """Points, network, journal; whatever changes them goes through here.

    Args:
        data: which points.
        model: which network.
        limits: how much may be asked.

    """

    def __init__(self, data: Data, model: Model, limits: Limits) -> None:
        self.limits, self.data, self.extent = limits, data, EXTENT
        self.names = preset_of(data.preset).names(model.classes)
        self.units: dict[str, dict[str, object]] | None = None
        """How coordinates became what is shown: a name, mean and scale for each; None for as is."""
        self.given = False
        """Whether the table of points is another than that of the preset."""
        self.points = Points(*points_of(data, model.classes))
        self.journal = Journal()
        self.journal.data(data, model.classes)
        self.training = Training.begun(model, Optimizer(), *self.points.part(test=False))
        self.version = 0
        """Grows with every change: what was measured before holds no more."""
        self._measured: dict[bool, tuple[int, Measured]] = {}
        self._begun()

    # -- asking

    @property
    def model(self) -> Model:
        """The network."""
        return self.training.model

    @property
    def optimizer(self) -> Optimizer:
        """How steps are made."""
        return self.training.optimizer

    @property
    def w(self) -> F64:
        """The weights."""
        return self.training.w

    @property
    def edited(self) -> bool:
        """Whether points are others than those of the preset."""
        return self.given or bool(self.points.done)

    def measure(self, test: bool = False) -> Measured:
        """Return how good the weights are on the points to train on, or on those held out.

        On the latter the cost is the mean cross-entropy alone.
        """
        known = self._measured.get(test)
        if known is None or known[0] != self.version:
            X, y = self.points.part(test=True) if test else (self.training.X, self.training.y)
            l2 = 0.0 if test else self.optimizer.l2
            known = self.version, measured(self.model, self.w, X, y, l2)
            self._measured[test] = known
        return known[1]

    # -- points

    def new_data(self, data: Data, model: Model, extent: Extent = EXTENT) -> None:
        """Take the points of a preset; weights stay unless the network is another one."""
        self.data, self.extent, self.units, self.given = data, extent, None, False
        self.names = preset_of(data.preset).names(model.classes)
        self.points = Points(*points_of(data, model.classes))
        self.journal.data(data, model.classes)
        self._points_changed()
        if model != self.model:
            self.begin(model)

    def take(self, points: Points, classes: int) -> None:
        """Take points as given; weights stay unless there is another number of classes."""
        self.points, self.given = points, True
        self.journal.table(points)
        self._points_changed()
        if classes != self.model.classes:
            self.begin(replace(self.model, classes=classes))

    def add(self, xy: F64, label: int) -> None:
        """Add points to train on."""
        change = self.points.add(xy, label)
        self.journal.added(self.points, len(xy))
        self.changed(change)

    def changed(self, change: Change) -> None:
        """Take note of other labels of some points."""
        if len(change.rows):
            self.journal.labelled(change)
            self._points_changed()

    def _points_changed(self) -> None:
        self.training.give(*self.points.part(test=False))
        self.version += 1

    # -- weights

    def begin(self, model: Model) -> None:
        """Begin anew, with the weights of a seed."""
        optimizer = self.training.optimizer
        self.training = Training.begun(model, optimizer, *self.points.part(test=False))
        self._begun()

    def _begun(self) -> None:
        self.journal.model(self.model, self.optimizer)
        self.version += 1
        self.history: list[list[float | None]] = []
        self.record()

    def with_classes(self, model: Model) -> None:
        """Begin anew with another number of classes.

        A preset's points are drawn anew for them; of others those of missing classes go.
        """
        if self.edited:
            gone = np.flatnonzero(self.points.label >= model.classes)
            self.points.undone.clear()
            self.points.done.clear()
            if len(gone):
                self.changed(self.points.relabel(gone, -1))
            self.names = [*self.names, *map(str, range(len(self.names) + 1, 99))][: model.classes]
            self.begin(model)
            return
        preset = sibling(preset_of(self.data.preset), model.classes, model.hidden)
        self.new_data(replace(self.data, preset=preset.id), model, self.extent)

    def use(self, optimizer: Optimizer) -> None:
        """Train in another way from now on."""
        self.training.use(optimizer)
        self.journal.use(optimizer)
        self.version += 1

    def set_weight(self, at: int, value: float) -> None:
        """Change one weight by hand."""
        self.w[at] = value
        self.journal.change("weight", at=at, value=value)
        self.version += 1

    def nudge(self, size: float) -> None:
        """Add a random step to the weights: each a normal number times `size`."""
        k = sum(entry["do"] == "nudge" for entry in self.journal.entries)
        self.w[:] += size * np.random.default_rng((self.model.seed, k)).normal(size=len(self.w))
        self.journal.change("nudge", k=k, size=size)
        self.version += 1

    def zero(self) -> None:
        """Put all weights to zero."""
        self.w[:] = 0.0
        self.journal.change("zero")
        self.version += 1

    # -- steps

    def run(self, steps: int) -> None:
        """Make so many steps, and the points of the curve on the way.

        Raises:
            NotFinite: a loss or a weight is not finite; the state is that before that step.

        """
        training, end = self.training, self.training.step + steps
        while training.step < end and len(training.y):
            first, mark = training.step, recorded(training.step)
            try:
                training.run(min(mark, end) - first)
            finally:
                self.journal.train(training.step - first)
                self.version += 1
            if training.step == mark:
                self.record()
        self.journal.shorten(self.points, training)

    def record(self) -> None:
        """Add the cost now to the curve."""
        test = self.measure(test=True).cost
        self.history.append([self.training.step, finite(self.measure().cost), finite(test)])


__all__ += ["NotFinite"]
