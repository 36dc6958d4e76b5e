"""L1 and elastic-net fits: scikit-learn's objective and optima, and which zeros are sure."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from peers import since
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, Status, regularization_path
from softlearn.solve import LBFGS, Newton, ProximalNewton

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
RATIOS = [0.3, 1.0]
SHARP = {"tol": 1e-10}


def objective(model: Any, X: Any, P: Any, C: float, ratio: float, s: Any = None) -> float:
    """Return scikit-learn's objective, in nats per unit of weight."""
    s = np.ones(len(P)) if s is None else s
    Z = X @ model.coef_.T + model.intercept_
    Z = np.concatenate([0.0 * Z, Z], axis=1) if Z.shape[1] == 1 else Z
    loss = s @ (np.logaddexp.reduce(Z, axis=1) - (P * Z).sum(1))
    W = model.coef_
    penalty = ratio * np.abs(W).sum() + 0.5 * (1.0 - ratio) * (W * W).sum()
    return float((loss + penalty / C) / s.sum())


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("C", [0.05, 1.0])
@pytest.mark.parametrize("two", [False, True])
@since(8)
def test_the_optimum_is_that_of_saga(ratio: float, C: float, two: bool) -> None:
    y = Y // 2 if two else Y
    weights = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    ours = SoftmaxRegression(C=C, l1_ratio=ratio, **SHARP).fit(X, y, weights)
    saga = LogisticRegression(C=C, l1_ratio=ratio, solver="saga", tol=1e-8, max_iter=20_000)
    saga.fit(X, y, weights)
    values = [
        objective(m, X, np.eye(3)[y][:, : y.max() + 1], C, ratio, weights) for m in (ours, saga)
    ]
    assert ours.status_ is Status.CONVERGED
    assert values[0] == pytest.approx(ours.objective_, rel=1e-12)
    assert values[0] <= values[1] * (1.0 + 1e-12)
    assert_allclose(ours.predict_proba(X), saga.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize("ratio", RATIOS)
def test_storage_labels_and_weights_are_as_in_other_fits(ratio: float) -> None:
    rng = np.random.default_rng(1)
    ours = SoftmaxRegression(C=0.5, l1_ratio=ratio, **SHARP)
    dense = ours.fit(X, Y)
    value, coef = dense.objective_, dense.coef_
    P = np.eye(3)[Y]
    names = np.array(["a", "b", "c"])[Y]
    twice = np.concatenate([X, X[:50]]), np.concatenate([Y, Y[:50]])
    counts = np.ones(150) + (np.arange(150) < 50)
    again = ours.fit(*twice).objective_
    for fitted in (
        SoftmaxRegression(C=0.5, l1_ratio=ratio, **SHARP).fit(sp.csr_array(X), Y),
        SoftmaxRegression(C=0.5, l1_ratio=ratio, **SHARP).fit(np.asfortranarray(X), names),
        SoftmaxRegression(C=0.5, l1_ratio=ratio, **SHARP).fit(X, P),
    ):
        assert fitted.objective_ == pytest.approx(value, rel=1e-10)
        assert_allclose(fitted.coef_, coef, atol=1e-5)
        assert_array_equal(fitted.coef_ == 0.0, coef == 0.0)
    weighted = SoftmaxRegression(C=0.5, l1_ratio=ratio, **SHARP).fit(X, Y, counts)
    assert weighted.objective_ == pytest.approx(again, rel=1e-10)
    soft = rng.dirichlet(np.ones(3), size=150)
    fitted = SoftmaxRegression(C=0.5, l1_ratio=ratio, **SHARP).fit(X, soft)
    assert fitted.status_ is Status.CONVERGED
    assert fitted.objective_ == pytest.approx(objective(fitted, X, soft, 0.5, ratio), rel=1e-12)


def test_a_wide_problem_is_solved_on_few_columns() -> None:
    rng = np.random.default_rng(0)
    A = rng.normal(size=(80, 3000))
    y = (A[:, :3] @ rng.normal(size=(3, 3))).argmax(1)
    for Z in (A, sp.csr_array(A * (np.abs(A) > 1.0)), A.astype(np.float32)):
        for ratio in RATIOS:
            model = SoftmaxRegression(C=0.3, l1_ratio=ratio).fit(Z, y)
            assert model.status_ is Status.CONVERGED
            assert 0 < model.n_nonzero_ < 500
            assert model.zeros_proven_.sum() > 8000
            assert not model.coef_[model.zeros_proven_].any()


def test_columns_far_from_zero_and_repeated_rows_change_nothing() -> None:
    near = SoftmaxRegression(C=0.5, l1_ratio=1.0, **SHARP).fit(X, Y)
    far = SoftmaxRegression(C=0.5, l1_ratio=1.0, tol=1e-8).fit(X + 1e6, Y)
    assert_allclose(far.coef_, near.coef_, atol=1e-3)
    assert_array_equal(far.coef_ == 0.0, near.coef_ == 0.0)
    many = np.tile(np.round(X), (40, 1)), np.tile(Y, 40)
    merged = SoftmaxRegression(C=0.05, l1_ratio=1.0).fit(*many)
    once = SoftmaxRegression(C=2.0, l1_ratio=1.0).fit(np.round(X), Y)
    assert merged.objective_ == pytest.approx(once.objective_, rel=1e-6)


def test_texts_with_many_classes_are_fitted_from_nothing_to_a_weak_penalty() -> None:
    rng = np.random.default_rng(5)
    counts = sp.random_array((400, 900), density=0.02, random_state=rng, format="csr")
    y = rng.integers(20, size=400)
    for C in (1.0, 100.0):
        model = SoftmaxRegression(C=C, l1_ratio=1.0).fit(counts, y)
        assert model.status_ is Status.CONVERGED
        values = [objective(model, counts, np.eye(20)[y], C, 1.0)]
        assert values[0] == pytest.approx(model.objective_, rel=1e-12)
        sharp = SoftmaxRegression(C=C, l1_ratio=1.0, tol=1e-9).fit(counts, y)
        assert model.objective_ <= sharp.objective_ * (1.0 + 1e-6)


def test_a_class_without_weight_has_no_weights() -> None:
    weights = np.where(Y == 1, 0.0, 1.0)
    model = SoftmaxRegression(C=0.5, l1_ratio=1.0).fit(X, Y, weights)
    assert model.status_ is Status.CONVERGED
    assert not model.coef_[1].any()
    assert not (model.predict(X) == 1).any()


def test_of_four_classes_the_solution_is_one_of_the_sparsest_and_the_same_from_any_start() -> None:
    rng = np.random.default_rng(3)
    A = rng.normal(size=(200, 3))
    y = (A @ rng.normal(size=(3, 4)) + rng.gumbel(size=(200, 4))).argmax(1)
    model = SoftmaxRegression(C=1.0, l1_ratio=1.0, **SHARP).fit(A, y)
    assert (model.coef_ == 0.0).any(axis=0).all()
    other = SoftmaxRegression(C=1.0, l1_ratio=1.0, warm_start=True, **SHARP)
    other.set_params(C=100.0).fit(A, y)
    other.set_params(C=1.0).fit(A, y)
    assert_allclose(other.coef_, model.coef_, atol=1e-5)
    assert_array_equal(other.coef_ == 0.0, model.coef_ == 0.0)


@since(8)
def test_liblinear_penalises_the_intercept_too() -> None:
    y = Y > 0
    ours = SoftmaxRegression(C=0.1, l1_ratio=1.0, solver="liblinear", **SHARP).fit(X, y)
    theirs = LogisticRegression(
        C=0.1, l1_ratio=1.0, solver="liblinear", tol=1e-12, max_iter=10_000, random_state=0
    ).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)


