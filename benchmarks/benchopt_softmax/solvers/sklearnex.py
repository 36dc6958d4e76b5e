"""scikit-learn-intelex: oneDAL beneath LogisticRegression."""

import sklearnex  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "sklearnex"
    peer = "sklearnex"
    requirements = ["pip::scikit-learn-intelex"]
    parameters = {"dtype": ["float64", "float32"], "solver": ["lbfgs", "newton-cg"]}
