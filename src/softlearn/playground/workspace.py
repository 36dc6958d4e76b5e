"""What a session works on: points, a network in training, and a journal of what was done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .journal import Journal
from .measures import Measured, finite, measured
from .planes import Extent
from .points import ABSENT, Change, Points, held_out
from .presets import EXTENT, points_of, preset_of, sibling
from .reading import Refused
from .settings import Data, Limits, Model, Optimizer
from .training import Training, cost_of

__all__ = ["Units", "Workspace", "recorded"]

F64 = NDArray[np.float64]
Units = dict[str, dict[str, str | float]]
_DENSE = 8  # so that there are 128 points of the curve for each doubling of the steps
_TABLE = 4  # times the points that may be there: more rows of the table are cleaned up

_OWN_POINTS = (
    "These points are your own: their number and noise stay. Choose a preset to draw others.",
    "직접 넣은 점이라 개수와 잡음은 바뀌지 않습니다. 다른 점을 그리려면 예제를 고르세요.",
)  # fmt: skip


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
        self.limits, self.journal = limits, Journal()
        self.units: Units | None = None
        """How coordinates became what is shown: a name, mean and scale for each; None for as is."""
        self._measured: dict[bool, tuple[int, Measured]] = {}
        self.version = self.points_version = 0
        """They grow with every change: what was measured before holds no more."""
        self._draw(data, model.classes, EXTENT)
        self.training = Training.begun(model, Optimizer(), *self.points.part(test=False))
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
        return self.given or not np.array_equal(self.points.label, self._drawn)

    @property
    def problem(self) -> tuple[int, tuple[int, ...], float]:
        """What tells one cost from another: points, layers, penalty."""
        return self.points_version, self.model.sizes, self.optimizer.l2

    def measure(self, test: bool = False) -> Measured:
        """Return how good the weights are on the points to train on, or on those held out.

        On the latter the cost is the mean cross-entropy alone.
        """
        known = self._measured.get(test)
        if known is None or known[0] != self.version:
            known = self.version, measured(self.model, self.w, *self._part(test))
            self._measured[test] = known
        return known[1]

    def _part(self, test: bool) -> tuple[F64, NDArray[np.int64], float]:
        """Return points and labels, and the penalty that is part of their cost."""
        if test:
            return *self.held, 0.0
        return self.training.X, self.training.y, self.optimizer.l2

    # -- points

    def draw(self, data: Data, classes: int, extent: Extent = EXTENT) -> None:
        """Take the points of a preset's family, for some number of classes."""
        self._draw(data, classes, extent)
        self._points_changed()

    def _draw(self, data: Data, classes: int, extent: Extent) -> None:
        self.data, self.extent, self.units, self.given = data, extent, None, False
        self.names = preset_of(data.preset).names(classes)
        self.points = Points(*points_of(data, classes))
        self.held = self.points.part(test=True)
        """Points and labels that are not trained on."""
        self._drawn = self.points.label.copy()
        self.journal.data(data, classes)

    def new_data(self, data: Data, model: Model, extent: Extent = EXTENT) -> None:
        """Take the points of a preset; weights stay unless the network is another one."""
        self.draw(data, model.classes, extent)
        if model != self.model:
            self.begin(model)

    def take(self, points: Points, extent: Extent = EXTENT, units: Units | None = None) -> None:
        """Take points as given."""
        self.points, self.given, self.extent, self.units = points, True, extent, units
        self.journal.table(points)
        self._points_changed()

    def split(self, data: Data) -> None:
        """Hold out others of the points as given; nothing can be undone then.

        Raises:
            Refused: it is not the share or the seed that changes.

        """
        if (data.n, data.noise) != (self.data.n, self.data.noise):
            raise Refused(_OWN_POINTS[0], None, "state", korean=_OWN_POINTS[1])
        rows, old = self.points.alive, self.points
        test = held_out(len(rows), data.test, data.seed)
        self.data = data
        self.take(Points(old.xy[rows], old.label[rows], test), self.extent, self.units)

    def add(self, xy: F64, label: int, stroke: int | None = None) -> None:
        """Add points to train on."""
        if len(self.points.label) + len(xy) > _TABLE * self.limits.points:
            self._clean()
        self.points.add(xy, label, stroke)
        self.journal.added(xy, label)
        self._points_changed()

    def _clean(self) -> None:
        """Leave the points that are not there out of the table; nothing can be undone then."""
        rows, old = self.points.alive, self.points
        points = Points(old.xy[rows], old.label[rows], old.test[rows])
        self.take(points, self.extent, self.units)

    def changed(self, change: Change) -> None:
        """Take note of other labels of some points."""
        if len(change.rows):
            self.journal.labelled(change)
            self._points_changed()

    def _points_changed(self) -> None:
        self.held = self.points.part(test=True)
        self.training.give(*self.points.part(test=False))
        self.version += 1
        self.points_version += 1
        self._first_point()
        self._shorten()

    def _shorten(self) -> None:
        """Have a long journal written shorter; edited points become points as given."""
        if self.journal.long:
            self.given = self.edited
            self.journal.shorten(self.points if self.given else None, self.training)

    # -- weights

    def begin(self, model: Model) -> None:
        """Begin anew, with the weights of a seed."""
        optimizer = self.training.optimizer
        self.training = Training.begun(model, optimizer, *self.points.part(test=False))
        self._begun()

    def begin_at(self, w: F64) -> None:
        """Begin anew, with weights as given."""
        self.begin(self.model)
        self.w[:] = w
        self.journal.change("vector", w=w.tolist())
        self.version += 1
        self._first_point()

    def _begun(self) -> None:
        self.journal.model(self.model, self.optimizer)
        self.version += 1
        self.history: list[list[float | None]] = []
        self.record()

    def _first_point(self) -> None:
        """Measure the first point of the curve again, if it is the only one."""
        known = self.points.label.max(initial=0) < self.model.classes  # else: about to change
        if self.training.step == 0 and known:
            self.history = []
            self.record()

    def with_classes(self, model: Model) -> None:
        """Begin anew with another number of classes.

        A preset's points are drawn anew for them; of others those of missing classes go.
        """
        if not self.edited:
            preset = sibling(preset_of(self.data.preset), model.classes, model.hidden)
            self.new_data(replace(self.data, preset=preset.id), model, self.extent)
            return
        gone = np.flatnonzero(self.points.label >= model.classes)
        if len(gone):
            self.changed(self.points.relabel(gone, ABSENT))
        self.points.done.clear()  # which may have labels that are no more
        self.points.undone.clear()
        more = (str(k + 1) for k in range(len(self.names), model.classes))
        self.names = [*self.names, *more][: model.classes]
        self.begin(model)

    def use(self, optimizer: Optimizer) -> None:
        """Train in another way from now on."""
        self.training.use(optimizer)
        self.journal.use(optimizer)
        self.version += 1
        self._first_point()

    def set_weight(self, at: int, value: float) -> None:
        """Change one weight by hand."""
        self.w[at] = value
        self._by_hand("weight", at=at, value=value)

    def set_weights(self, w: F64) -> None:
        """Change all weights."""
        self.w[:] = w
        self._by_hand("vector", w=w.tolist())

    def nudge(self, size: float, which: tuple[int, int] | None = None) -> None:
        """Add a random step to the weights: each a normal number times `size`.

        Args:
            size: the standard deviation.
            which: after which step, and which of those there; None for the next one now.

        """
        at, k = which or (self.training.step, self.journal.nudges)
        rng = np.random.default_rng((self.model.seed, at, k))
        self.w[:] += size * rng.normal(size=len(self.w))
        self._by_hand("nudge", size=size, at=at, k=k)

    def zero(self) -> None:
        """Put all weights to zero."""
        self.w[:] = 0.0
        self._by_hand("zero")

    def _by_hand(self, do: str, **facts: object) -> None:
        self.journal.change(do, **facts)
        self.version += 1
        self._shorten()

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
        self._shorten()

    def record(self) -> None:
        """Add the cost now to the curve."""
        train, test = (cost_of(self.model, self.w, *self._part(t)).value for t in (False, True))
        held = len(self.held[1]) > 0
        self.history.append([self.training.step, finite(train), finite(test) if held else None])