def test_sparsify_and_the_number_of_nonzeros() -> None:
    model = SoftmaxRegression(C=0.5, l1_ratio=1.0).fit(X, Y)
    before, n = model.predict_proba(X), model.n_nonzero_
    assert n == np.count_nonzero(model.coef_)
    assert model.sparsify().n_nonzero_ == n
    assert_allclose(model.predict_proba(X), before, atol=1e-12)


def test_an_ordinary_fit_says_nothing_of_zeros() -> None:
    model = SoftmaxRegression(l1_ratio=1.0).fit(X, Y)
    assert model.zeros_proven_.shape == model.coef_.shape
    assert not hasattr(model.set_params(l1_ratio=0.0).fit(X, Y), "zeros_proven_")


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "sag", LBFGS(), Newton()])
def test_methods_for_smooth_functions_are_refused(solver: Any) -> None:
    with pytest.raises(ValueError, match="supports only 'l2' or None penalties"):
        SoftmaxRegression(l1_ratio=0.5, solver=solver).fit(X, Y)
    assert SoftmaxRegression(l1_ratio=0.5, solver=ProximalNewton()).fit(X, Y).solver_


@pytest.mark.filterwarnings("ignore:penalty is deprecated:FutureWarning")
def test_the_older_penalty_means_its_share_of_l1() -> None:
    for penalty, ratio in (("l1", 1.0), ("elasticnet", 0.3)):
        older = SoftmaxRegression(penalty=penalty, l1_ratio=ratio).fit(X, Y)
        assert_array_equal(older.coef_, SoftmaxRegression(l1_ratio=ratio).fit(X, Y).coef_)


