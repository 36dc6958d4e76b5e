"""The loss from probabilities, and what is said where probabilities are taken for logits."""

import warnings

import mpmath as mp
import numpy as np
import pytest
from scipy.special import log_softmax as scipy_log_softmax
from sklearn.metrics import log_loss

from softlearn import cross_entropy, curvature, loss, residual, softmax

RNG = np.random.default_rng(0)
P = RNG.dirichlet([1.0, 1.0, 1.0, 1.0], size=50)
Y = RNG.integers(4, size=50)
Y_HAT, ONE_HOT = np.array([0.3, 0.2, 0.1, 0.4]), np.array([0.0, 1.0, 0.0, 0.0])  # the course's cat


def test_the_loss_of_the_courses_cat_is_that_of_the_course() -> None:
    assert round(float(loss(Y_HAT, ONE_HOT)), 3) == 1.609
    assert float(loss(Y_HAT, 1)) == pytest.approx(float(-mp.log(mp.mpf(0.2))), rel=1e-15)


def test_the_mean_of_the_losses_is_scikit_learns_log_loss() -> None:
    assert loss(P, Y).mean() == pytest.approx(log_loss(Y, P), rel=1e-14)
    assert loss(P, np.eye(4)[Y]).mean() == pytest.approx(log_loss(Y, P), rel=1e-14)
    soft = RNG.dirichlet([1.0, 1.0, 1.0, 1.0], size=50)
    np.testing.assert_allclose(loss(P, soft), -(soft * np.log(P)).sum(1), rtol=1e-14)


def test_it_is_the_cross_entropy_of_the_logits() -> None:
    Z = RNG.normal(size=(50, 4))
    np.testing.assert_allclose(loss(softmax(Z), Y), cross_entropy(Z, Y), rtol=1e-13)
    np.testing.assert_allclose(loss(softmax(Z.T, axis=0), Y, axis=0), cross_entropy(Z, Y), 1e-13)


def test_no_chance_for_the_true_class_costs_infinity_and_dtypes_stay() -> None:
    assert loss([0.0, 1.0], 0) == np.inf
    assert loss([0.0, 1.0], 1) == 0.0
    assert loss([0.0, 1.0], [0.0, 1.0]) == 0.0
    assert loss(P.astype(np.float32), Y).dtype == np.float32
    assert loss(np.zeros((0, 3)), np.zeros(0, dtype=int)).shape == (0,)


@pytest.mark.parametrize(
    ("y_hat", "y", "sentence"),
    [
        ([2.0, -1.0], 0, "^y_hat must hold rows of probabilities: .* Of logits use cross_entropy"),
        (2.0 * P, Y, "^y_hat must hold rows of probabilities"),
        ([np.nan, 1.0], 0, "^y_hat holds NaN"),
        (["a", "b"], 0, "^y_hat must hold real numbers"),
        (P, Y + 4, "^y must hold labels from 0 to 3"),
        (P, 2.0 * P, "^y must hold rows of probabilities"),
        (P, Y[:3], r"^y has shape \(3,\)"),
        (P, Y + 0.5, "^y must hold integer labels"),
    ],
)
def test_what_is_no_probability_is_refused(y_hat, y, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        loss(y_hat, y)


# -- probabilities in place of logits


def test_probabilities_in_place_of_logits_are_pointed_out() -> None:
    said = (
        r"^Z looks like probabilities .* cross_entropy takes logits: .* use softlearn.loss\(y_hat"
    )
    with pytest.warns(UserWarning, match=said) as caught:
        wrong = cross_entropy(Y_HAT, ONE_HOT)
    assert caught[0].filename == __file__
    assert wrong == pytest.approx(-scipy_log_softmax(Y_HAT)[1])  # what was asked for, after all
    with pytest.warns(UserWarning, match=r"residual takes logits: .* use y_hat - y") as caught:
        residual(Y_HAT, ONE_HOT)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("f", [cross_entropy, residual])
@pytest.mark.parametrize("Z", [P, P.astype(np.float32), np.eye(4)[Y], np.full((50, 4), 0.25)])
def test_all_rows_of_them_are_looked_at(f, Z) -> None:
    with pytest.warns(UserWarning, match="looks like probabilities"):
        f(Z, Y)
    with pytest.warns(UserWarning, match="looks like probabilities"):
        f(Z.T, Y, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(np.vstack([Z[:-1], Z[-1:] + 0.5]), Y)  # but one row is none
        f(np.log(np.maximum(Z, 1e-30)), Y)


@pytest.mark.parametrize("Z", [np.zeros((50, 4)), np.ones((50, 4)), -P, 2.0 * P])
def test_logits_are_not_taken_for_probabilities(Z) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cross_entropy(Z, Y)
        residual(Z, Y)
        cross_entropy(np.ones((3, 1)), [0, 0, 0])  # of one class nothing can be told


def test_a_curvature_is_one_at_probabilities() -> None:
    with pytest.raises(ValueError, match=r"^P must hold rows of probabilities, as softmax gives"):
        curvature([2.0, -1.0], [1.0, 0.0])
    np.testing.assert_allclose(curvature(P, P), P * (P - (P * P).sum(1)[:, None]), atol=1e-15)
