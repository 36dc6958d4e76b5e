"""Risk and coverage: what abstaining gains."""

import numpy as np
import pytest

from softlearn.plots import RiskCoverageDisplay

CONFIDENCE = np.array([0.9, 0.5, 0.7, 0.7, 0.6])
WRONG = np.array([0.0, 1.0, 1.0, 0.0, 0.0])


def test_rows_are_answered_from_the_surest_on_and_equal_ones_together() -> None:
    display = RiskCoverageDisplay(CONFIDENCE, WRONG)
    np.testing.assert_allclose(display.coverage, [0.2, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(display.threshold, [0.9, 0.7, 0.6, 0.5])
    np.testing.assert_allclose(display.risk, [0.0, 1.0 / 3.0, 0.25, 0.4])
    assert display.at(0.3) == (0.6, 0.7, pytest.approx(1.0 / 3.0))
    assert display.at(0.6).coverage == 0.6
    assert display.area == pytest.approx(0.4 / 3.0 + 0.2 * 0.25 + 0.2 * 0.4)


def test_the_risk_at_full_coverage_is_the_error_rate() -> None:
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(3), size=400)
    y = np.array([rng.choice(3, p=p) for p in P])
    display = RiskCoverageDisplay.from_predictions(y, P, ax=False)
    assert display.at(1.0).risk == pytest.approx((P.argmax(1) != y).mean())
    for share in (0.25, 0.5, 0.9):
        point = display.at(share)
        answered = P.max(1) >= point.threshold
        assert answered.mean() == pytest.approx(point.coverage)
        assert (P.argmax(1) != y)[answered].mean() == pytest.approx(point.risk)
    random = RiskCoverageDisplay.from_predictions(y, P, confidence=rng.random(400), ax=False)
    assert display.area < random.area


def test_marks_are_drawn_at_their_points_and_no_curve_is_below_the_floor() -> None:
    display = RiskCoverageDisplay(CONFIDENCE, WRONG).plot(marks=(0.8,))
    assert [mark.xy for mark in display.marks_] == [(0.8, 0.25)]
    np.testing.assert_array_equal(display.line_.get_ydata(), display.risk)
    floor = np.interp(display.coverage, *display.floor_.get_data())
    assert (display.risk >= floor - 1e-12).all()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: RiskCoverageDisplay([], []), "there are no rows"),
        (lambda: RiskCoverageDisplay([1.0], [1.0, 0.0]), "must be one number for each row"),
        (lambda: RiskCoverageDisplay([1.0], [np.nan]), "losses must be finite"),
        (lambda: RiskCoverageDisplay(CONFIDENCE, WRONG).at(0.0), r"coverage must be in \(0, 1\]"),
        (
            lambda: RiskCoverageDisplay.from_predictions([0], np.eye(2)),
            "y has 1 labels",
        ),
        (
            lambda: RiskCoverageDisplay.from_estimator(object(), None, None),
            "has no predict_proba",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(make, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()
