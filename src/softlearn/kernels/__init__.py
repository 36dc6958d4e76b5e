"""Computations on a block of rows: in NumPy, and in C++ where it was compiled (see `dispatch`).

`protocol` lists them; tests compare all kernels with the definition, `softlearn.softmax`.
"""

from __future__ import annotations

from .dispatch import choice, native
from .lasso import Loss, add_sparse_gram, descend, multiply, sweep
from .native_blas import BLASKernel, LowPrecisionBLAS
from .native_blocks import DenseKernel, LowPrecisionDense, NativeKernel
from .native_csr import CSRKernel, FeatureMajorKernel, LowPrecisionCSR
from .numpy_blocks import NumPyKernel, weighted_sum
from .protocol import Evaluated, Floats, Keep, Kept, Kernel, Moments
from .small import Matrix, Small
from .softmax_block import (
    Forward,
    centre_logits,
    columns,
    dual_divergence,
    forward,
    probabilities,
    softmax_variance,
)

__all__ = [
    "BLASKernel",
    "CSRKernel",
    "DenseKernel",
    "Evaluated",
    "FeatureMajorKernel",
    "Floats",
    "Forward",
    "Keep",
    "Kept",
    "Kernel",
    "Loss",
    "LowPrecisionBLAS",
    "LowPrecisionCSR",
    "LowPrecisionDense",
    "Matrix",
    "Moments",
    "NativeKernel",
    "NumPyKernel",
    "Small",
    "add_sparse_gram",
    "centre_logits",
    "choice",
    "columns",
    "descend",
    "dual_divergence",
    "forward",
    "multiply",
    "native",
    "probabilities",
    "softmax_variance",
    "sweep",
    "weighted_sum",
]
