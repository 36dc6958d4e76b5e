"""`SoftmaxNetwork`: what it trains, records, keeps, and says."""

import signal
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxNetwork, SoftmaxRegression, Status
from softlearn.solve import Adam, AdamW, Cosine, GradientDescent, Momentum, RMSprop

X, Y = load_digits(return_X_y=True)
X = X / 16.0
A, B, YA, YB = train_test_split(X, Y, test_size=0.3, random_state=0)


def same(one, two):
    return all(map(np.array_equal, one.coefs_ + one.intercepts_, two.coefs_ + two.intercepts_))


def test_digits_are_learned_better_than_by_any_linear_model():
    net = SoftmaxNetwork(random_state=0).fit(A, YA)
    assert net.score(B, YB) > 0.97 > SoftmaxRegression().fit(A, YA).score(B, YB)
    assert net.status_ is Status.TRAINED


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(dtype):
    nets = [
        SoftmaxNetwork((32,), random_state=3, max_iter=5, early_stopping=True, n_jobs=jobs)
        for jobs in (1, 1, 3)
    ]
    one, again, three = (net.fit(A.astype(dtype), YA) for net in nets)
    assert same(one, again)
    assert same(one, three)
    assert one.coefs_[0].dtype == one.predict_proba(A.astype(dtype)).dtype == dtype


@pytest.mark.parametrize(
    "rule",
    [
        GradientDescent(0.3),
        Momentum(0.3),
        Momentum(0.05, form="sum", nesterov=True),
        RMSprop(0.002),
        Adam(Cosine(0.01, 50)),
        AdamW(0.01, weight_decay=0.1),
    ],
    ids=lambda rule: f"{rule.name}",
)
def test_kernels_and_rules_of_anybodys_own_make_the_same_steps(rule):
    settings = {"max_iter": 4, "random_state": 0, "alpha": 0.1, "clip": 0.5}
    s = np.random.default_rng(0).uniform(0.5, 2.0, len(A))
    kernels = SoftmaxNetwork((12,), solver=rule, **settings).fit(A, YA, s)
    wrapped = type("Mine", (type(rule),), {})(**vars(rule))
    generic = SoftmaxNetwork((12,), solver=wrapped, **settings).fit(A, YA, s)
    for one, two in zip(kernels.coefs_, generic.coefs_, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-7, atol=1e-9)
    assert np.allclose(kernels.loss_curve_, generic.loss_curve_, rtol=1e-9)


