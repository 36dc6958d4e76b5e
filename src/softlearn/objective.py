r"""The objective: the mean cross-entropy of a model over weighted rows, plus a penalty.

    J(w) = ( sum_i s_i CE(y_i, softmax(Z_i(w))) ) / (sum_i s_i)  +  penalty(w)

One class for every storage (dense, sparse, memory-mapped), kind of label (classes or rows of
probabilities) and engine.  X is read block by block; only when n x C is small beside X, and C below
1,000, are the logits of a point kept, so that products at the same point need not repeat them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from .data import MANY, Block, Rows
from .engine import Engine, Serial
from .kernels import Keep, Small, passes_for
from .line import SoftmaxLine
from .models import Linear
from .networks import Network
from .penalty import L2
from .point import SoftmaxPoint
from .protocol import F64, Point
from .separation import Names, diagnose

__all__ = ["SoftmaxLine", "SoftmaxObjective", "SoftmaxPoint"]

T = TypeVar("T")
_KEEP = 1 << 27  # bytes of logits that are always kept
_OUTRIGHT = 1e6  # multiplications to assemble a Hessian: less than a millisecond
_LIGHT = 32  # entries per row
_DIGITS = 1e-4  # of a product in float32, to be relied on
_LEAST = float(np.finfo(np.float64).tiny)  # a weight, relative to all others together
_BATCH = 1 << 26  # bytes of a network's activations in a mini-batch that is one block


class SoftmaxObjective:
    """The mean cross-entropy of softmax(model) plus an L2 penalty.

    Args:
        rows: the features, as `softlearn.data.as_rows` gives them.
        Y: labels 0 .. C - 1, (n,) integers, or rows of probabilities, (n, C).
        model: the linear model, or a network.  One without a hidden layer becomes the linear one;
            with one there is no bound, and `hvp` is the exact Hessian's, which may bend down.
        l2: strength of the penalty l2/2 ||W||^2; biases are free.
        weights: (n,) weights of the rows, at least 0, or None for 1 each.
        engine: who adds up the blocks.
        names: what to call classes and features in messages.

    Raises:
        ValueError: Y or weights do not fit.

    """

    floor = 0.0
    resolution = 1e-15
    """Values of J that are zero to rounding, in nats per example."""
    doubt = ""
    """Why no lower bound can be proven, if so: see `unproven` and `sparing`."""
    spared: NDArray[np.bool_] | None = None
    """(d,) which columns a bound takes to be free of the penalty: see `sparing`."""

    def __init__(
        self,
        rows: Rows,
        Y: NDArray[Any],
        model: Linear | Network,
        l2: float = 0.0,
        weights: F64 | None = None,
        engine: Engine | None = None,
        names: Names | None = None,
    ) -> None:
        # Whoever asks for more than every model has asks a linear one: the type is theirs.
        model = self.model = cast(Linear, getattr(model, "simplest", model))
        self.rows, self.curved = rows, getattr(model, "curved", False)
        self.dtype = getattr(model, "dtype", np.float64)
        self.Y = _targets(Y, rows.n, model.C)
        total = float(rows.n) if weights is None else float(weights.sum())
        if not 0.0 < total < np.inf or (weights is not None and not (weights >= 0.0).all()):
            raise ValueError("weights must be finite numbers of at least 0 and not all 0.")
        if weights is None:
            self.s = np.full(rows.n, 1.0 / total)
        else:  # rows of any weight count where it is asked whether classes can be separated
            self.s = np.where(weights > 0.0, np.maximum(weights / total, _LEAST), 0.0)
        self.penalty = L2(l2, model.weights)
        self.engine = engine or Serial()
        self.names = names or Names()
        self.kernel = passes_for(model, rows, labels=self.Y.ndim == 1)
        self.precision = PrecisionCheck(first=8 if rows.sparse else 1)
        self.vectors = self.kernel.vectors(self.engine)
        self.passes = 0.0
        self.ranks: dict[bytes, int] = {}
        """What `recession` has found of these rows."""
        self._cut()

    def _cut(self, whole: bool = False) -> None:
        """Cut the rows into blocks, or leave them whole: as a small problem always is."""
        n, d, C = self.rows.n, self.model.d, self.model.C
        small = C < MANY and 8 * n * C <= max(_KEEP, self.rows.nbytes // 4)
        self.keep = small and not self.curved
        self.small = self.keep and n * (d + 1.0) ** 2 * C * (C - 1) / 4 <= _OUTRIGHT
        """Whether to solve Newton's equations outright takes no longer than to ask for a pass."""
        if whole or self.small:
            self.spans = [slice(0, n)]
        else:
            self.spans = self.rows.spans(getattr(self.model, "units", C), self.kernel.fused)
        self.number = {span.start: k for k, span in enumerate(self.spans)}
        kept = self.kernel.rough_P is None or (self.keep and not self.small)
        self._rough = kept and self.kernel.rough(self.rows)
        self._shorter: list[Small | None] = []  # once somebody has asked

    @property
    def rough(self) -> bool:
        """Whether float32 will do for a product; without a penalty its residuals must be right."""
        return self._rough and self.precision.accepted and self.penalty.strength > 0.0

    @property
    def light(self) -> bool:
        """Whether to multiply X takes no longer than to read the logits that are kept."""
        return self.keep and self.rows.sparse and self.rows.nnz <= _LIGHT * self.rows.n

    @property
    def keep_as(self) -> Keep:
        """The dtype of the probabilities that a point keeps; None if it keeps nothing."""
        if not self.keep:
            return None
        return (self.kernel.rough_P if self.rough else None) or np.float64

    @property
    def shorter(self) -> Small | None:
        """The short way to a Newton step that some kernels have for a small problem."""
        if not self._shorter:
            block = self.rows.block(self.spans[0])
            self._shorter.append(self.kernel.small(block, self.Y, self.s) if self.small else None)
        return self._shorter[0]

    @property
    def has_bound(self) -> bool:
        """Whether the objective is convex, so that a lower bound can be proven."""
        return not self.curved

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.model.size

    def at(self, w: F64) -> SoftmaxPoint:
        """Return J at w."""
        return SoftmaxPoint(self, np.asarray(w, dtype=self.dtype))

    def labels(self, span: slice) -> NDArray[Any]:
        """Return the labels of a span: (n_k,), or probabilities with classes first (C, n_k)."""
        Y: NDArray[Any] = self.Y[span].T
        return Y

    def sweep(self, f: Callable[[slice, Block], T], rough: bool = False) -> Iterator[T]:
        """Yield f(span, block) for each block in order: one pass over the data."""
        self.passes += 1.0
        block = self.kernel.begin(self.rows, rough)
        return self.engine.map(lambda span: f(span, block(span)), self.spans)

    def total(self, parts: Iterable[Any]) -> F64:
        """Return the sum of what the kernel has made of all blocks in one pass."""
        return self.kernel.total(parts, self.engine)

    def sizes(self) -> F64:
        """Return the root mean square of what each parameter multiplies.

        It is that of a column of X for a weight and 1 for a bias; columns of zeros give 1.
        """
        model, sizes = self.model, self.column_sizes
        of_weights = np.broadcast_to(np.where(sizes > 0.0, sizes, 1.0), (model.K, model.d))
        return model.join(of_weights, np.ones(self.size - model.weights))

    @cached_property
    def column_sizes(self) -> F64:
        """The root mean square of each column of X, (d,)."""
        if self.shorter is not None:
            return self.shorter.sizes(self.rows.d)
        if len(self.spans) == 1:
            self.passes += 1.0
            whole: F64 = self.rows.block(self.spans[0]).squares().rmatmat(self.s[None])[0]
            return np.sqrt(whole)
        parts = self.sweep(lambda span, block: block.squares().rmatmat(self.s[None, span])[0])
        return np.sqrt(sum(parts, np.zeros(self.rows.d)))

    @cached_property
    def row_size(self) -> float:
        """The root mean square of the rows' lengths."""
        return math.sqrt(self.column_sizes @ self.column_sizes)

    @cached_property
    def row_squares(self) -> F64:
        """The squared length of each row, (n,)."""
        one = np.ones((1, self.rows.d))
        return np.concatenate(
            list(self.sweep(lambda span, block: block.squares().matmat(one)[0])) or [np.zeros(0)]
        )

    @cached_property
    def shares(self) -> F64:
        """The share of each class in the weight of the rows, (C,)."""
        if self.Y.ndim == 2:
            return np.asarray(self.s @ self.Y)
        return np.bincount(self.Y, self.s, self.model.C).astype(np.float64)

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[SoftmaxObjective]:
        """Yield the objective over random batches of `size` rows, one epoch of them.

        Each batch is scaled so that its expectation is J; the penalty is whole in each.  A
        network's dropout leaves out other units in each, and the same ones whenever it is asked.
        Readings of a batch count here once the next one is asked for.
        """
        order = rng.permutation(self.rows.n)
        for start in range(0, len(order), size):
            rows = np.sort(order[start : start + size])
            share = len(rows) / self.rows.n
            part = self.subset(rows, np.full(len(rows), 1.0 / share))
            part._drop_out(rng)
            yield part
            self.passes += share * part.passes

    def subset(self, rows: NDArray[np.intp], factor: F64) -> SoftmaxObjective:
        """Return the objective over some rows, their weights s_i multiplied by `factor`."""
        part = copy(self)
        part.rows = self.rows.subset(rows)
        part.rows.brief = True
        part.Y, part.s = self.Y[rows], self.s[rows] * factor
        part.passes, part.ranks = 0.0, {}
        for name in ("column_sizes", "row_size", "row_squares", "shares"):
            part.__dict__.pop(name, None)
        units = getattr(self.model, "units", self.model.C)
        small = self.curved and 8 * units * len(rows) <= _BATCH
        part._cut(whole=small)
        return part

    def _drop_out(self, rng: np.random.Generator) -> None:
        if getattr(self.model, "dropout", 0.0):
            self.model = cast(Any, self.model).training(rng)
            self.kernel = passes_for(self.model, self.rows, labels=self.Y.ndim == 1)
            self._cut(whole=True)  # masks belong to the batch as a whole

    def with_penalty(self, l2: float) -> SoftmaxObjective:
        """Return the same objective with another strength of its penalty; the data are shared."""
        other = copy(self)
        other.penalty = replace(self.penalty, strength=l2)
        return other

    def unproven(self, why: str) -> SoftmaxObjective:
        """Return the same objective without a bound, and the reason in a sentence."""
        other = copy(self)
        other.doubt = why
        return other

    def sparing(self, columns: NDArray[np.bool_], why: str) -> SoftmaxObjective:
        """Return the same objective with bounds that hold for less penalty on some columns.

        Args:
            columns: (d,) those whose penalty may be anything from none to that here.
            why: what to say where nothing can be proven then.

        """
        other = self.unproven(why)
        other.spared = columns
        return other

    def diagnose(self, point: Point, d: F64) -> str:
        """Say why J has no minimum: see `softlearn.separation`; '' for a network."""
        return "" if self.curved else diagnose(self, point.w, d)


