r"""The passes in C++, for a linear model and labels: `softlearn.kernels.plain` says what they do.

Three ways, by the storage of X and the number of classes:

    dense, few classes    X is read once; products, softmax and its derivatives in one go
    CSR                   the same, with the weights of a feature side by side: (d, K), as they are
                          in w where the model is `by_feature`
    dense, many classes   BLAS makes the products, block by block, and C++ the rest
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..protocol import Vectors
from .plain import Evaluated, Kept, Moments, PlainPasses, solve_features
from .room import Room
from .small import Small
from .vectors import NativeVectors

__all__ = ["NativePasses"]

F64 = NDArray[np.float64]


class Operand(NamedTuple):
    """Parameters as the kernels take them."""

    W: NDArray[Any]
    b: F64 | None


class NativePasses:
    """The native passes over rows of one storage.

    Args:
        native: the module `softlearn.kernels._native`.
        kernels: its passes for one instruction set.
        model: a linear model: C, K, d, bias, split, join, times and pull.
        sparse: whether X is CSR.
        blas: whether BLAS makes the products.
        single: whether X is float32.

    """

    fused: bool

    def __init__(
        self, native: Any, kernels: Any, model: Any, sparse: bool, blas: bool, single: bool = False
    ) -> None:
        self.native, self.kernels, self.model = native, kernels, model
        self.sparse, self.blas, self.fused = sparse, blas, not blas
        self.C, self.K, self.d = model.C, model.K, model.d
        self.rough = single and not sparse and not blas
        self.turned = sparse and not model.by_feature
        self.room = Room()

    def _rows(self, block: Any) -> Any:
        if self.sparse:
            return self.native.sparse(*block.raw, self.d)
        (X,) = block.raw
        if not X.flags.aligned:  # as a field of records may not be
            X = np.require(X, requirements="A")
        return self.native.dense(X)

    def _gradient(self) -> tuple[F64, F64, F64 | None]:
        """Return zeros like w, and the gradients of W and b, parts of it where they can be."""
        part = self.room.zeros(self.model.size)
        W, b = self.model.split(part)
        G = self.room.zeros(self.d, self.K) if self.turned else W.T if self.sparse else W
        return part, G, b if self.model.bias else None

    def _logits(self, block: Any) -> F64:
        return self.room.empty(self.C, block.n)

    def _kept(self, block: Any) -> Kept:
        return Kept(self._logits(block), self._logits(block))

    def _whole(self, part: F64, G: F64) -> F64:
        """Return a part whose gradient of W may lie elsewhere."""
        if self.turned:
            self.model.split(part)[0][:] = G.T
        return part

    def prepare(self, w: F64) -> Operand:
        """Return W and b as the kernels take them."""
        return self.operand(*self.model.split(w))

    def operand(self, W: F64, b: F64) -> Operand:
        """Return the same for W (K, d) and b (K,), empty without biases."""
        W = np.ascontiguousarray(W.T if self.sparse else W)
        return Operand(W, np.ascontiguousarray(b) if len(b) else None)

    def forward(self, block: Any, A: Operand, Y: NDArray[Any], s: F64, keep: bool) -> Evaluated:
        """Return loss and gradient of a block, and what is to be kept."""
        if self.blas:
            Z = self.logits(block, A)
            kept = Kept(Z, self._logits(block)) if keep else None
            return self._with_blas(block, Y, s, kept, Z=Z)
        kept = self._kept(block) if keep else None
        return self._fused(block, Y, s, kept, W=A.W, b=A.b, Z_out=kept and kept.Z)

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: bool
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        kept = self._kept(block) if keep else None
        evaluate = self._with_blas if self.blas else self._fused
        return evaluate(block, Y, s, kept, Z=Z, U=U, t=t, Z_out=kept and kept.Z)

    def _fused(
        self, block: Any, Y: NDArray[Any], s: F64, kept: Kept | None, **given: Any
    ) -> Evaluated:
        part, G, Gb = self._gradient()
        y = _labels(Y)
        loss, _ = self.kernels.forward(
            self._rows(block), self.C, self.K, y=y, s=s, P_out=kept and kept.P, G=G, Gb=Gb, **given
        )
        return Evaluated(loss, self._whole(part, G), kept)

    def _with_blas(
        self, block: Any, Y: NDArray[Any], s: F64, kept: Kept | None, **given: Any
    ) -> Evaluated:
        R = self._logits(block)
        rows = self.native.only_logits(block.n)
        loss, _ = self.kernels.forward(
            rows, self.C, self.C, y=_labels(Y), s=s, P_out=kept and kept.P, R_out=R, **given
        )
        return Evaluated(loss, self.pull(block, R), kept)

    def logits(self, block: Any, A: Operand) -> F64:
        """Return the logits (C, n)."""
        if self.blas:
            Z: F64 = self.model.times(block, A.W, A.b)
            return Z
        Z = self._logits(block)
        self.kernels.logits(self._rows(block), self.C, self.K, A.W, A.b, Z)
        return Z

    def probabilities(self, block: Any, A: Operand) -> F64:
        """Return the probabilities (C, n), in the memory of their logits."""
        Z, rows, none = self.logits(block, A), self.native.only_logits(block.n), np.zeros(block.n)
        y = np.zeros(block.n, np.int64)
        self.kernels.forward(rows, self.C, self.C, y=y, s=none, Z=Z, P_out=Z)
        return Z

    def product(
        self, block: Any, A: Operand, s: F64, damping: float, P: F64 | None, A0: Operand,
        rough: bool = False,
    ) -> F64:  # fmt: skip
        """Return the block's share of (H + damping G) v."""
        if not self.blas:
            part, G, Gb = self._gradient()
            at = {"W": A0.W, "b": A0.b} if P is None else {"P": P}
            self.kernels.product(
                self._rows(block), self.C, self.K, V=A.W, c=A.b, s=s, damping=damping,
                G=G, Gb=Gb, single=rough and self.rough, **at,
            )  # fmt: skip
            return self._whole(part, G)
        P = self.probabilities(block, A0) if P is None else P
        rows, U = self.native.only_logits(block.n), self.logits(block, A)
        self.kernels.product(rows, self.C, self.C, s=s, damping=damping, P=P, U=U, R_out=U)
        return self.pull(block, U)

    def pull(self, block: Any, R: F64) -> F64:
        """Return the block's share of a vector like w, from residuals R (C, n)."""
        if not self.sparse:
            pulled: F64 = self.model.pull(block, R)
            return pulled
        part, G, Gb = self._gradient()
        self.kernels.pull(self._rows(block), self.C, self.K, R=R, G=G, Gb=Gb)
        return self._whole(part, G)

    def predict(self, block: Any, A: Operand, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        rows, given = self._rows(block), {"W": A.W, "b": A.b}
        if self.blas:
            rows, given = self.native.only_logits(block.n), {"Z": self.logits(block, A)}
        K = self.C if self.blas else self.K
        self.kernels.predict(rows, self.C, K, out=out, probabilities=probabilities, **given)

    def line(self, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""
        rows, y = self.native.only_logits(len(s)), _labels(Y)
        out: tuple[float, float] = self.kernels.line(rows, self.C, self.C, Z=Z, U=U, t=t, y=y, s=s)
        return out

    def line_from(
        self, block: Any, A0: Operand, A: Operand, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        if self.blas:
            return self.line(self.logits(block, A0), self.logits(block, A), t, Y, s)
        out: tuple[float, float] = self.kernels.line(
            self._rows(block), self.C, self.K,
            W=A0.W, b=A0.b, V=A.W, c=A.b, t=t, y=_labels(Y), s=s,
        )  # fmt: skip
        return out

    def small(self, block: Any, Y: NDArray[Any], s: F64) -> Small | None:
        """Return a problem with no other rows."""
        rows = self.native.dense(block.X.toarray()) if self.sparse else self._rows(block)
        shape = self.C, self.K, self.model.bias, self.model.by_feature
        return Small(self.native.SmallProblem(self.kernels.name, rows, _labels(Y), s, *shape))

    def total(self, parts: Iterable[F64]) -> F64:
        """Return the sum of the parts; they are overwritten."""
        every = iter(parts)
        whole = next(every, None)
        if whole is None:
            return np.zeros(self.model.size)
        for part in every:
            whole += part
        return whole

    def solve(
        self, means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
    ) -> F64:
        """Write some features' share of a diagonal inverse; return the means times it (K,)."""
        if not self.model.by_feature:
            return solve_features(means, inverse, b, R, centre, span, out)
        sums = np.zeros(self.K)
        self.kernels.solve(
            means.T, inverse.T, b if len(b) else None, R.T, centre, span.start, span.stop, out.T,
            sums,
        )  # fmt: skip
        return sums

    def moments(self, block: Any, P: F64 | None, s: F64, damping: float, A0: Operand) -> Moments:
        """Return what the diagonal of the Hessian is made of."""
        if not self.sparse:
            P = self.probabilities(block, A0) if P is None else P
            return PlainPasses(self.model).moments(block, P, s, damping, None)
        (first, G, Gb), (second, squares, totals) = self._gradient(), self._gradient()
        at = {"W": A0.W, "b": A0.b} if P is None else {"P": P}
        self.kernels.moments(
            self._rows(block), self.C, self.K, s=s, damping=damping, G=G, Gb=Gb, squares=squares,
            **at,
        )  # fmt: skip
        if totals is not None:
            totals[:] = Gb
        return Moments(self._whole(first, G), self._whole(second, squares))

    def vectors(self, engine: Any) -> Vectors:
        """Return the native ones."""
        return NativeVectors(self.kernels, engine, self.room)


def _labels(Y: NDArray[Any]) -> NDArray[np.int64]:
    """Return labels side by side, which those that the user gave need not be."""
    return np.ascontiguousarray(Y, dtype=np.int64)
