"""The objective over rows that lie in shards."""

from __future__ import annotations

from typing import Any, NoReturn

from numpy.typing import NDArray

from ..protocol import F64, Point
from .objective import SoftmaxObjective

__all__ = ["ShardedObjective"]


class ShardedObjective(SoftmaxObjective):
    """J over the shards of an engine, with a penalty, and rows of every class."""

    def diagnose(self, point: Point, d: F64) -> str:
        """Return '': with a penalty, and rows of every class, J has a minimum."""
        return ""

    def subset(self, rows: NDArray[Any], factor: F64) -> NoReturn:
        """Raise: the rows are elsewhere."""
        self.problem.rows.subset(rows)
        raise AssertionError
