"""What a fit says while it runs and when it ends: steps, trace, status, warnings, Ctrl-C."""

import _thread
import inspect
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression, Status
from softlearn.passes import Blocks
from softlearn.solve import LBFGS, GradientDescent

X, Y = load_iris(return_X_y=True)
SLOW = {"solver": "gradient-descent"}


def line_number():
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_the_trace_tells_the_truth():
    model = SoftmaxRegression().fit(X, Y)
    trace = model.trace_
    assert len(trace) == model.n_iter_[0] + 1
    assert trace[0].objective == pytest.approx(np.log(3.0))
    assert trace[-1].objective == model.objective_
    assert trace[-1].gap == model.gap_ <= 1e-6
    for name in ("time", "passes"):
        values = [getattr(record, name) for record in trace]
        assert values == sorted(values)
    objectives = [record.objective for record in trace]
    assert objectives == sorted(objectives, reverse=True)


def test_the_objective_is_the_documented_one():
    model = SoftmaxRegression(C=3.0).fit(X, Y, np.arange(150) % 4)
    s = np.arange(150) % 4
    loss = -model.predict_log_proba(X)[np.arange(150), Y]
    J = s @ loss / s.sum() + (model.coef_**2).sum() / (2.0 * 3.0 * s.sum())
    assert model.objective_ == pytest.approx(J, rel=1e-12)


def test_a_fit_can_be_watched_step_by_step():
    model = SoftmaxRegression()
    seen = [progress.objective for progress in model.iter_fit(X, Y)]
    assert seen == [record.objective for record in model.trace_]
    np.testing.assert_array_equal(model.coef_, SoftmaxRegression().fit(X, Y).coef_)


def test_a_fit_left_in_the_middle_leaves_the_model_as_it_was():
    model = SoftmaxRegression().fit(X, Y)
    before = model.coef_
    steps = clone(model).iter_fit(X, Y)
    next(steps)
    steps.close()
    np.testing.assert_array_equal(model.coef_, before)


def test_iter_fit_checks_the_parameters():
    with pytest.raises(ValueError, match="The 'C' parameter"):
        next(SoftmaxRegression(C=-1.0).iter_fit(X, Y))


def test_verbose_prints_a_line_per_step(capsys):
    model = SoftmaxRegression(verbose=1).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_[0] + 1
    assert lines[-1].startswith(f"step {model.n_iter_[0]:4d}")
    assert "gap" in lines[-1]
    SoftmaxRegression().fit(X, Y)
    assert capsys.readouterr().out == ""


# -- limits and warnings


@pytest.mark.parametrize("solver", ["auto", "lbfgs", "newton-cg", "gradient-descent"])
def test_a_limit_of_steps_warns_and_keeps_the_best_point(solver):
    with pytest.warns(ConvergenceWarning, match="limit was 2 steps"):
        model = SoftmaxRegression(max_iter=2, solver=solver).fit(X, Y)
    assert model.status_ is Status.LIMIT_REACHED
    assert model.n_iter_.tolist() == [2]
    assert model.objective_ < np.log(3.0)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_no_steps_leave_the_start():
    model = SoftmaxRegression(max_iter=0).fit(X, Y)
    assert model.n_iter_.tolist() == [0]
    np.testing.assert_array_equal(model.predict_proba(X), np.full((150, 3), 1.0 / 3.0))


