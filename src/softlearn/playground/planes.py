"""What the plane looks like: classes, probabilities, hidden units, at the middle of each pixel.

Pictures are computed in float32, which takes a third of the time.  The classes are those of the
library's `predict` all the same: a pixel whose two largest logits lie closer than float32 can tell
apart, by a bound on its rounding, is asked again in float64.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import DenseBlock, as_rows
from ..networks import Network
from ..passes import kernel_for
from ..problem import Linear
from .settings import Model
from .training import network_of

__all__ = ["Extent", "Planes", "middles", "planes_of", "units_of"]

F64 = NDArray[np.float64]
Extent = tuple[float, float, float, float]
"""x0, x1, y0, y1."""
_EPS = float(np.finfo(np.float32).eps)
_DRAWN = 1e30
_CACHED = 1 << 15  # numbers of a layer
_OF_FUNCTION = 8.0  # units in the last place by which an activation may be wrong


@lru_cache(maxsize=16)
def middles(extent: Extent, grid: int, dtype: str = "float64") -> NDArray[Any]:
    """Return the middles of grid x grid pixels, (grid^2, 2), row by row from the largest y on."""
    x0, x1, y0, y1 = extent
    t = (np.arange(grid) + 0.5) / grid
    x, y = np.meshgrid(x0 + t * (x1 - x0), y1 + t * (y0 - y1))
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(dtype)
    points.setflags(write=False)
    return points


class Planes(NamedTuple):
    """Grids of pixels, the top row first."""

    argmax: NDArray[np.uint8]
    """(G, G) classes, those of `SoftmaxNetwork.predict`."""
    P: F64
    """(C, G, G) probabilities, for colours."""


def planes_of(model: Model, w: F64, extent: Extent, grid: int) -> Planes:
    """Return classes and probabilities over the plane."""
    network = network_of(model)
    quick = Network(network.sizes, network.activation, dtype="float32")
    with np.errstate(over="ignore", invalid="ignore"):
        Z = _logits(quick, w.astype(np.float32), middles(extent, grid, "float32"))
        winners, doubtful = _winners(Z, _doubt(network, w, extent))
        if len(doubtful):
            exact = _logits(network, w, middles(extent, grid)[doubtful])
            winners[doubtful] = exact.argmax(0)
            Z[:, doubtful] = exact
        P = Z.astype(np.float64)
        P = P if np.isfinite(Z).all() else _tamed(P)
        P = _kernel(model.classes).of_logits(P)
    return Planes(winners.reshape(grid, grid), P.reshape(-1, grid, grid))


def _logits(network: Network, w: NDArray[Any], X: NDArray[Any]) -> NDArray[Any]:
    """Return the logits (C, n) of rows, so many at a time that a layer stays in the cache."""
    out = np.empty((network.C, len(X)), dtype=w.dtype)
    rows = _CACHED // max(network.sizes)
    for start in range(0, len(X), rows):
        part = slice(start, start + rows)
        out[:, part] = network.logits(DenseBlock(X[part]), w)
    return out


@lru_cache(maxsize=16)
def _kernel(classes: int) -> Any:
    rows = as_rows(np.zeros((1, 2)))
    return kernel_for(rows, Linear(2, classes, True), labelled=True, brief=True)[0]


def _winners(Z: NDArray[np.float32], doubt: float) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Return the largest of each column, and the columns with another so close to it."""
    largest = Z.max(0)
    winners = np.zeros(Z.shape[1], dtype=np.uint8)
    for k in reversed(range(1, len(Z))):
        winners[Z[k] == largest] = k
    winners[Z[0] == largest] = 0
    close = (largest - np.float32(doubt) <= Z).sum(0, dtype=np.uint8)
    return winners, np.flatnonzero(close != 1)  # 0: not a number


def _doubt(network: Network, w: F64, extent: Extent) -> float:
    """Return by how much float32 may be wrong about the difference of two logits in the plane.

    A sum of m products, each of two rounded factors, and a bias is wrong by at most (m + 3) eps
    times the sum of their sizes, and by what comes in, which an activation hands on no more than
    1.13 times larger (gelu; the others not larger).
    """
    W, b = network.split(w)
    size = np.abs(extent).reshape(2, 2).max(1)
    error = np.zeros(2)
    for k in W:
        error = np.abs(W[k]) @ error
        size = np.abs(W[k]) @ size + np.abs(b[k])
        error = error + (W[k].shape[1] + 3) * _EPS * size
        if k < network.L:
            bounded = network.activation in ("tanh", "sigmoid")
            size = np.minimum(size, 1.0) if bounded else size
            error = 1.13 * error + _OF_FUNCTION * _EPS * size
    worst = 2.0 * float(error.max())
    return worst if worst < 1e30 else np.inf


def units_of(model: Model, w: F64, extent: Extent, grid: int = 32) -> F64:
    """Return what hidden units give over the plane, (units, grid, grid), layer after layer."""
    if not model.hidden:
        return np.zeros((0, grid, grid))
    with np.errstate(over="ignore", invalid="ignore"):
        tape = network_of(model).forward(DenseBlock(middles(extent, grid)), w)
    return _tamed(np.concatenate(list(tape.A.values()))).reshape(-1, grid, grid)


def _tamed(values: F64) -> F64:
    """Return values with the largest ones, and what is no number, put to what can be drawn."""
    return np.nan_to_num(values, nan=0.0, posinf=_DRAWN, neginf=-_DRAWN)
