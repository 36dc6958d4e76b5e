"""scikit-learn's LogisticRegression, judged after each epoch."""

import sklearn  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "sklearn-saga"
    peer = "sklearn-saga"
    requirements = ["pip::scikit-learn"]
    parameters = {"dtype": ["float64"], "solver": ["saga"]}
