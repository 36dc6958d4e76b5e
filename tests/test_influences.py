"""What moves the logits of the classes most."""

import copy

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_iris

from softlearn import SoftmaxRegression
from softlearn.influences import class_weights, influences, spread


@pytest.mark.parametrize("hold", [np.asarray, csr_array, np.ndarray.tolist])
def test_the_spread_is_the_standard_deviation_of_dense_and_sparse_columns(hold):
    X = np.random.default_rng(0).normal(3.0, [1.0, 10.0, 0.0], size=(101, 3))
    assert spread(hold(X)) == pytest.approx(X.std(axis=0), rel=1e-12, abs=1e-12)


def test_influence_is_the_centred_coefficient_times_the_spread_and_does_not_depend_on_units():
    X, y = load_iris(return_X_y=True)
    model = SoftmaxRegression().fit(X, y)
    millimetres = copy.copy(model)
    millimetres.coef_ = model.coef_ / 10.0
    found = influences(class_weights(model), X.std(axis=0))
    again = influences(class_weights(millimetres), 10.0 * X.std(axis=0))
    centred = model.coef_ - model.coef_.mean(axis=0)
    for k, (row, other) in enumerate(zip(found, again, strict=True)):
        features, effects = zip(*row, strict=True)
        assert features == next(zip(*other, strict=True))
        assert effects == pytest.approx([effect for _, effect in other], rel=1e-12)
        assert list(effects) == sorted(effects, key=abs, reverse=True)
        j = features[0]
        assert effects[0] == pytest.approx(centred[k, j] * X[:, j].std(), rel=1e-12)


def test_with_two_classes_the_influences_are_opposite_and_add_to_the_log_odds():
    X, y = load_iris(return_X_y=True)
    X, y = X[50:], y[50:]
    model = SoftmaxRegression().fit(X, y)
    low, high = influences(class_weights(model), np.ones(4))
    for (j, one), (i, other) in zip(low, high, strict=True):
        assert i == j
        assert one == -other
        assert other - one == pytest.approx(model.coef_[0, j], rel=1e-15)


def test_of_equal_effects_the_first_features_are_told():
    W = np.array([[1.0, -1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert [j for j, _ in influences(W, np.ones(5), 2)[0]] == [0, 1]
