"""What is said to be proven is so, whatever the columns; what is not is said, with the reason.

True optima are those of the same columns brought to a size at which any solver finds them.
"""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from softlearn import SoftmaxNetwork, SoftmaxRegression, Status, regularization_path

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(40, 3))
Y = (Z @ [0.6, -0.4, 0.5] + RNG.logistic(size=40) > 0.0).astype(int)


def fit(X, y, C=np.inf, **choices):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = SoftmaxRegression(C=C, **choices).fit(X, y)
    categories = {w.category for w in caught}
    assert categories <= {ConvergenceWarning}
    assert (ConvergenceWarning in categories) == (not model.status_.ok)
    return model


def assert_optimal(model, X, y, **choices):
    """The objective is that of well-placed columns, and is proven."""
    assert model.status_ is Status.CONVERGED, model.status_detail_
    right = fit(X, y, tol=1e-10, **choices)
    assert right.status_ is Status.CONVERGED
    assert model.objective_ == pytest.approx(right.objective_, rel=1e-6)


def test_four_rows_a_billion_from_zero_have_the_optimum_of_those_at_zero():
    X = np.array([[1e9], [1e9 + 1], [1e9 + 2], [1e9 + 3]])
    model = fit(X, [0, 1, 0, 1])
    assert model.objective_ == pytest.approx(0.586872, abs=1e-6)
    assert model.status_ is Status.CONVERGED
    assert fit(X, [0, 0, 1, 1]).status_ is Status.NO_FINITE_OPTIMUM


@pytest.mark.parametrize("storage", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("offset", [1e3, 1e6, 1e8, 3e8, 1e9, 3e9, 1e10])
def test_an_offset_changes_no_optimum(offset, storage):
    X = Z + offset
    assert_optimal(fit(storage(X), Y), X - offset, Y)
    assert_optimal(fit(storage(X), Y, C=1.0), X - offset, Y, C=1.0)


@pytest.mark.parametrize("offset", [1e12, 3e15])
@pytest.mark.parametrize("C", [1.0, np.inf])
def test_where_intercepts_lack_the_digits_the_gap_is_that_of_the_coefficients(offset, C):
    X = Z + offset
    model, right = fit(X, Y, C), fit(X - offset, Y, C, tol=1e-12)
    far = (model.objective_ - right.objective_) / model.objective_
    assert far <= model.gap_
    assert model.status_ is (Status.CONVERGED if model.gap_ <= 1e-6 else Status.ROUNDING)
    if offset == 3e15:
        assert model.status_ is Status.ROUNDING
        assert "lies about 3e+15 from zero" in model.status_detail_


def test_without_intercepts_the_differences_of_far_columns_count():
    X = Z + 1e9
    model = fit(X, Y, fit_intercept=False)
    differences = np.c_[X[:, 1:] - X[:, :1], X[:, :1] / 1e9]  # the same columns, mixed
    assert_optimal(model, differences, Y, fit_intercept=False)


def test_milliseconds_since_1970_tell_what_the_seconds_tell():
    t = 1.7e12 + np.arange(200.0) * 5
    y = (RNG.random(200) < 1 / (1 + np.exp(-(t - 1.7e12 - 500) / 120))).astype(int)
    model = fit(t[:, None], y)
    assert_optimal(model, (t[:, None] - 1.7e12) / 1e3, y)
    assert model.score(t[:, None], y) > 0.75


def test_powers_of_a_year_have_the_optimum_of_those_of_years_from_the_mean():
    year = RNG.integers(2000, 2011, 80).astype(float)
    y = (RNG.random(80) < 1 / (1 + np.exp(-(year - 2005) * 0.4))).astype(int)
    model = fit(np.c_[year, year**2, year**3], y)
    t = year - 2005
    assert_optimal(model, np.c_[t, t**2, t**3], y)


@pytest.mark.parametrize("little", [1e-6, 1e-9, 1e-10])
def test_columns_that_nearly_repeat_have_the_optimum_of_their_difference(little):
    X = np.c_[Z[:, :1], Z[:, :1] + little * Z[:, 1:2]]
    assert_optimal(fit(X, Y), np.c_[X[:, :1], (X[:, 1:] - X[:, :1]) / little], Y)


def test_a_column_that_others_determine_is_set_aside_by_name():
    X = np.c_[Z, Z[:, 0], np.eye(2)[Y ^ (RNG.random(40) < 0.4)]]
    model = fit(X, Y)
    assert model.status_ is Status.CONVERGED
    assert "were set aside, because others determine them" in model.status_detail_
    assert (model.coef_ == 0.0).sum() == 2


def test_a_column_that_others_determine_up_to_rounding_leaves_no_proof():
    X = np.c_[Z, 1.8 * Z[:, 0] + 32.0]
    model = fit(X, Y)
    assert model.status_ is Status.ROUNDING
    assert "up to rounding" in model.status_detail_


@pytest.mark.parametrize("storage", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e155, 1e300])
def test_columns_of_any_size_count(size, storage):
    assert_optimal(fit(storage(Z * [1.0, size, 1.0]), Y), Z, Y)
    assert_optimal(fit(storage(Z[:, :1] * size), Y), Z[:, :1], Y)


