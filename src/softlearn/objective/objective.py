r"""The objective of softmax regression.

J(w) = ( sum_i s_i CE(y_i, softmax(Z_i(w))) ) / (sum_i s_i)  +  penalty(w)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Rows
from ..execution.threads import Engine
from ..passes import Passes, SmallPasses, passes_for
from ..problem import L2, Linear, Names, Problem
from ..protocol import F64, Point
from ..vector_space import VectorSpace
from .point import SoftmaxPoint
from .separation import Separation

__all__ = ["SoftmaxObjective"]


class SoftmaxObjective:
    """The mean cross-entropy of a linear model plus a penalty, for `softlearn.solve`.

    Args:
        problem: what is minimised.
        blocks: the passes over it, as `softlearn.passes.passes_for` chooses them; by one thread if
            absent.

    """

    floor = 0.0
    resolution = 1e-15
    """Values of J that are zero to rounding, in nats per example."""
    has_bound = True

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
        """Return the objective for targets and weights as a user has them.

        Args:
            rows, Y, model, l2, weights, names: as of `Problem.of`.
            engine: whose threads are used; the caller's alone if absent.

        Raises:
            ValueError: Y or weights do not fit.

        """
        problem = Problem.of(rows, Y, model, l2, weights, names)
        return cls(problem, passes_for(problem, engine))

    # -- what solvers ask

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.model.size

    @property
    def doubt(self) -> str:
        """Why no lower bound can be proven, in a sentence, or ''."""
        return self.problem.doubt

    @property
    def passes(self) -> float:
        """How many times the data have been read so far."""
        return self.blocks.count

    @property
    def vectors(self) -> VectorSpace:
        """The operations on vectors of parameters."""
        return self.blocks.vectors

    @property
    def low_precision(self) -> bool:
        """Whether products are faster where an error is allowed."""
        return self.blocks.low is not None

    def at(self, w: F64) -> SoftmaxPoint:
        """Return J at w."""
        return SoftmaxPoint(self.blocks.forward(np.asarray(w, dtype=np.float64)))

    def diagnose(self, point: Point, d: F64) -> str:
        """Say why J has no minimum: see `separation`."""
        return self._separation.diagnose(point.w, d)

    @cached_property
    def _separation(self) -> Separation:
        return Separation(self.blocks)

    # -- what others ask

    @property
    def model(self) -> Linear:
        """The model."""
        return self.problem.model

    @property
    def penalty(self) -> L2:
        """The penalty."""
        return self.problem.penalty

    @property
    def is_small(self) -> bool:
        """Whether Newton's equations are solved outright."""
        return isinstance(self.blocks, SmallPasses)

    def parameter_rms(self) -> F64:
        """Return the root mean square of what each parameter multiplies."""
        return self.blocks.parameter_rms()

    def with_penalty(self, l2: float) -> SoftmaxObjective:
        """Return the same objective with another strength of its penalty; the data are shared."""
        blocks = self.blocks.with_penalty(l2)
        return SoftmaxObjective(blocks.problem, blocks)

    # -- mini-batches

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[SoftmaxObjective]:
        """Yield the objective over random batches of `size` rows, one epoch of them.

        Each batch is scaled so that its expectation is J; the penalty is whole in each.  Readings
        of a batch count here once the next one is asked for.
        """
        n = self.problem.rows.n
        order = rng.permutation(n)
        for start in range(0, n, size):
            rows = np.sort(order[start : start + size])
            share = len(rows) / n
            part = self.subset(rows, np.full(len(rows), 1.0 / share))
            yield part
            self.blocks.count += share * part.passes

    def subset(self, rows: NDArray[np.intp], factor: F64) -> SoftmaxObjective:
        """Return the objective over some rows, their weights s_i multiplied by `factor`."""
        problem = self.problem.subset(rows, factor)
        return SoftmaxObjective(problem, passes_for(problem, self.blocks.engine, brief=True))
