r"""Fully connected layers before a softmax: forward and backward propagation as the course has it.

    z[l] = W[l] a[l-1] + b[l],    a[l] = g(z[l]),    a[0] = x,    l = 1 .. L

z[L] are the logits; the softmax and its loss are elsewhere.  They give dz[L] = y_hat - y, and then

    dW[l] = dz[l] a[l-1]',    db[l] = dz[l]
    da[l-1] = W[l]' dz[l],    dz[l-1] = da[l-1] g'(z[l-1])

Columns are examples: A[l] is (n_l, n) for n rows of X, and products with A' sum over them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import Block
from ..problem import Linear
from .activations import ACTIVATIONS

__all__ = ["Network", "Tangent", "Tape"]

Array = NDArray[Any]
Layers = dict[int, Array]
"""Arrays by layer, under its number l = 1 .. L."""


class Tape(NamedTuple):
    """The arrays that a forward pass stores for backward passes."""

    X: _Inputs
    W: Layers
    Z: Layers
    """z[l], l = 1 .. L."""
    G: Layers
    """g(z[l]), l = 1 .. L - 1."""
    A: Layers
    """a[l], l = 1 .. L - 1: g(z[l]) where nothing is dropped."""
    M: Layers
    """Masks of dropout, 0 or 1 / (1 - dropout); empty if nothing is dropped."""


class Tangent(NamedTuple):
    """The derivative R{.} of a forward pass along v: of z[l] and a[l]."""

    V: Layers
    RZ: Layers
    RA: Layers


@dataclass(frozen=True)
class Network:
    """z[L] = W[L] g(W[L-1] ... g(W[1] x + b[1]) ...) + b[L].

    The parameters are one vector: W[1], ..., W[L], each (n_l, n_{l-1}) row by row, then b[1], ...,
    b[L], so that the penalised ones come first, as those of `Linear` do.

    Args:
        sizes: (d, n_1, ..., C): features, hidden units, classes.
        activation: g, "relu", "tanh", "sigmoid" (the logistic function), "gelu" or "identity".
        bias: whether layers have b.
        dtype: of the parameters and the products, "float64" or "float32"; the softmax and the sum
            of the losses are float64 either way.
        dropout: the chance that a hidden unit is left out, row by row, in mini-batches; the others
            are multiplied by 1 / (1 - dropout).
        mask: the seed of dropout; None for no dropout, as in prediction.

    Raises:
        ValueError: an argument is not one of the choices.

    Reference: Rumelhart, Hinton and Williams, Nature 323 (1986); Pearlmutter, Neural Computation 6
    (1994), for R{.}; Srivastava et al., JMLR 15 (2014), for dropout.

    """

    sizes: tuple[int, ...]
    activation: str = "relu"
    bias: bool = True
    dtype: str = "float64"
    dropout: float = 0.0
    mask: int | None = None

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(
                f"sizes must be the numbers of features, of units of each hidden layer and of "
                f"classes, each at least 1, but it is {self.sizes}."
            )
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}, but it is "
                f"{self.activation!r}."
            )
        if self.dtype not in ("float32", "float64"):
            raise ValueError(f'dtype must be "float32" or "float64", but it is {self.dtype!r}.')
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be at least 0 and below 1, but it is {self.dropout}.")

    # -- shapes

    @property
    def curved(self) -> bool:
        """Whether the logits are not linear in the parameters."""
        return self.L > 1

    @property
    def simplest(self) -> Linear | Network:
        """The same model as `Linear` if it has no hidden layer, itself if it has."""
        return self if self.curved else Linear(self.d, self.C, self.bias)

    @property
    def L(self) -> int:
        """Layers of weights."""
        return len(self.sizes) - 1

    @property
    def d(self) -> int:
        """Features."""
        return self.sizes[0]

    @property
    def C(self) -> int:
        """Classes."""
        return self.sizes[-1]

    @property
    def units(self) -> int:
        """Units of all layers: the numbers that a row needs in memory."""
        return sum(self.sizes[1:])

    @property
    def weights(self) -> int:
        """How many parameters are weights; the biases follow them."""
        return sum(self.sizes[l] * self.sizes[l - 1] for l in range(1, self.L + 1))

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.weights + self.bias * self.units

    def split(self, w: Array) -> tuple[Layers, Layers]:
        """Return {l: W[l]} and {l: b[l]} as views of w; without biases the second is empty."""
        W, b, at = {}, {}, 0
        for l in range(1, self.L + 1):
            shape = self.sizes[l], self.sizes[l - 1]
            W[l] = w[at : at + shape[0] * shape[1]].reshape(shape)
            at += shape[0] * shape[1]
        for l in range(1, self.L + 1) if self.bias else ():
            b[l] = w[at : at + self.sizes[l]]
            at += self.sizes[l]
        return W, b

    def join(self, W: Layers, b: Layers) -> Array:
        """Return W and b as one vector."""
        parts = [W[l].ravel() for l in sorted(W)] + [b[l] for l in sorted(b)]
        return np.concatenate(parts).astype(self.dtype, copy=False)

    # -- forward

    def forward(self, block: Block, w: Array) -> Tape:
        """Return the tape of a block of n rows: z[l] and a[l], each (n_l, n)."""
        W, b = self.split(w)
        g, M = ACTIVATIONS[self.activation].g, self._masks(block.n)
        X = _Inputs(block, np.dtype(self.dtype))
        Z: Layers = {1: X.matmat(W[1])}
        G: Layers = {}
        A: Layers = {}
        for l in range(1, self.L + 1):
            if l > 1:
                Z[l] = W[l] @ A[l - 1]
            if self.bias:
                Z[l] += b[l][:, None]
            if l < self.L:
                G[l] = g(Z[l])
                A[l] = M[l] * G[l] if M else G[l]
        return Tape(X, W, Z, G, A, M)

    def logits(self, block: Block, w: Array) -> Array:
        """Return Z[L] (C, n)."""
        return self.forward(block, w).Z[self.L]

    def training(self, rng: np.random.Generator) -> Network:
        """Return the network with a fixed random choice of hidden units left out."""
        return replace(self, mask=int(rng.integers(1 << 62))) if self.dropout else self

    def _masks(self, n: int) -> Layers:
        """Return what a[l] is multiplied by, (n_l, n); the same for the same seed and n."""
        if self.mask is None or not self.dropout:
            return {}
        rng, dtype, M = np.random.default_rng(self.mask), np.dtype(self.dtype), {}
        for l in range(1, self.L):
            kept = rng.random((self.sizes[l], n), dtype=np.float32) >= self.dropout
            M[l] = kept * dtype.type(1.0 / (1.0 - self.dropout))
        return M

    # -- backward

    def vjp(self, tape: Tape, dZ: Array) -> Array:
        """Return the gradient of the sum of dZ * Z[L] by back-propagation: a vector like w.

        Args:
            tape: from `forward`.
            dZ: (C, n), dz[L] of each row; for the softmax's loss it is y_hat - y.

        """
        out = np.empty(self.size, self.dtype)
        dW, db = self.split(out)
        for l in range(self.L, 0, -1):
            if self.bias:
                dZ.sum(1, out=db[l])
            if l > 1:
                np.matmul(dZ, tape.A[l - 1].T, out=dW[l])
                dA = tape.W[l].T @ dZ
                dZ = self._through(tape, l - 1, dA)
            else:
                dW[1][:] = tape.X.rmatmat(dZ)
        return out

    def _through(self, tape: Tape, l: int, dA: Array) -> Array:
        """Return dz[l] = da[l] g'(z[l]), masks included; dA is overwritten."""
        dA *= ACTIVATIONS[self.activation].slope(tape.Z[l], tape.G[l])
        if tape.M:
            dA *= tape.M[l]
        return dA

    # -- derivatives along v

    def jvp(self, tape: Tape, v: Array) -> Tangent:
        """Return R{z[l]} and R{a[l]}, the derivatives along v; RZ[L] is that of the logits."""
        V, c = self.split(v)
        RZ: Layers = {1: tape.X.matmat(V[1])}
        RA: Layers = {}
        for l in range(1, self.L + 1):
            if l > 1:
                RZ[l] = V[l] @ tape.A[l - 1] + tape.W[l] @ RA[l - 1]
            if self.bias:
                RZ[l] += c[l][:, None]
            if l < self.L:
                RA[l] = self._through(tape, l, RZ[l].copy())
        return Tangent(V, RZ, RA)

    def rop(self, tape: Tape, tangent: Tangent, dZ: Array, RdZ: Array) -> Array:
        """Return R{gradient}, the derivative of `vjp(tape, dZ)` along v: an exact Hessian product.

        Every line of `vjp`, differentiated.

        Args:
            tape, tangent: from `forward` and `jvp`.
            dZ: (C, n), dz[L].
            RdZ: (C, n), its derivative along v; for the softmax, the curvature times RZ[L].

        """
        out = np.empty(self.size, self.dtype)
        RdW, Rdb = self.split(out)
        act, (V, RZ, RA) = ACTIVATIONS[self.activation], tangent
        for l in range(self.L, 0, -1):
            if self.bias:
                RdZ.sum(1, out=Rdb[l])
            if l > 1:
                RdW[l][:] = RdZ @ tape.A[l - 1].T + dZ @ RA[l - 1].T
                dA, RdA = tape.W[l].T @ dZ, V[l].T @ dZ + tape.W[l].T @ RdZ
                change = act.second_derivative(tape.Z[l - 1], tape.G[l - 1]) * RZ[l - 1]
                if tape.M:
                    change *= tape.M[l - 1]
                RdZ = dA * change + self._through(tape, l - 1, RdA)
                dZ = self._through(tape, l - 1, dA)
            else:
                RdW[1][:] = tape.X.rmatmat(RdZ)
        return out


class _Inputs:
    """a[0] = X' and its two products, in the network's dtype.

    The storage multiplies in float64; dense float32 rows can be multiplied as they are.
    """

    def __init__(self, block: Block, dtype: np.dtype[Any]) -> None:
        self.block, self.dtype = block, dtype
        raw = block.raw
        self.X = raw[0] if len(raw) == 1 and dtype == raw[0].dtype == np.float32 else None

    def matmat(self, W: Array) -> Array:
        """Return W a[0]."""
        out = W @ self.X.T if self.X is not None else self.block.matmat(W)
        return np.asarray(out, dtype=self.dtype)

    def rmatmat(self, dZ: Array) -> Array:
        """Return dZ a[0]'."""
        out = dZ @ self.X if self.X is not None else self.block.rmatmat(dZ)
        return np.asarray(out, dtype=self.dtype)
