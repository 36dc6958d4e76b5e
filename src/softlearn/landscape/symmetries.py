"""Directions along which an objective never changes, whatever the labels.

    common shift      softmax(z + t 1) = softmax(z): t on all biases of the last layer, or on all
                      weights of it that meet the same unit
    rescaled unit     relu(t z) = t relu(z), t > 0: incoming weights of a unit times t, outgoing
                      weights divided by t
    affine maps       between two "identity" layers: undone by the second
    without effect    parameters that nothing depends on: of a relu that is zero on every row, of a
                      feature that is zero on every row

With a penalty on the weights only the shift of the biases remains flat.  Each direction is accepted
only if J has no slope along it at a random point near w, where a zero slope is no coincidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np

from ..protocol import F64, Objective, Point

__all__ = ["IDLE", "MAPS", "SCALE", "SHIFT", "Flat", "flat_directions", "symmetries"]

SHIFT = "common shift of all classes"
SCALE = "rescaling of hidden units"
MAPS = "affine maps between hidden layers"
IDLE = "parameters without effect"
_ROOM = 1 << 25  # numbers that directions may take: more are not set aside
_BESIDE = 1e-3  # of the size of a parameter, 1 at least: the distance from w of that random point


@dataclass(frozen=True)
class Flat:
    """Flat directions, to be set aside."""

    counts: dict[str, int]
    """How many there are of each name."""
    idle: F64
    """(size,) 1.0 for parameters without effect, else 0.0."""
    Q: F64
    """(m, size) orthonormal rows, 0 where idle."""

    @classmethod
    def none(cls, size: int) -> Flat:
        """Return none, for `size` parameters."""
        return cls({}, np.zeros(size), np.zeros((0, size)))

    @property
    def left(self) -> int:
        """The dimension of what is left."""
        return len(self.idle) - sum(self.counts.values())

    def away(self, v: F64) -> F64:
        """Return v without its parts in flat directions."""
        v = v * (1.0 - self.idle)
        out: F64 = v - (self.Q @ v) @ self.Q if len(self.Q) else v
        return out

    def basis(self) -> F64:
        """Return an orthonormal basis of what is left, as rows (left, size)."""
        live = self.idle == 0.0
        E: F64 = np.eye(len(live))[live]
        if not len(self.Q):
            return E
        full, _ = np.linalg.qr(self.Q[:, live].T, mode="complete")
        out: F64 = full.T[len(self.Q) :] @ E
        return out


def symmetries(J: Any, w: F64) -> dict[str, F64]:
    """Return the directions at w that are flat by the form of J, by name, each (m, size).

    `J.symmetries(w)` gives them, or they follow from the layers of `J.model` and from `J.penalty`;
    for a plain function none are known.  They need not be orthogonal.
    """
    if hasattr(J, "symmetries"):
        named: dict[str, F64] = J.symmetries(w)
        return named
    model = getattr(J, "model", None)
    if not hasattr(model, "split") or getattr(model, "reference", False):
        return {}
    penalised = not getattr(getattr(J, "penalty", None), "absent", True)
    found = {SHIFT: _rows(_shifts(model, w, penalised), len(w))}
    activation = getattr(model, "activation", "")
    if activation == "relu" and not penalised:
        found[SCALE] = _rows(_maps(model, w, diagonal=True), len(w))
    if activation == "identity" and not penalised:
        found[MAPS] = _rows(_maps(model, w, diagonal=False), len(w))
    return found


def _rows(directions: Iterator[F64], size: int) -> F64:
    return np.array(list(islice(directions, max(1, _ROOM // size)))).reshape(-1, size)


def _layers(model: Any, w: F64) -> tuple[dict[int, F64], dict[int, F64]]:
    """Return W and b by layer, as views of w; a linear model has one layer."""
    W, b = model.split(w)
    if isinstance(W, dict):
        return W, b
    return {1: W}, {1: b} if len(b) else {}


def _shifts(model: Any, w: F64, penalised: bool) -> Iterator[F64]:
    W, b = _layers(model, w)
    last = max(W)
    if last in b:
        e = np.zeros(len(w))
        _layers(model, e)[1][last][:] = 1.0
        yield e
    for unit in range(0 if penalised else W[last].shape[1]):
        e = np.zeros(len(w))
        _layers(model, e)[0][last][:, unit] = 1.0
        yield e


def _maps(model: Any, w: F64, *, diagonal: bool) -> Iterator[F64]:
    """Yield d/dt of z[l] <- z[l] + t E z[l], undone by the next layer, for unit matrices E.

    W[l] <- (I + t E) W[l], b[l] <- (I + t E) b[l], W[l+1] <- W[l+1] (I - t E).  In an "identity"
    layer z[l] may be shifted as well: b[l] <- b[l] + t e, b[l+1] <- b[l+1] - t W[l+1] e.
    """
    W, b = _layers(model, w)
    for layer in range(1, max(W)):
        units = range(len(W[layer]))
        pairs = zip(units, units, strict=True) if diagonal else product(units, units)
        for u, v in pairs:
            e = np.zeros(len(w))
            V, c = _layers(model, e)
            V[layer][u] = W[layer][v]
            V[layer + 1][:, v] = -W[layer + 1][:, u]
            if layer in b:
                c[layer][u] = b[layer][v]
            yield e
        for u in units if layer in b and not diagonal else ():
            e = np.zeros(len(w))
            _, c = _layers(model, e)
            c[layer][u], c[layer + 1][:] = 1.0, -W[layer + 1][:, u]
            yield e


def flat_directions(J: Objective, point: Point, seed: int = 0) -> Flat:
    """Return the directions at a point along which J does not change, and why."""
    w = np.asarray(point.w, dtype=np.float64)
    step = _BESIDE * max(1.0, float(np.linalg.norm(w)) / np.sqrt(len(w)))
    beside = w + step * np.random.default_rng(seed).normal(size=len(w))
    g = np.asarray(J.at(beside).grad)
    idle = np.asarray((g == 0.0) & (np.asarray(point.grad) == 0.0), dtype=np.float64)
    if getattr(J, "gradient_by_differences", False):
        idle[:] = 0.0  # a difference may be zero because J is rounded
    counts, Q = {IDLE: int(idle.sum())}, np.zeros((0, len(w)))
    tol = float(np.sqrt(np.finfo(g.dtype).eps) * np.linalg.norm(g))
    there = symmetries(J, beside)
    for name, D in symmetries(J, w).items():
        no_slope = np.abs(there[name] @ g) <= tol * np.linalg.norm(there[name], axis=1)
        new = _independent(D[no_slope] * (1.0 - idle), Q)
        counts[name], Q = len(new), np.concatenate([Q, new])
    return Flat({name: count for name, count in counts.items() if count}, idle, Q)


def _independent(D: F64, Q: F64) -> F64:
    """Return an orthonormal basis of the rows of D away from those of Q."""
    length = np.linalg.norm(D, axis=1, keepdims=True)
    D = (D / np.where(length > 0.0, length, 1.0))[length[:, 0] > 0.0]
    for _ in range(2):
        D = D - (D @ Q.T) @ Q
    if not len(D):
        return D
    _, s, V = np.linalg.svd(D, full_matrices=False)
    out: F64 = V[s > 1e-8 * np.sqrt(len(D))]
    return out
