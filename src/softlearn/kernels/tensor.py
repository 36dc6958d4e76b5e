"""The kernel in PyTorch, for dense rows on a device.

Z, U, P and the shares of gradients are tensors on the device, the classes of a row side by side
(n, C); labels and weights of rows come from the host.  `softmax_block` explains the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._internal.pytorch import torch
from ..data.tensor import TensorBlock, TensorRows, from_host, to_host
from ..vector_space import VectorSpace
from .numpy_blocks import solve_features
from .protocol import Evaluated, Keep, Kept, Moments
from .small import Small

__all__ = ["LowPrecisionTensor", "TensorKernel"]

F64 = NDArray[np.float64]
Tensor: TypeAlias = Any
"""Of PyTorch, whose types a check of this library need not know."""


class _Weights(NamedTuple):
    W: Tensor
    """(K, d)."""
    b: Tensor
    """(K,); zeros where there are no biases."""


class TensorKernel:
    """Products, softmax and sums over rows in float64 by PyTorch.

    Args:
        model: as in `softlearn.problem.Linear`, the weights of a class side by side.
        rows: gives the device.

    """

    fused = False
    P_dtype: Keep = np.float64
    product_error, product_dtype = 0.0, "float64"

    def __init__(self, model: Any, rows: TensorRows) -> None:
        self.model, self.rows, self.device = model, rows, rows.device
        self.first = model.C - model.K

    # -- products

    def pack(self, w: F64) -> _Weights:
        """Return W and b on the device."""
        return self.pack_weights(*self.model.split(w))

    def pack_weights(self, W: F64, b: F64) -> _Weights:
        """Return W (K, d) and b (K,) on the device."""
        b = b if len(b) else np.zeros(len(W))
        return _Weights(from_host(W, self.device), from_host(b, self.device))

    def logits(self, block: TensorBlock, A: _Weights) -> Any:
        """Return the logits (n, C)."""
        return self._all_classes(torch.addmm(A.b, block.wide, A.W.T))

    def _all_classes(self, Z: Tensor) -> Tensor:
        return torch.nn.functional.pad(Z, (self.first, 0)) if self.first else Z

    def _gradient(self, block: TensorBlock, R: Tensor) -> Tensor:
        """Return R' X and the sums of R over the rows, as a vector like w."""
        R = R[:, self.first :]
        return self._joined(R.T @ block.wide, R.sum(0))

    def _joined(self, G: Tensor, sums: Tensor) -> Tensor:
        return torch.cat([G.ravel(), sums]) if self.model.bias else G.ravel()

    def vjp(self, block: TensorBlock, R: Any) -> Any:
        """Return the block's share of a vector like w, from residuals R (n, C)."""
        return self._gradient(block, R)

    # -- passes

    def forward(
        self, block: TensorBlock, A: _Weights, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return loss and gradient of a block, and the tensors to keep."""
        return self._evaluated(block, self.logits(block, A), Y, s, keep)

    def forward_at(
        self, block: TensorBlock, Z: Any, U: Any, t: float, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        """Return the same at the logits Z + t U."""
        return self._evaluated(block, torch.add(Z, U, alpha=t), Y, s, keep)

    def _evaluated(
        self, block: TensorBlock, Z: Tensor, Y: NDArray[Any], s: F64, keep: Keep
    ) -> Evaluated:
        loss, P, R = _forward(Z, from_host(Y.T, self.device))
        total, weight = self._weighted(s, loss)
        part = self._gradient(block, R.mul_(weight[:, None]))
        kept: Any = None
        if keep:
            kept = Kept(Z, P.float() if keep is np.float32 else P)
        return Evaluated(total, part, kept)

    def _weighted(self, s: F64, loss: Tensor) -> tuple[float, Tensor]:
        """Return <s, loss>, to which rows without weight add nothing, and s."""
        weight = from_host(s, self.device)
        return float(weight @ torch.where(weight > 0.0, loss, 0.0)), weight

    def probabilities(self, block: TensorBlock, A: _Weights) -> Any:
        """Return the probabilities (n, C)."""
        return self.of_logits(self.logits(block, A))

    def of_logits(self, Z: Any) -> Any:
        """Return the probabilities (n, C) of logits."""
        return torch.softmax(Z, 1)

    def product(
        self, block: TensorBlock, A: _Weights, s: F64, damping: float, P: Any, A0: Any
    ) -> Any:
        """Return the block's share of (H + damping G) v."""
        P = self.probabilities(block, A0) if P is None else P
        U = self.logits(block, A)
        R = _centred(P, U).mul_(P)
        if damping:
            R += damping * (U - U.mean(1, keepdim=True))
        return self._gradient(block, R.mul_(from_host(s, self.device).to(R.dtype)[:, None]))

    def dual_step(
        self, block: TensorBlock, A: _Weights, s: F64, P: Any, A0: Any, U: Any = None
    ) -> tuple[Any, float]:
        """Return the block's share of H v, H that of the loss alone, and the divergence."""
        P = self.probabilities(block, A0) if P is None else P
        T = _centred(P, self.logits(block, A) if U is None else U)
        cost, weight = self._weighted(s, _divergence(P, T))
        return self._gradient(block, T.mul_(P).mul_(weight[:, None])), cost

    def predict(self, block: TensorBlock, A: _Weights, out: F64, probabilities: bool) -> None:
        """Write the logits or the probabilities of a block's rows to `out` (n, C)."""
        of = self.probabilities if probabilities else self.logits
        out[:] = to_host(of(block, A))

    def line(self, Z: Any, U: Any, t: float, Y: NDArray[Any], s: F64) -> tuple[float, float]:
        """Return loss and slope at the logits Z + t U."""
        loss, _, R = _forward(torch.add(Z, U, alpha=t), from_host(Y.T, self.device))
        total, weight = self._weighted(s, loss)
        return total, float(weight @ R.mul_(U).sum(1))

    def line_from(
        self, block: TensorBlock, A0: _Weights, A: _Weights, t: float, Y: NDArray[Any], s: F64
    ) -> tuple[float, float]:
        """Return loss and slope at the parameters A0 + t A."""
        return self.line(self.logits(block, A0), self.logits(block, A), t, Y, s)

    def moments(self, block: TensorBlock, P: Any, s: F64, damping: float, A0: Any) -> Any:
        """Return what the diagonal of the Hessian is made of."""
        A = self._spread(block, P, s, damping, A0)
        return self._gradient(block, A), self._gradient(block.squares(), A)

    def moments_of_rows(
        self, block: TensorBlock, P: Any, s: F64, damping: float, A0: Any
    ) -> tuple[Any, F64, F64]:
        """Return the first of these moments, sum_i a_ik (K,) and sum_k a_ik (n,)."""
        A = self._spread(block, P, s, damping, A0)
        own = A[:, self.first :]
        return self._gradient(block, A), to_host(own.sum(0)), to_host(own.sum(1))

    def _spread(self, block: TensorBlock, P: Any, s: F64, damping: float, A0: Any) -> Tensor:
        """Return a_ik (n, C)."""
        P = self.probabilities(block, A0) if P is None else P
        A = _variance(P).add_(damping * (1.0 - 1.0 / self.model.C))
        return A.mul_(from_host(s, self.device)[:, None])

    # -- sums

    def bias_squares(self, P: Any, s: F64) -> Any:
        """Return sum_i s_i p_i p_i', (C, C)."""
        Q = P * from_host(np.sqrt(s), self.device)[:, None]
        return Q.T @ Q

    def bias_product(self, P: Any, s: F64, c: F64) -> Any:
        """Return sum_i s_i p_i (c - <p_i, c>), (C,)."""
        along, weight = from_host(c, self.device), from_host(s, self.device)
        return (weight @ P) * along - (weight * (P @ along)) @ P

    def blocks(self, rows: Any) -> Callable[[slice], Any]:
        """Return the function span -> block of one pass: the rows' own."""
        block: Callable[[slice], Any] = rows.block
        return block

    def total(self, parts: Iterable[Any], engine: Any = None) -> F64:
        """Return the sum of the parts, on the host; the first of them is overwritten."""
        every = iter(parts)
        whole = next(every, None)
        if whole is None:
            return np.zeros(self.model.size)
        for part in every:
            whole += part
        return to_host(whole)

    def total_moments(self, parts: Iterable[Any], engine: Any = None) -> Moments:
        """Return the sums of the parts; the first of them is overwritten."""
        every = iter(parts)
        first, second = next(every)
        for part in every:
            first += part[0]
            second += part[1]
        return Moments(to_host(first), to_host(second))

    def small(self, block: Any, Y: NDArray[Any], s: F64) -> Small | None:
        """Return None: there are no Newton steps in PyTorch."""
        return None

    def solve(
        self, means: F64, inverse: F64, b: F64, R: F64, centre: bool, span: slice, out: F64
    ) -> F64:
        """Write some features' share of a diagonal inverse; return the means times it (K,)."""
        return solve_features(means, inverse, b, R, centre, span, out)

    def vector_space(self, engine: Any) -> VectorSpace:
        """Return NumPy's vector operations: vectors like w stay on the host."""
        return VectorSpace()


class LowPrecisionTensor(TensorKernel):
    r"""Hessian products whose matrix products are in low precision, the rest in float32.

    Columns are centred before they are rounded, at c, and the rest is added in float64:

        X V' = (X - c) V' + (V c)',    R' X = R' (X - c) + (sum_i R_i) c'

    Args:
        model, rows: as of `TensorKernel`.
        dtype: of the factors of products: torch.float32 or torch.bfloat16; sums are in float32.

    """

    P_dtype: Keep = np.float32

    def __init__(self, model: Any, rows: TensorRows, dtype: Any) -> None:
        super().__init__(model, rows)
        self.dtype = dtype
        self.product_dtype = str(dtype).removeprefix("torch.")
        # bfloat16 has 8 bits: a product has two digits, and conjugate gradients need no more.
        self.product_error = 1e-4 if dtype is torch.float32 else 2e-2

    def pack_weights(self, W: F64, b: F64) -> _Weights:
        """Return W (K, d) in low precision, and V c + b in float32."""
        wide = super().pack_weights(W, b)
        off = torch.addmv(wide.b, wide.W, self.rows.centre.double())
        return _Weights(wide.W.float(), off.float())

    def _near(self, block: TensorBlock) -> Tensor:
        return (block.given - self.rows.centre).float()

    def _times(self, A: Tensor, B: Tensor) -> Tensor:
        """Return A B of float32 matrices whose entries are rounded first."""
        with torch.autocast(A.device.type, enabled=False):
            if self.dtype is torch.float32:
                return A @ B
            A, B = A.to(self.dtype), B.to(self.dtype)
            if A.is_cuda:
                return torch.mm(A, B, out_dtype=torch.float32)
            return A.float() @ B.float()

    def logits(self, block: TensorBlock, A: _Weights) -> Any:
        """Return the logits (n, C)."""
        return self._all_classes(self._times(self._near(block), A.W.T).add_(A.b))

    def _gradient(self, block: TensorBlock, R: Tensor) -> Tensor:
        R = R[:, self.first :]
        sums = R.sum(0, dtype=torch.float64)
        G = self._times(R.T, self._near(block)).double()
        return self._joined(G.addr_(sums, self.rows.centre.double()), sums)


# -- formulas of `softmax_block`, the classes of a row side by side


def _forward(Z: Tensor, Y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return loss (n,), P and R (n, C) for labels (n,) or rows of probabilities (n, C)."""
    if Y.ndim == 2:
        top = Z.argmax(1, keepdim=True)
        L = Z - Z.gather(1, top)
        P = L.exp().scatter_(1, top, 0.0)
        others = P.sum(1, keepdim=True)
        P.scatter_(1, top, 1.0).div_(1.0 + others)
        L -= others.log1p_()
        return -(Y * L).sum(1), P, P - Y
    at, m = Y[:, None], Z.amax(1, keepdim=True)
    P = (Z - m).exp_()
    zy, ty = Z.gather(1, at), P.gather(1, at)
    P.scatter_(1, at, 0.0)
    others = P.sum(1, keepdim=True)
    total = others + ty
    loss = torch.where(zy == m, others.log1p(), (m - zy) + total.log())
    P /= total
    R = P.scatter(1, at, -others / total)
    return loss[:, 0], P.scatter_(1, at, ty / total), R


def _centred(P: Tensor, U: Tensor) -> Tensor:
    """Return U - <P, U> of each row, shifted first by its entry at the largest p."""
    T = U - U.gather(1, P.argmax(1, keepdim=True))
    return T.sub_((P * T).sum(1, keepdim=True))


def _variance(P: Tensor) -> Tensor:
    """Return p (1 - p), without loss of digits as p goes to 1."""
    large = P > 0.5
    rest = torch.where(large, 0.0, P).sum(1, keepdim=True)
    return torch.where(large, rest, 1.0 - P).mul_(P)


def _divergence(P: Tensor, T: Tensor) -> Tensor:
    """Return KL(P (1 + T), P) of each row (n,); inf where it leaves the simplex."""
    series = T * T * (1 / 2 - T * (1 / 6 - T * (1 / 12 - T / 20)))
    phi = torch.where(T.abs() < 1e-3, series, (1.0 + T) * torch.log1p(T) - T)
    phi[T == -1.0] = 1.0
    phi[P == 0.0] = 0.0
    return (P * phi.nan_to_num_(nan=torch.inf, posinf=torch.inf)).sum(1)
