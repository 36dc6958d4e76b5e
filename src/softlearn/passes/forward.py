"""J at one vector of parameters, from one pass over the rows, and its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from ..data import Block
from ..kernels import Evaluated, Floats, Keep, Kept, Moments
from ..problem import L2
from ..protocol import F64, Direction
from .blocks import Blocks
from .notes import curvature_of_rows, squares_of_rows
from .rounding import drift, logit_size, value_error

__all__ = ["CHAIN", "DRIFT", "Along", "Forward", "Moved"]

T = TypeVar("T")
CHAIN = 8  # steps along which logits may be updated before they are computed from w again,
DRIFT = 1e-11  # and the drift allowed from the logits of w


class Moved(NamedTuple):
    """Logits along a line, by block: Z of the start plus t times U of the direction."""

    Z: list[F64]
    U: list[F64]
    t: float


class Forward:
    """J at w.  Nothing changes once it is computed: the same call gives the same bits.

    Args:
        blocks: the rows.
        w: the parameters.
        logits: those of w, where they are known along a line; from X if absent.

    """

    at_zero = False
    """Whether all parameters are 0, so that all classes of a row are equal."""
    age = 0
    """Steps since logits were last computed from w,"""
    drift = 0.0
    """and a bound on their drift from those of w."""
    first_try = True
    """Whether the step that led here was the first trial of its line search."""
    _value: float | None = None
    _grad: F64 | None = None
    _kept: Sequence[Kept] = ()

    def __init__(self, blocks: Blocks, w: F64, logits: Moved | None = None) -> None:
        self.blocks, self.problem, self.w = blocks, blocks.problem, w
        self._logits = logits

    @property
    def by_factor(self) -> bool:
        """Whether Newton's equations are best solved by factorising the whole Hessian."""
        return False

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
    def loss(self) -> float:
        """The value without the penalty."""
        return max(self.value - self.problem.penalty.value(self.w), 0.0)

    @cached_property
    def size(self) -> float:
        """The size of the logits, for rounding bounds: see `rounding.logit_size`."""
        return logit_size(self.blocks, self.w)

    @property
    def value_error(self) -> float:
        """A bound on the error of the value."""
        return value_error(self.value, self.size, self.drift)

    @cached_property
    def packed(self) -> Any:
        """The parameters as the kernel takes them."""
        return self.blocks.kernel.pack(self.w)

    @cached_property
    def _packed_low(self) -> Any:
        """The parameters as the kernel in low precision takes them."""
        low = self.blocks.low
        assert low is not None
        return low.pack(self.w)

    def _evaluate(self) -> None:
        blocks, problem = self.blocks, self.problem
        value, kept = 0.0, []

        def gradients() -> Iterator[Any]:
            nonlocal value
            for of_block in self._evaluations():
                value += of_block.loss
                if of_block.kept is not None:
                    kept.append(of_block.kept)
                yield of_block.part

        grad = blocks.total(gradients())
        self._kept, self._logits = kept, None  # release what the start and its line have kept
        self._value = value + problem.penalty.value(self.w)
        self._grad = problem.penalty.add_grad(self.w, grad, blocks.vectors)

    def _evaluations(self) -> Iterator[Evaluated]:
        """Yield what each block gives, in order: one pass."""
        return self.blocks.read(self._of_block(self.blocks.kept_dtype))

    def _of_block(self, keep: Keep) -> Callable[[slice, Block], Evaluated]:
        """Return the function that evaluates a block."""
        problem, kernel, number = self.problem, self.blocks.kernel, self.blocks.number
        if self._logits is None:
            A = self.packed
            return lambda span, block: kernel.forward(
                block, A, problem.labels(span), problem.s[span], keep
            )
        Z, U, t = self._logits

        def evaluate(span: slice, block: Block) -> Evaluated:
            k, Y, s = number[span.start], problem.labels(span), problem.s[span]
            return kernel.forward_at(block, Z[k], U[k], t, Y, s, keep)

        return evaluate

    # -- probabilities

    def probabilities(self, span: slice, block: Block) -> F64:
        """Return P (C, n_k) of a block, kept or recomputed."""
        kept = self._exact(span)
        return self.blocks.kernel.probabilities(block, self.packed) if kept is None else kept

    def over_blocks(self, f: Callable[[slice, F64], T]) -> Iterator[T]:
        """Yield f(span, probabilities) by block; reads X only where they are not kept."""
        blocks = self.blocks
        self._ready()
        if not self._kept:
            return self.read(lambda span, block: f(span, self.probabilities(span, block)))
        return blocks.engine.map(lambda span: f(span, cast(F64, self._exact(span))), blocks.spans)

    def read(self, f: Callable[[slice, Block], T]) -> Iterator[T]:
        """Yield f(span, block) by block; the forward pass is made first, before threads need it."""
        self._ready()
        return self.blocks.read(f, spans=self.blocks.held)

    def gather(self, add: Callable[[T, slice, Block, int], None], into: T) -> T:
        """Let each block add to `into`: see `Blocks.gather`; the forward pass is made first."""
        self._ready()
        return self.blocks.gather(add, into)

    def _ready(self) -> Any:
        """Make the forward pass; return the data for probabilities, None if they are kept."""
        if self._value is None:
            self._evaluate()
        return None if self._kept else self.packed

    def _raw(self, span: slice) -> Floats | None:
        """Return the probabilities as they are kept."""
        return self._kept[self.blocks.number[span.start]].P if self._kept else None

    def _exact(self, span: slice) -> F64 | None:
        """Return the probabilities that are kept, from the logits where they are float32."""
        if not self._kept:
            return None
        k = self.blocks.number[span.start]
        Z, P = self._kept[k]
        if P.dtype == np.float64:
            return P
        if k not in self._wide:
            self._wide[k] = self.blocks.kernel.of_logits(Z)
        return self._wide[k]

    @cached_property
    def _wide(self) -> dict[int, F64]:
        """Probabilities in float64 of blocks that keep them in float32."""
        return {}

    @property
    def curvature(self) -> F64:
        """sum_k p_ik (1 - p_ik) of each row, (n,)."""
        return np.concatenate(list(self.over_blocks(lambda _, P: curvature_of_rows(P))))

    @cached_property
    def bias_curvature(self) -> F64:
        """sum_i s_i (diag p_i - p_i p_i') over the classes that have a bias."""
        model = self.problem.model
        # Off the diagonal -p_k p_l; each diagonal entry is minus the sum of its row, which
        # keeps the digits that p - p^2 would lose.
        A = -self._products_of_classes()
        np.fill_diagonal(A, 0.0)
        np.fill_diagonal(A, -A.sum(1))
        first = model.C - model.K
        return A[first:, first:]

    def _products_of_classes(self) -> F64:
        """Return sum_i s_i p_i p_i' (C, C)."""
        C, s = self.problem.model.C, self.problem.s
        parts = self.over_blocks(lambda span, P: squares_of_rows(P, s[span]))
        return sum(parts, np.zeros((C, C)))

    def bias_product(self, c: F64) -> F64:
        """Return that matrix times c, without making it: sum_i s_i p_i (c - <p_i, c>)."""
        s, first = self.problem.s, self.problem.model.C - self.problem.model.K
        whole = np.concatenate([np.zeros(first), c])
        middle = 0.5 * (whole.max(initial=0.0) + whole.min(initial=0.0))

        def part(span: slice, P: F64) -> F64:
            means = (whole - middle) @ P
            out: F64 = (P @ s[span]) * (whole - middle) - P @ (s[span] * means)
            return out

        return sum(self.over_blocks(part), np.zeros(len(whole)))[first:]

    # -- second order

    def product(self, v: F64, damping: float = 0.0, low_precision: bool = False) -> F64:
        """Return (H + damping G) v, v'Gv the weighted mean of the squared change of the logits.

        Args:
            v: (size,).
            damping: at least 0.
            low_precision: whether float32 is accurate enough, where that is faster.

        """
        blocks, s = self.blocks, self.problem.s
        low = blocks.low if low_precision else None
        kernel, kept = (blocks.kernel, self._exact) if low is None else (low, self._raw)
        blocks.low_count += low is not None
        A, A0 = kernel.pack(v), self._ready()
        if low is not None and A0 is not None:
            A0 = self._packed_low

        def product(span: slice, block: Block) -> Any:
            return kernel.product(block, A, s[span], damping, kept(span), A0)

        total = blocks.total(blocks.read(product, kernel), kernel)
        return self.problem.penalty.add_grad(v, total, blocks.vectors)

    def moments(self, damping: float = 0.0) -> Moments:
        """Return the sums over all rows that `softlearn.kernels.Moments` describes."""
        blocks, kernel, s, A0 = self.blocks, self.blocks.kernel, self.problem.s, self._ready()

        def of_block(span: slice, block: Block) -> Any:
            return kernel.moments(block, self._exact(span), s[span], damping, A0)

        return kernel.total_moments(blocks.read(of_block), blocks.engine)

    def moments_of_rows(self, damping: float = 0.0) -> tuple[F64, F64, F64]:
        """Return sum_i a_ik x_i as a vector like w, sum_i a_ik (K,) and sum_k a_ik (n,).

        a_ik is that of `softlearn.kernels.Moments`.
        """
        blocks, kernel, s, A0 = self.blocks, self.blocks.kernel, self.problem.s, self._ready()
        of_classes, of_rows = np.zeros(self.problem.model.K), []

        def of_block(span: slice, block: Block) -> Any:
            return kernel.moments_of_rows(block, self._exact(span), s[span], damping, A0)

        def shares() -> Iterator[Any]:
            nonlocal of_classes
            for share, a, weights in blocks.read(of_block):
                of_classes += a
                of_rows.append(weights)
                yield share

        return blocks.total(shares()), of_classes, np.concatenate(of_rows)

    def dual_step(self, v: F64, U: F64 | None = None) -> tuple[F64, float]:
        """Return H v, H that of the loss alone, and sum_i s_i KL(q_i, p_i) for q moved along v.

        Args:
            v: (size,).
            U: its logits, if they are known.

        """
        blocks, kernel, s = self.blocks, self.blocks.kernel, self.problem.s
        if not v.any():
            return np.zeros(v.size), 0.0
        A, A0 = kernel.pack(v), self._ready()
        divergence = 0.0

        def moved(span: slice, block: Block) -> tuple[Any, float]:
            return kernel.dual_step(block, A, s[span], self._exact(span), A0, U)

        def shares() -> Iterator[Any]:
            nonlocal divergence
            for share, of_block in blocks.read(moved):
                divergence += of_block
                yield share

        return blocks.total(shares()), divergence

    def newton_direction(self, damping: float = 0.0) -> Direction | None:
        """Return v with (H + damping G) v = -grad if the kernel solves it directly; None here."""
        return None

    def along(self, d: F64, U: F64 | None = None) -> Along:
        """Return J along a direction.

        Args:
            d: (size,).
            U: its logits (C, n), if all rows are one block and they are known.

        """
        return Along(self, d, U)

    def step(self, w: F64, logits: Moved | None = None) -> Forward:
        """Return J at another w, over the same rows."""
        return Forward(self.blocks, w, logits)

    def under(self, blocks: Blocks) -> Forward:
        """Return J at w over the same rows with another penalty, those of `blocks`."""
        other, mine, penalty = copy(self), self.problem.penalty, blocks.problem.penalty
        other.blocks, other.problem = blocks, blocks.problem
        other._value = self.loss + penalty.value(self.w)
        grad, W = self.grad.copy(), slice(0, self.problem.model.weights)
        grad[W] += (penalty.curvature - mine.curvature) * self.w[W]
        other._grad = grad
        return other


