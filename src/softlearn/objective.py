r"""The objective: the mean cross-entropy of a model over weighted rows, plus a penalty.

    J(w) = ( sum_i s_i CE(y_i, softmax(Z_i(w))) ) / (sum_i s_i)  +  penalty(w)

One class for every storage (dense, sparse, memory-mapped), kind of label (classes or rows of
probabilities) and engine.  X is read block by block; only when n x C is small beside X are the
logits of a point kept, so that products at the same point need not repeat them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .certificate import dual_bound, expected_gap
from .data import Block, Rows
from .engine import Engine, Serial
from .kernels import Evaluated, Kept, passes_for, probabilities
from .models import Linear
from .penalty import L2
from .preconditioner import build_preconditioner
from .protocol import F64, Inverse, Point
from .separation import Names, diagnose

__all__ = ["SoftmaxObjective", "SoftmaxPoint"]

T = TypeVar("T")
_KEEP = 1 << 27  # bytes of logits that are always kept
_CHAIN = 8  # steps along which logits may be updated before they are computed from w again


class SoftmaxObjective:
    """The mean cross-entropy of softmax(model) plus an L2 penalty.

    Args:
        rows: the features, as `softlearn.data.as_rows` gives them.
        Y: labels 0 .. C - 1, (n,) integers, or rows of probabilities, (n, C).
        model: the linear model.
        l2: strength of the penalty l2/2 ||W||^2; biases are free.
        weights: (n,) weights of the rows, at least 0, or None for 1 each.
        engine: who adds up the blocks.
        names: what to call classes and features in messages.

    Raises:
        ValueError: Y or weights do not fit.

    """

    has_bound = True
    floor = 0.0

    def __init__(
        self,
        rows: Rows,
        Y: NDArray[Any],
        model: Linear,
        l2: float = 0.0,
        weights: F64 | None = None,
        engine: Engine | None = None,
        names: Names | None = None,
    ) -> None:
        self.rows, self.model = rows, model
        self.Y = _targets(Y, rows.n, model.C)
        total = float(rows.n) if weights is None else float(weights.sum())
        if not 0.0 < total < np.inf or (weights is not None and not (weights >= 0.0).all()):
            raise ValueError("weights must be finite numbers of at least 0 and not all 0.")
        self.s = np.full(rows.n, 1.0 / total) if weights is None else weights / total
        self.penalty = L2(l2, model.weights)
        self.engine = engine or Serial()
        self.names = names or Names()
        self.kernel = passes_for(model, rows, labels=self.Y.ndim == 1)
        self.spans = rows.spans(model.C, self.kernel.fused)
        self.number = {span.start: k for k, span in enumerate(self.spans)}
        self.keep = 8 * rows.n * model.C <= max(_KEEP, rows.nbytes // 4)
        self.passes = 0.0
        self._column_sizes: F64 | None = None

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.model.size

    def at(self, w: F64) -> SoftmaxPoint:
        """Return J at w."""
        return SoftmaxPoint(self, np.asarray(w, dtype=np.float64))

    def labels(self, span: slice) -> NDArray[Any]:
        """Return the labels of a span: (n_k,), or probabilities with classes first (C, n_k)."""
        Y: NDArray[Any] = self.Y[span].T
        return Y

    def sweep(self, f: Callable[[slice, Block], T]) -> Iterator[T]:
        """Yield f(span, block) for each block in order: one pass over the data."""
        self.passes += 1.0
        return self.engine.map(lambda span: f(span, self.rows.block(span)), self.spans)

    def sizes(self, first: int = 0) -> F64:
        """Return the root mean square of what each parameter from `first` on multiplies.

        It is that of a column of X for a weight and 1 for a bias; columns of zeros give 1.
        """
        biases = np.ones(self.size - self.model.weights)
        if first >= self.model.weights:
            return biases[first - self.model.weights :]
        if self._column_sizes is None:
            parts = self.sweep(lambda span, block: block.squares().pull(self.s[None, span])[0])
            squares = sum(parts, np.zeros(self.model.d))
            self._column_sizes = np.sqrt(np.where(squares > 0.0, squares, 1.0))
        return np.concatenate([np.tile(self._column_sizes, self.model.K), biases])[first:]

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[SoftmaxObjective]:
        """Yield the objective over random batches of `size` rows, one epoch of them.

        Each batch is scaled so that its expectation is J; the penalty is whole in each.
        """
        order = rng.permutation(self.rows.n)
        for start in range(0, len(order), size):
            rows = np.sort(order[start : start + size])
            yield self.subset(rows, np.full(len(rows), self.rows.n / len(rows)))

    def subset(self, rows: NDArray[np.intp], factor: F64) -> SoftmaxObjective:
        """Return the objective over some rows, their weights s_i multiplied by `factor`."""
        part = SoftmaxObjective(
            self.rows.subset(rows), self.Y[rows], self.model, engine=self.engine, names=self.names
        )
        part.s, part.penalty = self.s[rows] * factor, self.penalty
        return part

    def with_penalty(self, l2: float) -> SoftmaxObjective:
        """Return the same objective with another strength of its penalty; the data are shared."""
        other = copy(self)
        other.penalty = replace(self.penalty, strength=l2)
        return other

    def diagnose(self, point: Point, d: F64) -> str:
        """Say why J has no minimum: see `softlearn.separation`."""
        return diagnose(self, point.w, d)


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


class Moved(NamedTuple):
    """A point's logits by block, as those of another plus t times those of a direction."""

    start: list[Kept]
    U: list[F64]
    t: float


