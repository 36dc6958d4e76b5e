"""Passes for a problem so small that calls cost more than arithmetic: Newton steps in C++."""

from __future__ import annotations

from functools import cached_property

from ..kernels import Kept, Matrix, Small
from ..linalg import COMMON, DETERMINED
from ..protocol import F64, Direction
from .blocks import Blocks
from .forward import CHAIN, DRIFT, Along, Forward, Moved
from .rounding import drift

__all__ = ["SmallAlong", "SmallForward", "SmallPasses"]


class SmallPasses(Blocks):
    """All rows in one block, so few that Newton's equations are solved directly."""

    @cached_property
    def newton(self) -> Small | None:
        """Newton steps in C++, where the kernel has them."""
        problem = self.problem
        return self.kernel.small(problem.rows.block(self.spans[0]), problem.Y, problem.s)

    @cached_property
    def column_rms(self) -> F64:
        """The root mean square of each column of X, (d,)."""
        if self.newton is None:
            return super().column_rms
        return self.newton.sizes(self.problem.rows.d)

    def forward(self, w: F64) -> Forward:
        """Return J at w."""
        return SmallForward(self, w)


class SmallForward(Forward):
    """J at w, all rows in one block."""

    blocks: SmallPasses

    @property
    def by_factor(self) -> bool:
        """Whether a factor of the whole Hessian is needed where C++ has no solution."""
        penalised = not self.problem.penalty.absent
        return penalised or self.blocks.newton is None

    def newton_direction(self, damping: float = 0.0) -> Direction | None:
        """Return v with (H + damping G) v = -grad; None where a part is rounding error only."""
        blocks, newton, l2 = self.blocks, self.blocks.newton, self.problem.penalty.curvature
        if newton is None:
            return None
        self._ready()
        blocks.count += 2.0  # one for H, one for the residual
        matrix = Matrix(l2, damping, COMMON * self.value, 0.0 if l2 > 0.0 else DETERMINED)
        return newton.solve(self._kept[0].P, matrix, self.w, self.grad)

    def step(self, w: F64, logits: Moved | None = None) -> Forward:
        """Return J at another w, over the same rows."""
        return SmallForward(self.blocks, w, logits)

    def along(self, d: F64, U: F64 | None = None) -> Along:
        """Return J along a direction."""
        if U is None or self.blocks.newton is None:
            return Along(self, d, U)
        return SmallAlong(self, d, U)


class SmallAlong(Along):
    """J along a direction where a pass is cheap: each trial step is a point, and is kept."""

    start: SmallForward

    def __init__(self, start: SmallForward, d: F64, U: F64) -> None:
        self.start, self.d, self.U = start, d, U
        self._steps: dict[float, tuple[Forward, float]] = {}

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        there, slope = self._try(t)
        return there.value, slope

    def at(self, t: float) -> Forward:
        """Return J at w + t d."""
        return self._try(t)[0]

    def _try(self, t: float) -> tuple[Forward, float]:
        if t not in self._steps:
            self._steps[t] = self._made(t)
        return self._steps[t]

    def _made(self, t: float) -> tuple[Forward, float]:
        start, blocks, newton = self.start, self.start.blocks, self.start.blocks.newton
        assert newton is not None
        blocks.count += 1.0
        Z, age, before = start._kept[0].Z, start.age + 1, start.drift
        if age > CHAIN or before > DRIFT:  # logits are computed from w anew
            (Z,), age, before = blocks.logits(start.w), 1, 0.0
        new = newton.move(start.w, self.d, Z, self.U, t, start.problem.penalty.curvature)
        point = SmallForward(blocks, new.w)
        point._value, point._grad, point._kept = new.value, new.grad, [Kept(new.Z, new.P)]
        point.size, point.age = new.size, age
        point.drift = before + drift(start.size, new.step)
        return point, new.slope
