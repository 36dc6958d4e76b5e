"""Activations a = g(z) of hidden layers, with their first two derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

__all__ = ["ACTIVATIONS", "Activation"]

Array = NDArray[Any]
_SQRT_TWO_PI = 2.5066282746310002


@dataclass(frozen=True)
class Activation:
    """g, g' and g'', entry by entry, in the dtype of z."""

    g: Callable[[Array], Array]
    """z -> a."""
    slope: Callable[[Array, Array], Array]
    """(z, a) -> g'(z); most activations need a alone."""
    second_derivative: Callable[[Array, Array], Array]
    """(z, a) -> g''(z), for Hessian products."""


def _density(z: Array) -> Array:
    """Return the standard normal density."""
    out: Array = np.exp(-0.5 * z * z) / z.dtype.type(_SQRT_TWO_PI)
    return out


ACTIVATIONS = {
    "tanh": Activation(np.tanh, lambda z, a: 1 - a * a, lambda z, a: -2 * a * (1 - a * a)),
    "relu": Activation(
        lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype), lambda z, a: 0 * z
    ),
    "sigmoid": Activation(expit, lambda z, a: a * (1 - a), lambda z, a: a * (1 - a) * (1 - 2 * a)),
    "identity": Activation(lambda z: z, lambda z, a: np.ones_like(z), lambda z, a: 0 * z),
    # z Phi(z), Phi the normal distribution (Hendrycks and Gimpel, arXiv:1606.08415): no tanh in it
    "gelu": Activation(
        lambda z: z * ndtr(z),
        lambda z, a: ndtr(z) + z * _density(z),
        lambda z, a: (2 - z * z) * _density(z),
    ),
}
"""By name; relu's derivative at 0 is 0."""
