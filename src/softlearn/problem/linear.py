r"""The linear model Z = W X^T + b: softmax regression's logits, classes first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data import Block

__all__ = ["Linear"]

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """z_k = W_k x + b_k for C classes.

    The parameters are one vector: W, then the biases (if there are any), so that the penalised ones
    come first.

    Args:
        d: features.
        C: classes.
        bias: whether there is a bias per class.
        reference: fix the logit of class 0 at zero, which leaves C - 1 rows.  With two classes
            this is logistic regression in its usual form, one row of weights.
        by_feature: whether the weights of a feature are contiguous in the vector, and not those of
            a class: kernels for CSR use this order.

    """

    linear: ClassVar[bool] = True
    """Kernels for linear models accept this one."""

    d: int
    C: int
    bias: bool = True
    reference: bool = False
    by_feature: bool = False

    @cached_property
    def K(self) -> int:
        """Rows of W."""
        return self.C - self.reference

    @cached_property
    def weights(self) -> int:
        """How many parameters are weights; the biases follow them."""
        return self.K * self.d

    @cached_property
    def size(self) -> int:
        """How many parameters there are."""
        return self.K * (self.d + self.bias)

    def split(self, w: F64) -> tuple[F64, F64]:
        """Return W (K, d) and b (K,) as views of w; without a bias b is empty."""
        W, b = w[: self.weights], w[self.weights :]
        return W.reshape(self.d, self.K).T if self.by_feature else W.reshape(self.K, self.d), b

    def join(self, W: F64, b: F64 | None = None) -> F64:
        """Return W and b as one vector."""
        w = np.empty(self.size if self.bias and b is not None else self.weights)
        whole, biases = self.split(w)
        whole[:] = W
        if len(biases):
            biases[:] = b
        return w

    def logits(self, block: Block, w: F64) -> F64:
        """Return Z (C, n_k); being linear, it is its own derivative: Z(w + v) = Z(w) + Z(v)."""
        W, b = self.split(w)
        return self.times(block, W, b if self.bias else None)

    def times(self, block: Block, W: F64, b: F64 | None) -> F64:
        """Return Z (C, n_k) for W (K, d) and b (K,)."""
        Z = block.matmat(W) if W.any() else np.zeros((self.K, block.n))
        if b is not None:
            Z += b[:, None]
        if self.reference:
            Z = np.concatenate([np.zeros((1, Z.shape[1])), Z])
        return Z

    def vjp(self, block: Block, R: F64) -> F64:
        """Return the transpose of `logits` applied to R (C, n_k): a vector like w."""
        if self.reference:
            R = R[1:]
        return self.join(block.rmatmat(R), R.sum(1))
