"""A maker of small problems, which many tests share."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from softlearn.data import as_rows
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.problem import Linear

MakeProblem = Callable[..., SoftmaxObjective]


def problem(
    seed: int = 0,
    *,
    n: int = 40,
    d: int = 3,
    C: int = 3,
    l2: float = 0.01,
    bias: bool = True,
    reference: bool = False,
    weighted: bool = False,
    soft: bool = False,
    sparse: bool = False,
    separable: bool = False,
    columns: Any = 1.0,
) -> SoftmaxObjective:
    """Return a random problem; every class has a row, `columns` multiplies the columns of X."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.5 if sparse else 1.0)
    truth = 2.0 * rng.normal(size=(d, C))
    noise = 0.0 if separable else rng.gumbel(size=(n, C))
    Y: Any = (X @ truth + noise).argmax(1)
    if not separable:
        Y[: min(C, n)] = np.arange(min(C, n))
    if soft:
        Y = rng.dirichlet(np.ones(C), size=n)
    weights = rng.integers(0, 4, n).astype(float) + (np.arange(n) == 0) if weighted else None
    X = X * columns
    rows = as_rows(sp.csr_array(X) if sparse else X)
    return objective_of(rows, Y, Linear(d, C, bias, reference), l2, weights)
