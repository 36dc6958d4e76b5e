"""Reliability: bins, errors, and two classes as scikit-learn draws them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import CalibrationDisplay, calibration_curve
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from softlearn.plots import ReliabilityDisplay

X, Y = load_digits(return_X_y=True)
DIGITS = GaussianNB().fit(X[::2], Y[::2])
RELIABILITY = ReliabilityDisplay.from_estimator(DIGITS, X[1::2], Y[1::2], ax=False)


def random_predictions(seed, n=200, C=4):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(C), size=n)
    return rng.integers(0, C, n), P


@given(st.integers(0, 1000), st.integers(1, 15), st.sampled_from(["uniform", "quantile"]))
def test_bins_are_scikit_learns(seed, n_bins, strategy) -> None:
    y, P = random_predictions(seed)
    d = ReliabilityDisplay.from_predictions(y, P, n_bins=n_bins, strategy=strategy, ax=False)
    for k in range(4):
        bins, given = d.class_wise[k], d.class_wise[k].count > 0
        theirs = calibration_curve(y == k, P[:, k], n_bins=n_bins, strategy=strategy)
        np.testing.assert_allclose(bins.observed[given], theirs[0])
        np.testing.assert_allclose(bins.predicted[given], theirs[1])
        assert bins.count.sum() == len(y)


def test_the_error_is_the_mean_distance_of_share_and_confidence() -> None:
    y, P = random_predictions(0)
    d = ReliabilityDisplay.from_predictions(y, P, n_bins=5, ax=False)
    confidence, right = P.max(1), P.argmax(1) == y
    which = np.minimum(np.ceil(confidence * 5) - 1, 4)
    total = sum(
        abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).sum()
        for b in np.unique(which)
    )
    assert d.expected_calibration_error == pytest.approx(total / 200, rel=1e-12)
    assert d.class_wise_error == pytest.approx(np.mean([b.error for b in d.class_wise.values()]))


def test_probabilities_that_mean_what_they_say_have_a_small_error() -> None:
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(3), size=20_000)
    y = (P.cumsum(1) > rng.random((20_000, 1))).argmax(1)
    honest = ReliabilityDisplay.from_predictions(y, P, ax=False)
    sharpened = P**3 / (P**3).sum(1, keepdims=True)
    boasting = ReliabilityDisplay.from_predictions(y, sharpened, ax=False)
    assert honest.expected_calibration_error < 4.0 / np.sqrt(20_000)  # chance, a few deviations
    assert boasting.expected_calibration_error > 0.1


def test_the_curves_and_the_counts_are_the_bins() -> None:
    d = RELIABILITY.plot()
    some = d.top_label.count > 1
    np.testing.assert_array_equal(d.lines_["top label"].get_xdata(), d.top_label.predicted[some])
    np.testing.assert_array_equal(d.lines_["top label"].get_ydata(), d.top_label.observed[some])
    heights = [bar.get_height() for bar in d.bars_["top label"]]
    np.testing.assert_array_equal(heights, d.top_label.count)
    (text,) = (t.get_text() for t in d.legend_.get_texts())
    assert text == f"top label, error {d.expected_calibration_error:.3f}"


def test_every_class_has_its_curve_without_bins_that_hold_next_to_nothing() -> None:
    d = RELIABILITY.plot(kind="class-wise")
    assert list(d.lines_) == [str(k) for k in range(10)]
    for k, line in enumerate(d.lines_.values()):
        assert len(line.get_xdata()) == (d.class_wise[k].count >= 5).sum()
    everything = d.plot(kind="class-wise", least=1).lines_.values()
    for k, line in enumerate(everything):
        assert len(line.get_xdata()) == (d.class_wise[k].count > 0).sum()


def test_two_classes_are_drawn_by_scikit_learn() -> None:
    A, b = load_breast_cancer(return_X_y=True)
    model = GaussianNB().fit(A[::2], b[::2])
    d = ReliabilityDisplay.from_estimator(model, A[1::2], b[1::2], n_bins=5)
    assert isinstance(d.calibration_, CalibrationDisplay)
    theirs = CalibrationDisplay.from_estimator(model, A[1::2], b[1::2], n_bins=5)
    joined = d.class_wise[1].count > 1
    points = theirs.line_.get_xydata()
    assert not joined.all()
    np.testing.assert_allclose(d.calibration_.line_.get_xydata(), points[joined])


def test_a_bin_of_one_example_is_hollow_and_not_joined() -> None:
    P = np.array([[0.65, 0.35, 0.0], *[[0.95, 0.05, 0.0]] * 20, *[[0.85, 0.15, 0.0]] * 10])
    d = ReliabilityDisplay.from_predictions([1, *[0] * 29, 1], P)
    (line,) = d.lines_.values()
    np.testing.assert_allclose(line.get_xdata(), [0.85, 0.95])
    (alone,) = [one for one in d.axes_[0].lines if one.get_markerfacecolor() == "white"]
    np.testing.assert_allclose(alone.get_xydata(), [[0.65, 0.0]])


def test_each_bin_has_its_95_per_cent_interval() -> None:
    P = np.array([[0.95, 0.05, 0.0]] * 20 + [[0.85, 0.15, 0.0]] * 10)
    d = ReliabilityDisplay.from_predictions([0] * 29 + [1], P)
    ((low, high),) = [
        (min(s[:, 1]), max(s[:, 1]))
        for s in d.axes_[0].collections[0].get_segments()
        if abs(s[0, 0] - 0.85) < 1e-9
    ]
    theirs = stats.binomtest(9, 10).proportion_ci(method="wilson")
    np.testing.assert_allclose([low, high], [theirs.low, theirs.high])


def test_the_description_has_the_error_and_the_worst_class() -> None:
    text = RELIABILITY.describe()
    assert f"error is {RELIABILITY.expected_calibration_error:.3f} over 10 bins" in text
    worst = max(range(10), key=lambda k: RELIABILITY.class_wise[k].error)
    assert text.endswith(f"largest for {worst}, {RELIABILITY.class_wise[worst].error:.3f}.")


def test_what_does_not_fit_gets_a_sentence() -> None:
    y, P = random_predictions(0)
    with pytest.raises(ValueError, match="LinearSVC has no predict_proba: there are no prob"):
        ReliabilityDisplay.from_estimator(LinearSVC().fit(X[:99], Y[:99]), X, Y)
    with pytest.raises(ValueError, match=r"P must have shape \(100, 4\)"):
        ReliabilityDisplay.from_predictions(y[:100], P)
    with pytest.raises(ValueError, match=r"P must have shape \(examples, classes\)"):
        ReliabilityDisplay.from_predictions(y, P[:, 0])
    with pytest.raises(ValueError, match="n_bins must be at least 1"):
        ReliabilityDisplay.from_predictions(y, P, n_bins=0)
    with pytest.raises(ValueError, match="strategy must be 'uniform' or 'quantile'"):
        ReliabilityDisplay.from_predictions(y, P, strategy="kmeans")
    with pytest.raises(ValueError, match="kind must be 'top-label' or 'class-wise'"):
        ReliabilityDisplay.from_predictions(y, P, kind="roc")


@pytest.mark.parametrize(
    "confidences", [[0.62, 0.64, 0.83, 0.84], [0.62, 0.83], [0.62, 0.83, 0.84]]
)
def test_curves_have_their_room_whether_or_not_a_bin_has_one_example(confidences) -> None:
    P = np.array([[p, 1.0 - p, 0.0] for p in confidences])
    d = ReliabilityDisplay.from_predictions(np.zeros(len(P), dtype=int), P)
    d.figure_.canvas.draw()
    assert d.axes_[0].get_position().height > 0.4