class Along:
    """J along a direction: where logits are kept, a trial step does not read X.

    If the line search before accepted its first trial, the first trial is a whole pass: it is then
    likely to be accepted, is the next point, and needs no logits of the direction.

    Args:
        start: where t is 0.
        d: the direction.
        U: its logits (C, n), if all rows are one block and they are known.

    """

    def __init__(self, start: Forward, d: F64, U: F64 | None = None) -> None:
        self.start, self.d = start, d
        blocks = start.blocks
        start._ready()
        self._packed = None if blocks.keep else blocks.kernel.pack(d)  # for trials that read X
        self._U = None if U is None else [U]
        self._whole = U is None and start.first_try
        self._first: float | None = None
        self._tried: dict[float, Forward] = {}

    def __call__(self, t: float) -> tuple[float, float]:
        """Return J(w + t d) and its derivative in t."""
        if self._first is None:
            self._first = t
            if self._whole:
                self._tried[t] = self.start.step(self._w(t))
        if t in self._tried:
            at = self._tried[t]
            return at.value, self.start.blocks.vectors.dot(at.grad, self.d)
        a, b, c = self._penalty
        value, slope = a + t * (b + t * c), b + 2.0 * t * c
        for loss, rise in self._trials(t):
            value += loss
            slope += rise
        return value, slope

    @cached_property
    def _penalty(self) -> tuple[float, float, float]:
        return cast(L2, self.start.problem.penalty).along(self.start.w, self.d)

    def _w(self, t: float) -> F64:
        on = self.start.blocks.vectors
        w = on.empty_like(self.start.w)
        on.scale_into(t, self.d, w)
        on.axpy(1.0, self.start.w, w)
        return w

    def _logits(self) -> list[F64]:
        """Return the logits of d by block, computed once; empty if points keep none."""
        if self._U is None:
            blocks = self.start.blocks
            self._U = blocks.logits(self.d) if blocks.keep else []
        return self._U

    def _trials(self, t: float) -> Iterator[tuple[float, float]]:
        start, A, logits = self.start, self._packed, self._logits()
        blocks, problem, kernel = start.blocks, start.problem, start.blocks.kernel
        if logits:
            work = list(zip(blocks.spans, start._kept, logits, strict=True))
            return blocks.engine.map(
                lambda x: kernel.line(x[1].Z, x[2], t, problem.labels(x[0]), problem.s[x[0]]), work
            )
        A0 = start.packed
        return blocks.read(
            lambda span, block: kernel.line_from(
                block, A0, A, t, problem.labels(span), problem.s[span]
            )
        )

    def at(self, t: float) -> Forward:
        """Return J at w + t d.

        Its logits are updated along the line; from time to time they are computed from w anew, so
        that rounding errors do not accumulate.
        """
        if t not in self._tried:
            self._tried[t] = self._step(t)
            self._tried[t].first_try = self._first in (None, t)
        return self._tried[t]

    def _step(self, t: float) -> Forward:
        start, U = self.start, self._logits()
        if U and start.age < CHAIN:
            off = start.drift + drift(start.size, abs(t) * logit_size(start.blocks, self.d))
            if off <= DRIFT:
                end = start.step(self._w(t), Moved([kept.Z for kept in start._kept], U, t))
                end.age, end.drift = start.age + 1, off
                return end
        return start.step(self._w(t))