def test_it_makes_the_steps_of_scikit_learn():
    """The same start, all rows in each step, the same penalty and momentum."""
    settings = {"solver": "sgd", "learning_rate": "constant", "learning_rate_init": 0.1}
    settings |= {"batch_size": len(A), "shuffle": False, "max_iter": 8, "alpha": 0.5}
    net = SoftmaxNetwork((9,), random_state=1, init="sklearn", center=False, **settings)
    net.fit(A, YA)
    peer = MLPClassifier((9,), random_state=1, **settings)
    with pytest.warns(ConvergenceWarning):
        peer.fit(A, YA)
    for one, two in zip(net.coefs_ + net.intercepts_, peer.coefs_ + peer.intercepts_, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(net.loss_curve_, peer.loss_curve_, rtol=1e-9)


def test_without_hidden_layers_it_is_softmax_regression_with_a_proof():
    net = SoftmaxNetwork((), solver="newton-cg", alpha=2.0, tol=1e-10).fit(A, YA)
    flat = SoftmaxRegression(C=0.5, tol=1e-10).fit(A, YA)
    assert net.status_ is Status.CONVERGED
    assert net.gap_ <= 1e-10
    np.testing.assert_allclose(net.predict_proba(B), flat.predict_proba(B), atol=1e-5)


def test_early_stopping_restores_the_weights_with_the_lowest_validation_loss():
    settings = {"max_iter": 60, "learning_rate": "constant", "learning_rate_init": 0.02}
    net = SoftmaxNetwork((50,), early_stopping=True, random_state=0, **settings)
    net.fit(A, YA, validation_data=(B, YB))
    losses = net.history_["val_loss"]
    truth = -net.predict_log_proba(B)[np.arange(len(B)), YB].mean()
    assert truth == pytest.approx(min(losses), rel=1e-9)
    assert losses[-1] > min(losses)
    assert net.status_ is Status.STOPPED_EARLY
    assert f"after epoch {np.argmin(losses) + 1} of {len(losses)}" in net.status_detail_


def test_history_has_an_entry_per_epoch():
    net = SoftmaxNetwork((8,), max_iter=4, random_state=0).fit(A, YA)
    assert {len(net.history_[k]) for k in ("loss", "accuracy", "learning_rate", "seconds")} == {4}
    assert net.history_["val_loss"] == []
    assert net.loss_curve_ == net.history_["loss"]
    assert net.history_["accuracy"][-1] == pytest.approx(net.score(A, YA))


def test_the_model_can_be_used_after_every_epoch_and_leaving_keeps_it():
    net = SoftmaxNetwork((16,), random_state=0)
    for epoch in net.iter_fit(A, YA):
        assert net.score(A, YA) == pytest.approx(epoch.accuracy)
        if epoch.k == 3:
            break
    assert net.n_iter_ == 3
    assert net.status_ is Status.STOPPED_BY_USER


def test_ctrl_c_keeps_what_was_reached_and_says_so(monkeypatch):
    def press(*arguments, **options):
        signal.raise_signal(signal.SIGINT)

    net = SoftmaxNetwork((16,), random_state=0, verbose=True)
    monkeypatch.setattr("builtins.print", press)
    net.fit(A, YA)
    assert net.status_ is Status.STOPPED_BY_USER
    assert net.n_iter_ == 1


KILLED = """
import os, sys, numpy as np
from sklearn.datasets import load_digits
from softlearn import SoftmaxNetwork
X, Y = load_digits(return_X_y=True)
net = SoftmaxNetwork((16,), max_iter=9, random_state=5, early_stopping=True, dropout=0.2,
                     checkpoint=sys.argv[1], checkpoint_every=2)
for epoch in net.iter_fit(X / 16.0, Y):
    if epoch.k == 5:
        os.kill(os.getpid(), 9)
"""


def test_a_training_that_was_killed_goes_on_to_the_same_bits(tmp_path):
    file = tmp_path / "training.npz"
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    settings = {"max_iter": 9, "random_state": 5, "early_stopping": True, "dropout": 0.2}
    resumed = SoftmaxNetwork((16,), **settings, checkpoint=file, resume=True)
    ks = [epoch.k for epoch in resumed.iter_fit(X, Y)]
    whole = SoftmaxNetwork((16,), **settings).fit(X, Y)
    assert ks[0] == 5
    assert same(resumed, whole)
    assert resumed.loss_curve_ == whole.loss_curve_
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(ValueError, match="other parameters: give the same"):
        resumed.set_params(alpha=1.0).fit(X, Y)
    with pytest.raises(ValueError, match="other data: give the same"):
        resumed.set_params(alpha=1e-4).fit(X[::2], Y[::2])


def test_labels_of_any_kind_and_rows_of_probabilities():
    words = np.array([f"digit {k}" for k in range(10)])[YA]
    net = SoftmaxNetwork((16,), random_state=0, max_iter=5).fit(A, words)
    soft = SoftmaxNetwork((16,), random_state=0, max_iter=5).fit(A, np.eye(10)[YA])
    assert set(net.predict(B)) <= set(words)
    np.testing.assert_allclose(net.predict_proba(B), soft.predict_proba(B), rtol=1e-6, atol=1e-9)


def test_weights_of_rows_and_of_classes_are_the_same_thing():
    settings = {"random_state": 0, "max_iter": 5}
    by_class = SoftmaxNetwork((8,), class_weight={3: 5.0}, **settings).fit(A, YA)
    by_row = SoftmaxNetwork((8,), **settings).fit(A, YA, np.where(YA == 3, 5.0, 1.0))
    assert same(by_class, by_row)


def test_sparse_rows_give_what_dense_ones_give():
    settings = {"random_state": 0, "max_iter": 5, "center": False}
    dense = SoftmaxNetwork((8,), **settings).fit(A, YA)
    sparse = SoftmaxNetwork((8,), **settings).fit(sp.csr_matrix(A), YA)
    np.testing.assert_allclose(sparse.coefs_[0], dense.coefs_[0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        sparse.predict_proba(sp.csr_matrix(B)), sparse.predict_proba(B), rtol=1e-9, atol=1e-12
    )


def test_centring_is_undone_in_the_intercepts():
    far = A + 100.0
    net = SoftmaxNetwork((16,), random_state=0).fit(far, YA)
    near = SoftmaxNetwork((16,), random_state=0).fit(A, YA)
    assert net.score(B + 100.0, YB) > 0.96
    assert net.predict_proba(B + 100.0) == pytest.approx(near.predict_proba(B), abs=1e-6)


def test_a_log_probability_is_exact_where_scikit_learns_is_minus_infinity():
    net = SoftmaxNetwork((1,), activation="identity", learning_rate_init=0.1, random_state=0)
    net.fit([[0.0], [1.0]], [0, 1])
    net.coefs_ = [np.array([[1.0]]), np.array([[0.0, 800.0]])]
    net.intercepts_ = [np.zeros(1), np.zeros(2)]
    assert net.predict_log_proba([[1.0]]).tolist() == [[-800.0, 0.0]]


def test_what_is_not_finite_stops_at_once_and_says_what_to_change():
    wild = A * np.logspace(0, 6, 64)
    net = SoftmaxNetwork((8,), solver="sgd", learning_rate_init=1e6, random_state=0)
    with pytest.warns(ConvergenceWarning, match="smaller learning_rate_init or clip=1"):
        net.fit(wild, YA)
    assert net.status_ is Status.NOT_FINITE
    assert "bring them to one scale" in net.status_detail_
    assert all(np.isfinite(W).all() for W in net.coefs_)


def test_partial_fit_needs_the_classes_once_and_goes_on():
    net = SoftmaxNetwork((32,), random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        net.partial_fit(A, YA)
    for _ in range(40):
        net.partial_fit(A, YA, classes=np.arange(10))
    assert net.score(B, YB) > 0.95
    assert net.t_ == 40 * len(A)
    assert not hasattr(SoftmaxNetwork(solver="lbfgs"), "partial_fit")


def test_warm_start_goes_on_from_the_fitted_weights():
    net = SoftmaxNetwork((16,), warm_start=True, max_iter=20, random_state=0).fit(A, YA)
    first = net.loss_curve_[0]
    assert net.fit(A, YA).loss_curve_[0] < 0.7 * first
    with pytest.raises(ValueError, match="has the layers"):
        net.set_params(hidden_layer_sizes=(5,)).fit(A, YA)


def test_searches_pipelines_and_clones_take_it():
    pipeline = make_pipeline(StandardScaler(), SoftmaxNetwork((8,), random_state=0, max_iter=60))
    search = GridSearchCV(pipeline, {"softmaxnetwork__alpha": [1e-4, 1.0]}, cv=2).fit(A, YA)
    assert search.score(B, YB) > 0.85
    assert same(clone(search.best_estimator_).fit(A, YA)[-1], search.best_estimator_[-1])


def test_a_checkpoint_in_a_folder_that_is_not_there_is_refused_before_training(tmp_path):
    net = SoftmaxNetwork((16,), checkpoint=tmp_path / "nowhere" / "c.npz")
    with pytest.raises(ValueError, match=r"but there is no folder .*nowhere: make it, or give"):
        net.fit(A, YA)
    assert not hasattr(net, "coefs_")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_no_epoch_in_vain_ends_the_training_where_inf_of_them_may_be(tmp_path):
    rate = {"learning_rate": "constant", "learning_rate_init": 1e-12, "max_iter": 40, "tol": 1.0}
    ended = SoftmaxNetwork((3,), n_iter_no_change=3, random_state=0, **rate).fit(X, Y)
    file = tmp_path / "training"
    net = SoftmaxNetwork((3,), n_iter_no_change=np.inf, random_state=0, checkpoint=file, **rate)
    assert ended.n_iter_ < net.fit(X, Y).n_iter_ == 40
    assert net.set_params(resume=True, max_iter=40).fit(X, Y).n_iter_ == 40
    with pytest.raises(ValueError, match="n_iter_no_change"):
        SoftmaxNetwork((3,), n_iter_no_change=-np.inf).fit(X, Y)
