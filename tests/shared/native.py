"""Small problems for the native kernels, and how far rounding may take them from NumPy's."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from softlearn.data import DenseBlock, SparseBlock
from softlearn.execution.threads import Engine, Serial
from softlearn.kernels import (
    BLASKernel,
    CSRKernel,
    DenseKernel,
    FeatureMajorKernel,
    Kernel,
    LowPrecisionCSR,
    LowPrecisionDense,
    NumPyKernel,
)
from softlearn.kernels.dispatch import describe, native
from softlearn.linalg import add_product
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Passes
from softlearn.passes.transpose import Transpose
from softlearn.problem import Linear, Problem

F64 = NDArray[np.float64]
EPS, EPS32 = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
TINY = 1e-300  # what is below may lose digits to underflow

module: Any = native()
SETS: list[str] = [] if module is None else list(module.available())


def skip_without_native() -> None:
    """Skip the module that calls this where there are no native kernels."""
    if module is None:
        here = describe()
        pytest.skip(
            f"no native kernels: {here['forced_by'] or here['why_no_native']}",
            allow_module_level=True,
        )


def kernel(isa: str, model: Linear, sparse: bool = False, blas: bool = False) -> Any:
    """Return the native kernel for one instruction set and storage."""
    if blas and not sparse:
        return BLASKernel(module, module.Kernels(isa), model, add_product=add_product)
    kind = CSRKernel if sparse else DenseKernel
    return kind(module, module.Kernels(isa), model)


def kernel_of(isa: str, problem: Problem, kind: str = "") -> Any:
    """Return a kernel for a problem: "numpy", or the native one that is chosen or named."""
    rows, model = problem.rows, problem.model
    if isa == "numpy":
        return NumPyKernel(model)
    given = module, module.Kernels(isa), model
    if kind in ("features", "low features"):
        made = FeatureMajorKernel if kind == "features" else LowPrecisionCSR
        return made(*given, Transpose(rows, 16))  # type: ignore[arg-type]
    if kind == "low":
        return LowPrecisionDense(*given)
    return kernel(isa, model, rows.sparse, not rows.sparse and model.C > 256)


def objective(
    problem: Problem,
    isa: str = "numpy",
    *,
    rows: int = 0,
    keep: bool = True,
    engine: Engine | None = None,
    kind: str = "",
    low: Kernel | None = None,
) -> SoftmaxObjective:
    """Return the objective whose passes are made in one way and no other.

    Args:
        problem: what is minimised.
        isa: "numpy", or an instruction set of the native kernels.
        rows: of a block; all if 0.
        keep: whether points keep their logits.
        engine: whose threads are used.
        kind: of kernel, as of `kernel_of`.
        low: the kernel for products in low precision.

    """
    n = problem.rows.n
    spans = [slice(a, min(a + rows, n)) for a in range(0, n, rows)] if rows else [slice(0, n)]
    made = kernel_of(isa, problem, kind)
    return SoftmaxObjective(problem, Passes(problem, made, engine or Serial(), spans, keep, low))


def _wide(X: F64) -> F64:
    room = np.full((3 * len(X), 2 * X.shape[1] + 1), np.nan)
    room[::3, 1::2] = X
    return room[::3, 1::2]


def _records(X: F64) -> F64:
    room = np.zeros(len(X), dtype=[("id", "i1"), ("x", np.float64, X.shape[1])])
    room["x"] = X
    return room["x"]


DENSE: dict[str, Any] = {
    "C order": np.ascontiguousarray,
    "F order": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "F order float32": lambda X: np.asfortranarray(X, dtype=np.float32),
    "every third row": lambda X: np.repeat(X, 3, axis=0)[::3],
    "every second column": _wide,
    "some columns": lambda X: np.hstack([X, X, X])[:, X.shape[1] : 2 * X.shape[1]],
    "rows reversed": lambda X: X[::-1].copy()[::-1],
    "both reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "one row, repeated": lambda X: np.broadcast_to(X[0], X.shape),
    "read-only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
    "unaligned records": _records,
}
CSR: dict[str, dict[str, Any]] = {
    "int32": {},
    "int64": {"indices": np.int64, "indptr": np.int64},
    "int64 indices": {"indices": np.int64},
    "int64 indptr": {"indptr": np.int64},
    "float32": {"data": np.float32},
    "float32 int64": {"data": np.float32, "indices": np.int64, "indptr": np.int64},
    "unsorted": {"order": True},
    "duplicates": {"twice": True},
    "zeros stored": {"zeros": True},
}
STORAGES = [*DENSE, *(f"CSR {name}" for name in CSR)]


def csr(
    X: F64, data: Any = np.float64, indices: Any = np.int32, indptr: Any = np.int32,
    order: bool = False, twice: bool = False, zeros: bool = False,
) -> SparseBlock:  # fmt: skip
    """Return the rows of X as CSR: unsorted, each entry in two halves, or with zeros stored."""
    columns, values = [], []
    for row in X:
        j = np.arange(len(row)) if zeros else np.flatnonzero(row)
        if order:
            j = np.random.default_rng(len(j)).permutation(j)
        columns.append(np.concatenate([j, j]) if twice else j)
        values.append(np.concatenate([row[j], row[j]]) / 2 if twice else row[j])
    ends = np.cumsum([0, *map(len, columns)]).astype(indptr)
    entries = np.concatenate(values).astype(data)
    return SparseBlock(entries, np.concatenate(columns).astype(indices), ends, X.shape[1])


@dataclass
class Case:
    """Rows in some storage, and all that passes over them ask for."""

    X: F64  # what the storage holds, dense
    block: Any
    model: Linear
    y: NDArray[np.int64]
    s: F64
    w: F64
    v: F64
    sparse: bool

    def of(self, isa: str, blas: bool = False) -> Any:
        return kernel(isa, self.model, self.sparse, blas)

    @property
    def plain(self) -> NumPyKernel:
        return NumPyKernel(self.model)

    @property
    def dense(self) -> DenseBlock:
        return DenseBlock(self.X)

    def parts(self, x: F64) -> tuple[F64, F64 | None]:
        W, b = self.model.split(x)
        return W.copy(), b.copy() if self.model.bias else None


def case(
    storage: str = "C order", *, n: int = 70, d: int = 9, C: int = 3, seed: int = 0,
    bias: bool = True, reference: bool = False, scale: float = 1.0, by_feature: bool = False,
) -> Case:  # fmt: skip
    """Return a random case; its entries are exact in float32, a third of them and row 1 are 0."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32).astype(np.float64)
    X *= rng.random((n, d)) < 0.67
    X[1 % n] = 0.0
    if storage == "one row, repeated":
        X[:] = X[0]
    sparse = storage not in DENSE
    block = csr(X, **CSR[storage[4:]]) if sparse else DenseBlock(DENSE[storage](X))
    model = Linear(d, C, bias, reference, by_feature and sparse)
    w, v = scale * rng.normal(size=(2, model.size)) / np.sqrt(d)
    s = rng.integers(0, 4, n) / n
    return Case(X, block, model, rng.integers(0, C, n), s, w, v, sparse)


