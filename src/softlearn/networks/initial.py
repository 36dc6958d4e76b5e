"""Where a network's parameters start: random weights whose size depends on the layer's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import Network

__all__ = ["SCHEMES", "initial_parameters"]

SCHEMES = ("auto", "he", "glorot", "sklearn")


def initial_parameters(
    model: Network, rng: np.random.Generator | np.random.RandomState, scheme: str = "auto"
) -> NDArray[Any]:
    """Return random parameters, (size,) of the model's dtype; the same for the same rng.

    With n_in and n_out the units before and after a layer:

        he        W ~ N(0, 2 / n_in)                              b = 0
        glorot    W ~ U(-r, r), r = sqrt(6 / (n_in + n_out))      b = 0
        sklearn   as glorot (2 in place of 6 for "sigmoid")       b ~ U(-r, r)
        auto      he for "relu" and "gelu", glorot for the others

    "sklearn" draws what `sklearn.neural_network.MLPClassifier` draws, in the same order: the same
    RandomState gives the same parameters.

    Raises:
        ValueError: scheme is none of these.

    Reference: He et al., ICCV (2015); Glorot and Bengio, AISTATS (2010).

    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, but it is {scheme!r}.")
    if scheme == "auto":
        scheme = "he" if model.activation in ("relu", "gelu") else "glorot"
    w = np.zeros(model.size)
    W, b = model.split(w)
    for l, W_l in W.items():
        n_out, n_in = W_l.shape
        if scheme == "he":
            W_l[:] = rng.normal(0.0, np.sqrt(2.0 / n_in), W_l.shape)
            continue
        six = 2.0 if scheme == "sklearn" and model.activation == "sigmoid" else 6.0
        r = np.sqrt(six / (n_in + n_out))
        W_l[:] = rng.uniform(-r, r, (n_in, n_out)).T
        if scheme == "sklearn":
            intercepts = rng.uniform(-r, r, n_out)
            if model.bias:
                b[l][:] = intercepts
    return w.astype(model.dtype)
