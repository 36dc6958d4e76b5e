r"""What a pass over the data is asked: the terms in which floor 3 asks kernels.

A pass reads every block once.  Floor 3 knows these and no other:

    A = prepare(w, rough)                    what a vector of parameters is made into, once a pass
    A = operand(W, b)                        the same for its two parts
    forward(block, A, Y, s, keep)            loss, gradient, logits and probabilities
    forward_at(block, Z, U, t, Y, s, keep)   the same where the logits are Z + t U
    logits(block, A)                         Z, and its derivative along a vector
    probabilities(block, A)                  P, those of these logits
    of_logits(Z)                             the same where the logits are known
    product(block, A, s, damping, P, A0, rough)  Hessian product; P None: probabilities at A0
    moved(block, A, s, P, A0, U)             H v of the loss, and what it costs to move P along
    predict(block, A, out, probabilities)    logits or probabilities, rows first (n, C)
    line(Z, U, t, Y, s)                      loss and slope of t -> Z + t U
    line_from(block, A0, A, t, Y, s)         the same where no logits were kept
    begin(rows, rough)                       who gives the blocks of the next pass
    total(parts, engine)                     the sum of the blocks' gradients, a vector
    small(block, Y, s)                       the shorter way of a small problem, or None
    vjp(block, R)                            the share of a gradient whose residuals are R
    moments(block, P, s, damping, A0)        what the diagonal of the Hessian is made of
    total_moments(parts, engine)             their sum
    solve(means, inverse, b, R, ...)         some features' share of a diagonal inverse
    vectors(engine)                          who works on vectors like w
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..protocol import VectorSpace
from .small import Small

__all__ = ["Evaluated", "Floats", "Keep", "Kept", "Moments", "Passes"]

F64 = NDArray[np.float64]
Floats = NDArray[Any]
"""float32 or float64."""
Keep = type[np.float64] | type[np.float32] | None
"""What becomes of a point's probabilities: the dtype they are kept in, or None."""


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
    """Its share of the gradient, for `Passes.total`."""
    kept: Kept | None


class Moments(NamedTuple):
    """Sums over rows i, as vectors like w; the biases' part of either is sum_i a_ik."""

    first: F64
    """sum_i a_ik x_ij."""
    second: F64
    """sum_i a_ik x_ij^2."""


class Passes(Protocol):
    """What the objective asks of kernels; see the top of this file."""

    fused: bool
    """Whether they look after the cache themselves, so that blocks may be large."""
    rough_P: Keep
    """The dtype of the probabilities that a rough product reads, None if it need not have them."""

    def rough(self, rows: Any) -> bool:
        """Say whether there is a faster product in float32."""
        ...

    def prepare(self, w: F64, rough: bool = False) -> Any:
        """Return A, the parameters as the other methods take them, or as a rough product does."""
        ...

    def operand(self, W: F64, b: F64) -> Any:
        """Return A for W (K, d) and b (K,), empty without biases, of a linear model."""
        ...

    def forward(self, block: Any, A: Any, Y: NDArray[Any], s: F64, keep: Keep) -> Evaluated:
        """Return loss and gradient of a block, and what is to be kept."""
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

    def product(
        self, block: Any, A: Any, s: F64, damping: float, P: Floats | None, A0: Any,
        rough: bool = False,
    ) -> Any:  # fmt: skip
        """Return the block's share of (H + damping G) v, A made of v; `rough` allows float32."""
        ...

    def moved(
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

    def begin(self, rows: Any, rough: bool = False) -> Callable[[slice], Any]:
        """Return who gives the blocks of one pass: span -> block."""
        ...

    def total(self, parts: Iterable[Any], engine: Any = None) -> F64:
        """Return the sum of the parts of all blocks of one pass as a vector like w."""
        ...

    def small(self, block: Any, Y: NDArray[Any], s: F64) -> Small | None:
        """Return a problem with no other rows, where there is a shorter way to its steps."""
        ...

    def solve(
        self, means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
    ) -> F64:
        """Write (R - means b) inverse to the columns `span` of `out`; return the means times it.

        With `centre` the mean over the classes is taken off R and, at last, off what is written.
        All arrays are (K, d) but b (K,), which is empty without biases.
        """
        ...

    def moments(self, block: Any, P: Floats | None, s: F64, damping: float, A0: Any) -> Any:
        """Return the block's share of sums, a_ik = s_i (p_ik (1 - p_ik) + damping (1 - 1/C)).

        P None: probabilities at A0.
        """
        ...

    def total_moments(self, parts: Iterable[Any], engine: Any = None) -> Moments:
        """Return the sums over all rows from the shares of all blocks of one pass."""
        ...

    def vectors(self, engine: Any) -> VectorSpace:
        """Return who works on vectors like w, on the threads of an engine."""
        ...
