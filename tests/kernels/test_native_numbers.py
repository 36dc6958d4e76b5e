"""What the native softmax makes of single numbers: its last digits, extremes, and symmetries."""

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native import EPS, F64, SETS, Case, allowed, assert_near, case, module, skip_without_native
from samples import sample

from softlearn.kernels import centre_logits, dual_divergence

skip_without_native()

each_set = pytest.mark.parametrize("isa", SETS)
seeds = st.integers(0, 999)


def of_logits(isa: str, Z: F64, y: Any, s: Any = 1.0) -> tuple[float, F64, F64]:
    """Return loss, probabilities and residuals (C, n)."""
    C, n = Z.shape
    P, R = np.empty_like(Z), np.empty_like(Z)
    loss, _ = module.Kernels(isa).forward(
        module.only_logits(n),
        C,
        C,
        y=np.broadcast_to(np.int64(y), n).copy(),
        s=np.broadcast_to(np.float64(s), n).copy(),
        Z=Z,
        P_out=P,
        R_out=R,
    )
    return loss, P, R


def losses(isa: str, Z: F64, y: Any) -> F64:
    """Return the loss of each row, asked for one by one."""
    y = np.broadcast_to(y, Z.shape[1])
    return np.array([of_logits(isa, Z[:, [i]].copy(), y[i])[0] for i in range(Z.shape[1])])


# ---------------------------------------------------------------- digits


def in_ulps(got: float, want: mp.mpf) -> float:
    return float(abs(mp.mpf(float(got)) - want) / mp.mpf(float(np.spacing(float(want)))))


@each_set
@pytest.mark.parametrize("C", [2, 3, 5])
@pytest.mark.parametrize("scale", [1e-6, 0.1, 3.0, 40.0, 800.0])
def test_probabilities_residuals_and_losses_keep_their_last_digits(
    isa: str, C: int, scale: float
) -> None:
    """exp is right to an ulp and log1p to two; sums of C terms and a quotient add C / 2 + 1."""
    rng = np.random.default_rng(C)
    # Multiples of a power of two: differences of logits are exact.
    unit = 2.0 ** np.floor(np.log2(scale) - 30.0)
    Z = np.round(rng.uniform(-scale, scale, size=(C, 24)) / 2.0 / unit) * unit
    y = np.arange(24) % C
    _, P, R = of_logits(isa, Z, y)
    loss = losses(isa, Z, y)
    allowed_ulps = 3.0 + C / 2.0
    with mp.workdps(60):
        for i in range(24):
            e = [mp.exp(mp.mpf(float(z)) - mp.mpf(float(Z[:, i].max()))) for z in Z[:, i]]
            total, own = mp.fsum(e), e[y[i]]
            others = mp.fsum(x for k, x in enumerate(e) if k != y[i])
            for k in range(C):
                assert in_ulps(P[k, i], e[k] / total) <= allowed_ulps
                want = -others / total if k == y[i] else e[k] / total
                assert in_ulps(R[k, i], want) <= allowed_ulps
            assert in_ulps(loss[i], mp.log1p(others / own)) <= 1.0 + allowed_ulps


@each_set
def test_an_exponential_is_right_to_an_ulp_down_to_the_last_subnormal(isa: str) -> None:
    """With two classes far apart the lesser probability is the exponential itself."""
    z = -np.concatenate([np.linspace(38.0, 746.0, 700), np.linspace(707.0, 746.0, 300)])
    z = np.round(z * 2.0**20) / 2.0**20
    _, P, R = of_logits(isa, np.stack([np.zeros_like(z), z]), 0)
    with mp.workdps(60):
        for p, r, x in zip(P[1], R[0], z, strict=True):
            want = mp.exp(mp.mpf(float(x)))
            assert abs(mp.mpf(float(p)) - want) <= mp.mpf(float(np.spacing(p)))
            assert -r == p  # the residual of a class that is all but certain keeps its digits


@each_set
def test_a_loss_is_right_to_four_ulps_from_tiny_to_large(isa: str) -> None:
    """With two classes it is log1p(e^z); at z = 0 the two branches of the formula meet."""
    z = np.concatenate([-np.geomspace(1e-9, 700.0, 80), [0.0], np.geomspace(1e-9, 700.0, 80)])
    loss = losses(isa, np.stack([np.zeros_like(z), z]), 0)
    with mp.workdps(60):
        for got, x in zip(loss, z, strict=True):
            assert in_ulps(got, mp.log1p(mp.exp(mp.mpf(float(x))))) <= 4.0