class PrecisionCheck:
    """Whether products in float32 can be relied on; they are compared with exact ones now and then.

    They cannot where a feature's mean is far larger than its spread: its changes cancel.  Zeros
    keep a sparse one from that, as a rule, and comparing can wait until more depends on it.

    Args:
        first: the product that is compared first.

    """

    def __init__(self, first: int = 1) -> None:
        self.accepted, self.asked, self.next = True, 0, first

    def should_check(self) -> bool:
        """Count a product; say whether to compare it: the first, and after 8 times as many each."""
        self.asked += 1
        if self.asked < self.next:
            return False
        self.next *= 8
        return True

    def check(self, found: F64, exact: F64, sizes: F64) -> None:
        """Compare two products in units of what the parameters multiply."""
        error = float(np.linalg.norm((found - exact) / sizes))
        self.accepted = error <= _DIGITS * float(np.linalg.norm(exact / sizes))


def _targets(Y: NDArray[Any], n: int, C: int) -> NDArray[Any]:
    """Return Y as labels 0 .. C - 1, or as rows of probabilities that sum to 1 to the last digit.

    Residuals and bounds rely on both.
    """
    if len(Y) != n:
        raise ValueError(f"Y has {len(Y)} rows, but X has {n}.")
    if Y.ndim == 2:
        if Y.shape[1] != C:
            raise ValueError(f"Y has {Y.shape[1]} columns, but the model has {C} classes.")
        P = np.asarray(Y, dtype=np.float64)
        return np.asarray(P / P.sum(1, keepdims=True))
    if n and not 0 <= Y.min() <= Y.max() < C:
        raise ValueError(f"Y holds labels {Y.min()} to {Y.max()}; they must be 0 to {C - 1}.")
    return np.asarray(Y, dtype=np.intp)
