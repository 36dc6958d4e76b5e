r"""The passes in C++, for a linear model and labels: `softlearn.kernels.passes` says what they do.

Three ways, by the storage of X and the number of classes:

    dense, few classes    X is read once; products, softmax and its derivatives in one go
    CSR                   the same, with the weights of a feature side by side: (d, K), as they are
                          in w where the model is `by_feature`; of few rows and many features
                          gradients are made feature by feature (`softlearn.data.Sheet`), and so
                          are rough products, in float32
    dense, many classes   BLAS makes the products, block by block, and C++ the rest
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine import Serial
from ..protocol import VectorSpace
from .buffer_pool import BufferPool
from .passes import Evaluated, Floats, Keep, Kept, Moments
from .plain import PlainPasses, solve_features
from .small import Small
from .vectors import NativeVectorSpace

__all__ = ["NativePasses"]

F64 = NDArray[np.float64]


class Operand(NamedTuple):
    """Parameters as the kernels take them."""

    W: NDArray[Any]
    b: F64 | None


class Share(NamedTuple):
    """A block's share of a gradient; residuals for that of the weights lie on the sheet."""

    sheet: Any
    b: F64
    """(K,) the share of the biases, empty without them."""

    def biases(self, others: Iterable[Share]) -> F64:
        """Return the sum of all blocks' shares of the biases."""
        return sum((share.b for share in others), self.b)