class Allowed(NamedTuple):
    """How far two ways of rounding may lie apart, to first order in eps."""

    Z: F64
    P: F64
    loss: float
    grad: F64
    slope: float
    product: F64


def allowed(c: Case, t: float = 0.0, damping: float = 0.0, eps: float = EPS) -> Allowed:
    """Bound the errors of passes at w + t v, of the line along v and of products with v there.

    A sum of k products, each factor rounded once, is wrong by (k + 2) eps / 2 times the sum of
    their sizes; exp(z - m) by eps |z - m| of itself and two ulp or so; and there are two sides.

    Args:
        c: the case.
        t: the step.
        damping: of the products.
        eps: the rounding of products with X; all else is rounded to float64.

    """
    n, d, C = len(c.X), c.model.d, c.model.C
    size, few = np.abs(c.X), EPS * (C + 8)

    def moved(x: F64) -> tuple[F64, F64]:  # logits, and what they may be wrong by
        a, b = c.plain.logits(c.dense, x), c.model.logits(DenseBlock(size), np.abs(x))
        return a, (d + 4) * eps * b

    (Z0, dZ0), (U, dU) = moved(c.w), moved(c.v)
    Z, dZ = Z0 + t * U, dZ0 + abs(t) * dU
    dZ += EPS * (np.abs(Z0) + np.abs(t * U))
    P = c.plain.forward_at(c.dense, Z, U, 0.0, c.y, c.s, np.float64).kept.P  # type: ignore[union-attr]
    at = (c.y, np.arange(n))
    far = EPS * np.minimum(Z.max(0) - Z, 800.0)  # farther away, exp is 0
    dP = P * np.expm1(2.0 * dZ.max(0) + far + few)
    R, dR = P.copy(), dP.copy()
    R[at], dR[at] = 1.0 - P[at], dP.sum(0)
    loss = Z.max(0) - Z[at] - np.log(P.max(0))
    dloss = 2.0 * dZ.max(0) + few * (1.0 + loss) + dP.sum(0)
    of_sums = (n + 2) * EPS + (67 * eps if eps > EPS else 0.0)  # float32: sums over a tile's rows

    def pulled(R: F64, dR: F64) -> F64:
        return c.model.vjp(DenseBlock(size), c.s * (dR + of_sums * R)) + TINY

    spread = U.max(0) - U.min(0)
    T = 2.0 * P * spread + damping * spread
    dT = 2.0 * dP * spread + P * (4.0 * dU.max(0) + 4.0 * few * spread)
    dT += damping * (2.0 * dU.max(0) + few * np.abs(U).max(0))
    return Allowed(
        dZ + TINY,
        dP + TINY,
        float(c.s @ (dloss + (n + 2) * EPS * loss)),
        pulled(R, dR),
        float(np.sum(c.s * (dR * np.abs(U) + R * dU + (n * C + 4) * EPS * R * np.abs(U)))),
        pulled(T, dT),
    )


def assert_near(got: Any, want: Any, allowed: Any) -> None:
    """Assert that |got - want| <= allowed, entry by entry."""
    got, want, allowed = np.broadcast_arrays(got, want, allowed)
    assert np.isfinite(got).all()
    wrong = np.abs(got - want) > allowed
    assert not wrong.any(), f"{got[wrong][:3]} is not {want[wrong][:3]} to {allowed[wrong][:3]}"
