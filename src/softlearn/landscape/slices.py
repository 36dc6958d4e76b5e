"""Cuts through a cost: along lines, over planes, and where a training run went on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..protocol import F64
from .differences import Cost, as_objective, number

__all__ = [
    "Plane",
    "filter_normalised",
    "principal_plane",
    "random_plane",
    "slice1d",
    "slice2d",
]


def slice1d(J: Cost, w: F64, d: F64, t: F64) -> F64:
    """Return J(w + t d) for each t, (m,).

    Args:
        J: an objective, or a plain function w -> number.
        w: (size,), the middle.
        d: (size,), the direction.
        t: (m,), how far.

    Raises:
        ValueError: d has another shape than w.

    """
    value = _values(J, w, d)
    w, d = np.asarray(w, dtype=np.float64), np.asarray(d, dtype=np.float64)
    return np.array([value(w + s * d) for s in np.asarray(t, dtype=np.float64)])


def slice2d(J: Cost, plane: Plane, s: F64, t: F64) -> F64:
    """Return J(origin + s d1 + t d2), (len(t), len(s)): rows are t, as contour plots take them.

    Args:
        J: an objective, or a plain function w -> number.
        plane: such as `principal_plane` and `random_plane` return, or `Plane(w, d1, d2)`.
        s: (m,), how far along d1.
        t: (k,), how far along d2.

    Raises:
        ValueError: directions have another shape than w.

    """
    value = _values(J, plane.origin, plane.d1, plane.d2)
    return np.array(
        [[value(plane.origin + a * plane.d1 + b * plane.d2) for a in s] for b in t]
    ).reshape(len(t), len(s))


def _values(J: Cost, w: F64, *directions: F64) -> Callable[[F64], float]:
    w = np.asarray(w, dtype=np.float64)
    for d in directions:
        if np.shape(d) != w.shape:
            raise ValueError(
                f"A direction must have the shape of w, {w.shape}, but it has {np.shape(d)}."
            )
    if not hasattr(J, "at"):  # only values are needed, whatever the number of parameters
        plain: Callable[[F64], Any] = J
        return lambda v: number(plain(v))
    objective = as_objective(J, w)
    return lambda v: objective.at(v).value


@dataclass(frozen=True)
class Plane:
    """origin + s d1 + t d2."""

    origin: F64
    d1: F64
    d2: F64

    def lift(self, at: F64) -> F64:
        """Return the parameters at coordinates (..., 2), (..., size)."""
        out: F64 = self.origin + np.asarray(at) @ np.stack([self.d1, self.d2])
        return out

    def project(self, path: Sequence[F64] | F64) -> tuple[F64, float]:
        """Return (m, 2) coordinates s, t of the nearest points of the plane, and how near they are.

        The second is the share of the path's squared distances from the origin that lies in the
        plane: its explained variance about the origin; 1 where the path never leaves it.
        """
        moves = np.asarray(path, dtype=np.float64) - self.origin
        D = np.stack([self.d1, self.d2], axis=1)
        at = np.asarray(np.linalg.lstsq(D, moves.T, rcond=None)[0].T, np.float64)
        total = float((moves**2).sum())
        left = float(((moves - at @ D.T) ** 2).sum())
        return at, 1.0 - left / total if total > 0.0 else 1.0


def principal_plane(path: Sequence[F64] | F64) -> tuple[Plane, F64]:
    """Return the plane in which a path moves most, and the shares of its variance along each axis.

    The axes are the first two principal directions of w_k - w_m, w_m the last point, which is the
    origin.  Directions in which the path does not move at all are drawn at random.

    Args:
        path: (m, size) or a sequence of vectors, from the first to the last.

    Raises:
        ValueError: there are fewer than two points or parameters.

    Reference: Li et al., NeurIPS (2018), section 7.

    """
    W = np.asarray(path, dtype=np.float64)
    if W.ndim != 2 or min(W.shape) < 2:
        raise ValueError(
            f"path must hold two points or more of two parameters or more, but its shape is "
            f"{W.shape}."
        )
    moves = W - W[-1]
    _, s, V = np.linalg.svd(moves, full_matrices=False)
    total = float((s**2).sum())
    shares = s[:2] ** 2 / total if total > 0.0 else np.zeros(2)
    return Plane(W[-1], V[0], V[1]), shares


def random_plane(J: Any, w: F64, seed: int = 0) -> Plane:
    """Return a plane through w along two random directions, filter-normalised.

    Args:
        J: the objective; the layers of its model define the filters.
        w: (size,), the origin.
        seed: of the directions.

    Reference: Li et al., NeurIPS (2018), section 4.

    """
    w = np.asarray(w, dtype=np.float64)
    d1, d2 = np.random.default_rng(seed).normal(size=(2, len(w)))
    return Plane(w, filter_normalised(J, w, d1), filter_normalised(J, w, d2))


def filter_normalised(J: Any, w: F64, d: F64) -> F64:
    """Return d with the weights into each unit scaled to the length of w's, and zero biases.

    Then pictures of networks whose units are scaled differently can be compared.  A cost that
    has no layers is one filter.

    Args:
        J: the objective.
        w: (size,), the parameters.
        d: (size,), a direction.

    Raises:
        ValueError: d has another shape than w.

    Reference: Li et al., NeurIPS (2018), section 4.

    """
    split = getattr(getattr(J, "model", None), "split", None)
    w, out = np.array(w, dtype=np.float64), np.array(d, dtype=np.float64)
    if out.shape != w.shape:
        raise ValueError(f"d must have the shape of w, {w.shape}, but it has {out.shape}.")
    if split is None:
        out *= float(np.linalg.norm(w)) / (float(np.linalg.norm(out)) or 1.0)
        return out
    (W, _), (D, c) = split(w), split(out)
    layers = [(W[layer], D[layer]) for layer in W] if isinstance(W, dict) else [(W, D)]
    for W_l, D_l in layers:
        length = np.linalg.norm(D_l, axis=1, keepdims=True)
        D_l *= np.linalg.norm(W_l, axis=1, keepdims=True) / np.where(length > 0.0, length, 1.0)
    for b in c.values() if isinstance(c, dict) else (c,):
        b[:] = 0.0
    return out
