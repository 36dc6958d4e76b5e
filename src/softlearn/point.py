"""A softmax objective at one w: the forward pass is made once, when something is first asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import numpy as np

from .certificate import dual_bound, expected_gap
from .kernels import (
    CurvedPasses,
    Evaluated,
    Floats,
    Keep,
    Kept,
    Matrix,
    Moments,
    Solved,
    columns,
)
from .line import PointLine, ShortLine, SoftmaxLine, logits_along
from .preconditioner import COMMON, DETERMINED, build_preconditioner, exact_inverse
from .protocol import F64, Direction, Inverse, Line
from .rounding import drift, logit_size

if TYPE_CHECKING:
    from .data import Block
    from .objective import SoftmaxObjective

__all__ = ["SoftmaxPoint"]

T = TypeVar("T")
_CHAIN = 8  # steps along which logits may be updated before they are computed from w again,
_DRIFT = 1e-11  # and how far they may get from those of w


class Moved(NamedTuple):
    """A point's logits by block, as those of another plus t times those of a direction."""

    start: list[Kept]
    U: list[F64]
    t: float


class SoftmaxPoint:
    """J at one w."""

    def __init__(self, J: SoftmaxObjective, w: F64, age: int = 0) -> None:
        self.J, self.w = J, w
        self._moved: Moved | None = None  # where a line search has been here
        self.age = age  # steps since logits were last computed from w,
        self.drift = 0.0  # and how far they may be from those of w
        self.reached = 1.0  # how long the step was that led here, in units of its direction
        self._kept: list[Kept] = []
        self._wide: dict[int, F64] = {}  # probabilities of blocks that keep them in float32
        self._value: float | None = None
        self._grad: F64 | None = None
        self._operand: Any = None
        self._solved: Solved | None = None

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

    @cached_property
    def size(self) -> float:
        """The size of the logits, as far as rounding goes: see `softlearn.rounding`."""
        return 0.0 if self.alike else logit_size(self.J, self.w)

    @property
    def operand(self) -> Any:
        """The parameters as the kernels take them."""
        if self._operand is None:
            self._operand = self.J.kernel.prepare(self.w)
        return self._operand

    @cached_property
    def alike(self) -> bool:
        """Whether all parameters are 0, so that the classes of a row are alike."""
        return not (self.J.curved or self.w[:1].any() or self.w.any())

    def _uniform(self, span: slice, keep: Keep = np.float64) -> Kept:
        """Return the logits and probabilities there: one row of memory serves all classes."""
        rows, C = span.stop - span.start, self.J.model.C
        Z = np.broadcast_to(np.zeros(rows), (C, rows))
        if keep is np.float32:
            return Kept(Z, np.broadcast_to(np.full(C, 1.0 / C, keep), (rows, C)).T)
        return Kept(Z, np.broadcast_to(np.full(rows, 1.0 / C), (C, rows)))

    def _evaluate(self) -> None:
        J, moved, alike = self.J, self._moved, self.alike and not self.J.small
        A, keep = None if moved or alike else self.operand, J.keep_as

        def evaluate(span: slice, block: Block) -> Evaluated:
            Y, s = J.labels(span), J.s[span]
            if alike:
                at = self._uniform(span, keep)
                found = J.kernel.forward_at(block, at.Z, at.Z, 0.0, Y, s, keep=None)
                return found._replace(kept=at if keep else None)
            if moved is None:
                return J.kernel.forward(block, A, Y, s, keep)
            k = J.number[span.start]
            Z, U = moved.start[k].Z, moved.U[k]
            return J.kernel.forward_at(block, Z, U, moved.t, Y, s, keep)

        value, kept = 0.0, []

        def gradients() -> Iterator[Any]:
            nonlocal value
            for of_block in J.sweep(evaluate):
                value += of_block.loss
                if of_block.kept is not None:
                    kept.append(of_block.kept)
                yield of_block.part

        grad = J.total(gradients())
        self._moved, self._kept = None, kept
        self._value = value + J.penalty.value(self.w)
        self._grad = J.penalty.add_grad(self.w, grad, J.vectors)

    def probabilities(self, span: slice, block: Block) -> F64:
        """Return P (C, n_k) of a block, from memory or anew."""
        kept = self._uniform(span).P if self.alike else self._exact(span)
        return self.J.kernel.probabilities(block, self.operand) if kept is None else kept

    def over_blocks(self, f: Callable[[slice, F64], T]) -> Iterator[T]:
        """Yield f(span, probabilities) by block; reads X only where they are not kept."""
        self.value  # noqa: B018  (the forward pass, before threads ask for it)
        if not self._kept:
            return self.J.sweep(lambda span, block: f(span, self.probabilities(span, block)))
        return self.J.engine.map(lambda span: f(span, cast(F64, self._exact(span))), self.J.spans)

    def blocks(self) -> Iterator[tuple[slice, F64]]:
        """Yield the probabilities by block."""
        return self.over_blocks(lambda span, P: (span, P))

    @cached_property
    def bias_curvature(self) -> F64:
        """sum_i s_i (diag p_i - p_i p_i') over the classes that have a bias."""
        J = self.J
        zero = np.zeros((J.model.C, J.model.C))

        def part(span: slice, P: F64) -> F64:
            root = np.sqrt(J.s[span])
            few = (P[:, some] * root[some] for some in columns(P))
            return sum((Q @ Q.T for Q in few), zero)

        # Off the diagonal -p_k p_l; each diagonal entry is minus the sum of its row, which
        # keeps the digits that p - p^2 would lose.
        A = -sum(self.over_blocks(part), zero)
        np.fill_diagonal(A, 0.0)
        np.fill_diagonal(A, -A.sum(1))
        first = J.model.C - J.model.K
        return A[first:, first:]

    # -- second order

    def hvp(self, v: F64, damping: float = 0.0, rough: bool = False) -> F64:
        """Return (H + damping G) v, v'Gv the weighted mean of the squared change of the logits."""
        if self.J.curved:
            return self._curved_product(v, damping)
        if not (rough and self.J.rough):
            return self._product(v, damping, rough=False)
        found = self._product(v, damping, rough=True)
        if self.J.precision.should_check():
            exact = self._product(v, damping, rough=False)
            self.J.precision.check(found, exact, self.J.sizes())
            return exact
        return found

    def _product(self, v: F64, damping: float, rough: bool) -> F64:
        J = self.J
        A, A0 = J.kernel.prepare(v, rough), self._operand_if_needed()
        kept = self._kept_of if rough else self._exact

        def product(span: slice, block: Block) -> Any:
            return J.kernel.product(block, A, J.s[span], damping, kept(span), A0, rough)

        return J.penalty.add_grad(v, J.total(J.sweep(product, rough)), J.vectors)

    def moments(self, damping: float = 0.0) -> Moments:
        """Return the sums over all rows that `softlearn.kernels.Moments` describes."""
        J, A0 = self.J, self._operand_if_needed()

        def of_block(span: slice, block: Block) -> Any:
            return J.kernel.moments(block, self._kept_of(span), J.s[span], damping, A0)

        return J.kernel.total_moments(J.sweep(of_block), J.engine)

    def _operand_if_needed(self) -> Any:
        """Return what probabilities are computed from, after the forward pass; None if kept."""
        self.value  # noqa: B018  (before threads ask for it)
        return None if self._kept else self.operand

    def _kept_of(self, span: slice) -> Floats | None:
        return self._kept[self.J.number[span.start]].P if self._kept else None

    def _exact(self, span: slice) -> F64 | None:
        """Return the probabilities that are kept, from the logits where they are float32."""
        if not self._kept:
            return None
        k = self.J.number[span.start]
        Z, P = self._kept[k]
        if P.dtype == np.float64:
            return P
        if k not in self._wide:
            self._wide[k] = self.J.kernel.of_logits(Z)
        return self._wide[k]

    def _curved_product(self, v: F64, damping: float) -> F64:
        J, kernel = self.J, cast(CurvedPasses, self.J.kernel)
        A, A0 = kernel.prepare(np.asarray(v, dtype=J.dtype)), self.operand

        def product(span: slice, block: Block) -> Any:
            return kernel.hessian(block, A, A0, J.labels(span), J.s[span], damping)

        return J.penalty.add_grad(v, J.total(J.sweep(product)), J.vectors)

    def gauss_newton(self, v: F64, damping: float = 0.0) -> F64:
        """Return (B + damping G) v, B the Gauss-Newton matrix: H, less how the logits bend.

        It is positive semidefinite, and H itself for a linear model.
        """
        J = self.J
        A, A0 = J.kernel.prepare(np.asarray(v, dtype=J.dtype)), self.operand

        def product(span: slice, block: Block) -> Any:
            return J.kernel.product(block, A, J.s[span], damping, None, A0)

        return J.penalty.add_grad(v, J.total(J.sweep(product)), J.vectors)

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Inverse | None:
        """Return an approximate inverse of that matrix: see `softlearn.preconditioner`.

        There is none for a network.
        """
        if self.J.curved or not self.J.size:
            return None
        return build_preconditioner(self, kind, seed, damping)

    def direction(self, damping: float = 0.0) -> Direction | None:
        """Return v with (H + damping G) v = -grad, where the problem is small: see `J.small`.

        None, too, where rounding alone determines a part of v.
        """
        J = self.J
        if not J.small:
            return None
        found, l2 = None, J.penalty.strength
        if J.shorter is not None:
            J.passes += 2.0  # one for H, one for r
            at = Matrix(l2, damping, COMMON * self.value, 0.0 if l2 > 0.0 else DETERMINED)
            found = J.shorter.solve(self._kept[0].P, at, self.w, self.grad)
        if found is None and (J.shorter is None or l2 > 0.0):
            found = self._solve(damping)
        self._solved = found
        return found and Direction(found.v, found.r, found.decrement, found.left)

    def _solve(self, damping: float) -> Solved | None:
        """Do it with NumPy: the definition, and the way where the penalty alone determines v."""
        g, M = self.grad, exact_inverse(self, damping)
        if M is None:
            return None
        v = -M(g)
        r = g + self.hvp(v, damping)
        (U,) = logits_along(self.J, v)
        return Solved(v, r, U, -0.5 * float(g @ v), 0.5 * float(r @ M(r)))

    def known_logits(self, v: F64) -> F64 | None:
        """Return the logits (C, n) of v, if it is what `direction` has found."""
        return self._solved.U if self._solved is not None and self._solved.v is v else None

    def bound(self, v: F64 | None = None, r: F64 | None = None) -> float:
        """Return a proven lower bound on min J: see `softlearn.certificate`; -inf for a network."""
        return -np.inf if self.J.curved else dual_bound(self, v, r)

    def moved_dual(self, v: F64) -> tuple[F64, float]:
        """Return H v, H that of the loss alone, and sum_i s_i KL(q_i, p_i) for q moved along v."""
        J = self.J
        if not v.any():
            return np.zeros(J.size), 0.0
        A, A0, U = J.kernel.prepare(v), self._operand_if_needed(), self.known_logits(v)
        divergence = 0.0

        def moved(span: slice, block: Block) -> tuple[Any, float]:
            return J.kernel.moved(block, A, J.s[span], self._exact(span), A0, U)

        def shares() -> Iterator[Any]:
            nonlocal divergence
            for share, of_block in J.sweep(moved):
                divergence += of_block
                yield share

        return J.total(shares()), divergence

    def gap_along(self, v: F64, r: F64) -> float:
        """Estimate J(w) - bound(v) from r = grad + H v, without reading X.

        For a network it is 0: no bound will ever be given, so none is worth waiting for.
        """
        return 0.0 if self.J.curved else expected_gap(self, v, r)

    # -- along a direction

    def along(self, d: F64) -> Line:
        """Return the line through w in direction d."""
        if self.J.curved:
            return PointLine(self, d)
        U = self.known_logits(d)
        if U is not None and self.J.shorter is not None:
            return ShortLine(self, d, U)
        return SoftmaxLine(self, d, U)

    def tried(self, U: F64, d: F64, t: float) -> tuple[SoftmaxPoint, float]:
        """Return the point w + t d and the slope there, U the logits of d, by the shorter way."""
        J, Z, age = self.J, self._kept[0].Z, self.age + 1
        assert J.shorter is not None
        J.passes += 1.0
        before = self.drift
        if age > _CHAIN or before > _DRIFT:
            (Z,), age, before = logits_along(J, self.w), 1, 0.0
        new = J.shorter.move(self.w, d, Z, U, t, J.penalty.strength)
        point = SoftmaxPoint(J, new.w, age=age)
        point._value, point._grad, point._kept = new.value, new.grad, [Kept(new.Z, new.P)]
        point.size = new.size
        point.drift = before + drift(self.size, new.step)
        return point, new.slope

    def moved(self, U: list[F64], d: F64, t: float) -> SoftmaxPoint:
        """Return the point w + t d, U the logits of d by block where they are kept.

        Its logits are those along the line; every so often they are computed from w anew, so that
        rounding does not add up.
        """
        w, on = self.J.vectors.empty_like(self.w), self.J.vectors
        on.scale_into(t, d, w)
        on.axpy(1.0, self.w, w)
        point = SoftmaxPoint(self.J, w)
        if U and self.age < _CHAIN:
            off = self.drift + drift(self.size, abs(t) * logit_size(self.J, d))
            if off <= _DRIFT:
                point._moved, point.age, point.drift = Moved(self._kept, U, t), self.age + 1, off
        point.reached = t
        return point
