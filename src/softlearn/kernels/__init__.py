"""Floor 2: the fused, fast twins of `softlearn.softmax`, which defines what they compute.

`passes` says what is asked of them; `fused` and `plain` are NumPy; `compiled` calls C++ where it
was built (see `dispatch`).
"""

from __future__ import annotations

from typing import Any

from .compiled import NativePasses
from .dispatch import choice, native
from .fused import (
    Forward,
    centre_logits,
    columns,
    dual_divergence,
    forward,
    probabilities,
    softmax_variance,
)
from .passes import Evaluated, Floats, Keep, Kept, Moments, Passes
from .plain import CurvedPasses, PlainPasses
from .small import Matrix, Small, Solved

__all__ = [
    "CurvedPasses",
    "Evaluated",
    "Floats",
    "Forward",
    "Keep",
    "Kept",
    "Matrix",
    "Moments",
    "Passes",
    "PlainPasses",
    "Small",
    "Solved",
    "columns",
    "dual_divergence",
    "forward",
    "passes_for",
    "probabilities",
    "softmax_variance",
    "centre_logits",
]

_FEW_CLASSES = 256  # with more, the products of dense X are BLAS's


def passes_for(model: Any, rows: Any, labels: bool) -> Passes:
    """Return the fastest passes there are for a model over rows.

    Args:
        model: as in `softlearn.models`.
        rows: as in `softlearn.data`.
        labels: whether the targets are labels and not rows of probabilities.

    """
    if getattr(model, "curved", False):
        return CurvedPasses(model)
    module = native()
    if module is None or not labels or not getattr(model, "linear", False) or rows.d == 0:
        return PlainPasses(model)
    blas = not rows.sparse and model.C > _FEW_CLASSES
    kernels = module.Kernels(choice())
    return NativePasses(module, kernels, model, rows.sparse, blas, rows.single)