FITS = {
    "fit": lambda m: m.fit(X, Y),
    "iter_fit": lambda m: list(m.iter_fit(X, Y)),
    "a pipeline": lambda m: make_pipeline(StandardScaler(), m).fit(X, Y),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_warning_points_at_the_line_of_the_user(fit):
    with pytest.warns(ConvergenceWarning) as caught:
        fit(SoftmaxRegression(max_iter=1))
    assert caught[0].filename == __file__
    with pytest.warns(FutureWarning, match="penalty") as older:
        SoftmaxRegression(penalty="l2").fit(X, Y)
    assert older[0].lineno == line_number() - 1


def test_separable_classes_without_a_penalty_are_named():
    frame_names = load_iris().target_names[Y]
    with pytest.warns(ConvergenceWarning, match="no finite optimum"):
        model = SoftmaxRegression(C=np.inf).fit(X, frame_names)
    assert model.status_ is Status.NO_FINITE_OPTIMUM
    assert "'setosa'" in model.status_detail_
    assert model.gap_ == np.inf


@pytest.mark.filterwarnings("ignore:There is no finite optimum")
@pytest.mark.parametrize("solver", ["newton-cholesky", "newton-cg"])
def test_of_the_irises_only_setosa_can_be_told_apart(solver):
    model = SoftmaxRegression(C=np.inf, solver=solver).fit(X, load_iris().target_names[Y])
    assert model.status_ is Status.NO_FINITE_OPTIMUM
    assert model.status_detail_.startswith("Rows of class 'setosa' can be told")
    assert model.status_detail_.endswith("Add a penalty (a finite C).")


@pytest.mark.filterwarnings("ignore:There is no finite optimum")
def test_without_a_penalty_the_digits_have_no_finite_optimum():
    model = SoftmaxRegression(C=np.inf).fit(*load_digits(return_X_y=True))
    assert model.status_ is Status.NO_FINITE_OPTIMUM


@pytest.mark.parametrize("solver", ["newton-cholesky", "newton-cg", "lbfgs"])
@pytest.mark.parametrize("C", [0.1, 100.0])
def test_a_tolerance_of_zero_ends_with_a_finite_gap(solver, C):
    A, y = make_classification(300, 8, n_informative=5, n_classes=4, flip_y=0.4, random_state=1)
    with pytest.warns(ConvergenceWarning, match="float64 arithmetic can lower"):
        model = SoftmaxRegression(C=C, tol=0.0, solver=solver).fit(A, y)
    assert model.status_ is Status.ROUNDING
    assert model.gap_ < 1e-10


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_weights_and_intercepts_sum_to_zero_whatever_the_start(fit_intercept):
    model = SoftmaxRegression(warm_start=True, fit_intercept=fit_intercept).fit(X, Y)
    cold = model.coef_.copy()
    model.coef_ = model.coef_ + np.array([1.0, -2.0, 3.0, 4.0])
    model.intercept_ = model.intercept_ + 7.0 * fit_intercept
    for C in (1.0, 100.0, np.inf):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(C=C).fit(X, Y)
        assert np.abs(model.coef_.sum(0)).max() <= 1e-14 * np.abs(model.coef_).max()
        assert abs(model.intercept_.sum()) <= 1e-14 * np.abs(model.intercept_).max()
        if C == 1.0:
            np.testing.assert_allclose(model.coef_, cold, atol=1e-3)


def test_a_tolerance_of_zero_ends_where_rounding_does():
    with pytest.warns(ConvergenceWarning, match="float64 arithmetic can lower"):
        model = SoftmaxRegression(tol=0.0).fit(X, Y)
    assert model.status_ is Status.ROUNDING
    assert model.gap_ < 1e-10


# -- Ctrl-C


def interrupt_after(monkeypatch, calls):
    """Have Ctrl-C happen in the middle of an evaluation of the objective."""
    count = 0
    real = Blocks.read

    def read(self, f, *kernel):
        nonlocal count
        count += 1
        if count == calls:
            _thread.interrupt_main()
        return real(self, f, *kernel)

    monkeypatch.setattr(Blocks, "read", read)


@pytest.mark.parametrize("calls", [7, 20, 61])
def test_ctrl_c_keeps_the_best_point(monkeypatch, calls):
    interrupt_after(monkeypatch, calls)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = SoftmaxRegression(**SLOW).fit(X, Y)
    assert model.status_ is Status.STOPPED_BY_USER
    assert "reached so far" in model.status_.value
    assert model.objective_ < np.log(3.0)
    assert model.objective_ == min(record.objective for record in model.trace_)
    assert model.predict(X).shape == (150,)


def test_ctrl_c_before_the_first_point_is_ctrl_c(monkeypatch):
    interrupt_after(monkeypatch, 1)
    model = SoftmaxRegression(**SLOW)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert not hasattr(model, "coef_")


def test_ctrl_c_in_the_loop_of_a_watcher_keeps_the_best_point():
    model = SoftmaxRegression(**SLOW)
    steps = model.iter_fit(X, Y)
    best = [next(steps).objective for _ in range(5)][-1]
    with pytest.raises(StopIteration):
        steps.throw(KeyboardInterrupt)
    assert model.status_ is Status.STOPPED_BY_USER
    assert model.objective_ <= best


# -- starts and solvers


def test_a_warm_start_begins_at_the_last_solution():
    model = SoftmaxRegression(warm_start=True).fit(X, Y)
    first = model.objective_
    model.fit(X, Y)
    assert model.trace_[0].objective == pytest.approx(first, rel=1e-12)
    assert model.n_iter_[0] <= 1
    cold = SoftmaxRegression().fit(X, Y)
    assert cold.fit(X, Y).trace_[0].objective == pytest.approx(np.log(3.0))


@pytest.mark.parametrize("parameters", [{}, {"solver": "liblinear"}, {"fit_intercept": False}])
def test_a_warm_start_over_a_path_of_c_gives_what_cold_starts_give(parameters):
    warm = SoftmaxRegression(warm_start=True, **parameters)
    for C in (0.01, 0.1, 1.0):
        cold = SoftmaxRegression(C=C, **parameters).fit(X, Y)
        np.testing.assert_allclose(warm.set_params(C=C).fit(X, Y).coef_, cold.coef_, atol=1e-4)


def test_a_warm_start_of_another_shape_is_a_cold_one():
    model = SoftmaxRegression(warm_start=True).fit(X[:, :2], Y)
    np.testing.assert_array_equal(model.fit(X, Y).coef_, SoftmaxRegression().fit(X, Y).coef_)
    assert model.sparsify().fit(X, Y).coef_.shape == (3, 4)


def test_a_solver_can_be_an_object_with_choices_of_its_own():
    solver = GradientDescent(learning_rate=0.02)
    model = clone(SoftmaxRegression(C=1e-3, solver=solver))
    assert model.get_params()["solver"] == solver
    model.fit(X, Y)
    assert model.status_ is Status.CONVERGED
    assert model.solver_ == "gradient-descent"
    # the certificate: ||W - W*||^2 <= 2 (J - J*) / l2, here 0.0006^2 at the tolerance
    np.testing.assert_allclose(model.coef_, SoftmaxRegression(C=1e-3).fit(X, Y).coef_, atol=6e-4)
    assert SoftmaxRegression(solver=LBFGS(memory=5)).fit(X, Y).status_ is Status.CONVERGED


def test_a_class_of_solvers_is_no_solver():
    with pytest.raises(TypeError, match=r"such as GradientDescent\(\), but is the class"):
        SoftmaxRegression(solver=GradientDescent).fit(X, Y)


def test_a_fixed_step_is_the_course_s_gradient_descent():
    with pytest.warns(ConvergenceWarning):
        model = SoftmaxRegression(
            C=np.inf, solver=GradientDescent(learning_rate=0.1), max_iter=3
        ).fit(X, Y)
    W, b, hot = np.zeros((3, 4)), np.zeros(3), np.eye(3)[Y]
    for _ in range(3):
        Z = X @ W.T + b
        dZ = np.exp(Z) / np.exp(Z).sum(1, keepdims=True) - hot
        W, b = W - 0.1 * dZ.T @ X / 150, b - 0.1 * dZ.mean(0)
    np.testing.assert_allclose(model.coef_, W, rtol=1e-10)
    np.testing.assert_allclose(model.intercept_, b, rtol=1e-10)
