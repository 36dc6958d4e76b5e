"""Training curves: every kind of history is read, and drawn as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegression
from softlearn._internal.format import power
from softlearn.plots import TrainingCurveDisplay
from softlearn.plots.histories import read_estimator, read_history, smoothed

X, Y = load_iris(return_X_y=True)
FITTED = SoftmaxRegression().fit(X, Y)
NET = MLPClassifier((8,), early_stopping=True, max_iter=1000, random_state=0).fit(X, Y)


class Remembers:
    """An estimator with the attributes it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def test_the_trace_of_a_softmax_regression_is_read() -> None:
    run = read_estimator(FITTED)
    np.testing.assert_array_equal(run.curves["cost"], [r.objective for r in FITTED.trace_])
    assert run.curves["gap"][-1] == FITTED.gap_
    assert np.isnan(run.curves["gap"][0])  # nothing is proven at the start
    np.testing.assert_array_equal(run.axes["time"], [r.time for r in FITTED.trace_])
    assert list(run.axes) == ["step", "passes", "time"]


def test_the_loss_curve_and_the_scores_of_scikit_learns_network_are_read() -> None:
    run = read_estimator(make_pipeline(StandardScaler(), NET))
    np.testing.assert_array_equal(run.curves["cost"], NET.loss_curve_)
    np.testing.assert_array_equal(run.curves["validation accuracy"], NET.validation_scores_)
    assert run.axes["epoch"][0] == 1.0


def test_a_dictionary_of_lists_and_a_list_of_dictionaries_are_the_same_history() -> None:
    losses, others, scores = [1.0, 0.5], [1.1, 0.7], [0.4, 0.8]
    keras = {"loss": losses, "val_loss": others, "val_accuracy": scores, "accuracy": []}
    skorch = [
        {"epoch": k + 1, "train_loss": a, "valid_loss": b, "valid_acc": c, "dur": 0.1}
        for k, (a, b, c) in enumerate(zip(losses, others, scores, strict=True))
    ]
    for history in (
        read_history(keras),
        read_history(skorch),
        read_estimator(Remembers(history_=keras)),
        read_estimator(Remembers(history_=skorch)),
        read_estimator(Remembers(history=keras)),
    ):
        assert {name: c.tolist() for name, c in history.curves.items()} == {
            "cost": losses,
            "validation cost": others,
            "validation accuracy": scores,
        }


def test_the_seconds_of_a_history_are_its_time() -> None:
    run = read_history({"loss": [2.0, 1.0], "seconds": [0.5, 0.9]})
    assert run.axes["time"].tolist() == [0.5, 0.9]


def test_what_is_missing_from_some_records_is_not_a_number() -> None:
    run = read_history([{"train_loss": 1.0}, {"train_loss": 0.5, "valid_loss": 0.7}])
    np.testing.assert_array_equal(run.curves["validation cost"], [np.nan, 0.7])


@given(st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=30), st.floats(0.0, 0.99))
def test_smoothing_is_a_weighted_mean_of_what_came_before(values, beta) -> None:
    x, out = np.array(values), smoothed(values, beta)
    for t in range(len(x)):
        weights = beta ** np.arange(t, -1.0, -1.0)
        assert out[t] == pytest.approx(weights @ x[: t + 1] / weights.sum(), abs=1e-9)


def test_smoothing_passes_over_what_is_not_a_number() -> None:
    out = smoothed([2.0, np.nan, 4.0], 0.5)
    assert np.isnan(out[1])
    assert out[2] == pytest.approx((0.5 * 2.0 + 4.0) / 1.5)


def test_training_is_solid_and_validation_dashed() -> None:
    d = TrainingCurveDisplay.from_history({"loss": [3.0, 2.0], "val_loss": [3.0, 2.5]})
    train, check = d.lines_["training", "cost"], d.lines_["training", "validation cost"]
    np.testing.assert_array_equal(train.get_ydata(), [3.0, 2.0])
    np.testing.assert_array_equal(check.get_xdata(), [1.0, 2.0])
    assert (train.get_linestyle(), check.get_linestyle()) == ("-", "--")
    assert [t.get_text() for t in d.legend_.get_texts()] == ["training", "training, validation"]


def test_the_smoothed_curve_is_drawn_over_the_raw_one() -> None:
    losses = np.random.default_rng(0).normal(size=50)
    d = TrainingCurveDisplay.from_arrays({"run": losses}, smooth=0.9)
    key = ("run", "cost")
    np.testing.assert_array_equal(d.raw_lines_[key].get_ydata(), losses)
    np.testing.assert_array_equal(d.lines_[key].get_ydata(), smoothed(losses, 0.9))
    assert d.raw_lines_[key].get_alpha() < 1.0
    assert len(d.legend_.get_texts()) == 1


def test_runs_differ_in_colour_and_line_and_marker() -> None:
    runs = {f"run {k}": np.linspace(1.0, 0.1 * k, 40) for k in range(4)}
    lines = TrainingCurveDisplay.from_arrays(runs).lines_.values()
    for look in ("get_color", "get_linestyle", "get_marker"):
        assert len({getattr(line, look)() for line in lines}) == 4


def test_the_gap_has_a_logarithmic_axis_and_others_when_asked() -> None:
    d = TrainingCurveDisplay.from_estimators({"newton": FITTED}, ax=False)
    assert d.plot(quantity="gap", over="passes").ax_.get_yscale() == "log"
    assert d.ax_.get_xlabel() == "passes over the data"
    assert d.plot().ax_.get_yscale() == "linear"
    assert d.plot(log=True).ax_.get_yscale() == "log"


def test_a_trace_and_a_history_can_be_drawn_side_by_side() -> None:
    d = TrainingCurveDisplay.from_estimators({"convex": FITTED, "network": NET})
    assert d.ax_.get_xlabel() == "step or epoch"
    assert len(d.lines_) == 2


def test_the_description_has_the_first_and_last_values() -> None:
    text = TrainingCurveDisplay.from_estimator(FITTED, name="newton", ax=False).describe()
    first, last = FITTED.trace_[0].objective, FITTED.trace_[-1].objective
    steps = len(FITTED.trace_) - 1
    assert text.startswith(f"Training curves: newton, cost {first:.3g} to {last:.3g}")
    assert text.endswith(f"gap {power(FITTED.gap_)} at the end in {steps} steps.")


def test_what_cannot_be_read_or_drawn_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="GaussianNB remembers nothing of its training"):
        TrainingCurveDisplay.from_estimator(GaussianNB().fit(X, Y))
    with pytest.raises(ValueError, match="no curve that is known; it has lr, known are"):
        TrainingCurveDisplay.from_history({"lr": [0.1]})
    with pytest.raises(ValueError, match="curves of one length"):
        TrainingCurveDisplay.from_history({"loss": [1.0, 2.0], "val_loss": [1.0]})
    with pytest.raises(ValueError, match="There is no run to draw"):
        TrainingCurveDisplay({})
    d = TrainingCurveDisplay.from_arrays({"a": [1.0]}, ax=False)
    with pytest.raises(ValueError, match=r"quantity must be one that a run knows, cost, but"):
        d.plot(quantity="gap")
    with pytest.raises(ValueError, match=r"over must be what all runs know, step, but"):
        d.plot(over="time")
    with pytest.raises(ValueError, match=r"smooth must be at least 0 and below 1, but it is 1"):
        d.plot(smooth=1.0)
