"""scikit-learn's own checks pass for networks, at several settings, with no failure expected."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxNetwork

SETTINGS = [
    SoftmaxNetwork(max_iter=100),
    SoftmaxNetwork((), solver="newton-cg", tol=1e-13),
    SoftmaxNetwork((10, 5), activation="tanh", n_jobs=2, max_iter=100),
]


@pytest.mark.filterwarnings("ignore:Stopped where float64:sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(SETTINGS)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
