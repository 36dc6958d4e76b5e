"""statsmodels' MNLogit: for C=inf only, as it has no penalty."""

import statsmodels  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "statsmodels"
    peer = "statsmodels"
    requirements = ["pip::statsmodels"]
    parameters = {"dtype": ["float64"], "method": ["newton"]}