class SoftmaxPoint:
    """J at one w.  The forward pass is made once, and only when something is asked."""

    def __init__(
        self, J: SoftmaxObjective, w: F64, moved: Moved | None = None, age: int = 0
    ) -> None:
        self.J, self.w = J, w
        self._moved = moved  # where a line search has been here
        self.age = age  # steps since logits were last computed from w
        self._kept: list[Kept] = []
        self._value: float | None = None
        self._grad: F64 | None = None
        self._operand: Any = None

    # -- value and gradient, in one pass

    @property
    def value(self) -> float:
        """J(w)."""
        if self._value is None:
            self._evaluate()
        assert self._value is not None
        return self._value

    @property
    def grad(self) -> F64:
        """The gradient of J at w."""
        if self._grad is None:
            self._evaluate()
        assert self._grad is not None
        return self._grad

    @property
    def operand(self) -> Any:
        """The parameters as the kernels take them."""
        if self._operand is None:
            self._operand = self.J.kernel.prepare(self.w)
        return self._operand

    def _evaluate(self) -> None:
        J, moved = self.J, self._moved
        A = None if moved else self.operand

        def evaluate(span: slice, block: Block) -> Evaluated:
            Y, s = J.labels(span), J.s[span]
            if moved is None:
                return J.kernel.forward(block, A, Y, s, J.keep)
            k = J.number[span.start]
            Z, U = moved.start[k].Z, moved.U[k]
            return J.kernel.forward_at(block, Z, U, moved.t, Y, s, J.keep)

        value, kept = 0.0, []

        def gradients() -> Iterator[Any]:
            nonlocal value
            for of_block in J.sweep(evaluate):
                value += of_block.loss
                if of_block.kept is not None:
                    kept.append(of_block.kept)
                yield of_block.part

        grad = J.kernel.total(gradients())
        self._moved, self._kept = None, kept
        self._value = value + J.penalty.value(self.w)
        self._grad = J.penalty.add_grad(self.w, grad)

    def probabilities(self, span: slice, block: Block) -> F64:
        """Return P (C, n_k) of a block, from memory or anew."""
        if self._kept:
            return self._kept[self.J.number[span.start]].P
        return probabilities(self.J.kernel.logits(block, self.operand))

    def blocks(self) -> Iterator[tuple[slice, F64]]:
        """Yield the probabilities by block; reads X only where they are not kept."""
        self.value  # noqa: B018  (the forward pass, before threads ask for it)
        if self._kept:
            yield from ((s, k.P) for s, k in zip(self.J.spans, self._kept, strict=True))
        else:
            yield from self.J.sweep(lambda span, block: (span, self.probabilities(span, block)))

    # -- second order

    def hvp(self, v: F64, damping: float = 0.0) -> F64:
        """Return (H + damping G) v, v'Gv the weighted mean of the squared change of the logits."""
        self.value  # noqa: B018
        J, A, A0 = self.J, self.J.kernel.prepare(v), None if self._kept else self.operand

        def product(span: slice, block: Block) -> Any:
            P = self._kept[J.number[span.start]].P if self._kept else None
            return J.kernel.product(block, A, J.s[span], damping, P, A0)

        return J.penalty.add_grad(v, J.kernel.total(J.sweep(product)))

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Inverse | None:
        """Return an approximate inverse of that matrix: see `softlearn.preconditioner`."""
        return build_preconditioner(self, kind, seed, damping)

    def bound(self, v: F64 | None = None, r: F64 | None = None) -> float:
        """Return a proven lower bound on min J: see `softlearn.certificate`."""
        return dual_bound(self, v, r)

    def gap_along(self, v: F64, r: F64) -> float:
        """Estimate J(w) - bound(v) from r = grad + H v, without reading X."""
        return expected_gap(self, v, r)

    # -- along a direction

    def along(self, d: F64) -> SoftmaxLine:
        """Return the line through w in direction d."""
        return SoftmaxLine(self, d)


class SoftmaxLine:
    """J along a direction: where logits are kept, a trial step does not read X."""

    def __init__(self, start: SoftmaxPoint, d: F64) -> None:
        self.start, self.d = start, d
        J = start.J
        start.value  # noqa: B018
        self._operand = J.kernel.prepare(d)
        self._U: list[F64] = []
        if J.keep:
            logits = J.kernel.logits
            self._U = list(J.sweep(lambda span, block: logits(block, self._operand)))
        self._penalty = J.penalty.along(start.w, d)

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        a, b, c = self._penalty
        value, slope = a + t * (b + t * c), b + 2.0 * t * c
        for loss, rise in self._trials(t):
            value += loss
            slope += rise
        return value, slope

    def _trials(self, t: float) -> Iterator[tuple[float, float]]:
        start, J, A = self.start, self.start.J, self._operand
        kernel = J.kernel
        if self._U:
            blocks = list(zip(J.spans, start._kept, self._U, strict=True))
            return J.engine.map(
                lambda x: kernel.line(x[1].Z, x[2], t, J.labels(x[0]), J.s[x[0]]), blocks
            )
        A0 = start.operand
        return J.sweep(
            lambda span, block: kernel.line_from(block, A0, A, t, J.labels(span), J.s[span])
        )

    def point(self, t: float) -> SoftmaxPoint:
        """Return the point w + t d; its logits are those along the line.

        Every so often the logits are computed from w anew, so that rounding does not add up.
        """
        start, w = self.start, self.start.w + t * self.d
        if not self._U or start.age >= _CHAIN:
            return SoftmaxPoint(start.J, w)
        return SoftmaxPoint(start.J, w, Moved(start._kept, self._U, t), start.age + 1)
