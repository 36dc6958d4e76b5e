"""A network says what its training came to: nothing, a saddle, dead units, a loss that falls."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxNetwork, Status

X, Y = load_wine(return_X_y=True)
Z = StandardScaler().fit_transform(X)
P = np.bincount(Y) / len(Y)
USUAL = -(P * np.log(P)).sum()


def in_vain(net, X=X, Y=Y, **more):
    """Fit a network that must learn nothing; return what it says of itself."""
    with pytest.warns(ConvergenceWarning, match="The network has learned nothing") as told:
        net.fit(X, Y, **more)
    assert len(told) == 1
    assert str(told[0].message) == f"{net.status_.value} {net.status_detail_}"
    return net.status_detail_


def dead(net, X):
    """Count the relu units of the first hidden layer that are 0 in every row."""
    return int((X @ net.coefs_[0] + net.intercepts_[0] <= 0.0).all(0).sum())


def test_a_solver_that_ends_at_the_class_frequencies_says_so_and_warns():
    net = SoftmaxNetwork((8,), solver="newton-cg", random_state=0)
    said = in_vain(net)
    assert log_loss(Y, net.predict_proba(X)) == pytest.approx(USUAL, rel=1e-6)
    assert "(log-loss 1.086 for 1.086 on its training rows)" in said
    assert "bring them to one scale" in said
    assert "It stands at a saddle (smallest curvature -" in said
    assert f"{dead(net, X)} of 8 relu units of hidden layer 1 are dead" in said


def test_a_network_of_dead_units_stands_on_a_plateau():
    net = SoftmaxNetwork((8,), solver="lbfgs", random_state=0)
    said = in_vain(net)
    assert dead(net, X) == 8
    assert "It stands on a plateau (gradient " in said
    assert "8 of 8 relu units of hidden layer 1 are dead: in no training row does a " in said


def test_saturated_units_are_dead_too():
    net = SoftmaxNetwork((8,), activation="tanh", solver="newton-cg", random_state=0)
    said = in_vain(net)
    slopes = 1.0 - np.tanh(X @ net.coefs_[0] + net.intercepts_[0]) ** 2
    assert f"{(slopes.max(0) < 1e-6).sum()} of 8 tanh units of hidden layer 1 are dead" in said


def test_a_point_where_all_weights_are_0_is_a_saddle():
    net = SoftmaxNetwork((4,), activation="tanh", solver="newton-cg", alpha=0.0, random_state=0)
    net.fit(Z, Y)
    net.coefs_ = [np.zeros_like(W) for W in net.coefs_]
    net.intercepts_ = [np.zeros(4), np.log(P)]
    net.set_params(warm_start=True, solver="lbfgs")  # which goes by the gradient alone
    said = in_vain(net, Z)
    assert "It stands at a saddle (smallest curvature -" in said


def test_a_rule_that_makes_things_worse_says_so():
    net = SoftmaxNetwork((8,), solver="sgd", random_state=0)
    said = in_vain(net)
    assert "for 1.086 on its training rows)" in said


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_units_that_are_dead_in_every_row_are_counted(dtype):
    net = SoftmaxNetwork((8, 5), max_iter=30, random_state=0, warm_start=True).fit(
        Z.astype(dtype), Y
    )
    net.intercepts_[0][:2] = -100.0
    net.intercepts_[1][3] = -100.0
    net.fit(Z.astype(dtype), Y)
    assert net.status_ is Status.TRAINED
    first, second = dead(net, Z), net.intercepts_[1][3] < -90.0
    assert (first, second) == (2, True)
    assert (
        "2 of 8 relu units of hidden layer 1 and 1 of 5 relu units of hidden layer 2 are dead: in "
        "no training row does a gradient pass, so they learn no more."
    ) in net.status_detail_


def test_one_dead_unit_is_one():
    net = SoftmaxNetwork((8,), max_iter=60, random_state=0, warm_start=True).fit(Z, Y)
    net.intercepts_[0][0] = -100.0
    net.fit(Z, Y)
    assert net.status_detail_.endswith(
        "1 of 8 relu units of hidden layer 1 is dead: in no training row does a gradient pass, so "
        "it learns no more."
    )


def test_a_unit_that_one_row_of_many_wakes_is_not_dead():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 2))
    y = (X[:, 0] > 0.0).astype(int)
    few = np.random.default_rng(0).choice(6000, 5000, replace=False)
    X[np.setdiff1d(np.arange(6000), few)[0]] = 50.0  # a row that is not in the sample
    net = SoftmaxNetwork((3,), max_iter=30, random_state=0, warm_start=True, center=False).fit(X, y)
    net.coefs_[0][:, 0], net.intercepts_[0][0] = [1.0, 1.0], -60.0
    net.set_params(max_iter=1, learning_rate_init=1e-9).fit(X, y)
    assert "dead" not in net.status_detail_
    net.intercepts_[0][0] = -110.0
    net.fit(X, y)
    assert "1 of 3 relu units" in net.status_detail_


def test_a_unit_that_only_rows_without_weight_wake_is_dead():
    net = SoftmaxNetwork((3,), max_iter=200, random_state=0, warm_start=True).fit(Z, Y)
    far, weights = Z.copy(), np.ones(len(Z))
    far[0], weights[0] = 50.0, 0.0
    net.coefs_[0][:, 0], net.intercepts_[0][0] = 1.0, -60.0
    net.set_params(max_iter=1, learning_rate_init=1e-9).fit(far, Y, weights)
    assert "1 of 3 relu units" in net.status_detail_


@pytest.mark.parametrize(
    ("settings", "unit"), [({}, "epoch"), ({"solver": "newton-cg", "max_fun": 40}, "step")]
)
def test_a_loss_that_still_falls_says_so(settings, unit):
    A, YA = load_digits(return_X_y=True)
    net = SoftmaxNetwork((16,), max_iter=4, random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of the limit
        net.fit(A / 16.0, YA)
    fall = net.loss_curve_[-2] - net.loss_curve_[-1]
    assert fall > 0.01 * np.log(10)
    assert net.status_detail_.endswith(
        f"The training loss still fell, by {fall:.2g} in the last {unit}: more {unit}s may lower "
        "it."
    )


@pytest.mark.parametrize("solver", ["adam", "newton-cg", "lbfgs"])
def test_a_training_that_went_well_says_nothing(solver):
    net = SoftmaxNetwork((8,), solver=solver, random_state=0).fit(Z, Y)
    assert net.status_detail_ == ""


def test_a_class_that_has_nearly_all_weight_leaves_nothing_to_be_learned():
    weights = np.where(Y == 0, 1.0, 1e-9)
    SoftmaxNetwork((8,), max_iter=2, random_state=0).fit(Z, Y, weights)


def test_accuracy_is_measured_where_rows_have_weight():
    """Of 6,000 rows 5,000 are looked at, which would miss the two that count."""
    rng = np.random.default_rng(1)
    A, weights = rng.normal(size=(6000, 2)), np.zeros(6000)
    out = np.setdiff1d(np.arange(6000), np.random.default_rng(0).choice(6000, 5000, replace=False))
    y = np.zeros(6000, dtype=int)
    y[out[0]], weights[out[:2]] = 1, 1.0
    net = SoftmaxNetwork((4,), max_iter=40, learning_rate_init=0.1, random_state=0)
    net.fit(A, y, weights)
    assert net.history_["accuracy"][-1] == 1.0
