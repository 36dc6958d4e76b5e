"""J where all parameters are 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from ..data import Block
from ..kernels import Evaluated, Keep, Kept
from ..protocol import F64
from .forward import Forward

__all__ = ["AtZero"]

T = TypeVar("T")


class AtZero(Forward):
    """J where all parameters are 0: all classes share one row of memory; there is no product."""

    at_zero = True
    size = 0.0

    def _of_block(self, keep: Keep) -> Callable[[slice, Block], Evaluated]:
        problem, kernel = self.problem, self.blocks.kernel

        def evaluate(span: slice, block: Block) -> Evaluated:
            at = self._uniform(span, keep or np.float64)
            Y, s = problem.labels(span), problem.s[span]
            found = kernel.forward_at(block, at.Z, at.Z, 0.0, Y, s, keep=None)
            return found._replace(kept=at if keep else None)

        return evaluate

    def _uniform(self, span: slice, dtype: Any = np.float64) -> Kept:
        rows, C = span.stop - span.start, self.problem.model.C
        Z = np.broadcast_to(np.zeros(rows), (C, rows))
        if dtype is np.float32:  # the classes of a row lie side by side
            return Kept(Z, np.broadcast_to(np.full(C, 1.0 / C, dtype), (rows, C)).T)
        return Kept(Z, np.broadcast_to(np.full(rows, 1.0 / C), (C, rows)))

    def _exact(self, span: slice) -> F64 | None:
        return self._uniform(span).P if self._kept else None

    def probabilities(self, span: slice, block: Block) -> F64:
        """Return P (C, n_k) of a block."""
        return self._uniform(span).P

    def over_blocks(self, f: Callable[[slice, F64], T]) -> Iterator[T]:
        """Yield f(span, probabilities) by block, without reading X."""
        blocks = self.blocks
        return blocks.engine.map(lambda span: f(span, self._uniform(span).P), blocks.held)