@pytest.mark.parametrize("size", [1e155, 1e300])
def test_a_penalty_does_not_weigh_on_columns_so_large(size):
    model = fit(Z * [1.0, size, 1.0], Y, C=1.0)
    assert model.status_ is Status.CONVERGED
    assert model.objective_ <= fit(Z * [1.0, 1e6, 1.0], Y, C=1.0).objective_ * (1.0 + 1e-6)


@pytest.mark.parametrize("X", [Z + 1e9, Z * [1.0, 1e-200, 1e155]], ids=["far", "sizes"])
def test_a_network_without_hidden_layers_proves_no_less(X):
    net = SoftmaxNetwork((), alpha=0.0, solver="newton-cg", max_iter=300, tol=1e-6).fit(X, Y)
    assert net.status_ is Status.CONVERGED
    assert net.gap_ <= 1e-6
    P = net.predict_proba(X)
    J = -np.log(P[np.arange(40), Y]).mean()
    assert pytest.approx(fit(Z, Y).objective_, rel=1e-5) == J


def test_a_network_counts_how_what_classes_share_rounds_its_logits():
    y = np.arange(40) % 3
    X = Z * [1.0, 1e5, 1e6]  # weights start at about 1, logits at 1e6
    net = SoftmaxNetwork((), alpha=0.1, solver="newton-cg", max_iter=300, tol=1e-6, random_state=0)
    net.fit(X, y)
    size = (np.abs(X) @ np.abs(net.coefs_[0]) + np.abs(net.intercepts_[0])).max()
    assert net.status_ is Status.CONVERGED
    assert np.finfo(float).eps * size / 10 <= net.gap_ <= 1e-6


def test_values_up_to_the_last_of_their_type_are_fitted_without_a_warning_from_numpy():
    whole = RNG.integers(-(2**62), 2**62, (50, 2))
    for X in (whole, (1e37 * Z).astype(np.float32), Z * 1e150):
        y = (RNG.random(len(X)) < 0.5).astype(int)
        for C in (1e-3, 1.0, np.inf):
            assert fit(X, y, C).status_ in (Status.CONVERGED, Status.ROUNDING)


def test_columns_so_small_that_their_weights_are_no_numbers_are_named():
    with pytest.raises(ValueError, match="values of column 1 are so small that their weights"):
        fit(Z * [1.0, 1e-310, 1.0], Y)
    assert fit(Z * [1.0, 1e-300, 1.0], Y).status_ is Status.CONVERGED


def test_liblinears_penalty_of_the_intercept_counts_beside_columns_that_are_divided():
    model = fit(Z * [1e91, 1.0, 1.0], Y, C=1.0, solver="liblinear")
    lower = fit(Z[:, 1:], Y, C=1.0, solver="liblinear").objective_ * (1.0 - 1e-6)
    p = model.predict_proba(Z * [1e91, 1.0, 1.0])[np.arange(len(Y)), Y]
    penalty = 0.5 * ((model.coef_**2).sum() + (model.intercept_**2).sum()) / len(Y)
    assert model.objective_ == pytest.approx(-np.log(p).mean() + penalty, rel=1e-9)
    assert model.status_ is Status.CONVERGED
    assert model.objective_ <= lower


