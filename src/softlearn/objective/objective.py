r"""The objective of softmax regression.

J(w) = ( sum_i s_i CE(y_i, softmax(Z_i(w))) ) / (sum_i s_i)  +  penalty(w)
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Rows
from ..execution.threads import Engine
from ..passes import Passes, SmallPasses, passes_for
from ..problem import Linear, Names, Problem
from ..protocol import F64, Point
from .over_rows import OverRows
from .point import SoftmaxPoint
from .resident import curved_rows, even_rows, rows_of_span, share_read
from .separation import Separation

__all__ = ["SoftmaxObjective"]


class SoftmaxObjective(OverRows):
    """The mean cross-entropy of a linear model plus a penalty, for `softlearn.solve`.

    Args:
        problem: what is minimised.
        blocks: the passes over it, as `softlearn.passes.passes_for` chooses them; by one thread if
            absent.

    """

    has_bound = True

    blocks: Passes | SmallPasses

    def __init__(self, problem: Problem, blocks: Passes | SmallPasses | None = None) -> None:
        self.problem = problem
        self.blocks = passes_for(problem) if blocks is None else blocks

    @classmethod
    def of(
        cls,
        rows: Rows,
        Y: NDArray[Any],
        model: Linear,
        l2: float = 0.0,
        weights: F64 | None = None,
        engine: Engine | None = None,
        names: Names | None = None,
    ) -> SoftmaxObjective:
        """Return the objective for targets and weights as the user gives them.

        Args:
            rows, Y, model, l2, weights, names: as of `Problem.of`.
            engine: its threads are used; one thread if absent.

        Raises:
            ValueError: Y or weights do not fit.

        """
        problem = Problem.of(rows, Y, model, l2, weights, names)
        return cls(problem, passes_for(problem, engine))

    # -- for solvers

    @property
    def model(self) -> Linear:
        """The model."""
        return self.problem.model

    @property
    def doubt(self) -> str:
        """Why no lower bound can be proven, in a sentence, or ''."""
        return self.problem.doubt

    @property
    def low_precision(self) -> float:
        """The relative error of reliable products where an error is allowed; 0 if not faster."""
        low = self.blocks.low
        return 0.0 if low is None else low.product_error

    def at(self, w: F64) -> SoftmaxPoint:
        """Return J at w."""
        return SoftmaxPoint(self.blocks.forward(np.asarray(w, dtype=np.float64)))

    def diagnose(self, point: Point, d: F64) -> str:
        """Say why J has no minimum: see `separation`."""
        return self._separation.diagnose(point.w, d)

    @cached_property
    def _separation(self) -> Separation:
        return Separation(self.blocks)

    # -- for others

    @property
    def on_disk(self) -> bool:
        """Whether the rows are read from disk, so that passes are slow."""
        return self.blocks.on_disk

    def even_sample(self) -> SoftmaxObjective:
        """Return J over rows drawn evenly, as many as fit in memory, with their own penalty.

        The penalty is that of a fit to these rows alone: with fewer of them it is stronger.
        """
        rows, factor = even_rows(self.problem)
        share = len(rows) / self.problem.rows.n
        l2 = self.penalty.strength / share
        return self._over(rows, factor).with_penalty(l2)

    def sample(self, point: SoftmaxPoint, seed: int) -> SoftmaxObjective:
        """Return J over rows drawn by their curvature at a point, as many as fit in memory."""
        return self._over(*curved_rows(self.problem, point.forward.curvature, seed))

    def split(self, share: float) -> tuple[SoftmaxObjective, SoftmaxObjective]:
        """Return J over a share of the rows, the last ones, and before it J over the others."""
        n = self.problem.rows.n
        edge = min(max(int((1.0 - share) * n), 1), n - 1)
        parts = (rows_of_span(self.problem, span) for span in (slice(0, edge), slice(edge, n)))
        others, last = (self._of_part(p) for p in parts)
        return others, last

    def _over(self, rows: NDArray[np.intp], factor: F64) -> SoftmaxObjective:
        self.blocks.count += share_read(self.problem, len(rows))
        part = self.problem.subset(rows, factor)
        return self._of_part(part)

    def _of_part(self, problem: Problem, brief: bool = False) -> SoftmaxObjective:
        passes = passes_for(problem, self.blocks.engine, brief=brief, exact=self.blocks.exact)
        return SoftmaxObjective(problem, passes)

    @property
    def is_small(self) -> bool:
        """Whether Newton's equations are solved directly."""
        return isinstance(self.blocks, SmallPasses)

    def parameter_rms(self) -> F64:
        """Return the root mean square of each parameter's column."""
        return self.blocks.parameter_rms()

    def with_penalty(self, l2: float) -> SoftmaxObjective:
        """Return the same objective with another strength of its penalty; the data are shared."""
        blocks = self.blocks.with_penalty(l2)
        return SoftmaxObjective(blocks.problem, blocks)

    def subset(self, rows: NDArray[np.intp], factor: F64) -> SoftmaxObjective:
        """Return the objective over some rows, their weights s_i multiplied by `factor`."""
        return self._of_part(self.problem.subset(rows, factor), brief=True)
