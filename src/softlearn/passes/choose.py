"""Chooses the passes for a problem: the only place that decides which fast path to use."""

from __future__ import annotations

from typing import Any

from ..data import Rows, SparseRows, TensorRows, cut
from ..execution.threads import Engine, Serial
from ..kernels import (
    BLASKernel,
    CSRKernel,
    DenseKernel,
    FeatureMajorKernel,
    Kernel,
    LowPrecisionBLAS,
    LowPrecisionCSR,
    LowPrecisionDense,
    NumPyKernel,
    choice,
    native,
)
from ..linalg import add_product
from ..problem import Problem
from .device import DevicePasses, device_kernels, device_spans, low_type
from .from_disk import PassesFromDisk
from .limits import Limits
from .passes import Passes
from .small import SmallPasses
from .transpose import Transpose

__all__ = ["LIMITS", "kernel_for", "keeps_logits", "passes_for", "spans_for"]

LIMITS = Limits()


def passes_for(
    problem: Problem,
    engine: Engine | None = None,
    limits: Limits = LIMITS,
    brief: bool = False,
    exact: bool = False,
) -> Passes | SmallPasses:
    """Return the fastest passes over a problem.

    Args:
        problem: what is minimised.
        engine: its threads are used; one thread if absent.
        limits: the thresholds.
        brief: whether the rows are read only a few times, so that preparing them does not pay.
        exact: whether products, too, are in float64.

    """
    made = _chosen(problem, engine or Serial(), limits, brief, exact)
    made.exact = exact
    return made


def _chosen(
    problem: Problem, engine: Engine, limits: Limits, brief: bool, exact: bool
) -> Passes | SmallPasses:
    rows, model = problem.rows, problem.model
    keep = keeps_logits(rows, model.C, limits)
    if isinstance(rows, TensorRows):
        low_dtype = None if brief or exact else low_type(rows)
        return DevicePasses(problem, engine, keep, limits, low_dtype)
    small = keep and rows.memory is None and _small(problem, limits)
    kernel, low = kernel_for(rows, model, problem.labelled, limits, brief)
    if low is not None and low.P_dtype is not kernel.P_dtype and (small or not keep):
        low = None  # it reads probabilities in a format of its own
    if rows.memory is not None:
        low = None  # comparing it with the other takes a pass
    if exact:
        low = None
    if small:
        return SmallPasses(problem, kernel, engine, [slice(0, rows.n)], keep, low)
    spans = held = spans_for(rows, model.C, kernel, limits)
    if not keep and isinstance(kernel, BLASKernel):
        spans = cut(rows.n, max(rows.n // limits.dense_blocks + 1, limits.fewest_rows))
    kind = Passes if rows.memory is None else PassesFromDisk
    return kind(problem, kernel, engine, spans, keep, low, held)


def keeps_logits(rows: Rows, C: int, limits: Limits = LIMITS) -> bool:
    """Whether a point keeps its logits: few classes, and less memory than a part of X."""
    few = limits.many_classes > C
    if rows.memory is not None:  # two points and a line together keep five times as much
        return few and 8 * rows.n * C <= rows.memory // 16
    return few and 8 * rows.n * C <= max(limits.kept_logits, rows.nbytes // 4)


def _small(problem: Problem, limits: Limits) -> bool:
    """Whether solving Newton's equations directly takes no longer than starting a pass."""
    n, d, C = problem.rows.n, problem.model.d, problem.model.C
    return n * (d + 1.0) ** 2 * C * (C - 1) / 4 <= limits.small_hessian


def kernel_for(
    rows: Rows, model: Any, labelled: bool, limits: Limits = LIMITS, brief: bool = False
) -> tuple[Kernel, Kernel | None]:
    """Return the kernel for a model over rows, and one for products in low precision, if any.

    Args:
        rows: as in `softlearn.data`.
        model: computes logits from rows.
        labelled: whether the targets are labels and not rows of probabilities.
        limits, brief: as in `passes_for`.

    """
    if isinstance(rows, TensorRows):
        return device_kernels(rows, model, None if brief else low_type(rows))
    module = native()
    if module is None or not labelled or not getattr(model, "linear", False) or rows.d == 0:
        return NumPyKernel(model), None
    given = module, module.Kernels(choice()), model
    if not rows.sparse:
        if limits.blas_classes < model.C:
            blas = BLASKernel(*given, add_product=add_product)
            return blas, LowPrecisionBLAS(*given, blas.pool, add_product)
        kernel = DenseKernel(*given)
        single = rows.dtype == "float32"
        return kernel, LowPrecisionDense(*given, kernel.pool) if single else None
    if brief or not isinstance(rows, SparseRows) or not _transpose_pays(rows, model.C, limits):
        return CSRKernel(*given), None
    transpose = Transpose(rows, _feature_ranges(rows, model.C, limits))
    shorter = rows.n <= rows.d  # residuals (n, K) than a gradient (d, K)
    csr = FeatureMajorKernel(*given, transpose) if shorter else CSRKernel(*given)
    return csr, LowPrecisionCSR(*given, transpose, csr.pool)


def _feature_ranges(rows: Rows, C: int, limits: Limits) -> int:
    """Return how many ranges of features threads take: few where there is little to multiply."""
    return min(limits.feature_ranges, 2 + 4 * rows.nnz * C // max(limits.block_work, 1))


def _transpose_pays(rows: Rows, C: int, limits: Limits) -> bool:
    """Whether a transpose of X costs little relative to the time that it saves."""
    worth = rows.nnz * C >= limits.block_work and rows.nbytes <= limits.transposed_bytes
    return worth and limits.many_classes > C


def spans_for(
    rows: Rows, logits: int, kernel: Kernel | None = None, limits: Limits = LIMITS
) -> list[slice]:
    """Return the rows of each block.

    Args:
        rows: all of them.
        logits: the number per row.
        kernel: reads the blocks; NumPy's if absent.
        limits: how large a block may be.

    """
    if isinstance(rows, TensorRows):
        return device_spans(rows, logits, limits)
    fused, n, d, K = kernel is not None and kernel.fused, rows.n, max(rows.d, 1), max(logits, 1)
    max_rows = limits.block_logits // (8 * K)
    if rows.memory is not None:
        most = limits.disk_block * n // max(rows.nbytes, 1)
        return cut(n, max(min(most, max_rows), 64))
    if not rows.sparse:
        whole = max(n // limits.dense_blocks + 1, limits.block_work // (d * K))
        return cut(n, max(min(whole if fused else limits.block_bytes // (8 * d), max_rows), 64))
    per_row = max(rows.nnz / max(n, 1), 1.0)
    if isinstance(kernel, FeatureMajorKernel):
        enough = int(limits.block_work / (per_row * K))
        return cut(n, max(n // limits.feature_ranges + 1, enough, 64))
    # A block writes a whole gradient (K, d), so it must hold several times d entries.
    enough = int(4 * rows.d / per_row)
    many = max(8 * limits.block_logits // (8 * K), min(enough, 64 * limits.block_logits // (8 * K)))
    # One for each core if they hold enough: bits then depend on the machine, not on n_jobs;
    # at least two.
    return cut(n, max(min(many, n // 2 + 1, max(n // limits.cores + 1, enough)), 64))
