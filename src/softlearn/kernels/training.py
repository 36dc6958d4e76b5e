r"""Mini-batch training of a fully connected softmax network: many steps in one call.

    a[0] = x,  z[l] = W[l] a[l-1] + b[l],  a[l] = g(z[l]),  y_hat = softmax(z[L])
    dz[L] = s (y_hat - y) / |B|,  dW[l] = dz[l] a[l-1]',  dz[l-1] = (W[l]' dz[l]) g'(z[l-1])

`PlainTrainer` says in NumPy what a step is; `NativeTrainer` makes the same steps in C++, and
`trainer_for` chooses.  The parameters are one vector: W[1], ..., W[L], each (n_l, n_{l-1}) row by
row, then b[1], ..., b[L].
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .dispatch import choice, native

__all__ = [
    "NativeTrainer",
    "NotFinite",
    "Plan",
    "PlainTrainer",
    "State",
    "Trainer",
    "Update",
    "kept_units",
    "trainer_for",
]

Array = NDArray[Any]
F64 = NDArray[np.float64]
Ints = NDArray[np.int64]
_ACTIVATIONS = ("identity", "relu", "tanh", "sigmoid", "gelu")
_RULES = ("descent", "momentum", "rmsprop", "adam")


class NotFinite(ArithmeticError):
    """A step gave a loss or parameters that are not finite; the state is that before it.

    Attributes:
        step: which step of the call, from 0.
        losses: those of the steps up to and with it.

    """

    def __init__(self, step: int, losses: F64) -> None:
        super().__init__(f"The loss or a parameter is not finite at step {step} of this call.")
        self.step, self.losses = step, losses


@dataclass(frozen=True)
class Update:
    """What a step does with the gradient g, at learning rate alpha.

        descent     w <- w - alpha g
        momentum    m = beta m + c g; w <- w - alpha m, or with nesterov w - alpha (c g + beta m)
        rmsprop     v = beta2 v + (1 - beta2) g^2; w <- w - alpha g / (sqrt(v) + epsilon)
        adam        m, v as above; w <- (1 - alpha decay) w - alpha m^ / (sqrt(v^) + epsilon)

    c is 1 - beta for an average, else 1; adam averages, and m^ = m / (1 - beta^t), v^ = v / (1 -
    beta2^t) at step t = 1, 2, ...; with decay it is AdamW.
    """

    kind: str = "adam"
    beta: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0
    average: bool = True
    nesterov: bool = False

    def __post_init__(self) -> None:
        if self.kind not in _RULES:
            raise ValueError(f"kind must be one of {', '.join(_RULES)}, but it is {self.kind!r}.")


@dataclass(frozen=True)
class Plan:
    """What is trained, and how.

    Args:
        sizes: (d, n_1, ..., C): features, hidden units, classes.
        activation: g: "identity", "relu", "tanh", "sigmoid" or "gelu".
        update: the rule.
        l2: a penalty l2 / 2 ||W||^2 on the weights, part of each batch's loss.
        dropout: the chance that a hidden unit is left out; the others are divided by 1 - dropout.
        clip: longer gradients, penalty included, are shortened to this norm; 0 for never.
        seed: of dropout.

    Raises:
        ValueError: an argument does not name what there is, or is out of its range.

    """

    sizes: tuple[int, ...]
    activation: str = "relu"
    update: Update = field(default_factory=Update)
    l2: float = 0.0
    dropout: float = 0.0
    clip: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"sizes must be (d, ..., C), each at least 1, but it is {self.sizes}.")
        if self.activation not in _ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(_ACTIVATIONS)}, but it is "
                f"{self.activation!r}."
            )
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be at least 0 and below 1, but it is {self.dropout}.")
        if not 0 <= self.seed < 1 << 64:
            raise ValueError(f"seed must be at least 0 and below 2^64, but it is {self.seed}.")

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return sum(n * (m + 1) for m, n in zip(self.sizes, self.sizes[1:], strict=False))

    def split(self, w: Array) -> tuple[list[Array], list[Array]]:
        """Return W[1], ..., W[L] and b[1], ..., b[L] as views of w."""
        shapes = [(n, m) for m, n in zip(self.sizes, self.sizes[1:], strict=False)]
        ends = np.cumsum([n * m for n, m in shapes] + [n for n, _ in shapes])
        parts = np.split(w, ends[:-1])
        return [p.reshape(s) for p, s in zip(parts, shapes, strict=False)], parts[len(shapes) :]


class State(NamedTuple):
    """All that a step changes: to save it is to be able to go on with the same bits."""

    w: Array
    """Parameters, float32 or float64: all is computed in this type."""
    m: Array
    """Average of g (momentum, adam), or empty."""
    v: Array
    """Average of g^2 (rmsprop, adam), or empty."""
    steps: Ints
    """(1,): how many were made."""

    @classmethod
    def at(cls, w: Array, update: Update) -> State:
        """Return the state before the first step from w, which is copied."""
        w = np.array(w, dtype=np.float32 if w.dtype == np.float32 else np.float64)
        m = w.size if update.kind in ("momentum", "adam") else 0
        v = w.size if update.kind in ("rmsprop", "adam") else 0
        return cls(w, np.zeros(m, w.dtype), np.zeros(v, w.dtype), np.zeros(1, np.int64))


class Trainer(Protocol):
    """Makes steps; `state` is changed in place, whole steps at a time."""

    plan: Plan
    state: State

    def run(
        self, X: Any, Y: Array, order: Ints, batch_size: int, rates: F64,
        s: F64 | None = None, threads: int = 1,
    ) -> F64:  # fmt: skip
        """Make a step for each batch of rows, and return the loss of each before its step.

        Args:
            X: (n, d), dense or CSR, with the dtype of w.
            Y: labels (n,), int64, or probabilities (n, C).
            order: rows of X: the first `batch_size` are the first batch, and so on; the last batch
                may be smaller.
            batch_size: rows of a batch.
            rates: the learning rate of each batch.
            s: weights of the rows (n,), 1 on average; a batch's loss is its mean of s_i CE_i.
            threads: how many may be used; they change no bit.

        Raises:
            NotFinite: a loss or a parameter became infinite or NaN.
            KeyboardInterrupt: Ctrl-C; the state is that after the last whole step.

        """
        ...


def trainer_for(plan: Plan, state: State) -> Trainer:
    """Return the fastest trainer there is."""
    return PlainTrainer(plan, state) if native() is None else NativeTrainer(plan, state, choice())


class NativeTrainer:
    """The steps in C++, for one instruction set."""

    def __init__(self, plan: Plan, state: State, isa: str) -> None:
        self.plan, self.state, self.module = plan, state, native()
        u = plan.update
        self.native: Any = self.module.Trainer(  # type: ignore[union-attr]
            isa, list(plan.sizes), _ACTIVATIONS.index(plan.activation), _RULES.index(u.kind),
            [plan.l2, plan.dropout, plan.clip, u.beta, u.beta2, u.epsilon, u.decay],
            plan.seed, u.average or u.kind == "adam", u.nesterov,
        )  # fmt: skip

    def run(
        self, X: Any, Y: Array, order: Ints, batch_size: int, rates: F64,
        s: F64 | None = None, threads: int = 1,
    ) -> F64:  # fmt: skip
        """Make a step for each batch of rows, and return the loss of each before its step."""
        losses = np.empty(_batches(order, batch_size, rates))
        done = self.native.run(
            self._rows(X), _targets(Y, self.state.w.dtype), s,
            np.ascontiguousarray(order, np.int64), batch_size,
            np.ascontiguousarray(rates, np.float64), *self.state, losses, threads,
        )  # fmt: skip
        if done < len(losses):
            raise NotFinite(done, losses[: done + 1])
        return losses

    def _rows(self, X: Any) -> Any:
        dtype, module = self.state.w.dtype, self.module
        assert module is not None
        if hasattr(X, "indptr"):
            return module.sparse(X.data.astype(dtype, copy=False), X.indices, X.indptr, X.shape[1])
        return module.dense(np.require(X, dtype, "A"))


class PlainTrainer:
    """The steps in NumPy: what they are, and the fallback."""

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan, self.state = plan, state

    def run(
        self, X: Any, Y: Array, order: Ints, batch_size: int, rates: F64,
        s: F64 | None = None, threads: int = 1,
    ) -> F64:  # fmt: skip
        """Make a step for each batch of rows, and return the loss of each before its step."""
        losses = np.empty(_batches(order, batch_size, rates))
        w, dtype = self.state.w, self.state.w.dtype
        Y = _targets(Y, dtype)
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
        assert self.state.w is w
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

    The residual of a label is minus the sum of the others, and its loss log1p of it where it leads:
    neither loses digits as its probability goes to 1.
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


def _batches(order: Ints, batch_size: int, rates: F64) -> int:
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, but it is {batch_size}.")
    count = -(-len(order) // batch_size)
    if len(rates) < count:
        raise ValueError(f"rates has {len(rates)} learning rates, but there are {count} batches.")
    return count


def _targets(Y: Array, dtype: Any) -> Array:
    return np.ascontiguousarray(Y, dtype=np.int64 if Y.ndim == 1 else dtype)
