"""cyanure: it offers no hook, so it is run from nothing with more and more passes."""

import cyanure  # noqa: F401
import numpy as np

from benchmark_utils.yardstick import PeerSolver, Reached, peers


class Solver(PeerSolver):
    name = "cyanure"
    peer = "cyanure"
    sampling_strategy = "iteration"
    stopping_criterion = Reached(strategy="iteration")
    requirements = ["pip::cyanure"]
    parameters = {"dtype": ["float64"], "solver": ["auto", "catalyst-miso", "qning-svrg"]}

    def get_next(self, stop_val):
        return max(stop_val + 2, int(1.5 * stop_val))

    def warm_up(self):
        self.run(1)

    def run(self, passes):
        self.W, self.b = np.zeros_like(self.W), np.zeros_like(self.b)
        if passes:
            model, _ = peers.cyanure.run(self.task, self.solver, passes)
            self.W, self.b = peers.cyanure.weights_of(model)
