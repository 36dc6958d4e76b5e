r"""A kernel: the computations on one block of rows, for one model and one kind of storage.

A = pack(w)                        parameters as the kernel reads them, once a pass
A = pack_weights(W, b)             the same for their two parts
forward(block, A, Y, s, keep)      loss, gradient, logits and probabilities
forward_at(block, Z, U, t, ...)    the same where the logits are Z + t U
logits(block, A)                   Z, and its derivative along a vector
probabilities(block, A)            P, those of these logits
of_logits(Z)                       P where the logits are known
product(block, A, s, damping, P, A0)   Hessian product; P None: probabilities at A0
dual_step(block, A, s, P, A0, U)   H v of the loss, and the divergence of moving P along v
predict(block, A, out, ...)        logits or probabilities, rows first (n, C)
line(Z, U, t, Y, s)                loss and slope of t -> Z + t U
line_from(block, A0, A, t, Y, s)   the same where no logits were kept
vjp(block, R)                      the share of a gradient whose residuals are R
moments(block, P, s, damping, A0)  what the diagonal of the Hessian is made of
moments_of_rows(...)               the first of them, and the weight of each row in them
blocks(rows)                       what gives the blocks of one pass
total(parts, engine)               the sum of the blocks' gradients, a vector
total_moments(parts, engine)       the sum of the blocks' moments
solve(means, inverse, b, R, ...)   some features' share of a diagonal inverse
small(block, Y, s)                 Newton steps of a small problem in C++, or None
vector_space(engine)               operations on vectors like w
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..vector_space import VectorSpace
from .small import Small

__all__ = ["Evaluated", "Floats", "Keep", "Kept", "Kernel", "Moments"]

F64 = NDArray[np.float64]
Floats = NDArray[Any]
"""float32 or float64."""
Keep = type[np.float64] | type[np.float32] | None
"""The dtype in which a point keeps its probabilities, or None if it keeps none."""


class Kept(NamedTuple):
    """What a point keeps of a block."""

    Z: F64
    """(C, n) logits."""
    P: Floats
    """(C, n) probabilities; in float32 the classes of a row lie side by side."""


class Evaluated(NamedTuple):
    """A block after a forward pass and the gradient of its residuals."""

    loss: float
    part: Any
    """Its share of the gradient, for `Kernel.total`."""
    kept: Kept | None


class Moments(NamedTuple):
    """Sums over rows i, as vectors like w; the biases' part of either is sum_i a_ik."""

    first: F64
    """sum_i a_ik x_ij."""
    second: F64
    """sum_i a_ik x_ij^2."""


class Kernel(Protocol):
    """The computations of a pass on a block; see the top of this file."""

    fused: bool
    """Whether the kernel manages the cache itself, so that blocks may be large."""
    P_dtype: Keep
    """The dtype of the probabilities that `product` reads."""
    product_error: float
    """Of a kernel in low precision, the largest relative error of a product that is reliable,"""
    product_dtype: str
    """and the dtype that its matrix products multiply."""

    def pack(self, w: F64) -> Any:
        """Return A, the parameters as the other methods take them."""
        ...

    def pack_weights(self, W: F64, b: F64) -> Any:
        """Return A for W (K, d) and b (K,), empty without biases, of a linear model."""
        ...

    def forward(self, block: Any, A: Any, Y: NDArray[Any], s: F64, keep: Keep) -> Evaluated:
        """Return loss and gradient of a block, and the arrays to keep."""
        ...

    def forward_at(
        self, block: Any, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        ...

    def logits(self, block: Any, A: Any) -> F64:
        """Return the logits (C, n)."""
        ...

    def probabilities(self, block: Any, A: Any) -> F64:
        """Return the probabilities (C, n)."""
        ...

    def of_logits(self, Z: F64) -> F64:
        """Return the probabilities (C, n) of logits."""
        ...

    def product(self, block: Any, A: Any, s: F64, damping: float, P: Floats | None, A0: Any) -> Any:
        """Return the block's share of (H + damping G) v, A made of v."""
        ...

    def dual_step(
        self, block: Any, A: Any, s: F64, P: F64 | None, A0: Any, U: F64 | None = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss, and sum_i s_i KL(q_i, p_i).

        A is made of v and U are its logits, if they are known; q_i = p_i (1 + u_i - <p_i, u_i>).
        The sum is infinite if some q_i leaves the simplex.
        """
        ...

    def vjp(self, block: Any, R: F64) -> Any:
        """Return the block's share of a vector like w, from residuals R (C, n)."""
        ...

    def predict(self, block: Any, A: Any, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        ...

    def line(self, Z: F64, U: F64, t: float, Y: NDArray[Any], s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""
        ...

    def line_from(
        self, block: Any, A0: Any, A: Any, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        ...

    def blocks(self, rows: Any) -> Callable[[slice], Any]:
        """Return the function span -> block of one pass."""
        ...

    def total(self, parts: Iterable[Any], engine: Any = None) -> F64:
        """Return the sum of the parts of all blocks of one pass as a vector like w."""
        ...

    def small(self, block: Any, Y: NDArray[Any], s: F64) -> Small | None:
        """Return Newton steps in C++ for a problem with no other rows, or None."""
        ...

    def solve(
        self, means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
    ) -> F64:
        """Write (R - means b) inverse to the columns `span` of `out`; return the means times it.

        With `centre` the mean over the classes is subtracted from R and, at last, from the result.
        All arrays are (K, d) but b (K,), which is empty without biases.
        """
        ...

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any) -> Any:
        """Return the block's share of sums, a_ik = s_i (p_ik (1 - p_ik) + damping (1 - 1/C)).

        P None: probabilities at A0.
        """
        ...

    def moments_of_rows(
        self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any
    ) -> tuple[Any, F64, F64]:
        """Return the first of these moments, for `total`, sum_i a_ik (K,) and sum_k a_ik (n,)."""
        ...

    def total_moments(self, parts: Iterable[Any], engine: Any = None) -> Moments:
        """Return the sums over all rows from the shares of all blocks of one pass."""
        ...

    def vector_space(self, engine: Any) -> VectorSpace:
        """Return operations on vectors like w, on the threads of an engine."""
        ...
