"""The steps of training in NumPy: their definition, and the fallback without C++."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .plan import F64, Array, Ints, NotFinite, Plan, State, batches, targets

__all__ = ["PlainTrainer", "kept_units"]


class PlainTrainer:
    """The steps, written as in `softlearn.networks.trainer`."""

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan, self.state = plan, state

    def run(
        self, X: Any, Y: Array, order: Ints, batch_size: int, rates: F64,
        s: F64 | None = None, threads: int = 1,
    ) -> F64:  # fmt: skip
        """Make a step for each batch of rows, and return the loss of each before its step."""
        losses = np.empty(batches(order, batch_size, rates))
        dtype = self.state.w.dtype
        Y = targets(Y, dtype)
        weights = np.ones(X.shape[0]) if s is None else s
        for k in range(len(losses)):
            rows = order[k * batch_size : (k + 1) * batch_size]
            x = X[rows].toarray() if hasattr(X, "indptr") else X[rows]
            with np.errstate(all="ignore"):
                losses[k], g = self._gradient(x.astype(dtype), Y[rows], weights[rows] / len(rows))
                next_state = self._stepped(g, float(rates[k]))
            if not (math.isfinite(losses[k]) and np.isfinite(next_state.w).all()):
                raise NotFinite(k, losses[: k + 1])
            for now, then in zip(self.state, next_state, strict=True):
                now[...] = then
        return losses

    def _gradient(self, x: Array, y: Array, s: F64) -> tuple[float, Array]:
        """Return a batch's loss and gradient, penalty included."""
        plan, L = self.plan, len(self.plan.sizes) - 1
        W, b = plan.split(self.state.w)
        A, slopes = [x], []
        for k in range(L - 1):
            a, slope = _activated(plan.activation, A[-1] @ W[k].T + b[k])
            if plan.dropout > 0.0:
                step = int(self.state.steps[0]) + 1
                kept = kept_units(a.shape, plan.dropout, plan.seed, step, k + 1)
                scale = kept * a.dtype.type(1.0 / (1.0 - plan.dropout))
                a, slope = a * scale, slope * scale
            A.append(a)
            slopes.append(slope)
        loss, D = _softmax(A[-1] @ W[-1].T + b[-1], y, s)
        g = np.empty_like(self.state.w)
        dW, db = plan.split(g)
        for k in reversed(range(L)):
            dW[k][:] = D.T @ A[k] + W[k].dtype.type(plan.l2) * W[k]
            db[k][:] = D.sum(0)
            if k > 0:
                D = (D @ W[k]) * slopes[k - 1]
        if plan.l2 > 0.0:
            loss += 0.5 * plan.l2 * sum(float((M.astype(np.float64) ** 2).sum()) for M in W)
        norm = float(np.linalg.norm(g.astype(np.float64)))
        return loss, g * g.dtype.type(plan.clip / norm) if 0.0 < plan.clip < norm else g

    def _stepped(self, g: Array, rate: float) -> State:
        """Return the state after a step with the gradient g."""
        u, (w, m, v, steps) = self.plan.update, self.state
        t, c = int(steps[0]) + 1, 1.0 - u.beta if u.average or u.kind == "adam" else 1.0
        if u.kind in ("momentum", "adam"):
            m = u.beta * m + c * g
        if u.kind in ("rmsprop", "adam"):
            v = u.beta2 * v + (1.0 - u.beta2) * (g * g)
        if u.kind == "descent":
            w = w - rate * g
        elif u.kind == "momentum":
            w = w - rate * (c * g + u.beta * m if u.nesterov else m)
        elif u.kind == "rmsprop":
            w = w - rate * g / (np.sqrt(v) + u.epsilon)
        else:
            size = np.sqrt(v) / math.sqrt(1.0 - u.beta2**t) + u.epsilon
            w = (1.0 - rate * u.decay) * w - (rate / (1.0 - u.beta**t)) * m / size
        return State(w, m, v, np.array([t]))


def kept_units(shape: tuple[int, ...], dropout: float, seed: int, step: int, layer: int) -> Array:
    """Return which units of a hidden layer dropout keeps, (rows of the batch, units), booleans.

    Unit w q + c of row r, q = ceil(units / 4), is kept where word w of Philox 4x32-10 (Salmon et
    al., SC 2011) for the counter (c, r, layer, step) is at least 2^32 dropout.
    """
    rows, units = shape
    low, q = np.uint64(0xFFFFFFFF), -(-units // 4)
    c, r = np.meshgrid(np.arange(q, dtype=np.uint64), np.arange(rows, dtype=np.uint64))
    x = [c, r, np.full_like(c, layer), np.full_like(c, step) & low]
    key, shift = [seed & 0xFFFFFFFF, seed >> 32], np.uint64(32)
    for _ in range(10):
        p, other = x[0] * np.uint64(0xD2511F53), x[2] * np.uint64(0xCD9E8D57)
        x = [(other >> shift) ^ x[1] ^ np.uint64(key[0]), other & low,
             (p >> shift) ^ x[3] ^ np.uint64(key[1]), p & low]  # fmt: skip
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    out: Array = np.concatenate(x, axis=1)[:, :units] >= np.uint64(dropout * 2.0**32)
    return out


def _activated(name: str, z: Array) -> tuple[Array, Array]:
    """Return a = g(z) and g'(z)."""
    if name == "identity":
        return z, np.ones_like(z)
    if name == "relu":
        return np.maximum(z, 0), (z > 0).astype(z.dtype)
    if name == "tanh":
        a = np.tanh(z)
        return a, 1 - a * a
    if name == "sigmoid":
        e = np.exp(-np.abs(z))
        a = np.where(z < 0, e, 1) / (1 + e)
        return a, a * (1 - a)
    erfc = np.frompyfunc(math.erfc, 1, 1)  # NumPy has none
    phi = (0.5 * np.asarray(erfc(-z.astype(np.float64) / math.sqrt(2.0)))).astype(z.dtype)
    return z * phi, phi + z * np.exp(-0.5 * z * z) / z.dtype.type(math.sqrt(2.0 * math.pi))


def _softmax(Z: Array, y: Array, s: F64) -> tuple[float, Array]:
    """Return sum_i s_i CE_i of the logits Z (n, C), and its derivative s (P - Y).

    The residual of a label is minus the sum of the others, and its loss log1p of that sum where the
    label is the most probable: neither loses digits as its probability goes to 1.
    """
    rows = np.arange(len(Z))
    m = Z.max(1, keepdims=True)
    E = np.exp(Z - m)
    if y.ndim == 2:
        behind = np.einsum("ik,ik->i", y, m - Z, dtype=np.float64)
        loss = behind + np.log1p(E.sum(1, dtype=np.float64) - 1.0)
        D = E / E.sum(1, keepdims=True) - y
    else:
        own, behind = E[rows, y], (m[:, 0] - Z[rows, y]).astype(np.float64)
        E[rows, y] = 0
        others = E.sum(1)
        D = E / (others + own)[:, None]
        D[rows, y] = -others / (others + own)
        loss = behind + np.log1p(others + np.where(behind > 0, own.astype(np.float64) - 1.0, 0.0))
    return float(s @ np.where(s != 0.0, loss, 0.0)), D * s.astype(Z.dtype)[:, None]
