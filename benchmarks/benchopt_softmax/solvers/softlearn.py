"""Newton with a proof of optimality."""

import softlearn  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "softlearn"
    peer = "softlearn"
    requirements = ["pip::softlearn"]
    parameters = {"dtype": ["float64", "float32"], "tol": [1e-10]}
