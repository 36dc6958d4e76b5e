"""With an L1 part, too, the bound lies below the minimum whatever it is made of.

The minimum is bounded from above by J at the best point known, evaluated with 40 digits.
"""

from dataclasses import replace
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from problems import problem
from sklearn.datasets import load_iris

from softlearn.data import as_rows
from softlearn.objective import SparseObjective
from softlearn.problem import ElasticNet, GroupedElasticNet, Linear, Problem
from softlearn.protocol import Status
from softlearn.solve import ProximalNewton, minimize, minimize_steps
from softlearn.solve.sparse_quadratic import minimise_sparse_quadratic

F64 = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
seeds = st.integers(0, 10_000)
RATIOS = [1e-3, 0.5, 1.0]
ratios = st.sampled_from(RATIOS)
strengths = st.sampled_from([1e-8, 1e-4, 1e-2, 0.1, 10.0])


def sparse(
    seed: int,
    strength: float,
    ratio: float,
    grouped: bool = False,
    factors: F64 | None = None,
    **kind: Any,
) -> SparseObjective:
    """Return a small random problem with an elastic net."""
    given = problem(seed, **kind).problem
    penalty = (GroupedElasticNet if grouped else ElasticNet)(strength, given.model, ratio, factors)
    return SparseObjective(replace(given, penalty=penalty))


def exact_value(J: SparseObjective, w: F64) -> float:
    """Return J(w) computed with 40 digits, rounded up."""
    with mp.workdps(40):
        W, b = J.model.split(w)
        X, total = J.problem.rows.take(np.arange(J.problem.rows.n)), mp.mpf(0)
        for x, y, s in zip(X, J.problem.Y, J.problem.s, strict=True):
            z = [mp.fdot(x, row) for row in W]
            z = [a + float(c) for a, c in zip(z, b, strict=True)] if J.model.bias else z
            z = [mp.mpf(0)] * (J.model.C - J.model.K) + z
            own = z[y] if np.ndim(y) == 0 else mp.fdot(z, y)
            total += float(s) * (mp.log(mp.fsum(mp.exp(a) for a in z)) - own)
        l1, l2 = (np.broadcast_to(a, J.model.d) for a in (J.penalty.l1, J.penalty.l2))
        grouped = isinstance(J.penalty, GroupedElasticNet)
        for column, a, b in zip(W.T, l1, l2, strict=True):
            groups = [list(column)] if grouped else [[x] for x in column]
            total += mp.mpf(float(a)) * mp.fsum(mp.norm(g) for g in groups)
            total += mp.mpf(float(b)) / 2 * mp.fsum(mp.mpf(x) ** 2 for x in column)
        return float(total) * (1.0 + EPS)


def rounding(J: SparseObjective, w: F64) -> float:
    W, b = J.model.split(np.abs(w))
    X = np.abs(J.problem.rows.take(np.arange(J.problem.rows.n)))
    Z = X @ W.T + (b if J.model.bias else 0.0)
    return 16.0 * EPS * float(J.at(w).value + J.problem.s @ Z.max(1))


@given(seeds, st.integers(2, 4), *5 * (st.booleans(),), ratios, strengths)
def test_the_bound_lies_below_the_minimum_whatever_direction_it_is_given(
    seed: int,
    C: int,
    bias: bool,
    weighted: bool,
    soft: bool,
    reference: bool,
    grouped: bool,
    ratio: float,
    strength: float,
) -> None:
    kind = {"bias": bias, "weighted": weighted, "soft": soft, "reference": reference}
    J = sparse(seed, strength, ratio, grouped, n=14, d=2, C=C, **kind)
    best = minimize(J, ProximalNewton(), tol=1e-12, max_steps=60).w
    least, rng = exact_value(J, best), np.random.default_rng(seed)
    noise, random = rng.normal(size=(2, J.size))
    for w in (np.zeros(J.size), best, best + 1e-6 * noise, best + 0.1 * noise, 20.0 * noise):
        point = J.at(w)
        allowed = rounding(J, best) + rounding(J, w)
        model = point.model()
        right = model.whole(rng.normal(size=len(model.start)) * 1e-3)
        for v in (None, best - w, 0.5 * (best - w), w - best, random, 1e-9 * random, right):
            assert point.bound(v) <= least + allowed


@given(seeds, st.integers(2, 4), *4 * (st.booleans(),), st.sampled_from([0.0, *RATIOS]), strengths)
def test_the_bound_holds_where_columns_have_factors_and_some_are_free(
    seed: int,
    C: int,
    bias: bool,
    soft: bool,
    reference: bool,
    grouped: bool,
    ratio: float,
    strength: float,
) -> None:
    kind = {"bias": bias, "soft": soft, "reference": reference, "factors": np.array([2.0, 0.0])}
    J = sparse(seed, strength, ratio, grouped, n=20, d=2, C=C, **kind)
    found = minimize(J, ProximalNewton(), tol=1e-12, max_steps=60)
    best = found.w
    least, rng = exact_value(J, best), np.random.default_rng(seed)
    for size in (0.0, 1e-9, 1e-6, 1e-3, 0.1, 20.0):
        point = J.at(best + size * rng.normal(size=J.size))
        allowed = rounding(J, best) + rounding(J, point.w)
        for v in (None, best - point.w, 1e-9 * rng.normal(size=J.size)):
            assert point.bound(v) <= least + allowed


