"""A maker of small problems with a network, which several tests share."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from softlearn.data import as_rows
from softlearn.networks import Network, initial_parameters, objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.protocol import F64

ACTIVATIONS = ["tanh", "relu", "sigmoid", "gelu", "identity"]


def network_problem(
    activation: str = "tanh",
    hidden: tuple[int, ...] = (5, 4),
    *,
    n: int = 40,
    d: int = 4,
    C: int = 3,
    l2: float = 0.01,
    seed: int = 0,
    weighted: bool = False,
    soft: bool = False,
    sparse: bool = False,
    **choices: Any,
) -> tuple[SoftmaxObjective, F64]:
    """Return a random problem and parameters away from zero, biases too."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.5 if sparse else 1.0)
    Y: Any = rng.dirichlet(np.ones(C), size=n) if soft else rng.integers(0, C, n)
    weights = rng.integers(0, 4, n) + (np.arange(n) == 0.0) if weighted else None
    model = Network((d, *hidden, C), activation, **choices)
    rows = as_rows(sp.csr_array(X) if sparse else X)
    J = objective_of(rows, Y, model, l2, weights)
    return J, np.asarray(initial_parameters(model, rng, "sklearn"))
