"""Passes over rows that lie in shards, on the workers of an engine.

The rooms above do what they do with rows in memory: a function of a block is sent to the shards,
where the rows, labels and weights that it names are those of the shard.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any, NoReturn, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..data import Block
from ..execution.threads import Serial
from ..execution.tree import total
from ..kernels import NumPyKernel
from ..problem import Problem
from ..protocol import F64
from . import shard
from .blocks import Blocks
from .choose import LIMITS
from .forward import Along, Forward, Moved
from .limits import Limits

try:
    import cloudpickle
except ImportError as error:
    raise ImportError(
        'Engines need cloudpickle, which is not installed: pip install "softlearn[dask]".'
    ) from error

__all__ = ["OfShard", "ShardedPasses", "ShardedProblem", "ShardedRows", "Shards", "leaf_rows"]

T = TypeVar("T")
_LEAVES = 64  # enough to deal them out evenly
_FEWEST = 64  # rows


class Asks(Protocol):
    """The part of an engine that passes use."""

    def ask(self, f: Callable[..., Any], handles: list[Any], *args: Any) -> list[Any]:
        """Return f(handle, *args) for each handle, in order."""
        ...


def leaf_rows(n: int, d: int, C: int, nnz: int, sparse: bool, limits: Limits = LIMITS) -> int:
    """Return how many rows a leaf has at most; it must not depend on the machine."""
    rows = min(n // _LEAVES + 1, limits.block_logits // (8 * C))
    if sparse:  # a leaf writes a whole gradient (K, d), so it must hold several times d entries
        rows = max(rows, 4 * d * n // max(nnz, 1))
    return max(rows, _FEWEST)


class OfShard:
    """Stands for an array with an entry for each row: only functions that are sent can use it."""

    ndim = 1

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True, eq=False)
class Shards:
    """The shards of all rows, in order."""

    engine: Asks
    handles: list[Any]

    def ask(self, f: Callable[..., bytes], *args: Any) -> Iterator[Any]:
        """Yield what each shard answers."""
        for answer in self.engine.ask(f, self.handles, *args):
            yield pickle.loads(answer)

    def sum(self, f: Callable[..., bytes], *args: Any) -> Any:
        """Return the sum over all leaves of what each shard adds up."""
        return total(node for nodes in self.ask(f, *args) for node in nodes)


class ShardedRows:
    """All rows: their shape, and some of them on request.

    Args:
        shards: where they are.
        n, d: rows and columns.
        nbytes: of X.
        nnz: entries that a product works on.
        sparse: whether they are CSR.
        dtype: of the entries.

    """

    memory: int | None = None
    piece = 1 << 25
    """Bytes of rows that are worth a request."""

    def __init__(
        self, shards: Shards, n: int, d: int, nbytes: int, nnz: int, sparse: bool, dtype: Any
    ) -> None:
        self.shards, self.n, self.d, self.nbytes, self.nnz = shards, n, d, nbytes, nnz
        self.sparse, self.dtype = sparse, np.dtype(dtype)

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        ascending, place = np.unique(rows, return_inverse=True)
        parts = [part for part in self.shards.ask(shard.taken, ascending) if len(part)]
        return np.concatenate(parts)[place] if parts else np.empty((0, self.d))

    def block(self, span: slice) -> NoReturn:
        """Raise: the rows are elsewhere."""
        _refuse("blocks of rows in this process")

    def subset(self, rows: NDArray[np.intp]) -> NoReturn:
        """Raise: the rows are elsewhere."""
        _refuse("batches of rows")


def _refuse(what: str) -> NoReturn:
    raise ValueError(
        f"The rows lie with the workers of an engine, where there are no {what}, which this solver "
        "needs: use solver='auto', or no engine."
    )


@dataclass(frozen=True, eq=False)
class ShardedProblem(Problem):
    """A problem whose rows, labels and weights lie in shards."""

    of_classes: F64 = field(default_factory=lambda: np.zeros(0))
    """(C,) the share of each class in the weight of the rows."""

    @property
    def shares(self) -> F64:
        """The share of each class in the weight of the rows, (C,)."""
        return self.of_classes


class ShardedPasses(Blocks):
    """Passes over shards.

    Args:
        problem: what is minimised.
        kernel: that of the shards, for the same model.
        shards: where the rows are.
        spans: the rows of each leaf.
        keep: whether shards keep probabilities.

    """

    distributed = True

    def __init__(
        self, problem: ShardedProblem, kernel: Any, shards: Shards, spans: list[slice], keep: bool
    ) -> None:
        super().__init__(problem, kernel, Serial(), spans, keep)
        self.shards = shards

    def forward(self, w: F64) -> ShardedForward:
        """Return J at w."""
        return ShardedForward(self, w)

    def read(self, f: Callable[[slice, Block], T], *options: Any, **named: Any) -> Iterator[T]:
        """Yield f(span, block) for each leaf in order: one pass over the data."""
        self.count += 1.0
        return _Reading(self.shards, f)

    def total(self, parts: Any, kernel: Any = None) -> F64:
        """Return the sum of a kernel's results for all leaves; shards add up their own."""
        return parts.sum() if isinstance(parts, _Reading) else super().total(parts, kernel)

    def gather(self, add: Callable[[Any, slice, Block, int], None], into: Any) -> Any:
        """Let each block add to `into`: each shard to a copy, and these are merged."""
        self.count += 1.0
        for part in self.shards.ask(shard.gathered, _sent((add, into))):
            into.merge(part)
        return into

    @cached_property
    def column_rms(self) -> F64:
        """The root mean square of each column of X, (d,)."""
        s = self.problem.s
        squares = self.read(lambda span, block: block.squares().rmatmat(s[None, span])[0])
        return np.sqrt(self.total(squares))

    @cached_property
    def row_squares(self) -> Any:
        """The squared length of each row, in the shards."""
        return OfShard("row_squares")

    def facts_of_rows(self) -> tuple[NDArray[Any], F64, F64]:
        """Return the labels, weights and squared lengths of all rows, which must be few."""
        problem, squares = self.problem, self.row_squares
        facts = self.read(
            lambda span, _: (problem.labels(span), problem.s[span], squares[span].copy())
        )
        Y, s, sizes = (np.concatenate(each) for each in zip(*facts, strict=True))
        return Y, s, sizes

    @property
    def row_factor(self) -> NoReturn:
        """No rows are at hand to factorise."""
        _refuse("products of all pairs of rows")


