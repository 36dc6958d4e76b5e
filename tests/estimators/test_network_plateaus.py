"""A training that gets nowhere says what it stands on, and is not changed by being watched."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from softlearn import SoftmaxNetwork
from softlearn.estimators.network import plateaus

X, Y = load_digits(return_X_y=True)
X = X / 16.0
SLOW = {
    "activation": "logistic",
    "solver": "sgd",
    "learning_rate": "constant",
    "learning_rate_init": 1e-7,
    "max_iter": 150,
    "n_iter_no_change": 150,
    "random_state": 0,
}


def test_a_plateau_is_told_in_the_epoch_and_at_the_end():
    net = SoftmaxNetwork((32,), **SLOW)
    with pytest.warns(ConvergenceWarning, match="The network has learned nothing: it is no better"):
        told = [epoch for epoch in net.iter_fit(X, Y) if epoch.note]
    assert told[0].note.startswith("Plateau since epoch ")
    assert "smallest curvature -" in told[0].note
    assert "solver='adam' or another random_state may leave it." in told[0].note
    assert str(told[0]).endswith(told[0].note)
    assert net.status_detail_.endswith(told[-1].note)


def test_a_training_that_learns_says_nothing():
    net = SoftmaxNetwork((32,), random_state=0, max_iter=30)
    assert not any(epoch.note for epoch in net.iter_fit(X, Y))
    assert "Plateau" not in net.status_detail_


@pytest.mark.filterwarnings("ignore:.*The network has learned nothing")
@pytest.mark.parametrize("weights", [None, np.arange(len(Y)) % 2])
def test_watching_changes_no_bit(weights, monkeypatch):
    watched = SoftmaxNetwork((32,), **SLOW).fit(X, Y, weights)
    monkeypatch.setattr(plateaus.Plateaus, "after_epoch", lambda *a: "")
    alone = SoftmaxNetwork((32,), **SLOW).fit(X, Y, weights)
    assert all(map(np.array_equal, watched.coefs_, alone.coefs_))


def test_rows_without_weight_cannot_be_looked_at_and_nothing_is_said():
    weights = np.zeros(len(Y))
    weights[:2] = 1.0  # not among the few rows that would be looked at
    with pytest.warns(ConvergenceWarning, match="learned nothing"):
        net = SoftmaxNetwork((4,), **{**SLOW, "max_iter": 3}).fit(X, Y, weights)
    assert "Plateau" not in net.status_detail_
