"""An objective along a direction, for line searches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .protocol import F64

if TYPE_CHECKING:
    from .objective import SoftmaxObjective, SoftmaxPoint

__all__ = ["PointLine", "ShortLine", "SoftmaxLine", "logits_along"]


def logits_along(J: SoftmaxObjective, d: F64) -> list[F64]:
    """Return the logits of a direction, by block."""
    A, logits = J.kernel.prepare(d), J.kernel.logits
    return list(J.sweep(lambda span, block: logits(block, A)))


class SoftmaxLine:
    """J along a direction: where logits are kept, a trial step does not read X.

    Where X takes no longer to read than logits do, a trial step that is likely to be taken is a
    point at once: such is the step that led here, if it was the first to be tried.

    Args:
        start: where t is 0.
        d: the direction.
        U: its logits (C, n), if all rows are one block and somebody has them already.

    """

    def __init__(self, start: SoftmaxPoint, d: F64, U: F64 | None = None) -> None:
        self.start, self.d = start, d
        J = start.J
        start.value  # noqa: B018
        self._operand = None if J.keep else J.kernel.prepare(d)  # for trials that read X
        self._U = None if U is None else [U]
        self._likely = start.reached if J.light and U is None else 0.0
        self._tried: SoftmaxPoint | None = None

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        if t == self._likely:
            point = self.point(t)
            return point.value, self.start.J.vectors.dot(point.grad, self.d)
        a, b, c = self._penalty
        value, slope = a + t * (b + t * c), b + 2.0 * t * c
        for loss, rise in self._trials(t):
            value += loss
            slope += rise
        return value, slope

    @cached_property
    def _penalty(self) -> tuple[float, float, float]:
        return self.start.J.penalty.along(self.start.w, self.d)

    def _logits(self) -> list[F64]:
        """Return the logits of d by block, computed once; none where none are kept."""
        if self._U is None:
            J = self.start.J
            self._U = logits_along(J, self.d) if J.keep else []
        return self._U

    def _trials(self, t: float) -> Iterator[tuple[float, float]]:
        start, J, A, logits = self.start, self.start.J, self._operand, self._logits()
        kernel = J.kernel
        if logits:
            blocks = list(zip(J.spans, start._kept, logits, strict=True))
            return J.engine.map(
                lambda x: kernel.line(x[1].Z, x[2], t, J.labels(x[0]), J.s[x[0]]), blocks
            )
        A0 = start.operand
        return J.sweep(
            lambda span, block: kernel.line_from(block, A0, A, t, J.labels(span), J.s[span])
        )

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d."""
        if t != self._likely:
            return self.start.moved(self._logits(), self.d, t)
        if self._tried is None:
            self._tried = self.start.moved([], self.d, t)
        return self._tried


class ShortLine:
    """J along a direction where a gradient costs less than the call: a trial step is a point, kept.

    Args:
        start: where t is 0; its objective has a `shorter` way.
        d: the direction.
        U: its logits (C, n).

    """

    def __init__(self, start: SoftmaxPoint, d: F64, U: F64) -> None:
        self.start, self.d, self.U = start, d, U
        self._tried: dict[float, tuple[SoftmaxPoint, float]] = {}

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        point, slope = self._try(t)
        return point.value, slope

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d."""
        return self._try(t)[0]

    def _try(self, t: float) -> tuple[SoftmaxPoint, float]:
        if t not in self._tried:
            self._tried[t] = self.start.tried(self.U, self.d, t)
        return self._tried[t]


class PointLine:
    """J along a direction where its logits are not linear: a trial step is a point, kept."""

    def __init__(self, start: SoftmaxPoint, d: F64) -> None:
        self.start, self.d = start, np.asarray(d, dtype=start.w.dtype)
        self._points: dict[float, SoftmaxPoint] = {}

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        point = self.point(t)
        return point.value, float(point.grad @ self.d)

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d."""
        if t not in self._points:
            self._points[t] = self.start.J.at(self.start.w + t * self.d)
        return self._points[t]
