"""An objective along a direction, for line searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .protocol import F64

if TYPE_CHECKING:
    from .objective import SoftmaxObjective, SoftmaxPoint

__all__ = ["PointLine", "SoftmaxLine"]


def logits_along(J: SoftmaxObjective, d: F64) -> list[F64]:
    """Return the logits of a direction, by block."""
    A, logits = J.kernel.prepare(d), J.kernel.logits
    return list(J.sweep(lambda span, block: logits(block, A)))


class SoftmaxLine:
    """J along a direction: where logits are kept, a trial step does not read X."""

    def __init__(self, start: SoftmaxPoint, d: F64) -> None:
        self.start, self.d = start, d
        J = start.J
        start.value  # noqa: B018
        self._operand = J.kernel.prepare(d)
        self._U = logits_along(J, d) if J.keep else []
        self._penalty = J.penalty.along(start.w, d)

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        a, b, c = self._penalty
        value, slope = a + t * (b + t * c), b + 2.0 * t * c
        for loss, rise in self._trials(t):
            value += loss
            slope += rise
        return value, slope

    def _trials(self, t: float) -> Iterator[tuple[float, float]]:
        start, J, A = self.start, self.start.J, self._operand
        kernel = J.kernel
        if self._U:
            blocks = list(zip(J.spans, start._kept, self._U, strict=True))
            return J.engine.map(
                lambda x: kernel.line(x[1].Z, x[2], t, J.labels(x[0]), J.s[x[0]]), blocks
            )
        A0 = start.operand
        return J.sweep(
            lambda span, block: kernel.line_from(block, A0, A, t, J.labels(span), J.s[span])
        )

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d."""
        return self.start.moved(self._U, self.d, t)


class PointLine:
    """J along a direction whose trial steps are points, each of them kept.

    So it is where logits are not linear, and where a gradient costs less than to call for it again.

    Args:
        d: the direction.
        at: t -> the point w + t d.

    """

    def __init__(self, d: F64, at: Callable[[float], SoftmaxPoint]) -> None:
        self.d, self.at = d, at
        self._points: dict[float, SoftmaxPoint] = {}

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        point = self.point(t)
        return point.value, float(point.grad @ self.d)

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d."""
        if t not in self._points:
            self._points[t] = self.at(t)
        return self._points[t]
