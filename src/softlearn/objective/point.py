"""A softmax objective at one w, as solvers use it."""

from __future__ import annotations

from ..passes import Along, Forward
from ..preconditioner import build_preconditioner, exact_inverse
from ..protocol import F64, Direction, Preconditioner
from .certificate import dual_bound, expected_gap

__all__ = ["SoftmaxLine", "SoftmaxPoint"]

LOW_PRECISION = 1e-4
"""The least relative error that allows products in low precision."""


class SoftmaxPoint:
    """J at one w.

    Args:
        forward: the rows there.

    """

    __slots__ = ("forward", "value", "w")

    def __init__(self, forward: Forward) -> None:
        self.forward, self.w = forward, forward.w
        self.value = forward.value  # everything else needs it, and solvers read it often
        """J(w)."""

    @property
    def grad(self) -> F64:
        """The gradient of J at w."""
        return self.forward.grad

    def hvp(self, v: F64, damping: float = 0.0, rtol: float = 0.0) -> F64:
        """Return (H + damping G) v, v'Gv the weighted mean of the squared change of the logits."""
        return self.forward.product(v, damping, low_precision=rtol >= LOW_PRECISION)

    def along(self, d: F64 | Direction) -> SoftmaxLine:
        """Return the line through w in direction d."""
        v, U = _with_logits(d)
        return SoftmaxLine(self.forward.along(v, U))

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Preconditioner | None:
        """Return an approximate inverse of H + damping G: see `softlearn.preconditioner`."""
        return build_preconditioner(self.forward, kind, seed, damping) if len(self.w) else None

    def direction(self, damping: float = 0.0) -> Direction | None:
        """Return v with (H + damping G) v = -grad, where the problem is small.

        None, too, where a part of v would be rounding error only.
        """
        found = self.forward.newton_direction(damping)
        return self._by_factor(damping) if found is None and self.forward.by_factor else found

    def _by_factor(self, damping: float) -> Direction | None:
        """Solve it in NumPy: the definition, and used where only the penalty determines v."""
        g, M = self.grad, exact_inverse(self.forward, damping)
        if M is None:
            return None
        v = -M(g)
        r = g + self.hvp(v, damping)
        (U,) = self.forward.blocks.logits(v)
        return Direction(v, r, -0.5 * float(g @ v), 0.5 * float(r @ M(r)), U)

    def bound(self, v: F64 | Direction | None = None, r: F64 | None = None) -> float:
        """Return a proven lower bound on min J: see `certificate`."""
        if v is None:
            return dual_bound(self.forward, None, r)
        v, U = _with_logits(v)
        return dual_bound(self.forward, v, r, U)

    def gap_along(self, v: F64, r: F64) -> float:
        """Estimate J(w) - bound(v) from r = grad + H v, without reading X."""
        return expected_gap(self.forward, v, r)


class SoftmaxLine:
    """J along a direction.

    Args:
        along: the rows along it.

    """

    def __init__(self, along: Along) -> None:
        self._along = along

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        return self._along(t)

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d."""
        return SoftmaxPoint(self._along.at(t))


def _with_logits(d: F64 | Direction) -> tuple[F64, F64 | None]:
    """Return a direction and its logits, if they are known."""
    return (d.v, d.logits) if isinstance(d, Direction) else (d, None)
