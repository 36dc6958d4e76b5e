"""scikit-learn's LogisticRegression."""

import sklearn  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "sklearn-newton-cg"
    peer = "sklearn-newton-cg"
    requirements = ["pip::scikit-learn"]
    parameters = {"dtype": ["float64"], "solver": ["newton-cg"]}
