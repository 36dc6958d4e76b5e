"""scikit-learn's LogisticRegression, where its Hessian fits in memory."""

import sklearn  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "sklearn-newton-cholesky"
    peer = "sklearn-newton-cholesky"
    requirements = ["pip::scikit-learn"]
    parameters = {"dtype": ["float64"], "solver": ["newton-cholesky"]}