# ---------------------------------------------------------------- extremes


@each_set
@pytest.mark.parametrize("size", [1e4, 1e300])
def test_logits_of_any_size_are_numpys(isa: str, size: float) -> None:
    rng = np.random.default_rng(0)
    c = case(n=130, d=1, C=6)
    Z = rng.choice([-size, size, 0.0, 1.0], size=(6, 130))
    U = np.zeros_like(Z)
    c.w[:] = 0.0
    got = c.of(isa).forward_at(c.block, Z, U, 0.0, c.y, c.s, np.float64)
    want = c.plain.forward_at(c.dense, Z, U, 0.0, c.y, c.s, np.float64)
    assert got.loss == pytest.approx(want.loss, rel=140 * EPS)
    assert got.kept is not None
    assert want.kept is not None
    np.testing.assert_array_equal(got.kept.Z, Z)
    assert_near(got.kept.P, want.kept.P, 20 * EPS * want.kept.P)  # e, 1 and their sums
    gradient = c.of(isa).total([got.part])
    np.testing.assert_allclose(gradient, want.part, rtol=0.0, atol=200 * EPS)
    line = c.of(isa).line(Z, Z, 0.0, c.y, c.s)
    by = 200 * EPS * size
    np.testing.assert_allclose(line, c.plain.line(Z, Z, 0.0, c.y, c.s), rtol=0.0, atol=by)


@each_set
@pytest.mark.parametrize("z", [0.0, -3.0, 1e4, -1e300])
@pytest.mark.parametrize("C", [2, 4, 10])
def test_equal_logits_share_the_probability(isa: str, z: float, C: int) -> None:
    loss, P, R = of_logits(isa, np.full((C, 9), z), np.arange(9) % C)
    assert loss == pytest.approx(9.0 * np.log(C), rel=12 * EPS)
    np.testing.assert_allclose(P, 1.0 / C, rtol=EPS)
    np.testing.assert_allclose(R.sum(0), 0.0, atol=C * EPS)


@each_set
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("where", [0, 1, 2])
def test_nan_and_infinity_give_a_loss_that_is_not_finite(
    isa: str, bad: float, label: int, where: int
) -> None:
    Z = np.random.default_rng(0).normal(size=(3, 70))
    good = of_logits(isa, Z, label)
    Z[where, 66] = bad
    loss, P, R = of_logits(isa, Z, label)
    assert not np.isfinite(loss)
    others = np.arange(70) != 66  # and no other row knows of it
    np.testing.assert_array_equal(P[:, others], good[1][:, others])
    np.testing.assert_array_equal(R[:, others], good[2][:, others])


@each_set
@pytest.mark.parametrize("storage", ["C order", "F order", "float32", "CSR int32"])
@pytest.mark.parametrize("d", [9, 140])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_so_they_do_in_features_and_parameters(isa: str, storage: str, d: int, bad: float) -> None:
    c = case(storage, d=d, C=3)
    c.s[:] = 1.0
    ours = c.of(isa)
    w = c.w.copy()
    w[0 if c.X[:, 0].any() else 1] = bad
    assert not np.isfinite(ours.forward(c.block, ours.pack(w), c.y, c.s, None).loss)
    at = np.flatnonzero(c.block.raw[0])[0]
    c.block.raw[0].reshape(-1, order="A")[at] = bad
    assert not np.isfinite(ours.forward(c.block, ours.pack(c.w), c.y, c.s, None).loss)


@each_set
def test_a_row_of_weight_0_adds_nothing_even_where_its_loss_is_infinite(isa: str) -> None:
    Z = np.zeros((2, 9))
    Z[:, 4] = -1.7e308, 1.7e308
    s = np.ones(9)
    s[4] = 0.0
    loss, _, R = of_logits(isa, Z, 0, s)
    assert loss == pytest.approx(8.0 * np.log(2.0), rel=10 * EPS)
    assert not R[:, 4].any()
    s[4] = 1e-9
    assert of_logits(isa, Z, 0, s)[0] == np.inf


# ---------------------------------------------------------------- symmetries


