"""The native passes are NumPy's to rounding, for every instruction set and shape."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native import (
    DENSE,
    EPS,
    EPS32,
    F64,
    SETS,
    STORAGES,
    Case,
    allowed,
    assert_near,
    case,
    kernel,
    module,
    skip_without_native,
)
from samples import sample

from softlearn.data import DenseBlock
from softlearn.execution.threads import Serial, Threads
from softlearn.kernels import LowPrecisionBLAS, NumPyKernel, centre_logits, dual_divergence
from softlearn.kernels.buffer_pool import BufferPool
from softlearn.kernels.vectors import NativeVectorSpace
from softlearn.linalg import add_product
from softlearn.problem import Linear
from softlearn.vector_space import VectorSpace

skip_without_native()

each_set = pytest.mark.parametrize("isa", SETS)
SIZES = [1, 2, 3, 7, 8, 16, 17, 31, 48, 50, 63, 64, 65, 127, 128, 129, 130, 150]
CLASSES = [2, 3, 4, 5, 6, 7, 8, 10, 13, 23, 40]


def cases(storages: list[str]) -> st.SearchStrategy[Case]:
    return st.builds(
        case,
        st.sampled_from(storages),
        n=st.sampled_from([1, 2, 5, 63, 64, 65, 130]),
        d=st.sampled_from(SIZES),
        C=st.sampled_from(CLASSES),
        seed=st.integers(0, 99),
        bias=st.booleans(),
        reference=st.booleans(),
        by_feature=st.booleans(),
        scale=st.sampled_from([0.0, 1.0, 5.0]),
    )


def assert_equal_passes(c: Case, isa: str, blas: bool = False, t: float = 0.7) -> None:
    """Assert that every pass over the case is NumPy's."""
    ours, plain = c.of(isa, blas), c.plain
    A, V = ours.pack(c.w), ours.pack(c.v)
    rounding, moved = allowed(c), allowed(c, t)

    def assert_same_forward(got: Any, want: Any, by: Any) -> None:
        assert_near(got.loss, want.loss, by.loss)
        assert_near(ours.total([got.part]), want.part, by.grad)
        if want.kept is None:
            assert got.kept is None
        else:
            assert_near(got.kept.Z, want.kept.Z, by.Z)
            assert_near(got.kept.P, want.kept.P, by.P + (got.kept.P.dtype == np.float32) * 6e-8)

    for keep in (np.float64, np.float32, None):
        got = ours.forward(c.block, A, c.y, c.s, keep)
        assert_same_forward(got, plain.forward(c.dense, c.w, c.y, c.s, keep), rounding)
    Z, U = plain.logits(c.dense, c.w), plain.logits(c.dense, c.v)
    given = Z.copy(), U.copy()
    assert_near(ours.logits(c.block, A), Z, rounding.Z)
    P = plain.forward_at(c.dense, Z, U, 0.0, c.y, c.s, np.float64).kept.P  # type: ignore[union-attr]
    for keep in (np.float64, np.float32, None):
        got = ours.forward_at(c.block, Z, U, t, c.y, c.s, keep)
        assert_same_forward(got, plain.forward_at(c.dense, Z, U, t, c.y, c.s, keep), moved)

    want = plain.line(Z, U, t, c.y, c.s)
    for loss, slope in (
        ours.line(Z, U, t, c.y, c.s),
        ours.line_from(c.block, A, V, t, c.y, c.s),
    ):
        assert_near(loss, want[0], moved.loss)
        assert_near(slope, want[1], moved.slope)

    for damping in (0.0, 0.3):
        of_v = plain.product(c.dense, c.v, c.s, damping, P, c.w)
        for given_P in (P, None):
            part = ours.product(c.block, V, c.s, damping, given_P, A)
            assert_near(ours.total([part]), of_v, allowed(c, damping=damping).product)
        of_rows = plain.moments_of_rows(c.dense, P, c.s, damping, c.w)
        for given_P in (P, None):
            found = ours.moments_of_rows(c.block, given_P, c.s, damping, A)
            by = (
                c.model.vjp(DenseBlock(np.abs(c.X)), c.s * (2.0 * rounding.P + 50.0 * EPS)) + 1e-300
            )
            assert_near(ours.total(found[:1]), of_rows[0], by)
            np.testing.assert_allclose(found[1], of_rows[1], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(found[2], of_rows[2], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal((Z, U), given)  # what is given is left alone

    got_rows, want_rows = np.empty((2, len(c.X), c.model.C))
    for probabilities, by in ((False, rounding.Z), (True, rounding.P)):
        ours.predict(c.block, A, got_rows, probabilities)
        plain.predict(c.dense, c.w, want_rows, probabilities)
        assert_near(got_rows, want_rows, by.T)


@each_set
@settings(max_examples=sample(20, 60))
@given(cases(STORAGES))
def test_every_pass_is_numpys(isa: str, c: Case) -> None:
    assert_equal_passes(c, isa)


@each_set
@pytest.mark.parametrize("storage", ["C order", "float32", "F order", "CSR int32"])
@pytest.mark.parametrize("d", [1023, 1024, 1027, 2050])
def test_so_it_is_for_rows_of_several_stretches(isa: str, storage: str, d: int) -> None:
    assert_equal_passes(case(storage, n=67, d=d, C=5), isa)


@each_set
@pytest.mark.parametrize("storage", ["C order", "float32", "CSR int32", "CSR float32"])
@pytest.mark.parametrize("reference", [False, True])
def test_so_it_is_for_hundreds_of_classes(isa: str, storage: str, reference: bool) -> None:
    c = case(storage, n=67, d=5, C=300, reference=reference)
    assert_equal_passes(c, isa)
    if not c.sparse:
        assert_equal_passes(c, isa, blas=True)


@each_set
@pytest.mark.parametrize("C", [2, 3, 7, 8, 9, 16, 31, 64])
@pytest.mark.parametrize("scale", [1.0, 200.0])
def test_so_it_is_with_the_classes_of_a_row_side_by_side(isa: str, C: int, scale: float) -> None:
    assert_equal_passes(case(n=67, d=5, C=C, seed=C, scale=scale), isa, blas=True)


@each_set
def test_blocks_of_several_pieces_add_up(isa: str) -> None:
    assert_equal_passes(case(n=400, d=3, C=2100), isa, blas=True)


@each_set
@pytest.mark.parametrize("reference", [False, True])
def test_products_in_float32_are_those_in_float64_nearly(isa: str, reference: bool) -> None:
    c = case(n=300, d=9, C=300, reference=reference)
    low = LowPrecisionBLAS(module, module.Kernels(isa), c.model, add_product=add_product)
    A, V = low.pack(c.w), low.pack(c.v)
    P = c.plain.probabilities(c.dense, c.w)
    for damping in (0.0, 0.3):
        want = c.plain.product(c.dense, c.v, c.s, damping, P, c.w)
        for given_P in (P, None):
            found = low.total([low.product(c.block, V, c.s, damping, given_P, A)])
            assert np.linalg.norm(found - want) <= 1e-5 * np.linalg.norm(want)


@each_set
@pytest.mark.parametrize("by_feature", [False, True])
def test_so_it_is_for_csr_and_any_number_of_classes(isa: str, by_feature: bool) -> None:
    for C in (*range(9, 20), 24, 25, 31, 33, 47, 48, 49, 50, 55, 56, 57, 95, 96, 97, 104, 105, 150):
        assert_equal_passes(case("CSR int32", n=67, d=5, C=C, by_feature=by_feature), isa)


@each_set
def test_so_it_is_for_csr_rows_of_several_stretches(isa: str) -> None:
    assert_equal_passes(case("CSR int32", n=5000, d=20, C=50, by_feature=True), isa)


@each_set
@pytest.mark.parametrize("storage", ["C order", "CSR int32"])
@pytest.mark.parametrize("reference", [False, True])
def test_so_it_is_for_a_single_class(isa: str, storage: str, reference: bool) -> None:
    assert_equal_passes(case(storage, C=1, reference=reference), isa)


@each_set
@pytest.mark.parametrize("storage", ["C order", "F order", "float32", "CSR int32"])
def test_no_rows_add_nothing(isa: str, storage: str) -> None:
    c = case(storage)
    none = np.zeros(0)
    c.block = type(c.block)(*(a[:1] if k == 2 else a[:0] for k, a in enumerate(c.block.raw)), *(
        [c.model.d] if c.sparse else []
    ))  # fmt: skip
    ours = c.of(isa)
    A = ours.pack(c.w)
    got = ours.forward(c.block, A, none.astype(np.int64), none, np.float64)
    assert got.loss == 0.0
    assert not ours.total([got.part]).any()
    assert not ours.total([]).any()
    assert got.kept is not None
    assert got.kept.Z.shape == (3, 0)
    assert ours.line_from(c.block, A, A, 1.0, none.astype(np.int64), none) == (0.0, 0.0)


# ------------------------------------------------------------ what only some passes offer


@each_set
@given(c=cases(list(DENSE)))
@settings(max_examples=sample(12, 30))
def test_several_vectors_at_once_are_those_one_by_one(isa: str, c: Case) -> None:
    kernels, (C, K, d) = module.Kernels(isa), (c.model.C, c.model.K, c.model.d)
    vectors = [c.v, c.w, -2.0 * c.v]
    V, b = zip(*map(c.parts, vectors), strict=True)
    G, W, b0 = np.ones((3 * K, d)), *c.parts(c.w)
    c_of, Gb = (np.concatenate(b), np.ones(3 * K)) if c.model.bias else (None, None)
    kernels.product(
        c.of(isa).rows_of(c.block), C, K, 3, V=np.concatenate(V), c=c_of, s=c.s, damping=0.1,
        W=W, b=b0, G=G, Gb=Gb,
    )  # fmt: skip
    G -= 1.0  # products are added to what is there
    for k, v in enumerate(vectors):
        P = c.plain.forward(c.dense, c.w, c.y, c.s, np.float64).kept.P  # type: ignore[union-attr]
        want = c.plain.product(c.dense, v, c.s, 0.1, P, c.w)
        rows = slice(k * K, (k + 1) * K)
        got = c.model.join(G[rows], None if Gb is None else Gb[rows] - 1.0)
        c.v = v
        assert_near(got, want, allowed(c, damping=0.1).product + 2.0 * EPS * (1.0 + np.abs(want)))


@each_set
@given(c=cases([name for name in STORAGES if name != "CSR duplicates"]), more=st.booleans())
@settings(max_examples=sample(20, 40))
def test_moments_are_sums_of_the_curvature_times_entries_and_their_squares(
    isa: str, c: Case, more: bool
) -> None:
    ours, plain, damping = c.of(isa), c.plain, 0.3 * more
    P = plain.forward(c.dense, c.w, c.y, c.s, np.float64).kept.P  # type: ignore[union-attr]
    want = plain.moments(c.dense, P, c.s, damping, c.w)
    sizes = plain.moments(DenseBlock(np.abs(c.X)), P, c.s, damping, c.w)
    narrow = np.ascontiguousarray(P.T, dtype=np.float32).T
    for given_P, rounding in [(P, 1e-10), (None, 1e-10), (narrow, 1e-6)]:
        got = ours.moments(c.block, given_P, c.s, damping, ours.pack(c.w))
        # 1 - p of the largest p, from other roundings of p
        by = rounding * (sizes.first + sizes.second) + 1e-300
        assert_near(got.first, want.first, by)
        assert_near(got.second, want.second, by)


@each_set
@given(c=cases(STORAGES), decades=st.floats(-6.0, 1.0), blas=st.booleans())
@settings(max_examples=sample(20, 60))
def test_what_the_bound_moves_and_what_that_costs_are_numpys(
    isa: str, c: Case, decades: float, blas: bool
) -> None:
    ours, plain = c.of(isa, blas and not c.sparse), c.plain
    c.v = c.v * 10.0**decades
    P = plain.forward(c.dense, c.w, c.y, c.s, np.float64).kept.P  # type: ignore[union-attr]
    U = plain.logits(c.dense, c.v)
    want, cost = plain.dual_step(c.dense, c.v, c.s, P, c.w)
    by = allowed(c).product
    A, A0 = ours.pack(c.v), ours.pack(c.w)
    for given_P, given_U in [(P, None), (None, None), (P, U)]:
        got, paid = ours.dual_step(c.block, A, c.s, given_P, A0, given_U)
        assert_near(ours.total([got]), want, by)
        assert paid == pytest.approx(cost, rel=1e-7, abs=1e-25)
    assert (c.s @ np.isinf(dual_divergence(P, centre_logits(P, U))) > 0.0) == np.isinf(cost)


@each_set
@given(cases(STORAGES))
@settings(max_examples=sample(20, 40))
def test_residuals_are_pulled_as_numpy_does(isa: str, c: Case) -> None:
    R = np.random.default_rng(0).normal(size=(c.model.C, len(c.X)))
    want = c.plain.vjp(c.dense, R)
    sizes = c.plain.vjp(DenseBlock(np.abs(c.X)), np.abs(R))
    assert_near(c.of(isa).vjp(c.block, R), want, 4.0 * len(c.X) * EPS * sizes)


@each_set
@given(st.integers(0, 100), st.floats(-9.0, 9.0), st.integers(0, 99))
def test_work_on_long_vectors_is_numpys(isa: str, size: int, a: float, seed: int) -> None:
    p, Hp, v, r = np.random.default_rng(seed).normal(size=(4, size))
    kernels, by_numpy, sizes = module.Kernels(isa), VectorSpace(), np.abs(p) @ np.abs(Hp)
    assert_near(kernels.dot(p, Hp), by_numpy.dot(p, Hp), 4.0 * size * EPS * sizes)
    got, want = (p.copy(), v.copy(), r.copy()), (p.copy(), v.copy(), r.copy())
    kernels.axpy_pair(a, p, Hp, got[1], got[2])
    by_numpy.axpy_pair(a, p, Hp, want[1], want[2])
    kernels.scale_subtract(a, got[0], Hp)
    by_numpy.scale_subtract(a, want[0], Hp)
    kernels.axpy(a, p, got[1])
    by_numpy.axpy(a, p, want[1])
    for x, y in zip(got, want, strict=True):
        assert_near(x, y, 8.0 * EPS * (1.0 + abs(a)) * (np.abs(p) + np.abs(Hp) + np.abs(y)))


def test_threads_do_not_change_a_bit_of_what_is_done_to_long_vectors() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 600_001))  # three stretches
    sums, turned = set(), set()
    for engine in (Serial(), Threads(3)):
        on, p = NativeVectorSpace(module.Kernels(SETS[-1]), engine, BufferPool()), x.copy()
        sums.add(on.dot(x, y))
        on.scale_subtract(0.3, p, y)
        on.axpy_pair(2.0, y, y, p, p[:])
        turned.add(p.tobytes())
    assert len(sums) == len(turned) == 1
    np.testing.assert_allclose(p, 0.3 * x - y + 4.0 * y, atol=1e-13)


