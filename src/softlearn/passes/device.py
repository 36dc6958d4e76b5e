"""Passes over rows on a device: logits and probabilities stay there, vectors like w on the host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from .._internal.pytorch import torch
from ..data import Block, TensorRows, cut
from ..data.tensor import to_host
from ..execution.threads import Engine, Serial
from ..kernels.tensor import LowPrecisionTensor, TensorKernel
from ..problem import Problem
from ..protocol import F64
from .forward import Forward, Moved
from .limits import Limits
from .passes import Passes

__all__ = ["DeviceForward", "DevicePasses", "device_kernels", "device_spans", "low_type"]

T = TypeVar("T")
_OF_ENTRY = 40  # bytes for each row and class that two points, a line and a pass keep


def low_type(rows: TensorRows) -> Any:
    """Return the type of factors that pays: bfloat16 on GPUs that have it, or float32, or None."""
    if rows.device.type == "cuda":
        short = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if short else torch.float32
    return torch.float32 if rows.dtype == np.float32 else None


def device_kernels(
    rows: TensorRows, model: Any, low: Any
) -> tuple[TensorKernel, LowPrecisionTensor | None]:
    """Return the kernel, and the one whose products have factors of the type `low`, if any."""
    rough = None if low is None else LowPrecisionTensor(model, rows, low)
    return TensorKernel(model, rows), rough


def device_spans(rows: TensorRows, C: int, limits: Limits) -> list[slice]:
    """Return the rows of each block: their float64 copy and some arrays of logits fit at once."""
    most = limits.host_block if rows.in_host_memory else limits.device_block
    return cut(rows.n, max(most // (8 * (rows.d + 4 * C)), 64))


class DevicePasses(Passes):
    """Passes over a tensor.

    Args:
        problem: what is minimised; its rows are a tensor's.
        engine: its threads work for those who ask for them; passes are made by PyTorch's own.
        keep: whether points keep logits and probabilities, if the device's memory allows it too.
        limits: how large a block may be.
        low: the type of the factors of products in low precision, as PyTorch's; None for none.

    """

    def __init__(
        self,
        problem: Problem,
        engine: Engine,
        keep: bool,
        limits: Limits,
        low: Any = None,
    ) -> None:
        rows, C = problem.rows, problem.model.C
        assert isinstance(rows, TensorRows)
        kernel, rough = device_kernels(rows, problem.model, low)
        if not rows.in_host_memory:
            keep = _OF_ENTRY * rows.n * C <= rows.free() // 2
        super().__init__(problem, kernel, engine, device_spans(rows, C, limits), keep, rough)

    def forward(self, w: F64) -> Forward:
        """Return J at w."""
        at = DeviceForward(self, w)
        at.at_zero = not w.any()
        return at

    @property
    def reader(self) -> Engine:
        """One thread: PyTorch has its own."""
        return Serial()


class DeviceForward(Forward):
    """J at w; what its kernel keeps are tensors, and what it gives to others are arrays."""

    def step(self, w: F64, logits: Moved | None = None) -> Forward:
        """Return J at another w, over the same rows."""
        return DeviceForward(self.blocks, w, logits)

    def _exact(self, span: slice) -> Any:
        """Return the probabilities in float64 (n, C), from the logits that are kept, if any are."""
        if not self._kept:
            return None
        return self._kernel.of_logits(self._kept[self.blocks.number[span.start]].Z)

    @property
    def _kernel(self) -> Any:
        return self.blocks.kernel

    def probabilities(self, span: slice, block: Block) -> F64:
        """Return P (C, n_k) of a block."""
        return to_host(self._tensor(span, block)).T

    def _tensor(self, span: slice, block: Any) -> Any:
        kept = self._exact(span)
        return self._kernel.probabilities(block, self.packed) if kept is None else kept

    def over_blocks(self, f: Callable[[slice, F64], T]) -> Iterator[T]:
        """Yield f(span, probabilities) by block; reads X only where they are not kept."""
        return self._over(lambda span, P: f(span, to_host(P).T))

    def _over(self, f: Callable[[slice, Any], T]) -> Iterator[T]:
        """Yield f(span, probabilities (n, C) on the device) by block."""
        if self._ready() is not None:
            return self.read(lambda span, block: f(span, self._tensor(span, block)))
        return Serial().map(lambda span: f(span, self._exact(span)), self.blocks.spans)

    @cached_property
    def bias_curvature(self) -> F64:
        """sum_i s_i (diag p_i - p_i p_i') over the classes that have a bias."""
        s, first = self.problem.s, self.problem.model.C - self.problem.model.K
        A = -to_host(sum(self._over(lambda span, P: self._kernel.bias_squares(P, s[span]))))
        np.fill_diagonal(A, 0.0)  # as in `Forward.bias_curvature`
        np.fill_diagonal(A, -A.sum(1))
        return A[first:, first:]

    def bias_product(self, c: F64) -> F64:
        """Return that matrix times c, without making it."""
        s, first = self.problem.s, self.problem.model.C - self.problem.model.K
        whole = np.concatenate([np.zeros(first), c])
        whole -= 0.5 * (whole.max(initial=0.0) + whole.min(initial=0.0))
        parts = self._over(lambda span, P: self._kernel.bias_product(P, s[span], whole))
        return to_host(sum(parts))[first:]
