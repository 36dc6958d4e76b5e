"""Networks in model files: the same network comes back, and no other passes."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from softlearn import ModelFileError, SoftmaxNetwork, load, save
from softlearn.solve import Adam, Cosine, Stochastic

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def returned(net, folder):
    save(net, folder / "net.softlearn")
    return load(folder / "net.softlearn")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_attribute_survives(dtype, tmp_path):
    net = SoftmaxNetwork((8, 5), max_iter=50, random_state=0, early_stopping=True)
    net.fit(X.astype(dtype), NAMES)
    back = returned(net, tmp_path)
    assert vars(back).keys() == vars(net).keys()
    assert back.coefs_[0].dtype == dtype
    assert np.array_equal(back.predict_log_proba(X), net.predict_log_proba(X))
    assert back.history_ == net.history_
    assert back.status_ is net.status_


def test_rules_schedules_and_loops_survive(tmp_path):
    solver = Stochastic(Adam(Cosine(0.01, 50)), batch_size=32, epochs=3)
    net = SoftmaxNetwork((4,), solver=solver).fit(X, Y)
    assert returned(net, tmp_path).solver == solver


def test_partial_fit_goes_on_where_it_was(tmp_path):
    net = SoftmaxNetwork((4,), random_state=0).partial_fit(X[::2], Y[::2], classes=[0, 1, 2])
    back = returned(net, tmp_path)
    net.partial_fit(X[1::2], Y[1::2])
    back.partial_fit(X[1::2], Y[1::2])
    assert all(map(np.array_equal, back.coefs_, net.coefs_))


def spoiled(net, what):
    if what == "a matrix of another shape":
        net.coefs_[1] = net.coefs_[1][:-1]
    elif what == "an intercept too few":
        net.intercepts_[0] = net.intercepts_[0][1:]
    elif what == "a layer too few":
        net.intercepts_.pop()
    elif what == "NaN":
        net.coefs_[0][0, 0] = np.nan
    elif what == "integers":
        net.coefs_[0] = np.ones_like(net.coefs_[0], dtype=np.int64)
    elif what == "a class too many":
        net.classes_ = np.arange(4)
    elif what == "a history that is too short":
        net.history_["accuracy"].pop()
    elif what == "a status nobody knows":
        net._status = "PERFECT"
    elif what == "averages of another length":
        net._memory["arrays"][1] = np.zeros(3)
    return net


@pytest.mark.parametrize(
    "what",
    [
        *("a matrix of another shape", "an intercept too few", "a layer too few", "NaN"),
        *("integers", "a class too many", "a history that is too short"),
        *("a status nobody knows", "averages of another length"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(what, tmp_path):
    net = SoftmaxNetwork((4,), random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ModelFileError, match="do not fit each other"):
        save(spoiled(net, what), tmp_path / "net.softlearn")


def test_a_network_that_is_not_fitted_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="its SoftmaxNetwork is not fitted"):
        save(SoftmaxNetwork(), tmp_path / "net.softlearn")