def test_columns_whose_squares_overflow_are_fitted_without_a_warning_of_numpy() -> None:
    Z = np.column_stack([X, 1e200 * X[:, :1]])
    with pytest.warns(match="rounding keeps the proven bound above the tolerance") as caught:
        model = SoftmaxRegression(C=1e-3, l1_ratio=1.0).fit(Z, Y)
    assert len(caught) == 1
    assert model.status_ is Status.ROUNDING


def test_a_limit_of_steps_is_reported() -> None:
    with pytest.warns(match="Stopped at the limit of steps"):
        model = SoftmaxRegression(l1_ratio=1.0, max_iter=1).fit(X, Y)
    assert not model.zeros_proven_.any()


# -- paths and cross-validation


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_path_begins_where_the_first_weight_appears(ratio: float) -> None:
    path = regularization_path(X, Y, l1_ratio=ratio)
    nonzero = np.count_nonzero(path.coefs, axis=(1, 2))
    assert len(path) == 100
    assert nonzero[0] == 0 < nonzero[1]
    assert path.Cs[0] * 150.0 * 0.434995773978772 / ratio == pytest.approx(1.0, rel=1e-12)
    assert (path.gaps <= 1e-6).all()
    for k in (30, 60, 99):
        alone = SoftmaxRegression(C=path.Cs[k], l1_ratio=ratio).fit(X, Y)
        assert path.objectives[k] == pytest.approx(alone.objective_, rel=2e-6)
    assert path.model(path.Cs[50]).l1_ratio == ratio


@since(8)
def test_cross_validation_over_shares_of_l1_has_the_shapes_and_scores_of_scikit_learn() -> None:
    # at C = 0.02 L1 leaves biases alone, which saga finds to two digits only
    choices = {"Cs": [0.05, 0.5, 1.0], "l1_ratios": (0.0, 0.5, 1.0), "scoring": "neg_log_loss"}
    ours = SoftmaxRegressionCV(cv=3, **choices).fit(X, Y)
    theirs = LogisticRegressionCV(
        cv=3, solver="saga", tol=1e-6, max_iter=20_000, use_legacy_attributes=False,
        random_state=0, **choices,
    ).fit(X, Y)  # fmt: skip
    assert_allclose(ours.scores_, theirs.scores_, atol=2e-3)
    for name in ("scores_", "coefs_paths_", "n_iter_", "l1_ratios_"):
        assert getattr(ours, name).shape == getattr(theirs, name).shape
    assert ours.gaps_.shape == ours.statuses_.shape == ours.passes_.shape == (3, 3, 3)
    assert (ours.C_, ours.l1_ratio_) == (theirs.C_, theirs.l1_ratio_)
    assert ours.status_ is Status.CONVERGED


