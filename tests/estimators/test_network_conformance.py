"""scikit-learn's own checks pass for networks, at several settings, with no failure expected."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxNetwork

SETTINGS = [
    SoftmaxNetwork(max_iter=100),
    SoftmaxNetwork((), solver="newton-cg", tol=1e-9),
    SoftmaxNetwork((10, 5), activation="tanh", n_jobs=2, max_iter=100),
]


@parametrize_with_checks(SETTINGS)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
