"""scikit-learn's LogisticRegression."""

import sklearn  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "sklearn-lbfgs"
    peer = "sklearn-lbfgs"
    requirements = ["pip::scikit-learn"]
    parameters = {"dtype": ["float64", "float32"], "solver": ["lbfgs"]}