def test_cross_validation_finds_what_a_grid_search_finds() -> None:
    grid = {"C": [0.02, 0.5, 10.0], "l1_ratio": [0.2, 1.0]}
    split = StratifiedKFold(3)
    search = GridSearchCV(SoftmaxRegression(), grid, scoring="neg_log_loss", cv=split).fit(X, Y)
    ours = SoftmaxRegressionCV(Cs=grid["C"], l1_ratios=grid["l1_ratio"], cv=split).fit(X, Y)
    assert search.best_params_ == {"C": ours.C_, "l1_ratio": ours.l1_ratio_}
    means = SoftmaxRegressionCV(Cs=grid["C"], l1_ratios=[1.0], cv=split, refit=False).fit(X, Y)
    assert means.l1_ratio_ == 1.0
    assert not hasattr(means, "zeros_proven_")


# -- features as groups


def test_a_feature_is_used_for_all_classes_or_for_none() -> None:
    path = regularization_path(X, Y, l1_ratio=1.0, penalty_groups="features", Cs=[0.02, 0.05, 2.0])
    used = path.coefs != 0.0
    assert_array_equal(used.all(axis=1), used.any(axis=1))
    assert 0 < used.any(axis=1)[0].sum() < 4
    assert_allclose(path.coefs.sum(axis=1), 0.0, atol=1e-12)
    assert (path.gaps <= 1e-6).all()
    lengths = np.sqrt((path.coefs**2).sum(1)).sum(1)
    for k, model in enumerate(map(path.model, path.Cs)):
        loss = objective(model, X, np.eye(3)[Y], np.inf, 0.0)
        assert path.objectives[k] == pytest.approx(loss + lengths[k] / path.Cs[k] / 150, rel=1e-12)


def test_groups_of_two_classes_are_single_weights() -> None:
    single = SoftmaxRegression(l1_ratio=1.0, C=0.1, **SHARP).fit(X, Y > 0)
    grouped = SoftmaxRegression(l1_ratio=1.0, C=0.1, penalty_groups="features", **SHARP)
    assert_allclose(grouped.fit(X, Y > 0).coef_, single.coef_, atol=1e-5)


def test_groups_without_an_l1_part_are_l2() -> None:
    grouped = SoftmaxRegression(penalty_groups="features").fit(X, Y)
    assert_array_equal(grouped.coef_, SoftmaxRegression().fit(X, Y).coef_)


def test_groups_that_are_not_known_are_refused() -> None:
    with pytest.raises(ValueError, match="The 'penalty_groups' parameter"):
        SoftmaxRegression(penalty_groups="classes").fit(X, Y)


@pytest.mark.filterwarnings("ignore:Stopped where")  # what is proven may be nothing
@pytest.mark.parametrize("exponent", [-919, -530, 0])
def test_what_is_proven_holds_where_squares_of_a_free_column_underflow(exponent) -> None:
    # A column without a penalty may have any unit: the minimum is the same.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    y = (X[:, 1] + rng.gumbel(size=(3, 80)) > 0.5).argmax(0)
    options: dict[str, Any] = {"C": 1e-3, "l1_ratio": 0.5, "penalty_factors": [1.0, 0.0]}
    J = SoftmaxRegression(**options).fit(X, y).objective_
    scaled = SoftmaxRegression(**options).fit(X * [1.0, 2.0**exponent], y)
    assert scaled.objective_ * (1.0 - scaled.gap_) <= J * (1.0 + 1e-9)