def test_with_a_free_column_the_gap_near_the_minimum_is_the_true_distance() -> None:
    J = iris(1e-2, 1.0, factors=np.array([0.0, 1.0, 2.0, 1.0]))
    best = minimize(J, ProximalNewton(), tol=1e-12)
    assert best.status is Status.CONVERGED
    point = J.at(best.w + 1e-4 * np.arange(J.size) * (best.w != 0.0))
    model = point.model()
    solve = minimise_sparse_quadratic(model, lambda solve: False, 500)
    gap, true = point.value - point.bound(model.whole(solve.v)), point.value - best.value
    assert 1e-9 < true <= gap <= 1.1 * true + 1e-11


def test_a_free_column_that_separates_classes_is_named() -> None:
    J = iris(1e-2, 1.0, factors=np.array([1.0, 1.0, 0.0, 1.0]))
    found = minimize(J, ProximalNewton())
    assert found.status is Status.NO_FINITE_OPTIMUM
    assert "most by column 2. Give these features a penalty (a factor above 0)." in found.detail


@given(seeds, st.sampled_from([1e-3, 1e-2, 0.1]), ratios, st.booleans())
def test_no_weight_that_is_proven_to_be_zero_is_another_number(
    seed: int, strength: float, ratio: float, grouped: bool
) -> None:
    J = sparse(seed, strength, ratio, grouped, n=20, d=4, C=3, weighted=True)
    W, _ = J.model.split(minimize(J, ProximalNewton(), tol=1e-12).w)
    for tol in (0.3, 1e-2, 1e-4, 1e-8):
        found = minimize(J, ProximalNewton(), tol=tol)
        if found.dual is not None:
            assert not W[J.proven_zeros(found.w, found.dual)].any()


def iris(
    strength: float, ratio: float, grouped: bool = False, factors: F64 | None = None
) -> SparseObjective:
    X, y = load_iris(return_X_y=True)
    X = as_rows((X - X.mean(0)) / X.std(0))
    kind = {"l1_ratio": ratio, "grouped": grouped, "factors": factors}
    return SparseObjective(Problem.of(X, y, Linear(4, 3), strength, **kind))


OF_GLMNET = pytest.mark.parametrize(
    ("ratio", "grouped", "minimum", "nonzero"),
    [
        (1.0, False, 0.239092122703579, 5),
        (0.5, False, 0.25386977108579, 9),
        (1.0, True, 0.200012659732164, 12),
        (0.5, True, 0.233971991906699, 12),
    ],
)


@OF_GLMNET
def test_at_every_step_the_gap_is_at_least_the_distance_from_the_minimum(
    ratio: float, grouped: bool, minimum: float, nonzero: int
) -> None:
    proven = [
        (step.gap * step.objective, step.objective - minimum)
        for step in minimize_steps(iris(1e-2, ratio, grouped), ProximalNewton(), tol=1e-12)
        if np.isfinite(step.gap)
    ]
    assert proven
    assert all(gap >= distance - 1e-14 for gap, distance in proven)


@OF_GLMNET
def test_the_minimum_is_the_one_that_glmnet_finds(
    ratio: float, grouped: bool, minimum: float, nonzero: int
) -> None:
    J = iris(1e-2, ratio, grouped)
    found = minimize(J, ProximalNewton(), tol=1e-11)
    assert found.status is Status.CONVERGED
    assert found.value == pytest.approx(minimum, rel=1e-12)
    assert np.count_nonzero(J.model.split(found.w)[0]) == nonzero
    assert J.proven_zeros(found.w, found.dual).sum() == 12 - nonzero


def test_near_the_minimum_the_gap_is_the_true_distance() -> None:
    J = iris(1e-2, 1.0)
    best = minimize(J, ProximalNewton(), tol=1e-12)
    checked = 0
    for off in (1e-3, 3e-4, 1e-4, 1e-5):
        point = J.at(best.w + off * (best.w != 0.0))
        model = point.model()
        solve = minimise_sparse_quadratic(model, lambda solve: False, 500)
        gap, true = point.value - point.bound(model.whole(solve.v)), point.value - best.value
        assert true <= gap <= 1.1 * true + 1e-11
        checked += true > 1e-9
    assert checked >= 2


def test_all_weights_are_zero_from_lambda_max_on_and_not_below() -> None:
    highest = 0.434995773978772
    assert iris(1.0, 1.0).lambda_max == pytest.approx(highest, rel=1e-13)
    assert iris(1.0, 0.5).lambda_max == pytest.approx(2.0 * highest, rel=1e-13)
    for ratio in (1.0, 0.5):
        above, below = iris(highest / ratio * 1.000001, ratio), iris(highest / ratio * 0.999, ratio)
        assert not above.model.split(minimize(above, ProximalNewton()).w)[0].any()
        assert below.model.split(minimize(below, ProximalNewton()).w)[0].any()


@settings(max_examples=10)
@given(seeds)
def test_the_gap_holds_for_a_feature_in_other_units(seed: int) -> None:
    J = sparse(seed, 1e-3, 1.0, columns=np.array([1e6, 1.0, 1e-6]))
    found = minimize(J, ProximalNewton())
    assert found.lower <= exact_value(J, found.w)
    assert found.status is Status.CONVERGED
