"""The callbacks of scikit-learn 1.9 hear of the fit and of every step, whatever the solver."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from softlearn import SoftmaxRegression, Status
from softlearn.solve import GradientDescent

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn 1.8 has no callbacks")

X, Y = load_iris(return_X_y=True)
SOLVERS = ["auto", "newton-cg", "newton-cholesky", "lbfgs", "liblinear", GradientDescent(0.02)]
limited = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=str)


class Recorder:
    """Keeps what it is told, and asks to stop at the end of a given task."""

    def __init__(self, stop_at=None, fail_at=None):
        self.calls, self.stop_at, self.fail_at = [], stop_at, fail_at

    def _hear(self, hook, context, **told):
        self.calls.append((hook, context, told))
        if hook == self.fail_at:
            raise ValueError(f"failed at {hook}")

    def setup(self, estimator, context):
        self._hear("setup", context)

    def teardown(self, estimator, context):
        self._hear("teardown", context)

    def on_fit_task_begin(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self._hear("begin", context, X=X, y=y, metadata=metadata, model=fitted_estimator)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self._hear("end", context, X=X, y=y, metadata=metadata, model=fitted_estimator)
        return context.parent is not None and context.task_id == self.stop_at

    def of(self, hook, steps=True):
        """Return (context, told) of the calls of a hook for the steps, or for the whole fit."""
        return [(c, t) for h, c, t in self.calls if h == hook and (c.parent is not None) == steps]


@limited
@each_solver
def test_every_step_is_a_task_within_the_fit(solver):
    recorder = Recorder()
    model = SoftmaxRegression(solver=solver, max_iter=20).set_callbacks(recorder)
    model.fit(X, Y)
    hooks = [hook for hook, _, _ in recorder.calls]
    steps = ["begin", "end"] * int(model.n_iter_[0])
    assert hooks == ["setup", "begin", *steps, "end", "teardown"]
    for hook in ("begin", "end"):
        contexts = [context for context, _ in recorder.of(hook)]
        assert [c.task_id for c in contexts] == list(range(len(contexts)))
        assert {c.task_name for c in contexts} == {f"{model.solver_}-iter"}
        ((whole, _),) = recorder.of(hook, steps=False)
        assert (whole.task_name, whole.estimator_name) == ("fit", "SoftmaxRegression")
        assert all(c.parent is whole for c in contexts)


@limited
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("solver", ["newton-cholesky", "lbfgs", "liblinear"])
def test_the_model_it_is_shown_is_the_one_stopped_there(classes, fit_intercept, solver):
    rows, recorder = np.isin(Y, range(classes)), Recorder()
    model = SoftmaxRegression(solver=solver, fit_intercept=fit_intercept).set_callbacks(recorder)
    model.fit(X[rows], Y[rows])
    ends, begins = recorder.of("end"), recorder.of("begin")
    assert len(ends) == model.n_iter_[0] >= 3
    for k, (context, told) in enumerate(ends):
        stopped = clone(model).set_callbacks().set_params(max_iter=k + 1).fit(X[rows], Y[rows])
        shown = told["model"]
        np.testing.assert_allclose(shown.coef_, stopped.coef_, rtol=1e-12)
        np.testing.assert_allclose(shown.intercept_, stopped.intercept_, rtol=1e-12, atol=1e-15)
        assert shown.objective_ == pytest.approx(stopped.objective_, rel=1e-12)
        assert shown.predict(X).shape == (150,)
        assert context.task_id == k
    np.testing.assert_array_equal(ends[-1][1]["model"].coef_, model.coef_)
    np.testing.assert_array_equal(begins[1][1]["model"].coef_, ends[0][1]["model"].coef_)


def test_it_is_given_the_data_as_the_user_gave_them():
    frame, weights, recorder = load_iris(as_frame=True).data, np.ones(150), Recorder()
    SoftmaxRegression().set_callbacks(recorder).fit(frame, Y, weights)
    for _, told in recorder.of("begin") + recorder.of("end") + recorder.of("end", steps=False):
        assert told["X"] is frame
        assert told["y"] is Y
        assert told["metadata"]["sample_weight"] is weights


@each_solver
def test_its_wish_to_stop_is_granted(solver):
    recorder = Recorder(stop_at=1)
    model = SoftmaxRegression(solver=solver).set_callbacks(recorder).fit(X, Y)
    assert model.status_ is Status.STOPPED_BY_USER
    assert model.n_iter_.tolist() == [2]
    assert len(recorder.of("begin")) == len(recorder.of("end")) == 2
    assert [hook for hook, _, _ in recorder.calls[-2:]] == ["end", "teardown"]


@pytest.mark.parametrize("fail_at", ["setup", "begin", "end", "teardown"])
@pytest.mark.parametrize("way", ["fit", "iter_fit"])
def test_it_is_torn_down_whatever_fails(fail_at, way):
    recorder = Recorder(fail_at=fail_at)
    model = SoftmaxRegression().set_callbacks(recorder)
    with pytest.raises(ValueError, match=f"failed at {fail_at}"):
        model.fit(X, Y) if way == "fit" else list(model.iter_fit(X, Y))
    assert [hook for hook, _, _ in recorder.calls].count("teardown") == 1


def test_watching_a_fit_step_by_step_calls_it_too():
    recorder = Recorder()
    model = SoftmaxRegression().set_callbacks(recorder)
    steps = model.iter_fit(X, Y)
    next(steps)
    steps.close()
    assert [hook for hook, _, _ in recorder.calls] == ["setup", "begin", "begin", "teardown"]


def test_it_does_not_change_what_is_fitted_and_can_be_taken_away():
    heard = SoftmaxRegression().set_callbacks(Recorder()).fit(X, Y)
    np.testing.assert_array_equal(heard.coef_, SoftmaxRegression().fit(X, Y).coef_)
    recorder = Recorder()
    SoftmaxRegression().set_callbacks(recorder).set_callbacks().fit(X, Y)
    assert recorder.calls == []
    with pytest.raises(TypeError, match="FitCallback protocol"):
        SoftmaxRegression().set_callbacks(Recorder)


@limited
@each_solver
def test_scikit_learns_scores_can_be_monitored(solver):
    monitor = callback.ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    frame = load_iris(as_frame=True).data
    model = SoftmaxRegression(solver=solver, max_iter=20).set_callbacks(monitor)
    model.fit(frame, Y)
    log = {
        entry["task_id"]: entry for entry in monitor.get_logs().data if entry["task_name"] != "fit"
    }
    first, last = log[0], log[int(model.n_iter_[0]) - 1]
    assert len(log) == model.n_iter_[0]
    assert last["accuracy"] == model.score(frame, Y)
    assert last["neg_log_loss"] > first["neg_log_loss"] > -np.log(3.0)


def test_scikit_learns_progress_bar_shows_it():
    with redirect_stdout(io.StringIO()) as shown:
        SoftmaxRegression().set_callbacks(callback.ProgressBar()).fit(X, Y)
    assert "SoftmaxRegression - fit" in shown.getvalue()