@each_set
@given(c=cases([name for name in STORAGES if "float32" in name and "CSR" not in name]))
@settings(max_examples=sample(20, 40))
def test_products_in_float32_are_right_to_float32(isa: str, c: Case) -> None:
    ours, kernels = c.of(isa), module.Kernels(isa)
    C, K, rows = c.model.C, c.model.K, ours.rows_of(c.block)

    def gradient() -> tuple[F64, F64, F64 | None]:
        part = np.zeros(c.model.size)
        G, Gb = c.model.split(part)
        return part, G, Gb if c.model.bias else None

    (W, b), (V, of_v) = c.parts(c.w), c.parts(c.v)
    by = allowed(c, damping=0.3, eps=EPS32)
    part, G, Gb = gradient()
    P, Z = np.empty((2, C, len(c.X)))
    loss, _ = kernels.forward(rows, C, K, W, b, c.y, c.s, Z_out=Z, P_out=P, G=G, Gb=Gb, single=True)
    want = c.plain.forward(c.dense, c.w, c.y, c.s, np.float64)
    assert want.kept is not None
    assert_near(Z, want.kept.Z, by.Z)
    assert_near(P, want.kept.P, by.P)
    assert_near(loss, want.loss, by.loss)
    assert_near(part, want.part, by.grad + EPS32**2)
    part, G, Gb = gradient()
    kernels.product(rows, C, K, 1, V, of_v, c.s, 0.3, P=want.kept.P, G=G, Gb=Gb, single=True)
    of_product = c.plain.product(c.dense, c.v, c.s, 0.3, want.kept.P, c.w)
    assert_near(part, of_product, by.product)


@each_set
@given(
    st.integers(1, 40), st.integers(1, 20), st.booleans(), st.booleans(), st.booleans(),
    st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=sample(20, 60))
def test_features_are_solved_for_as_numpy_does(
    isa: str, d: int, K: int, bias: bool, centre: bool, alike: bool, seed: int
) -> None:
    model, rng = Linear(d, K, bias, by_feature=True), np.random.default_rng(seed)
    means, R = (model.split(rng.normal(size=model.size))[0] for _ in range(2))
    inverse = model.split(rng.exponential(size=model.size))[0]
    if alike:  # one class stands for all
        means, inverse = means[:1].copy(), inverse[:1].copy()
    b, a = rng.normal(size=K if bias else 0), int(rng.integers(0, d))
    ours, theirs = (model.split(np.zeros(model.size))[0] for _ in range(2))
    span = slice(a, d)
    got = kernel(isa, model, sparse=True).solve(means, inverse, b, R, centre, span, ours)
    want = NumPyKernel(model).solve(means, inverse, b, R, centre, span, theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-11)
    assert not ours[:, :a].any()
