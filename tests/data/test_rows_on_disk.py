"""Rows on disk are the rows in memory: the same blocks, the same bits of every pass."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from storages import numbers

from softlearn.data import (
    ArrayFile,
    DenseRows,
    DenseRowsOnDisk,
    Rows,
    SparseRows,
    SparseRowsOnDisk,
)
from softlearn.execution.threads import Threads
from softlearn.passes import Limits, Passes, kernel_for, passes_for, spans_for
from softlearn.problem import Linear, Problem
from softlearn.testing import check_rows

SMALL = Limits(disk_block=1 << 11)


def on_disk(folder: Path, X: Any, memory: int = 1 << 12) -> Rows:
    if sp.issparse(X):
        X.data.tofile(folder / "data")
        X.indices.astype(np.int64).tofile(folder / "indices")
        files = ArrayFile(folder / "data", X.dtype), ArrayFile(folder / "indices", np.int64)
        return SparseRowsOnDisk(*files, X.indptr.astype(np.int64), X.shape[1], memory)
    X.tofile(folder / "X")
    return DenseRowsOnDisk(ArrayFile(folder / "X", X.dtype, X.shape[1]), memory)


def made(kind: str, n: int = 3000, d: int = 11) -> Any:
    X = numbers(n, d).astype(np.float64 if kind.endswith("64") else np.float32)
    return sp.csr_array(X) if kind.startswith("CSR") else X


KINDS = ["dense 32", "dense 64", "CSR 32", "CSR 64"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_storage_on_disk_holds_its_rows(kind: str, tmp_path: Path) -> None:
    X = made(kind)
    rows = on_disk(tmp_path, X)
    check_rows(rows, X.toarray() if sp.issparse(X) else X)
    assert type(rows.subset(np.arange(3))) in (DenseRows, SparseRows)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_taken_in_any_order_and_more_than_once(kind: str, tmp_path: Path) -> None:
    X = made(kind)
    whole = X.toarray() if sp.issparse(X) else X
    chosen = np.random.default_rng(0).integers(0, len(whole), 500)
    rows = on_disk(tmp_path, X)
    np.testing.assert_array_equal(rows.take(chosen), whole[chosen])
    assert rows.take(chosen[:0]).shape == (0, whole.shape[1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("memory", [1 << 12, 1 << 24], ids=["nothing kept", "logits kept"])
@pytest.mark.parametrize("threads", [1, 2])
def test_passes_over_rows_on_disk_give_the_bits_of_rows_in_memory(
    kind: str, memory: int, threads: int, tmp_path: Path
) -> None:
    """Many small blocks; the passes in memory are cut in the same blocks."""
    X, rng = made(kind), np.random.default_rng(1)
    y = rng.integers(0, 3, X.shape[0])
    disk = on_disk(tmp_path, X, memory)
    model = Linear(disk.d, 3, True, by_feature=disk.sparse)
    problem = Problem.of(disk, y, model, 1e-3)
    there = passes_for(problem, Threads(threads), SMALL)
    assert len(there.spans) > 30
    here = Problem.of(SparseRows(X) if disk.sparse else DenseRows(X), y, model, 1e-3)
    kernel, low = kernel_for(disk, model, True, SMALL)
    in_memory = Passes(here, kernel, Threads(threads), there.spans, there.keep, low)
    w, v = rng.normal(size=(2, model.size))
    a, b = there.forward(w), in_memory.forward(w)
    assert a.value == b.value
    np.testing.assert_array_equal(a.grad, b.grad)
    np.testing.assert_array_equal(a.product(v, 0.1), b.product(v, 0.1))
    assert a.along(v)(0.3) == b.along(v)(0.3)
    np.testing.assert_allclose(a.curvature, b.curvature, atol=1e-6)  # of float32 probabilities
    np.testing.assert_allclose(a.bias_curvature, b.bias_curvature, atol=1e-7)


def test_a_block_on_disk_has_few_bytes_however_large_the_file(tmp_path: Path) -> None:
    rows = on_disk(tmp_path, made("dense 32", 10_000))
    sizes = [44 * (span.stop - span.start) for span in spans_for(rows, 3, limits=SMALL)]
    assert max(sizes) <= max(SMALL.disk_block, 44 * 64)


def test_a_file_that_was_cut_short_is_noticed_as_a_pass_begins(tmp_path: Path) -> None:
    rows = on_disk(tmp_path, made("dense 32"))
    with (tmp_path / "X").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(OSError, match="has changed while it was read"):
        rows.block(slice(0, 10))