@pytest.mark.parametrize("scaling", [0.01, 1e-50])
def test_an_intercept_scaling_keeps_its_digits_beside_float32(scaling):
    X = (Z + 5.0).astype(np.float32)
    single, double = (
        fit(x, Y, C=1.0, solver="liblinear", intercept_scaling=scaling)
        for x in (X, X.astype(np.float64))
    )
    assert single.objective_ == pytest.approx(double.objective_, rel=1e-12)


def test_columns_of_zeros_without_intercepts_leave_nothing_to_choose():
    model = fit(0.0 * Z, Y, fit_intercept=False, solver="newton-cg")
    assert model.status_ is Status.CONVERGED
    assert model.objective_ == pytest.approx(np.log(2.0))


@pytest.mark.parametrize("C", [1e12, 1e30])
def test_what_is_not_proven_warns_and_is_not_ok(C):
    for X, y in ((np.c_[Z, Z], Y), load_iris(return_X_y=True)):
        model = fit(X, y, C)  # which checks the warning
        assert model.status_.ok == (model.gap_ <= model.tol)


def test_an_objective_of_zero_to_rounding_claims_nothing_relative():
    X = np.r_[Z[:, :1] - 50.0, Z[:, :1] + 50.0]
    model = fit(X, np.repeat([0, 1], 40), C=1e25)
    assert model.objective_ <= 1e-15
    assert model.status_ is Status.ROUNDING
    assert model.gap_ == np.inf
    assert "zero to rounding" in model.status_detail_


@pytest.mark.parametrize("little", [1e-250, 1e-280, 1e-299, 1e-320])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_row_of_hardly_any_weight_that_a_column_of_its_own_tells_apart_leaves_no_proof(
    little, intercept
):
    X = np.c_[Z, np.arange(40) == 0]
    s = np.where(np.arange(40) == 0, little, 1.0)
    model = SoftmaxRegression(C=np.inf, fit_intercept=intercept)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, Y, s)  # J has no minimum, as little as there is to gain
    assert model.status_ in (Status.NO_FINITE_OPTIMUM, Status.ROUNDING)
    assert model.gap_ == np.inf


def objective(model, X, P, s, C):
    """Return J at the coefficients that a fit has returned."""
    U = X @ model.coef_.T + model.intercept_
    own = np.log1p([[np.exp(np.delete(u, k) - u[k]).sum() for k in range(len(u))] for u in U])
    penalty = (np.sqrt(1.0 / (2.0 * C * s.sum())) * model.coef_) ** 2
    return (s * (P * own).sum(1)).sum() / s.sum() + penalty.sum()


def test_the_objective_is_that_of_the_coefficients_returned_where_rounding_is_multiplied():
    rng = np.random.default_rng(1)
    X = rng.integers(-8, 9, (13, 5)).astype(float)
    y = np.arange(13) % 4
    s = np.where(np.arange(13) == 8, 1e14, 1.0)
    model = fit_with(X, y, s, C=0.01, solver="gradient-descent", max_iter=100)
    assert model.objective_ == pytest.approx(objective(model, X, np.eye(4)[y], s, 0.01), rel=1e-12)


