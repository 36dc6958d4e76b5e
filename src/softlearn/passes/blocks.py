"""All rows of a problem, block by block: one pass reads each block once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from ..data import Block
from ..execution.threads import Engine
from ..kernels import Keep, Kernel
from ..linalg import RIDGE
from ..problem import Problem
from ..protocol import F64

__all__ = ["Blocks"]

T = TypeVar("T")


class Blocks:
    """The rows of a problem in blocks, their kernel, and the threads.

    `softlearn.passes.passes_for` makes one and decides what each argument is.

    Args:
        problem: what is minimised.
        kernel: the computations on a block.
        engine: its threads are used.
        spans: the rows of each block.
        keep: whether points keep logits and probabilities, so that products need not repeat them.
        low: the kernel for products in low precision, None where there is no faster one.
        held: the rows of each block of which all probabilities may be held at once; `spans` if
            absent.

    """

    exact = False
    """Whether products are in float64, however fast they are in low precision."""
    distributed = False
    """Whether the rows lie with the workers of an engine, so that none are at hand."""
    on_disk = False
    """Whether rows are read from disk, so that passes are slow."""

    def __init__(
        self,
        problem: Problem,
        kernel: Kernel,
        engine: Engine,
        spans: list[slice],
        keep: bool,
        low: Kernel | None = None,
        held: list[slice] | None = None,
    ) -> None:
        self.problem, self.kernel, self.engine = problem, kernel, engine
        self.spans, self.keep, self._low = spans, keep, low
        self.held = spans if held is None else held
        self.vectors = kernel.vector_space(engine)
        self.number = {span.start: k for k, span in enumerate(spans)}
        self.count, self.low_count = 0.0, 0
        """Passes over the data so far, and how many of them in low precision."""

    def with_penalty(self, l2: float) -> Self:
        """Return the same rows under another penalty, with counters at zero."""
        other = copy(self)
        other.problem, other.count = self.problem.with_penalty(l2), 0.0
        other.low_count = 0
        return other

    @property
    def low(self) -> Kernel | None:
        """The kernel in low precision; None without a penalty, where residuals must be exact."""
        return None if self.problem.penalty.absent else self._low

    @property
    def kept_dtype(self) -> Keep:
        """The dtype of the probabilities that a point keeps; None if it keeps nothing."""
        if not self.keep:
            return None
        low = self.low
        return self.kernel.P_dtype if low is None else low.P_dtype

    @property
    def reader(self) -> Engine:
        """The threads that make passes."""
        return self.engine

    def read(
        self,
        f: Callable[[slice, Block], T],
        kernel: Kernel | None = None,
        spans: list[slice] | None = None,
    ) -> Iterator[T]:
        """Yield f(span, block) for each block in order: one pass over the data."""
        self.count += 1.0
        block = (kernel or self.kernel).blocks(self.problem.rows)
        return self.reader.map(lambda span: f(span, block(span)), spans or self.spans)

    def gather(self, add: Callable[[T, slice, Block, int], None], into: T) -> T:
        """Let each block add to `into`, in any order: one pass over the data.

        Args:
            add: called as add(into, span, block, first), `first` the number of the first row.
            into: what threads may share; two of them can be merged.

        """
        for _ in self.read(lambda span, block: add(into, span, block, span.start)):
            pass
        return into

    def total(self, parts: Iterable[Any], kernel: Kernel | None = None) -> F64:
        """Return the sum of a kernel's results for all blocks of one pass."""
        return (kernel or self.kernel).total(parts, self.engine)

    def logits(self, d: F64) -> list[F64]:
        """Return the logits of a vector of parameters, by block."""
        A, logits = self.kernel.pack(d), self.kernel.logits
        return list(self.read(lambda span, block: logits(block, A)))

    # -- sizes of rows and columns

    @cached_property
    def column_rms(self) -> F64:
        """The root mean square of each column of X, (d,)."""
        rows, s = self.problem.rows, self.problem.s
        if len(self.spans) == 1:
            self.count += 1.0
            whole: F64 = rows.block(self.spans[0]).squares().rmatmat(s[None])[0]
            return np.sqrt(whole)
        parts = self.read(lambda span, block: block.squares().rmatmat(s[None, span])[0])
        return np.sqrt(sum(parts, np.zeros(rows.d)))

    @cached_property
    def column_means(self) -> F64:
        """The weighted mean of each column of X, (d,)."""
        s = self.problem.s
        parts = self.read(lambda span, block: block.rmatmat(s[None, span])[0])
        return sum(parts, np.zeros(self.problem.rows.d))

    def parameter_rms(self) -> F64:
        """Return the root mean square of each parameter's column.

        It is that of a column of X for a weight and 1 for a bias; columns of zeros give 1.
        """
        model, rms = self.problem.model, self.column_rms
        of_weights = np.broadcast_to(np.where(rms > 0.0, rms, 1.0), (model.K, model.d))
        return model.join(of_weights, np.ones(model.size - model.weights))

    @cached_property
    def row_rms(self) -> float:
        """The root mean square of the rows' lengths."""
        return math.sqrt(self.column_rms @ self.column_rms)

    @cached_property
    def row_squares(self) -> F64:
        """The squared length of each row, (n,)."""
        one = np.ones((1, self.problem.rows.d))
        parts = self.read(lambda span, block: block.squares().matmat(one)[0])
        return np.concatenate(list(parts) or [np.zeros(0)])

    def facts_of_rows(self) -> tuple[NDArray[Any], F64, F64]:
        """Return the labels, weights and squared lengths of all rows."""
        return self.problem.Y, self.problem.s, self.row_squares

    @cached_property
    def row_factor(self) -> F64:
        """L (n, n), lower, with X X' = L L'."""
        rows = self.problem.rows
        X = rows.take(np.arange(rows.n))
        G = X @ X.T
        jitter = RIDGE * float(np.trace(G))
        while True:
            try:
                return np.asarray(la.cholesky(G + jitter * np.eye(len(G)), lower=True))
            except la.LinAlgError:
                jitter *= 10.0
