"""What objectives over rows have in common: their problem, the rows in blocks, and batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..passes import Blocks
from ..problem import Penalty, Problem
from ..protocol import F64
from ..vector_space import VectorSpace

__all__ = ["OverRows"]


class OverRows(ABC):
    """The mean cross-entropy of a model over rows, plus a penalty."""

    floor = 0.0
    resolution = 1e-15
    """Values of J that are zero to rounding, in nats per example."""
    problem: Problem
    blocks: Blocks

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.problem.model.size

    @property
    def passes(self) -> float:
        """The number of passes over the data so far."""
        return self.blocks.count

    @property
    def vectors(self) -> VectorSpace:
        """The operations on vectors of parameters."""
        return self.blocks.vectors

    @property
    def model(self) -> Any:
        """The model."""
        return self.problem.model

    @property
    def penalty(self) -> Penalty:
        """The penalty."""
        return self.problem.penalty

    @abstractmethod
    def subset(self, rows: NDArray[np.intp], factor: F64) -> Self:
        """Return the objective over some rows, their weights s_i multiplied by `factor`."""

    def drawn(self, rng: np.random.Generator) -> Self:
        """Return the objective with the random parts of its model redrawn; here there are none."""
        return self

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Self]:
        """Yield the objective over random batches of `size` rows, one epoch of them.

        Each batch is scaled so that its expectation is J, with the whole penalty.  The random parts
        of a model are drawn for each batch.  Passes over a batch are counted here once the next
        batch is requested.
        """
        n = self.problem.rows.n
        order = rng.permutation(n)
        for start in range(0, n, size):
            rows = np.sort(order[start : start + size])
            share = len(rows) / n
            part = self.subset(rows, np.full(len(rows), 1.0 / share)).drawn(rng)
            yield part
            self.blocks.count += share * part.passes