@pytest.mark.parametrize("storage", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("size", [1e80, 1e125, 1e200])
def test_an_outlier_leaves_a_penalty_on_its_column_that_matters_to_other_rows(size, storage):
    X, y = Z.copy(), (Z[:, 2] > 0.15 * Z[:, 0]).astype(int)
    X[7, 2] = np.copysign(size, X[7, 2])  # the right side: nothing bounds that weight but the rest
    model = fit_with(storage(X), y, C=100.0)
    X[7, 2] = np.copysign(1e6, X[7, 2])
    right = fit_with(X, y, C=100.0, tol=1e-10)
    far = (model.objective_ - right.objective_) / model.objective_
    assert far - 1e-9 <= model.gap_
    if size > 1e100 and model.status_ is Status.ROUNDING:
        assert "column 2 are too large beside a penalty" in model.status_detail_


def test_the_objective_has_the_penalty_of_weights_of_columns_that_overflow():
    rng = np.random.default_rng(2)
    X, y = 1e230 * rng.normal(size=(28, 1)), np.arange(28) % 4
    s = 1e-184 * rng.uniform(1.0, 2.0, 28)
    model = fit_with(X, y, s, C=1.0)
    assert model.status_ is Status.ROUNDING
    assert model.objective_ == pytest.approx(objective(model, X, np.eye(4)[y], s, 1.0), rel=1e-12)


def fit_with(X, y, s=None, **choices):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return SoftmaxRegression(**choices).fit(X, y, s)


@pytest.mark.parametrize("overlap", [1e-3, 1e-6])
def test_a_small_overlap_is_no_separation(overlap):
    x = np.r_[Z[:20, 0] - 5.0, Z[20:, 0] + 5.0, 0.5, 0.5 - overlap][:, None]
    y = np.r_[np.repeat([0, 1], 20), 0, 1]
    assert fit(x, y).status_ in (Status.CONVERGED, Status.ROUNDING)
    x[-1] = 0.5 + overlap
    assert fit(x, y).status_ is Status.NO_FINITE_OPTIMUM


@pytest.mark.parametrize("offset", [0.0, 1e9])
@pytest.mark.parametrize("solver", ["auto", "newton-cg", "lbfgs"])
def test_rows_that_no_direction_tells_apart_do_not_hide_those_that_one_does(offset, solver):
    x = np.r_[Z[:20, 0] - 5.0, Z[20:, 0] + 5.0, 0.0, 0.0][:, None]
    model = fit(x + offset, np.r_[np.repeat([0, 1], 20), 0, 1], solver=solver)
    assert model.status_ is Status.NO_FINITE_OPTIMUM


def test_a_category_of_one_class_has_no_finite_optimum_though_its_dummies_depend():
    category = RNG.integers(0, 4, 100)
    X = np.c_[np.eye(4)[category], RNG.normal(size=(100, 2))]
    y = np.where(category == 3, 1, RNG.integers(0, 2, 100))
    assert fit(X, y).status_ is Status.NO_FINITE_OPTIMUM


def test_small_tables_with_far_columns_take_tens_of_steps():
    X = RNG.normal(size=(26, 3)) + np.array([1e4, 1e6, 1e8])
    model = fit(X, RNG.integers(0, 2, 26), C=1e9)
    assert model.status_ is Status.CONVERGED
    assert model.n_iter_[0] <= 50


def test_a_path_that_ends_without_a_penalty_is_proven_there_too():
    path = regularization_path(Z + 1e9, Y, Cs=[1.0, 100.0, np.inf])
    assert [s.name for s in path.statuses] == ["CONVERGED"] * 3
    assert path.objectives[-1] == pytest.approx(fit(Z, Y).objective_, rel=2e-6)


def test_a_warm_start_that_is_worse_than_zero_is_left():
    model = SoftmaxRegression(warm_start=True).fit(Z, Y)
    model.coef_ = model.coef_ * 1e12
    assert model.fit(Z, Y).n_iter_[0] <= 10
    assert model.status_ is Status.CONVERGED


@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("C", [1.0, 100.0])
@pytest.mark.parametrize("data", [load_iris, load_wine, load_breast_cancer])
def test_lbfgs_by_name_is_as_exact_as_theirs_at_the_same_tol(data, C, tol):
    X, y = data(return_X_y=True)
    X = scale(X)
    best = SoftmaxRegression(C=C, tol=1e-11).fit(X, y).coef_
    theirs = LogisticRegression(C=C, tol=tol, solver="lbfgs", max_iter=100_000).fit(X, y).coef_
    ours = SoftmaxRegression(C=C, tol=tol, solver="lbfgs").fit(X, y).coef_
    assert np.abs(ours - best).max() <= np.abs(theirs - best).max()
