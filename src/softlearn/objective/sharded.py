"""The objective over rows that lie in shards."""

from __future__ import annotations

from typing import Any, NoReturn

from numpy.typing import NDArray

from ..protocol import F64
from .objective import SoftmaxObjective

__all__ = ["ShardedObjective"]


class ShardedObjective(SoftmaxObjective):
    """J over the shards of an engine, and rows of every class."""

    def subset(self, rows: NDArray[Any], factor: F64) -> NoReturn:
        """Raise: the rows are elsewhere."""
        self.problem.rows.subset(rows)
        raise AssertionError
