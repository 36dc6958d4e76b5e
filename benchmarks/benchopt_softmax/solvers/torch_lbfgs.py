"""torch.optim.LBFGS with a strong Wolfe line search, all rows at once."""

import torch  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "torch-lbfgs"
    peer = "torch-lbfgs"
    requirements = ["pip::torch"]
    parameters = {"dtype": ["float64", "float32"], "history": [10, 100]}
