"""A small problem's steps in C++ are NumPy's to rounding, for every instruction set and storage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from native import (
    EPS,
    F64,
    SETS,
    STORAGES,
    TINY,
    Case,
    allowed,
    assert_near,
    case,
    module,
    skip_without_native,
)

from softlearn.data import DenseBlock
from softlearn.kernels import Matrix, Small

skip_without_native()

each_set = pytest.mark.parametrize("isa", SETS)
cases = st.builds(
    case,
    st.sampled_from(STORAGES),
    n=st.sampled_from([1, 2, 5, 63, 64, 65, 130]),
    d=st.sampled_from([1, 2, 3, 4, 5, 8, 9, 17]),
    C=st.sampled_from([2, 3, 4, 7]),
    seed=st.integers(0, 99),
    bias=st.booleans(),
    reference=st.booleans(),
    scale=st.sampled_from([0.0, 1.0, 5.0]),
)


def probabilities(c: Case, w: F64) -> F64:
    kept = c.plain.forward(c.dense, w, c.y, c.s, np.float64).kept
    assert kept is not None
    return kept.P


def penalised(c: Case, w: F64, l2: float) -> F64:
    return l2 * np.where(np.arange(c.model.size) < c.model.weights, w, 0.0)


def logit_size(c: Case, small: Small, w: F64) -> float:
    X = c.X
    sizes = np.sqrt(c.s @ np.square(X))
    assert small.sizes(X.shape[1]) == pytest.approx(sizes)
    W, b = c.model.split(w)
    return float(np.abs(W).max(0) @ sizes + np.abs(b).max(initial=0.0))


@each_set
@given(c=cases, t=st.sampled_from([0.0, 1.0, 0.3]), l2=st.sampled_from([0.0, 0.5]))
def test_a_move_ends_where_a_pass_would(isa: str, c: Case, t: float, l2: float) -> None:
    small = c.of(isa).small(c.block, c.y, c.s)
    assert small is not None
    Z, U = c.plain.logits(c.dense, c.w), c.plain.logits(c.dense, c.v)
    got, want = (
        small.move(c.w, c.v, Z, U, t, l2),
        c.plain.forward_at(c.dense, Z, U, t, c.y, c.s, np.float64),
    )
    by, w = allowed(c, t), c.w + t * c.v
    assert_near(got.w, w, EPS * (np.abs(c.w) + np.abs(t * c.v)))  # a product may be fused
    assert want.kept is not None
    assert_near(got.Z, want.kept.Z, by.Z)
    assert_near(got.P, want.kept.P, by.P)
    W = penalised(c, w, 1.0)
    half = 0.5 * l2 * float(W @ W)
    few = 4.0 * EPS * l2 * (np.abs(c.w) + np.abs(t * c.v))
    off = by.loss + (c.model.size + 8) * EPS * half + float(few @ np.abs(W))
    assert_near(got.value, want.loss + half, off)
    slope = c.plain.line(Z, U, t, c.y, c.s)[1] + l2 * float(W @ c.v)
    off = (c.model.size + 8) * EPS * l2 * float(np.abs(W) @ np.abs(c.v))
    assert_near(got.slope, slope, by.slope + off + float(few @ np.abs(c.v)))
    assert_near(got.grad, want.part + l2 * W, by.grad + few)
    assert got.size == pytest.approx(logit_size(c, small, got.w))
    assert got.step == pytest.approx(t * logit_size(c, small, c.v))


@each_set
@given(
    c=cases,
    l2=st.sampled_from([1e-4, 0.1]),
    damping=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 9),
)
def test_what_is_solved_fulfils_the_equations_as_the_passes_multiply_them_out(
    isa: str, c: Case, l2: float, damping: float, seed: int
) -> None:
    small, P = c.of(isa).small(c.block, c.y, c.s), probabilities(c, c.w)
    assert small is not None
    part = c.plain.forward(c.dense, c.w, c.y, c.s, None).part
    g = part + penalised(c, c.w, l2)
    found = small.solve(P, Matrix(l2, damping, 0.0, 0.0), c.w, g)
    if found is None:  # a matrix that is singular to rounding is left to others
        return
    size = c.model.logits(DenseBlock(np.abs(c.X)), np.abs(found.v))
    assert_near(found.logits, c.plain.logits(c.dense, found.v), (c.model.d + 4) * EPS * size + TINY)
    Hv = c.plain.product(c.dense, found.v, c.s, damping, P, c.w) + penalised(c, found.v, l2)
    scale = np.abs(g).max() + np.abs(Hv).max() + EPS
    np.testing.assert_allclose(found.r, g + Hv, rtol=0.0, atol=1e-10 * scale)
    assert found.decrement == pytest.approx(-0.5 * float(g @ found.v), rel=1e-9, abs=1e-18)
    assert abs(found.remaining) <= 1e-6 * found.decrement + 1e-18


@each_set
@pytest.mark.parametrize("reference", [False, True])
def test_columns_that_say_the_same_are_found_out(isa: str, reference: bool) -> None:
    c = case(d=4, reference=reference)
    c.X[:, 2] = c.X[:, 1]
    small = c.of(isa).small(c.dense, c.y, c.s)
    assert small is not None
    P, g = probabilities(c, c.w), c.plain.forward(c.dense, c.w, c.y, c.s, None).part
    assert small.solve(P, Matrix(0.0, 0.0, 0.0, 0.0), c.w, g) is None
    assert small.solve(P, Matrix(0.1, 0.0, 0.0, 0.0), c.w, g) is not None


@each_set
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_a_matrix_that_is_not_finite_is_left_to_others(isa: str, bad: float) -> None:
    c = case(d=4)
    c.X[3, 2] = bad
    c.s[3] = 1.0
    small, w = c.of(isa).small(c.dense, c.y, c.s), np.zeros(c.model.size)
    assert small is not None
    P = np.full((3, 70), 1.0 / 3.0)
    with np.errstate(all="ignore"):
        assert small.solve(P, Matrix(0.1, 0.0, 0.0, 0.0), w, np.ones(c.model.size)) is None


@each_set
def test_rows_are_copied(isa: str) -> None:
    c = case()
    small, P = c.of(isa).small(c.dense, c.y, c.s), probabilities(c, c.w)
    g, at = c.plain.forward(c.dense, c.w, c.y, c.s, None).part, Matrix(0.1, 0.0, 0.0, 0.0)
    assert small is not None
    before = small.solve(P, at, c.w, g)
    c.X[:], c.y[:], c.s[:] = 0.0, 0, 0.0
    after = small.solve(P, at, c.w, g)
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(after.v, before.v)


@each_set
def test_arrays_that_do_not_fit_are_refused(isa: str) -> None:
    c = case()
    rows, P, w = module.dense(c.X), probabilities(c, c.w), c.w
    with pytest.raises(ValueError, match="must fit X"):
        module.SmallProblem(isa, rows, c.y[1:], c.s, 3, 3, True)
    with pytest.raises(ValueError, match="K must be C or C - 1"):
        module.SmallProblem(isa, rows, c.y, c.s, 3, 1, True)
    with pytest.raises(ValueError, match="must be dense"):
        module.SmallProblem(isa, module.only_logits(70), c.y, c.s, 3, 3, True)
    with pytest.raises(ValueError, match="no kernels for"):
        module.SmallProblem("abacus", rows, c.y, c.s, 3, 3, True)
    small = module.SmallProblem(isa, rows, c.y, c.s, 3, 3, True)
    with pytest.raises(ValueError, match="must fit the problem"):
        small.solve(P, w, w[1:], 0.1, 0.0, 0.0, 0.0, w.copy(), w.copy(), P.copy())
    with pytest.raises(ValueError, match=r"must be \(C, n\)"):
        small.solve(P[1:], w, w, 0.1, 0.0, 0.0, 0.0, w.copy(), w.copy(), P.copy())
    with pytest.raises(ValueError, match="must fit the problem"):
        small.move(w, w, P, P, 1.0, 0.1, w[1:].copy(), w.copy(), P.copy(), P.copy())
    with pytest.raises(ValueError, match=r"must be \(C, n\)"):
        small.move(w, w, P, P, 1.0, 0.1, w.copy(), w.copy(), P[:, 1:].copy(), P.copy())