def gradient(isa: str, c: Case, rows: Any, s: F64) -> tuple[float, F64]:
    """Return loss and gradient over some rows of a dense case."""
    ours = c.of(isa)
    block = type(c.block)(c.block.raw[0][rows])
    got = ours.forward(block, ours.pack(c.w), c.y[rows], s[rows], None)
    return got.loss, ours.total([got.part])


@each_set
@given(seeds, st.sampled_from([5, 64, 130]), st.sampled_from([3, 131]))
@settings(max_examples=20)
def test_losses_and_gradients_add_up_over_the_rows_in_any_order(
    isa: str, seed: int, n: int, d: int
) -> None:
    rng = np.random.default_rng(seed)
    c = case(n=n, d=d, C=4, seed=seed)
    by, (loss, grad) = allowed(c), gradient(isa, c, slice(None), c.s)
    loss_again, grad_again = gradient(isa, c, rng.permutation(n), c.s)
    assert_near(loss_again, loss, by.loss)
    assert_near(grad_again, grad, by.grad)
    k = rng.integers(0, n + 1)
    parts = [gradient(isa, c, rows, c.s) for rows in (slice(None, k), slice(k, None))]
    assert_near(parts[0][0] + parts[1][0], loss, by.loss)
    assert_near(parts[0][1] + parts[1][1], grad, by.grad)


@each_set
@given(seeds)
@settings(max_examples=20)
def test_a_whole_weight_is_a_repetition(isa: str, seed: int) -> None:
    c = case(n=70, d=5, C=4, seed=seed)
    times = np.round(c.s * 70).astype(int)
    loss, grad = gradient(isa, c, slice(None), c.s)
    again = gradient(isa, c, np.repeat(np.arange(70), times), np.full(70, 1.0 / 70))
    assert_near(again[0], loss, 3.0 * allowed(c).loss)  # up to three times the rows are summed
    assert_near(again[1], grad, 3.0 * allowed(c).grad)


@each_set
@given(seeds, st.integers(-(2**20), 2**20))
@settings(max_examples=20)
def test_a_constant_added_to_the_logits_of_a_row_changes_no_bit(
    isa: str, seed: int, shift: int
) -> None:
    Z = np.round(np.random.default_rng(seed).normal(size=(5, 40)) * 2.0**20) / 2.0**20
    y = np.arange(40) % 5
    loss, P, R = of_logits(isa, Z, y)
    moved = of_logits(isa, Z + float(shift), y)  # exact: 53 bits hold both
    assert moved[0] == loss
    np.testing.assert_array_equal(moved[1], P)
    np.testing.assert_array_equal(moved[2], R)


# ------------------------------------------------------- what it costs to move probabilities


def costs(isa: str, P: F64, U: F64, s: float = 1.0) -> F64:
    """Return KL(P (1 + t), P) of each column, t = U - <P, U>, asked for one by one."""
    C, n = P.shape
    R, rows = np.empty((C, 1)), module.only_logits(1)
    return np.array([
        module.Kernels(isa).product(
            rows, C, C, s=np.array([s]), costs=True, P=P[:, [i]].copy(), U=U[:, [i]].copy(), R_out=R
        )
        for i in range(n)
    ])  # fmt: skip


@each_set
@given(st.integers(2, 9), st.floats(-9.0, 0.0), st.integers(0, 99))
@settings(max_examples=sample(20, 40))
def test_the_cost_of_a_move_keeps_its_digits_however_small_the_move(
    isa: str, C: int, decades: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(C), size=12).T
    T = centre_logits(P, rng.normal(size=P.shape))
    T *= 10.0**decades / max(1.0, float(-T.min()))  # inside the simplex, at most on its edge
    np.testing.assert_allclose(costs(isa, P, T), dual_divergence(P, centre_logits(P, T)), rtol=1e-9)


@each_set
def test_a_move_out_of_the_simplex_is_infinite_and_one_to_its_edge_is_not(isa: str) -> None:
    P = np.array([[0.5, 0.5, 1.0], [0.5, 0.5, 0.0]])
    U = np.array([[-1.0, -1.001, 0.0], [1.0, 1.001, -7.0]])
    np.testing.assert_allclose(costs(isa, P, U), [np.log(2.0), np.inf, 0.0], rtol=1e-15)
    np.testing.assert_array_equal(costs(isa, P, U, s=0.0), np.zeros(3))  # a row without weight
    assert np.isinf(costs(isa, P[:, :1], np.array([[np.nan], [1.0]]))).all()
