"""What the plane looks like: classes, probabilities, hidden units, at the middle of each pixel."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import DenseBlock
from ..estimators.network.examples import logits
from ..kernels import probabilities
from .settings import Model
from .training import network_of

__all__ = ["Extent", "Planes", "middles", "planes_of", "units_of"]

F64 = NDArray[np.float64]
Extent = tuple[float, float, float, float]
"""x0, x1, y0, y1."""


@lru_cache(maxsize=16)
def middles(extent: Extent, grid: int) -> F64:
    """Return the middles of grid x grid pixels, (grid^2, 2), row by row from the largest y on."""
    x0, x1, y0, y1 = extent
    t = (np.arange(grid) + 0.5) / grid
    x, y = np.meshgrid(x0 + t * (x1 - x0), y1 + t * (y0 - y1))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    points.setflags(write=False)
    return points


class Planes(NamedTuple):
    """Grids of pixels, the top row first."""

    argmax: NDArray[np.intp]
    """(G, G) classes, those of `SoftmaxNetwork.predict`."""
    P: NDArray[np.floating]
    """(C, G, G) probabilities, for colours."""


def planes_of(model: Model, w: F64, extent: Extent, grid: int) -> Planes:
    """Return classes and probabilities over the plane."""
    with np.errstate(over="ignore", invalid="ignore"):
        Z = np.ascontiguousarray(logits(network_of(model), w, middles(extent, grid), 1).T)
        P = probabilities(Z)
    return Planes(Z.argmax(0).reshape(grid, grid), P.reshape(-1, grid, grid))


def units_of(model: Model, w: F64, extent: Extent, grid: int = 32) -> F64:
    """Return what hidden units give over the plane, (units, grid, grid), layer after layer."""
    if not model.hidden:
        return np.zeros((0, grid, grid))
    with np.errstate(over="ignore", invalid="ignore"):
        tape = network_of(model).forward(DenseBlock(middles(extent, grid)), w)
    return np.concatenate(list(tape.A.values())).reshape(-1, grid, grid)
