"""CSR rows with more entries than 32 bits can count: files with holes stand for them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from softlearn.data import ArrayFile, Rows, SparseRows, SparseRowsOnDisk, as_rows
from softlearn.kernels import NumPyKernel
from softlearn.passes import kernel_for
from softlearn.problem import Linear

MANY = 2**31 + 5  # entries of the first row, all of them zero and never read
N, D, C = 40, 12, 3
TAIL = sp.random_array((N, D), density=0.4, format="csr", rng=np.random.default_rng(0))


def hole(path: Path, end: NDArray[Any]) -> Path:
    """Write a file of MANY zeros, which takes no room, and what comes after them."""
    with path.open("wb") as file:
        file.seek(MANY * end.itemsize)
        file.write(end.tobytes())
    return path


@pytest.fixture(params=["in memory", "on disk"])
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Rows:
    data = hole(tmp_path / "data", TAIL.data)
    indices = hole(tmp_path / "indices", TAIL.indices.astype(np.int64))
    indptr = np.concatenate([[0], MANY + TAIL.indptr.astype(np.int64)])
    if request.param == "on disk":
        files = ArrayFile(data, np.float64), ArrayFile(indices, np.int64)
        return SparseRowsOnDisk(*files, indptr, D, memory=1 << 20)
    X = sp.csr_array((N + 1, D))  # its constructor would read all entries
    X.data = np.memmap(data, np.float64, "r")
    X.indices, X.indptr = np.memmap(indices, np.int64, "r"), indptr
    return SparseRows(X)


def test_entries_are_counted_in_64_bits(rows: Rows) -> None:
    assert rows.nnz == MANY + TAIL.nnz > np.iinfo(np.int32).max


@pytest.mark.parametrize("compiled", [True, False])
def test_blocks_beyond_are_right(rows: Rows, compiled: bool) -> None:
    model = Linear(D, C, by_feature=True)
    kernel = kernel_for(rows, model, labelled=True, brief=True)[0]
    kernel = kernel if compiled else NumPyKernel(model)
    rng = np.random.default_rng(1)
    A, Y, s = kernel.pack(rng.normal(size=model.size)), rng.integers(0, C, N), np.ones(N)
    whole = kernel.forward(as_rows(TAIL).block(slice(0, N)), A, Y, s, None)
    losses = []
    parts = np.zeros(model.size)
    for span in (slice(1, 15), slice(15, N + 1)):
        here = slice(span.start - 1, span.stop - 1)
        found = kernel.forward(rows.block(span), A, Y[here], s[here], None)
        losses.append(found.loss)
        parts += found.part
    assert sum(losses) == pytest.approx(whole.loss, rel=1e-13)
    np.testing.assert_allclose(parts, whole.part, rtol=1e-12, atol=1e-12)


def test_single_rows_beyond_are_right(rows: Rows) -> None:
    some = np.array([N, 3, 3, 17])
    np.testing.assert_array_equal(rows.take(some), TAIL.toarray()[some - 1])
