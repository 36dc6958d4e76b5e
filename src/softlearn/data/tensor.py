"""Rows of a tensor: PyTorch multiplies them on a device, a block at a time.

Rooms above see NumPy's arrays; `kernels.tensor` sees the tensors of a block.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.pytorch import torch
from .rows import cut

__all__ = ["TensorBlock", "TensorRows", "from_host", "to_host"]

F64 = NDArray[np.float64]
_PIECE = 1 << 25  # bytes of rows that are worth a copy to the device


def from_host(array: NDArray[Any], device: Any) -> Any:
    """Return an array as a tensor on a device; on the CPU it shares the array's memory."""
    with warnings.catch_warnings():  # of arrays that may not be written to
        warnings.simplefilter("ignore", UserWarning)
        try:
            return torch.from_numpy(array).to(device)
        except (TypeError, ValueError):  # an order of bytes, or steps, that PyTorch does not have
            plain = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
            return torch.from_numpy(plain).to(device)


def to_host(tensor: Any) -> NDArray[Any]:
    """Return a tensor as an array; on the CPU it shares the tensor's memory."""
    out: NDArray[Any] = tensor.detach().cpu().numpy()
    return out


class TensorBlock:
    """Rows of a tensor; products are made in float64 where it lies.

    Args:
        given: the rows, (n, d).
        squared: whether the entries are the squares of those given.

    """

    def __init__(self, given: Any, squared: bool = False) -> None:
        self.given, self._squared = given, squared

    @cached_property
    def wide(self) -> Any:
        """The entries in float64."""
        return self.given.double().square() if self._squared else self.given.double()

    @property
    def X(self) -> F64:
        """The entries in float64, on the host."""
        return to_host(self.wide)

    @property
    def raw(self) -> tuple[NDArray[Any], ...]:
        """The entries on the host, in a type that NumPy has."""
        known = not self._squared and self.given.dtype is not torch.bfloat16
        return (to_host(self.given) if known else self.X,)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.given)

    def matmat(self, W: F64) -> F64:
        """Return W X^T."""
        return to_host(from_host(W, self.given.device) @ self.wide.T)

    def rmatmat(self, R: F64) -> F64:
        """Return R X."""
        return to_host(from_host(R, self.given.device) @ self.wide)

    def squares(self) -> TensorBlock:
        """Return the block of squared entries."""
        return TensorBlock(self.given, squared=True)


class TensorRows:
    """A tensor of any real floats, on its device or in host memory.

    Args:
        X: (n, d).
        device: where products are computed; where X lies, if None.  X is copied there if it takes
            at most half of the memory that is free; of a larger one each block in its turn.

    """

    sparse = False
    memory: int | None = None

    def __init__(self, X: Any, device: Any = None) -> None:
        self.device = X.device if device is None else torch.device(device)
        self.n, self.d = X.shape
        self.nbytes, self.nnz = X.numel() * X.element_size(), X.numel()
        self.dtype = np.dtype(np.float64 if X.dtype is torch.float64 else np.float32)
        fits = not self.in_host_memory and self.nbytes <= self.free() // 2
        self.X = X.to(self.device) if fits else X

    @property
    def in_host_memory(self) -> bool:
        """Whether products are computed in the memory of the host."""
        return bool(self.device.type == "cpu")

    def free(self) -> int:
        """Return the bytes of the device's memory that are free; 0 where that is not known."""
        return int(torch.cuda.mem_get_info(self.device)[0]) if self.device.type == "cuda" else 0

    def block(self, span: slice) -> TensorBlock:
        """Return the rows of a span as a block on the device."""
        return TensorBlock(self.X[span].to(self.device, non_blocking=True))

    def take(self, rows: NDArray[np.intp]) -> F64:
        """Return some rows as a dense float64 array."""
        return to_host(self._some(rows).double())

    def subset(self, rows: NDArray[np.intp]) -> TensorRows:
        """Return some rows in the same storage."""
        return TensorRows(self._some(rows), self.device)

    def _some(self, rows: NDArray[np.intp]) -> Any:
        return self.X[from_host(rows, self.X.device)]

    def gram(self, rows: NDArray[np.intp], weight: F64, bias: bool) -> F64:
        """Return X' diag(weight) X of some rows, with a last column of ones for a bias."""
        e = self.d + bias
        G = torch.zeros((e, e), dtype=torch.float64, device=self.device)
        for part in cut(len(rows), max(_PIECE // (8 * max(e, 1)), 64)):
            B = self._some(rows[part]).to(self.device).double()
            if bias:
                B = torch.nn.functional.pad(B, (0, 1), value=1.0)
            B *= from_host(np.sqrt(weight[part]), self.device)[:, None]
            G.addmm_(B.T, B)
        return np.asfortranarray(to_host(G))

    @cached_property
    def centre(self) -> Any:
        """About the mean of each column, (d,), in a type to which that of X widens exactly."""
        sums = torch.zeros(self.d, dtype=torch.float64, device=self.device)
        for part in cut(self.n, max(_PIECE // (8 * max(self.d, 1)), 64)):
            sums += self.block(part).wide.sum(0)
        return (sums / max(self.n, 1)).to(getattr(torch, self.dtype.name))
