"""Sparse rows fewer than their features: gradients feature by feature are those by blocks."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from native import (
    CSR,
    SETS,
    Case,
    assert_near,
    case,
    kernel_of,
    objective,
    skip_without_native,
)
from numpy.typing import NDArray
from samples import sample

from softlearn import SoftmaxRegression
from softlearn.data import SparseRows
from softlearn.execution.threads import Serial, Threads
from softlearn.kernels import CSRKernel, FeatureMajorKernel
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, kernel_for
from softlearn.passes.transpose import Transpose
from softlearn.problem import Linear, Problem

skip_without_native()

F64 = NDArray[np.float64]
LOW = 1e-3  # a relative error that allows low precision
each_set = pytest.mark.parametrize("isa", SETS)


@st.composite
def wide(draw: st.DrawFn) -> Case:
    """Draw rows in at least one block, no more than their features."""
    n = draw(st.integers(1, 150))
    return case(
        f"CSR {draw(st.sampled_from([*CSR]))}",
        n=n,
        d=n + draw(st.integers(0, 40)),
        C=draw(st.integers(2, 30)),
        seed=draw(st.integers(0, 99)),
        bias=draw(st.booleans()),
        reference=draw(st.booleans()),
        by_feature=draw(st.booleans()),
    )


def rows_of(c: Case) -> SparseRows:
    return SparseRows(sp.csr_array(c.block.raw, shape=c.X.shape))


def made(c: Case, isa: str, kind: str, engine: Any = None, rows: int = 0) -> SoftmaxObjective:
    """Return the objective with gradients by "features" or by block: ''."""
    P = Problem.of(rows_of(c), c.y, c.model, 0.01, c.s + 0.1)
    low = kernel_of(isa, P, "low features") if kind == "low" else None
    kind = "features" if kind == "low" else kind
    return objective(P, isa, kind=kind, engine=engine, low=low, rows=rows)


def all_sums(J: SoftmaxObjective, c: Case) -> list[F64]:
    """Return all sums over rows: gradients, products, moments, the change of the bound."""
    point = J.at(c.w)
    there = point.along(c.v).point(0.5)
    R = np.random.default_rng(0).normal(size=(c.model.C, len(c.X)))
    kernel = J.blocks.kernel
    pulled = J.blocks.total(J.blocks.read(lambda span, block: kernel.vjp(block, R[:, span].copy())))
    moments = point.forward.moments(0.2)
    step, divergence = point.forward.dual_step(-0.1 * point.grad, None)
    return [
        point.grad, there.grad, point.hvp(c.v), point.hvp(c.v, 0.3), pulled, *moments, step,
        np.array([point.value, there.value, divergence]),
    ]  # fmt: skip


@each_set
@given(wide())
@settings(max_examples=sample(20, 40))
def test_sums_by_feature_are_those_by_block(isa: str, c: Case) -> None:
    by_feature, by_block = (made(c, isa, kind, rows=64) for kind in ("features", ""))
    for got, want in zip(all_sums(by_feature, c), all_sums(by_block, c), strict=True):
        finite = np.isfinite(want)
        np.testing.assert_array_equal(np.isfinite(got), finite)
        size = 1.0 + np.abs(want[finite]).max(initial=0.0)
        assert_near(got[finite], want[finite], 1e-12 * size)


@st.composite
def any_shape(draw: st.DrawFn) -> Case:
    """Draw rows of which there may be more or fewer than features."""
    c = draw(wide())
    n, d = c.X.shape
    kind = f"CSR {draw(st.sampled_from([*CSR]))}"
    return case(
        kind, n=n, d=draw(st.integers(1, d)), C=c.model.C, seed=draw(st.integers(0, 99)),
        bias=c.model.bias, reference=c.model.reference, by_feature=draw(st.booleans()),
        scale=draw(st.sampled_from([0.0, 1.0, 5.0])),
    )  # fmt: skip


@each_set
@given(c=any_shape(), damping=st.sampled_from([0.0, 0.3]))
@settings(max_examples=sample(20, 60))
def test_low_precision_products_have_four_digits_and_what_is_kept_is_half_as_long(
    isa: str, c: Case, damping: float
) -> None:
    J, exact = made(c, isa, "low"), made(c, isa, "")
    point, want = J.at(c.w), exact.at(c.w).hvp(c.v, damping)
    assert np.isfinite(point.value)
    assert {kept.P.dtype for kept in point.forward._kept} == {np.dtype(np.float32)}
    sizes = J.parameter_rms()
    got = point.hvp(c.v, damping, LOW)
    error, size = np.linalg.norm((got - want) / sizes), np.linalg.norm(want / sizes)
    assert error <= 1e-4 * size + 1e-7 * np.linalg.norm(c.v * sizes)
    # what is exact stays so, as it comes from the logits; what a preconditioner is made of need not
    for k, (a, b) in enumerate(zip(all_sums(J, c), all_sums(exact, c), strict=True)):
        finite = np.isfinite(b)
        np.testing.assert_array_equal(np.isfinite(a), finite)
        by = 1e-5 if k in (5, 6) else 1e-12
        assert_near(a[finite], b[finite], by * (1.0 + np.abs(b[finite]).max(initial=0.0)))


@each_set
def test_they_are_the_same_bits_on_any_number_of_threads(isa: str) -> None:
    c = case("CSR int32", n=900, d=950, C=7, by_feature=True)
    alone = all_sums(made(c, isa, "features", Serial(), 60), c)
    low = made(c, isa, "low", Serial(), 60).at(c.w).hvp(c.v, 0.1, LOW)
    for count in (2, 3, 16):
        J = made(c, isa, "features", Threads(count), 60)
        assert len(J.blocks.spans) > 2
        for got, want in zip(all_sums(J, c), alone, strict=True):
            np.testing.assert_array_equal(got, want)
        J = made(c, isa, "low", Threads(count), 60)
        np.testing.assert_array_equal(J.at(c.w).hvp(c.v, 0.1, LOW), low)


def test_two_passes_at_once_do_not_write_on_each_others_residuals() -> None:
    c = case("CSR int32", n=300, d=310, C=5, by_feature=True)
    J = made(c, SETS[-1], "features", rows=64)
    kernel, A = J.blocks.kernel, J.blocks.kernel.pack(c.v)

    def product(of: F64) -> Any:
        A0 = kernel.pack(of)
        return J.blocks.read(
            lambda span, block: kernel.product(block, A, J.problem.s[span], 0.0, None, A0)
        )

    want = J.blocks.total(product(c.w)).copy(), J.blocks.total(product(2.0 * c.w)).copy()
    first, second = product(c.w), product(2.0 * c.w)
    parts = list(zip(first, second, strict=True))  # block by block, one of each
    for k in (0, 1):
        np.testing.assert_array_equal(J.blocks.total(pair[k] for pair in parts), want[k])


@pytest.mark.parametrize("n", [1, 2, 40])
def test_ranges_of_features_cover_all_of_them_once(n: int) -> None:
    X = sp.random_array((n, 57), density=0.2, format="csr", random_state=np.random.default_rng(n))
    ranges = Transpose(SparseRows(sp.csr_array(X)), 16).ranges
    assert [span.start for span, _ in ranges] == [0, *(span.stop for span, _ in ranges[:-1])]
    assert ranges[-1][0].stop == 57
    whole = np.concatenate([block.X.toarray() for _, block in ranges])
    np.testing.assert_array_equal(whole, X.toarray().T)


def test_few_features_many_classes_huge_rows_and_mini_batches_are_summed_by_block() -> None:
    wide, tall = rows_of(case("CSR int32", n=50, d=60)), rows_of(case("CSR int32", n=70, d=60))

    def chosen(rows: SparseRows, C: int, brief: bool = False, **limits: int) -> type:
        model, some = Linear(rows.d, C), Limits(block_work=0, **limits)
        return type(kernel_for(rows, model, True, some, brief)[0])

    assert chosen(wide, 999) is FeatureMajorKernel
    assert chosen(wide, 1000) is CSRKernel  # no array has an entry for each row and so many classes
    assert chosen(tall, 3) is CSRKernel
    assert chosen(wide, 3, brief=True) is CSRKernel
    assert chosen(wide, 3, transposed_bytes=wide.nbytes - 1) is CSRKernel


def test_mini_batches_make_no_transpose() -> None:
    c = case("CSR int32", n=60, d=80, C=3, by_feature=True)
    J = made(c, SETS[-1], "features")
    for batch in J.batches(20, np.random.default_rng(0)):
        assert not isinstance(batch.blocks.kernel, FeatureMajorKernel)
        assert np.isfinite(batch.at(c.w).grad).all()


def test_a_fit_of_wide_sparse_rows_is_the_fit_of_the_dense_ones() -> None:
    rng = np.random.default_rng(0)
    X = sp.random_array((1200, 4000), density=0.06, format="csr", random_state=rng)
    y = rng.integers(0, 4, 1200)
    kernel, _ = kernel_for(SparseRows(sp.csr_array(X)), Linear(4000, 4), labelled=True)
    assert isinstance(kernel, FeatureMajorKernel)
    sparse, dense = (SoftmaxRegression(C=1.0, tol=1e-10).fit(Z, y) for Z in (X, X.toarray()))
    assert sparse.status_.ok
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-5)


def test_wrong_calls_of_what_lays_out_and_gathers_are_refused() -> None:
    c = case("CSR int32", n=4, d=5, C=3, by_feature=True)
    ours = c.of(SETS[-1])
    X, R = ours.native.sparse(*c.block.raw, 5), np.zeros((3, 4))
    for laid_out, G in [
        (np.zeros((4, 2)), None),
        (np.zeros((3, 3)), None),
        (np.zeros((4, 6))[:, ::2], None),
        (np.zeros((4, 3)), np.zeros((5, 3))),
    ]:
        with pytest.raises(ValueError, match="laid out"):
            ours.passes.vjp(X, 3, 3, R=R, laid_out=laid_out, G=G)
    with pytest.raises(ValueError, match="only CSR"):
        ours.passes.vjp(ours.native.dense(c.X), 3, 3, R=R, laid_out=np.zeros((4, 3)))
    for U, G in [(np.zeros((4, 3)), np.zeros((4, 3))), (np.zeros((5, 3)), np.zeros((5, 3)))]:
        with pytest.raises(ValueError, match=r"must be \((d|n), K\)"):
            ours.passes.gather(X, U, False, G)
    with pytest.raises(ValueError, match="CSR"):
        ours.passes.gather(ours.native.dense(c.X), np.zeros((5, 3)), False, np.zeros((4, 3)))
