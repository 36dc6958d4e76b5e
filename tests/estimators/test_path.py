"""A regularisation path is what independent fits would be, for less work, proven everywhere."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning

import softlearn
from softlearn import SoftmaxRegression, Status, regularization_path
from softlearn.solve import LBFGS, Newton

X, Y = load_iris(return_X_y=True)
CS = np.logspace(-3, 3, 7)


def distance(path, k, other):
    """Return a norm of what a solution is off that is bounded by the gaps, and its bound.

    J is strongly convex in the weights: l2/2 ||W - W*||^2 <= J(W) - min J.
    """
    l2 = 1.0 / (path.Cs[k] * len(Y))
    off = np.linalg.norm(path.coefs[k] - other.coef_)
    bounds = [2.0 * J * gap / l2 for J, gap in ((path.objectives[k], path.gaps[k]),)]
    bounds.append(2.0 * other.objective_ * other.gap_ / l2)
    return off, sum(map(np.sqrt, bounds)) * (1.0 + 1e-9)


@pytest.mark.parametrize("solver", ["auto", "newton-cg", "lbfgs", LBFGS(), Newton("shared")])
def test_a_path_is_what_independent_fits_are_and_is_proven(solver):
    path = regularization_path(X, Y, CS, solver=solver)
    assert path.statuses == (Status.CONVERGED,) * len(CS)
    assert (path.gaps <= 1e-6).all()
    for k, C in enumerate(CS):
        alone = SoftmaxRegression(C=C).fit(X, Y)
        off, most = distance(path, k, alone)
        assert off <= most
        np.testing.assert_allclose(path.objectives[k], alone.objective_, rtol=1e-6)
        assert path.objectives[k] * (1.0 - path.gaps[k]) <= alone.objective_ * (1.0 + 1e-12)


def test_a_usual_sweep_of_digits_costs_at_most_four_times_its_dearest_value():
    features, labels = load_digits(return_X_y=True)
    path = regularization_path(features, labels)
    dearest = max(
        SoftmaxRegression(C=C).fit(features, labels).trace_[-1].passes for C in path.Cs[[0, 22, -1]]
    )
    assert len(path) == 45
    assert path.statuses == (Status.CONVERGED,) * 45
    assert path.passes.sum() <= 4.0 * dearest


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_in_a_small_problem_each_value_of_a_sweep_costs_one_step(load):
    path = regularization_path(*load(return_X_y=True))
    assert path.statuses == (Status.CONVERGED,) * 45
    assert (path.n_iters[2:] == 1).all()
    assert path.passes.sum() <= 5.5 * 45


def test_the_order_of_the_values_changes_nothing_but_the_order():
    shuffled = np.random.default_rng(0).permutation(len(CS))
    path, other = regularization_path(X, Y, CS), regularization_path(X, Y, CS[shuffled])
    np.testing.assert_array_equal(other.Cs, CS[shuffled])
    for name in ("coefs", "intercepts", "objectives", "gaps", "passes", "n_iters"):
        np.testing.assert_array_equal(getattr(other, name), getattr(path, name)[shuffled])


def test_a_value_given_twice_is_fitted_once():
    path = regularization_path(X, Y, [1.0, 0.1, 1.0])
    np.testing.assert_array_equal(path.coefs[0], path.coefs[2])
    assert len(path) == 3


def test_weights_count_as_repetitions():
    times = np.random.default_rng(0).integers(0, 3, len(Y))
    weighted = regularization_path(X, Y, CS, sample_weight=times, tol=1e-10)
    repeated = regularization_path(X.repeat(times, axis=0), Y.repeat(times), CS, tol=1e-10)
    np.testing.assert_allclose(weighted.objectives, repeated.objectives, rtol=1e-9)
    np.testing.assert_allclose(weighted.coefs, repeated.coefs, atol=1e-3)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 2.0, 2: 0.5}])
def test_classes_have_weights(class_weight):
    few = np.arange(120)
    path = regularization_path(X[few], Y[few], CS, class_weight=class_weight)
    for k, C in enumerate(CS):
        alone = SoftmaxRegression(C=C, class_weight=class_weight).fit(X[few], Y[few])
        np.testing.assert_allclose(path.objectives[k], alone.objective_, rtol=1e-6)


def test_sparse_rows_give_what_dense_rows_give():
    dense, sparse = (regularization_path(A, Y, CS, tol=1e-9) for A in (X, sp.csr_matrix(X)))
    np.testing.assert_allclose(dense.objectives, sparse.objectives, rtol=1e-8)


@pytest.mark.parametrize("intercept", [True, False])
def test_two_classes_have_one_row_of_weights(intercept):
    path = regularization_path(X[:100], Y[:100], CS, fit_intercept=intercept)
    assert path.coefs.shape == (7, 1, 4)
    assert path.intercepts.shape == (7, 1)
    assert (path.intercepts != 0.0).any() == intercept


def test_rows_of_probabilities_are_labels_too():
    P = np.eye(3)[Y] * 0.8 + 0.2 / 3.0
    path = regularization_path(X, P, CS)
    alone = SoftmaxRegression(C=CS[3]).fit(X, P)
    np.testing.assert_allclose(path.objectives[3], alone.objective_, rtol=1e-6)


def test_a_model_of_the_path_predicts_and_tells_what_is_known_of_it():
    frame, names = pd.DataFrame(X, columns=list("abcd")), np.array(["x", "y", "z"])[Y]
    path = regularization_path(frame, names, CS, tol=1e-9)
    model, alone = path.model(10.0), SoftmaxRegression(C=10.0, tol=1e-9).fit(frame, names)
    assert model.get_params() == alone.get_params()
    np.testing.assert_allclose(model.predict_proba(frame), alone.predict_proba(frame), atol=1e-4)
    np.testing.assert_array_equal(model.feature_names_in_, alone.feature_names_in_)
    assert model.score(frame, names) == alone.score(frame, names)
    assert (model.gap_, model.status_) == (path.gaps[4], Status.CONVERGED)
    assert model.trace_[-1].passes == path.passes[4]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).coef_, model.coef_)


def test_a_model_of_the_path_can_be_saved_and_goes_on_learning(tmp_path):
    model = regularization_path(X, Y, CS).model(1.0)
    softlearn.save(model, tmp_path / "model.softlearn")
    loaded = softlearn.load(tmp_path / "model.softlearn")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.partial_fit(X, Y).status_ is Status.ONLINE


def test_a_model_is_a_copy():
    path = regularization_path(X, Y, CS)
    path.model(1.0).coef_[:] = 0.0
    assert path.coefs[3].any()


def test_a_value_that_is_not_on_the_path_is_named():
    with pytest.raises(ValueError, match=r"^C must be one of the path's 7 values, but it is 2.0"):
        regularization_path(X, Y, CS).model(2.0)


@pytest.mark.parametrize(
    ("Cs", "message"),
    [
        ([], "^Cs must be an int or a list of at least one number, but its shape is"),
        ([[1.0]], "^Cs must be an int or a list of at least one number, but its shape is"),
        (0, "^Cs must ask for at least 1 value of C, but it is 0"),
        ([1.0, -1.0], "^Cs must be above 0 .* but one of them is -1.0"),
        ([0.0], "^Cs must be above 0 .* but one of them is 0.0"),
        ([np.nan], "^Cs must be above 0 .* but one of them is nan"),
        (["many"], "^Cs must be an int or numbers above 0, but it is"),
        (True, "^Cs must be an int or a list"),
    ],
)
def test_values_that_cannot_be_used_are_refused_in_one_sentence(Cs, message):
    with pytest.raises(ValueError, match=message):
        regularization_path(X, Y, Cs)


@pytest.mark.parametrize("wrong", [{"tol": -1.0}, {"solver": "guess"}, {"class_weight": "some"}])
def test_other_parameters_are_checked_as_those_of_the_estimator(wrong):
    with pytest.raises(ValueError, match=f"The {next(iter(wrong))!r} parameter"):
        regularization_path(X, Y, CS, **wrong)


def test_a_number_stands_for_values_as_in_scikit_learn():
    np.testing.assert_array_equal(regularization_path(X, Y, 3).Cs, [1e-4, 1.0, 1e4])


def test_no_penalty_comes_last_and_warns_once_where_there_is_no_optimum():
    with pytest.warns(ConvergenceWarning, match="1 of 3: There is no finite optimum") as caught:
        path = regularization_path(X, Y, [np.inf, 1.0, 100.0])
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert [s.name for s in path.statuses] == ["NO_FINITE_OPTIMUM", "CONVERGED", "CONVERGED"]
    assert "can be told from the others" in path.details[0]


def test_a_limit_of_steps_is_no_proof():
    with pytest.warns(ConvergenceWarning, match="Stopped at the limit of steps"):
        path = regularization_path(X, Y, CS, max_iter=0)
    assert path.statuses == (Status.LIMIT_REACHED,) * 7
    assert np.isinf(path.gaps).all()


def test_a_class_without_weight_stays_out_as_in_the_estimator():
    path = regularization_path(X, Y, [1.0], sample_weight=(Y != 1).astype(float))
    assert path.details == ("No weight lies on class '1', which is never predicted.",)
    assert 1 not in path.model(1.0).predict(X)


class Interrupted(LBFGS):
    """Is stopped by the user in its seventh step."""

    count = [0]  # noqa: RUF012

    def steps(self, J, w0, tol):
        for step in super().steps(J, w0, tol):
            self.count[0] += 1
            if self.count[0] == 7:
                raise KeyboardInterrupt
            yield step


def test_a_user_who_stops_keeps_the_fits_that_were_begun():
    Interrupted.count[0] = 0
    path = regularization_path(X, Y, CS[::-1], solver=Interrupted())
    assert 1 <= len(path) < 7
    np.testing.assert_array_equal(path.Cs, CS[: len(path)][::-1])
    assert path.statuses[0] is Status.STOPPED_BY_USER


def test_a_path_with_rows_to_validate_on_ends_once_their_loss_has_risen():
    X, y = load_wine(return_X_y=True)
    X = (X - X.mean(0)) / X.std(0)
    train, held = np.arange(0, len(y), 4), np.arange(1, len(y), 2)
    Cs = np.logspace(-3, 6, 19)
    path = regularization_path(X[train], y[train], Cs, validation=(X[held], y[held]))
    losses = path.validation_losses
    assert len(losses) == len(path) < len(Cs)
    assert losses[-3] < losses[-2] < losses[-1]
    assert path.Cs[np.argmin(losses)] == path.best.C
    for C, loss in zip(path.Cs, losses, strict=True):
        log_P = path.model(C).predict_log_proba(X[held])
        assert loss == pytest.approx(-log_P[np.arange(len(held)), y[held]].mean(), rel=1e-12)


def test_validation_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="known only of a path with validation"):
        _ = regularization_path(X, Y, [1.0]).best
    with pytest.raises(ValueError, match=r"a pair \(X, y\)"):
        regularization_path(X, Y, [1.0], validation=3)
    with pytest.raises(ValueError, match="features"):
        regularization_path(X, Y, [1.0], validation=(X[:, :2], Y))


def test_rows_of_float16_are_fitted_as_float32():
    half = X.astype(np.float16)
    model, single = (SoftmaxRegression().fit(rows, Y) for rows in (half, half.astype(np.float32)))
    np.testing.assert_array_equal(model.coef_, single.coef_)