class NativePasses:
    """The native passes over rows of one storage.

    Args:
        native: the module `softlearn.kernels._native`.
        kernels: its passes for one instruction set.
        model: a linear model: C, K, d, bias, split, join, times and vjp.
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
        self._rough = single and not sparse and not blas
        self.rough_P: Keep = np.float32 if sparse else None
        self.turned = sparse and not model.by_feature
        self.pool = BufferPool()

    def _rows(self, block: Any) -> Any:
        if self.sparse:
            return self.native.sparse(*block.raw, self.d)
        (X,) = block.raw
        if not X.flags.aligned:  # as a field of records may not be
            X = np.require(X, requirements="A")
        return self.native.dense(X)

    def _gradient(self) -> tuple[F64, F64, F64 | None]:
        """Return zeros like w, and the gradients of W and b, parts of it where they can be."""
        part = self.pool.zeros(self.model.size)
        W, b = self.model.split(part)
        G = self.pool.zeros(self.d, self.K) if self.turned else W.T if self.sparse else W
        return part, G, b if self.model.bias else None

    def _logits(self, block: Any) -> F64:
        Z: F64 = self.pool.empty(self.C, block.n)
        return Z

    def _kept(self, block: Any, keep: Keep) -> Kept | None:
        if keep is None:
            return None
        if keep is np.float64:
            return Kept(self._logits(block), self._logits(block))
        return Kept(self._logits(block), self.pool.empty(block.n, self.C, dtype=keep).T)

    def _whole(self, part: F64, G: F64) -> F64:
        """Return a part whose gradient of W may lie elsewhere."""
        if self.turned:
            self.model.split(part)[0][:] = G.T
        return part

    def _share(self, block: Any) -> tuple[dict[str, Any], Callable[[], Any]]:
        """Return where kernels put a block's share of a gradient, and who says what it is then."""
        if getattr(block, "sheet", None) is not None:
            share = Share(block.sheet, np.zeros(self.K if self.model.bias else 0))
            Gb = share.b if self.model.bias else None
            return {"laid_out": block.sheet.R[block.span], "Gb": Gb}, lambda: share
        part, G, Gb = self._gradient()
        return {"G": G, "Gb": Gb}, lambda: self._whole(part, G)

    def rough(self, rows: Any) -> bool:
        """Say whether there is a faster product in float32: if X is, or is read by feature."""
        return self._rough or rows.turns(self.C)

    def prepare(self, w: F64, rough: bool = False) -> Operand:
        """Return W and b as the kernels take them."""
        W, b = self.model.split(w)
        return self.operand(W.astype(np.float32) if rough and self.sparse else W, b)

    def operand(self, W: F64, b: F64) -> Operand:
        """Return the same for W (K, d) and b (K,), empty without biases."""
        W = np.ascontiguousarray(W.T if self.sparse else W)
        return Operand(W, np.ascontiguousarray(b) if len(b) else None)

    def forward(self, block: Any, A: Operand, Y: NDArray[Any], s: F64, keep: Keep) -> Evaluated:
        """Return loss and gradient of a block, and what is to be kept."""
        if self.blas:
            Z = self.logits(block, A)
            kept = Kept(Z, self._logits(block)) if keep else None
            return self._with_blas(block, Y, s, kept, Z=Z)
        kept = self._kept(block, keep)
        return self._fused(block, Y, s, kept, W=A.W, b=A.b, Z_out=kept and kept.Z)

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        kept = self._kept(block, keep)
        evaluate = self._with_blas if self.blas else self._fused
        return evaluate(block, Y, s, kept, Z=Z, U=U, t=t, Z_out=kept and kept.Z)

    def _fused(
        self, block: Any, Y: NDArray[Any], s: F64, kept: Kept | None, **given: Any
    ) -> Evaluated:
        into, share = self._share(block)
        y, P = _labels(Y), kept and kept.P
        loss, _ = self.kernels.forward(
            self._rows(block), self.C, self.K, y=y, s=s, P_out=P, **into, **given
        )
        return Evaluated(loss, share(), kept)

    def _with_blas(
        self, block: Any, Y: NDArray[Any], s: F64, kept: Kept | None, **given: Any
    ) -> Evaluated:
        R = self._logits(block)
        rows = self.native.only_logits(block.n)
        loss, _ = self.kernels.forward(
            rows, self.C, self.C, y=_labels(Y), s=s, P_out=kept and kept.P, R_out=R, **given
        )
        return Evaluated(loss, self.vjp(block, R), kept)

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
        Z = self.logits(block, A)
        return self.of_logits(Z, Z)

    def of_logits(self, Z: F64, out: F64 | None = None) -> F64:
        """Return the probabilities (C, n) of logits."""
        C, n = Z.shape
        P: F64 = self.pool.empty(C, n) if out is None else out
        rows, s, y = self.native.only_logits(n), np.zeros(n), np.zeros(n, np.int64)
        self.kernels.forward(rows, C, C, y=y, s=s, Z=Z, P_out=P)
        return P

    def product(
        self, block: Any, A: Operand, s: F64, damping: float, P: Floats | None, A0: Operand,
        rough: bool = False,
    ) -> Any:  # fmt: skip
        """Return the block's share of (H + damping G) v."""
        if not self.blas:
            into, share = self._share(block)
            at = {"W": A0.W, "b": A0.b} if P is None else {"P": P}
            self.kernels.product(
                self._rows(block), self.C, self.K, V=A.W, c=A.b, s=s, damping=damping,
                single=rough, **into, **at,
            )  # fmt: skip
            return share()
        P = self.probabilities(block, A0) if P is None else P
        rows, U = self.native.only_logits(block.n), self.logits(block, A)
        self.kernels.product(rows, self.C, self.C, s=s, damping=damping, P=P, U=U, R_out=U)
        return self.vjp(block, U)

    def moved(
        self, block: Any, A: Operand, s: F64, P: F64 | None, A0: Operand, U: F64 | None = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss alone, and what the move costs."""
        at = {"W": A0.W, "b": A0.b} if P is None else {"P": P}
        if not self.blas:
            into, share = self._share(block)
            along = {"V": A.W, "c": A.b} if U is None else {"U": U}
            cost = self.kernels.product(
                self._rows(block), self.C, self.K, s=s, costs=True, **along, **into, **at
            )
            return share(), cost
        P = self.probabilities(block, A0) if P is None else P
        R = self.logits(block, A) if U is None else U.copy()
        rows = self.native.only_logits(block.n)
        cost = self.kernels.product(rows, self.C, self.C, s=s, costs=True, P=P, U=R, R_out=R)
        return self.vjp(block, R), cost

    def vjp(self, block: Any, R: F64) -> Any:
        """Return the block's share of a vector like w, from residuals R (C, n)."""
        if not self.sparse:
            return self.model.vjp(block, R)
        into, share = self._share(block)
        self.kernels.vjp(self._rows(block), self.C, self.K, R=R, **into)
        return share()

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

    def begin(self, rows: Any, rough: bool = False) -> Callable[[slice], Any]:
        """Return who gives the blocks of one pass: a new sheet, or the rows."""
        sheet = rows.sheet(self.C, self.K, self.pool, rough)
        block: Callable[[slice], Any] = (sheet or rows).block
        return block

    def total(self, parts: Iterable[Any], engine: Any = None) -> F64:
        """Return the sum of the parts; they are overwritten."""
        every = iter(parts)
        whole = next(every, None)
        if whole is None:
            return np.zeros(self.model.size)
        if isinstance(whole, Share):
            return self._gathered(whole, whole.biases(every), engine)
        vectors, out = self.vectors(engine or Serial()), np.asarray(whole)
        for part in every:
            vectors.axpy(1.0, part, out)
        return out

    def _gathered(self, share: Share, b: F64, engine: Any, squared: bool = False) -> F64:
        out = self.pool.empty(self.model.size)
        W, biases = self.model.split(out)
        G = self.pool.empty(self.d, self.K) if self.turned else W.T
        biases[:] = b

        def gather(some: tuple[slice, Any]) -> None:
            features, X = some
            rows = self.native.sparse(*X.raw, X.d)
            self.kernels.gather(rows, share.sheet.R, squared, G[features])

        for _ in (engine or Serial()).map(gather, share.sheet.rows.features):
            pass
        return self._whole(out, G)

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

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Operand) -> Any:
        """Return the block's share of what the diagonal of the Hessian is made of."""
        if not self.sparse:
            P = self.probabilities(block, A0) if P is None else P
            return PlainPasses(self.model).moments(block, P, s, damping, None)
        into, share = self._share(block)
        at = {"W": A0.W, "b": A0.b} if P is None else {"P": P}
        given = self._rows(block), self.C, self.K
        if "laid_out" in into:
            self.kernels.moments(*given, s=s, damping=damping, **into, **at)
            return share()
        second, squares, totals = self._gradient()
        self.kernels.moments(*given, s=s, damping=damping, squares=squares, **into, **at)
        if totals is not None:
            totals[:] = into["Gb"]
        return Moments(share(), self._whole(second, squares))

    def total_moments(self, parts: Iterable[Any], engine: Any = None) -> Moments:
        """Return the sums over all rows; the parts are overwritten."""
        every = iter(parts)
        first = next(every)
        if not isinstance(first, Share):
            return PlainPasses(self.model).total_moments(chain([first], every))
        b = first.biases(every)
        return Moments(*(self._gathered(first, b, engine, squared) for squared in (False, True)))

    def vectors(self, engine: Any) -> VectorSpace:
        """Return the native ones."""
        return NativeVectorSpace(self.kernels, engine, self.pool)


def _labels(Y: NDArray[Any]) -> NDArray[np.int64]:
    """Return labels side by side, which those that the user gave need not be."""
    return np.ascontiguousarray(Y, dtype=np.int64)
