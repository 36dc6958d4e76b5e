"""What a pass over rows on disk notes beside J, so that it need not be read for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..data import Block
from ..kernels import Evaluated, columns
from ..protocol import F64

if TYPE_CHECKING:
    from .blocks import Blocks

__all__ = ["Notes", "curvature_of_rows", "squares_of_rows"]

Evaluate = Callable[[slice, Block], Evaluated]


class Notes:
    """The curvature of each row, that of the biases, and the sizes of the columns.

    Threads note a block each; they are added in the order of the blocks.

    Args:
        blocks: the rows.

    """

    def __init__(self, blocks: Blocks) -> None:
        model, known = blocks.problem.model, "column_rms" in vars(blocks)
        self.blocks, self.curvature = blocks, np.empty(blocks.problem.rows.n)
        self.products = None if model.d < model.C else np.zeros((model.C, model.C))
        """Sums of s_i p_ik p_il; None where they take longer than a product with X."""
        self.squares = None if known else np.zeros(model.d)
        self._waiting: dict[int, tuple[F64 | None, F64 | None]] = {}

    def noting(self, evaluate: Evaluate, keep: bool) -> Evaluate:
        """Return a function that evaluates a block and notes what it sees.

        Args:
            evaluate: keeps probabilities.
            keep: whether its result shall keep them.

        """
        blocks = self.blocks

        def both(span: slice, block: Block) -> Evaluated:
            found, s = evaluate(span, block), blocks.problem.s[span]
            assert found.kept is not None
            P = found.kept.P
            self.curvature[span] = curvature_of_rows(P)
            products = None if self.products is None else squares_of_rows(P, s)
            squares = None if self.squares is None else block.squares().rmatmat(s[None])[0]
            self._waiting[blocks.number[span.start]] = products, squares
            return found if keep else found._replace(kept=None)

        return both

    def add(self, number: int) -> None:
        """Add what was noted of a block; the next one must be the next number."""
        products, squares = self._waiting.pop(number)
        if self.products is not None and products is not None:
            self.products += products
        if self.squares is not None and squares is not None:
            self.squares += squares
        if number == len(self.blocks.spans) - 1 and self.squares is not None:
            self.blocks.column_rms = np.sqrt(self.squares)


def curvature_of_rows(P: F64) -> F64:
    """Return sum_k p_ik (1 - p_ik), (n,)."""
    sums: F64 = np.einsum("ki,ki->i", P, P)
    return 1.0 - sums


def squares_of_rows(P: F64, s: F64) -> F64:
    """Return sum_i s_i p_i p_i', a few rows at a time, (C, C)."""
    root = np.sqrt(s)
    few = (P[:, some] * root[some] for some in columns(P))
    return sum((Q @ Q.T for Q in few), np.zeros((len(P), len(P))))
