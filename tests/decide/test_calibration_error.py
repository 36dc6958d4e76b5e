"""Calibration errors beside what chance alone gives."""

import numpy as np
import pytest

from softlearn.decide import compare_calibration, expected_calibration_error
from softlearn.plots import ReliabilityDisplay

rng = np.random.default_rng(0)
P = rng.dirichlet(np.ones(4), size=500)
RIGHT = np.array([rng.choice(4, p=p) for p in P])
SHARPER = P**3 / (P**3).sum(1, keepdims=True)

each = pytest.mark.parametrize("kind", ["top", "classwise"])


def by_definition(y, P, kind, n_bins=15):
    """Sum over bins by a loop."""
    pairs = [(P.max(1), P.argmax(1) == y)]
    if kind == "classwise":
        pairs = [(P[:, k], y == k) for k in range(P.shape[1])]
    errors = []
    for p, happened in pairs:
        bins = np.clip(np.ceil(p * n_bins).astype(int) - 1, 0, n_bins - 1)
        sums = [abs((happened[bins == b] - p[bins == b]).sum()) for b in range(n_bins)]
        errors.append(sum(sums) / len(y))
    return np.mean(errors)


@each
def test_the_error_is_that_of_the_definition(kind) -> None:
    for Q in (P, SHARPER):
        found = expected_calibration_error(RIGHT, Q, kind=kind)
        assert found.value == pytest.approx(by_definition(RIGHT, Q, kind), rel=1e-12)


def test_the_reliability_display_says_the_same() -> None:
    display = ReliabilityDisplay.from_predictions(RIGHT, SHARPER, n_bins=15, ax=False)
    top, classwise = (
        expected_calibration_error(RIGHT, SHARPER, kind=kind).value for kind in ("top", "classwise")
    )
    assert display.expected_calibration_error == pytest.approx(top, rel=1e-12)
    assert display.class_wise_error == pytest.approx(classwise, rel=1e-12)


@each
def test_right_probabilities_have_the_error_of_chance_and_sharper_ones_more(kind) -> None:
    right = expected_calibration_error(RIGHT, P, kind=kind)
    assert 0.0 < right.by_chance.mean < right.by_chance.percentile_95
    assert not right.beyond_chance
    wrong = expected_calibration_error(RIGHT, SHARPER, kind=kind)
    assert wrong.beyond_chance
    assert wrong.value > 3.0 * wrong.by_chance.percentile_95


@each
def test_chance_is_that_of_labels_drawn_from_the_probabilities(kind) -> None:
    again = np.random.default_rng(1)
    drawn = [
        by_definition(np.array([again.choice(4, p=p) for p in P[:100]]), P[:100], kind)
        for _ in range(200)
    ]
    found = expected_calibration_error(RIGHT[:100], P[:100], kind=kind).by_chance
    assert found.mean == pytest.approx(np.mean(drawn), rel=0.08)
    assert found.percentile_95 == pytest.approx(np.percentile(drawn, 95), rel=0.12)


def test_chance_is_about_the_same_for_another_seed_and_the_same_for_the_same() -> None:
    one, two, three = (
        expected_calibration_error(RIGHT, P, random_state=seed) for seed in (0, 0, 1)
    )
    assert one == two
    assert one.by_chance != three.by_chance
    assert one.by_chance.mean == pytest.approx(three.by_chance.mean, rel=0.1)


def test_certain_and_right_probabilities_have_no_error_even_by_chance() -> None:
    found = expected_calibration_error([0, 2, 1], np.eye(3)[[0, 2, 1]])
    assert (found.value, *found.by_chance) == (0.0, 0.0, 0.0)
    assert str(found) == "0.00 % (by chance 0.00 %, at most 0.00 % in 95 of 100)"


def test_before_and_after_are_shown_together() -> None:
    both = compare_calibration(RIGHT, SHARPER, P)
    assert both.log_loss[1] < both.log_loss[0]
    assert both.top[1].value < both.top[0].value
    assert both.note == ""
    lines = str(both).splitlines()
    assert lines[0].split() == ["before", "after", "by", "chance", "95", "in", "100"]
    assert [line.split()[0] for line in lines[1:]] == ["log-loss", "top-label", "class-wise"]


def test_it_is_said_when_the_log_loss_and_the_error_disagree() -> None:
    flat = np.full((500, 4), 0.25)
    share = np.bincount(RIGHT, minlength=4) / 500.0
    sure = 0.5 * P + 0.5 * np.roll(share, 1)  # informative, and wrong throughout
    both = compare_calibration(RIGHT, flat, sure)
    assert both.log_loss[1] < both.log_loss[0]
    assert both.note == "The log-loss falls and the top-label error rises: choose by the log-loss."
    assert str(both).endswith(both.note)


def test_labels_may_have_names() -> None:
    names = ["a", "b", "c", "d"]
    found = expected_calibration_error(np.array(names)[RIGHT], P, classes=names)
    assert found == expected_calibration_error(RIGHT, P)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kind": "best"}, "kind must be 'top' or 'classwise', but it is 'best'"),
        ({"n_bins": 0}, "n_bins must be at least 1, but it is 0"),
        ({"classes": [1, 2, 3, 4]}, "y has the label 0, which is not among the classes"),
        ({"classes": [1, 2]}, "P has 4 columns for 2 classes"),
        ({"P": P[:, :2]}, "P must be probabilities, but row 0 sums to"),
        ({"P": P[0]}, "P must have shape"),
        ({"P": P[:9]}, "y has 500 labels, but P has 9 rows"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(arguments, sentence) -> None:
    given = {"y": RIGHT, "P": P, **arguments}
    with pytest.raises(ValueError, match=sentence):
        expected_calibration_error(given.pop("y"), given.pop("P"), **given)
