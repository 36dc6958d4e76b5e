"""penalty_factors: each feature's penalty is multiplied by its factor, and 0 leaves it free."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, Status, regularization_path

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
NAMES = ["a", "b", "c", "d"]
FACTORS = [0.0, 1.0, 2.0, 0.5]
STRENGTH = 0.02
C = 1.0 / (STRENGTH * 150)
SHARP = {"tol": 1e-10}
KINDS = [{"l1_ratio": 1.0}, {"l1_ratio": 0.5}, {}, {"l1_ratio": 0.5, "penalty_groups": "features"}]


@pytest.mark.parametrize(
    ("ratio", "groups", "minimum", "nonzero"),
    [  # R's glmnet 4.1-6, thresh=1e-16, lambda times sum(factors) / 4: it rescales the factors
        (1.0, None, 0.253287923506937, 7),
        (0.5, None, 0.276060061657830, 10),
        (0.0, None, 0.258198815703957, 12),
        (1.0, "features", 0.218840008925462, 9),
        (0.5, "features", 0.256736937159686, 12),
    ],
)
def test_the_minimum_is_the_one_that_glmnet_finds(
    ratio: float, groups: str | None, minimum: float, nonzero: int
) -> None:
    model = SoftmaxRegression(
        C=C, l1_ratio=ratio, penalty_groups=groups, penalty_factors=FACTORS, **SHARP
    ).fit(X, Y)
    assert model.status_ is Status.CONVERGED
    assert model.objective_ == pytest.approx(minimum, rel=1e-10)
    assert model.n_nonzero_ == nonzero
    assert hasattr(model, "zeros_proven_") is (ratio > 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_factors_are_another_C(kind: dict[str, Any]) -> None:
    doubled = SoftmaxRegression(C=2.0, penalty_factors=4 * [2.0], **kind, **SHARP).fit(X, Y)
    halved = SoftmaxRegression(C=1.0, **kind, **SHARP).fit(X, Y)
    assert_allclose(doubled.coef_, halved.coef_, atol=1e-5)
    assert doubled.objective_ == pytest.approx(halved.objective_, rel=1e-10)


def test_a_factor_is_a_feature_in_other_units() -> None:
    f = np.array([0.3, 1.0, 2.0, 5.0])
    lasso = SoftmaxRegression(l1_ratio=1.0, penalty_factors=f, **SHARP).fit(X, Y)
    assert_allclose(lasso.coef_ * f, _fit(X / f, l1_ratio=1.0).coef_, atol=1e-5)
    ridge = SoftmaxRegression(penalty_factors=f, **SHARP).fit(X, Y)
    assert_allclose(ridge.coef_ * np.sqrt(f), _fit(X / np.sqrt(f)).coef_, atol=1e-5)


def _fit(X: Any, **kind: Any) -> Any:
    return SoftmaxRegression(**kind, **SHARP).fit(X, Y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("two", [False, True])
def test_a_free_constant_column_is_the_intercept(kind: dict[str, Any], two: bool) -> None:
    y = Y // 2 if two else Y
    with_one = np.column_stack([X, np.ones(150)])
    free = SoftmaxRegression(
        fit_intercept=False, penalty_factors=[1, 1, 1, 1, 0], **kind, **SHARP
    ).fit(with_one, y)
    usual = SoftmaxRegression(**kind, **SHARP).fit(X, y)
    assert free.status_ is Status.CONVERGED
    assert free.objective_ == pytest.approx(usual.objective_, rel=1e-10)
    assert_allclose(free.coef_[:, :4], usual.coef_, atol=1e-5)
    assert_allclose(free.coef_[:, 4], usual.intercept_, atol=1e-4)


def test_two_free_columns_beside_many_zeros_are_proven_in_any_storage() -> None:
    rng = np.random.default_rng(0)
    A = rng.normal(size=(90, 400)) * (rng.random((90, 400)) < 0.3)
    y = (A[:, :3] @ rng.normal(size=(3, 3)) + rng.gumbel(size=(90, 3))).argmax(1)
    factors = np.ones(400)
    factors[[5, 300]] = 0.0
    values = []
    for Z in (A, sp.csr_array(A), sp.csc_array(A), np.asfortranarray(A), A.astype(np.float32)):
        model = SoftmaxRegression(C=0.1, l1_ratio=1.0, penalty_factors=factors).fit(Z, y)
        assert model.status_ is Status.CONVERGED
        assert (model.coef_[:, [5, 300]] != 0.0).all()
        assert model.zeros_proven_.sum() > 1000
        assert not model.zeros_proven_[:, [5, 300]].any()
        assert_allclose(model.coef_[:, [5, 300]].sum(0), 0.0, atol=1e-12)
        values.append(model.objective_)
    assert_allclose(values, values[0], rtol=2e-6)


def test_factors_are_named_for_the_columns_of_a_frame() -> None:
    frame = pd.DataFrame(X, columns=NAMES)
    named = SoftmaxRegression(l1_ratio=1.0, penalty_factors={"c": 3.0, "a": 0}).fit(frame, Y)
    listed = SoftmaxRegression(l1_ratio=1.0, penalty_factors=[0, 1, 3, 1]).fit(frame, Y)
    assert_array_equal(named.coef_, listed.coef_)
    assert clone(named).penalty_factors == {"c": 3.0, "a": 0}


def test_factors_of_one_change_nothing() -> None:
    assert_array_equal(
        SoftmaxRegression(penalty_factors=np.ones(4)).fit(X, Y).coef_,
        SoftmaxRegression().fit(X, Y).coef_,
    )


def test_without_a_penalty_factors_are_of_nothing() -> None:
    y = np.random.default_rng(0).integers(3, size=150)
    one = SoftmaxRegression(C=np.inf, penalty_factors=FACTORS).fit(X, y)
    assert_array_equal(one.coef_, SoftmaxRegression(C=np.inf).fit(X, y).coef_)


def test_a_path_begins_where_the_first_penalised_weight_appears() -> None:
    path = regularization_path(X, Y, l1_ratio=1.0, penalty_factors=FACTORS)
    used = path.coefs != 0.0
    assert path.Cs[0] * 150.0 * 0.226689371920402 == pytest.approx(1.0, rel=1e-6)  # glmnet
    assert used[:, :, 0].all()
    assert not used[0, :, 2].any()
    assert used[1, :, 1:].any()
    assert (path.gaps <= 1e-6).all()
    alone = SoftmaxRegression(C=path.Cs[40], l1_ratio=1.0, penalty_factors=FACTORS).fit(X, Y)
    assert path.objectives[40] == pytest.approx(alone.objective_, rel=2e-6)
    assert path.model(path.Cs[40]).penalty_factors == FACTORS


@pytest.mark.parametrize("groups", [None, "features"])
@pytest.mark.parametrize("ratio", [0.5, 1.0])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_the_first_C_of_a_path_is_the_largest_without_penalised_weights(
    groups: str | None, ratio: float, classes: int, make: Any
) -> None:
    y = Y if classes == 3 else Y == 1
    kind: dict[str, Any] = {
        "l1_ratio": ratio,
        "penalty_groups": groups,
        "penalty_factors": [0.0, 1.0, 2.0, 0.5],
    }
    first = regularization_path(make(X), y, **kind).Cs[0]
    below, above = (
        SoftmaxRegression(C=first * part, **kind, **SHARP).fit(make(X), y)
        for part in (1.0 - 1e-5, 1.0 + 1e-5)
    )
    assert (below.coef_[:, 0] != 0.0).all()
    assert not below.coef_[:, 1:].any()
    assert above.coef_[:, 1:].any()


def test_cross_validation_uses_them_in_every_fold() -> None:
    ours = SoftmaxRegressionCV(
        Cs=[0.1, 1.0], l1_ratios=[0.5], penalty_factors=[0, 1, 1, 1], cv=3
    ).fit(X, Y % 2)
    assert (ours.coefs_paths_[..., 0] != 0.0).all()
    assert (ours.gaps_ <= 1e-6).all()
    alone = SoftmaxRegression(C=ours.C_, l1_ratio=0.5, penalty_factors=[0, 1, 1, 1]).fit(X, Y % 2)
    assert ours.objective_ == pytest.approx(alone.objective_, rel=2e-6)


def test_liblinear_penalises_its_intercept_all_the_same() -> None:
    y = Y > 0
    model = SoftmaxRegression(
        C=0.1, l1_ratio=1.0, solver="liblinear", penalty_factors=4 * [2.0], **SHARP
    ).fit(X, y)
    other = SoftmaxRegression(
        C=0.05, l1_ratio=1.0, solver="liblinear", intercept_scaling=2.0, **SHARP
    ).fit(X, y)
    assert_allclose(model.coef_, other.coef_, atol=1e-5)
    assert_allclose(model.intercept_, other.intercept_, atol=1e-5)


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ([1.0, 2.0], "one number of at least 0 for each of the 4 features"),
        ([1, 1, 1, -1], "one number of at least 0 for each of the 4 features"),
        ([1, 1, 1, np.inf], "one number of at least 0 for each of the 4 features"),
        ([1, 1, 1, np.nan], "one number of at least 0 for each of the 4 features"),
        ([[1, 1, 1, 1]], "one number of at least 0 for each of the 4 features"),
        (["a", "b", "c", "d"], "one number of at least 0 for each of the 4 features"),
        ([0, 0, 0, 0], r"all 0: use C=numpy\.inf for no penalty"),
        ({"a": 0.0}, "names columns, but those of X have no names"),
        (2.0, "The 'penalty_factors' parameter"),
        ("a", "The 'penalty_factors' parameter"),
    ],
)
def test_factors_that_are_none_are_refused_in_a_sentence(factors: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SoftmaxRegression(penalty_factors=factors).fit(X, Y)


def test_a_penalty_beyond_float64_is_refused() -> None:
    with pytest.raises(ValueError, match="stand for an infinite penalty: give smaller factors"):
        SoftmaxRegression(C=1e-300, penalty_factors=[1e300, 1, 1, 1]).fit(X, Y)


def test_a_name_that_is_no_column_is_refused() -> None:
    frame = pd.DataFrame(X, columns=NAMES)
    with pytest.raises(ValueError, match="penalty_factors names 'age', which is not a column of X"):
        SoftmaxRegression(penalty_factors={"age": 0.0}).fit(frame, Y)


def test_solvers_and_batches_without_factors_say_so() -> None:
    with pytest.raises(ValueError, match=r"Solver lbfgs has no penalty_factors\. Use"):
        SoftmaxRegression(penalty_factors=FACTORS, solver="lbfgs").fit(X, Y)
    with pytest.raises(ValueError, match="partial_fit has no penalty_factors: use fit"):
        SoftmaxRegression(penalty_factors=FACTORS).partial_fit(X, Y)