class ShardedForward(Forward):
    """J at w, in one pass over the shards."""

    blocks: ShardedPasses

    def _evaluate(self) -> None:
        blocks, penalty = self.blocks, self.problem.penalty
        blocks.count += 1.0
        grad, loss = blocks.shards.sum(shard.evaluated, _sent(self.w))
        self._value = loss + penalty.value(self.w)
        self._grad = penalty.add_grad(self.w, grad, blocks.vectors)

    def _ready(self) -> Any:
        if self._value is None:
            self._evaluate()
        return None if self.blocks.keep else self.packed

    def dual_step(self, v: F64, U: F64 | None = None) -> tuple[F64, float]:
        """Return H v, H that of the loss alone, and sum_i s_i KL(q_i, p_i) for q moved along v."""
        if not v.any():
            return np.zeros(v.size), 0.0
        kernel, s, kept = self.blocks.kernel, self.problem.s, self._exact
        A, A0 = kernel.pack(v), self._ready()
        moved = self.blocks.read(
            lambda span, block: kernel.dual_step(block, A, s[span], kept(span), A0)
        )
        out: tuple[F64, float] = self.blocks.total(moved)  # type: ignore[assignment]
        return out

    def along(self, d: F64, U: F64 | None = None) -> Along:
        """Return J along a direction."""
        return ShardedAlong(self, d)

    def step(self, w: F64, logits: Moved | None = None) -> Forward:
        """Return J at another w, over the same rows."""
        return ShardedForward(self.blocks, w)


class ShardedAlong(Along):
    """J along a direction; each trial is a point, because asking takes longer than computing."""

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        there = self.at(t)
        return there.value, self.start.blocks.vectors.dot(there.grad, self.d)

    def at(self, t: float) -> Forward:
        """Return J at w + t d."""
        if t not in self._tried:
            self._tried[t] = self.start.step(self._w(t))
        return self._tried[t]


class _Reading(Iterator[Any]):
    """One pass: what each leaf gives, in order, or their sum, which the shards make."""

    def __init__(self, shards: Shards, f: Callable[..., Any]) -> None:
        self.shards, self.f = shards, f
        self._results: Iterator[Any] | None = None

    def __next__(self) -> Any:
        if self._results is None:
            answers = self.shards.ask(shard.leaves, _sent(self.f))
            self._results = (result for answer in answers for result in answer)
        return next(self._results)

    def sum(self) -> Any:
        return self.shards.sum(shard.sums, _sent(self.f))


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Names what a shard has of its own, and pickles the rest."""

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, ShardedForward):
            return "forward", obj.w
        if isinstance(obj, OfShard):
            return "array", obj.name
        for kind, name in _NAMES:
            if isinstance(obj, kind):
                return (name,)
        return None


_NAMES: tuple[tuple[type, str], ...] = (
    (ShardedPasses, "passes"),
    (ShardedProblem, "problem"),
    (ShardedRows, "rows"),
    (NumPyKernel, "kernel"),
)


def _sent(f: Any) -> bytes:
    """Return a function as the shards load it."""
    file = BytesIO()
    _Pickler(file).dump(f)
    return file.getvalue()
