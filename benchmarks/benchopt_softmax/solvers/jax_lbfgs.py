"""optax.lbfgs; compiling is not timed."""

import jax  # noqa: F401
import optax  # noqa: F401

from benchmark_utils.yardstick import PeerSolver


class Solver(PeerSolver):
    name = "jax-lbfgs"
    peer = "jax-lbfgs"
    requirements = ["pip::jax", "pip::optax"]
    parameters = {"dtype": ["float64", "float32"], "history": [10, 50]}
