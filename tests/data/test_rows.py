"""Every storage gives the same blocks of rows, and does not copy what it need not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray
from storages import STORAGES, numbers

from softlearn.data import Rows, SparseRows, as_rows
from softlearn.kernels import Kernel
from softlearn.passes import Limits, kernel_for, spans_for
from softlearn.problem import Linear
from softlearn.testing import check_rows

F64 = NDArray[np.float64]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("K", [1, 3, 200_000])
def test_every_storage_gives_the_rows_it_was_given(storage: str, K: int) -> None:
    X = numbers()
    check_rows(as_rows(STORAGES[storage](X)), X, K=K)


@pytest.mark.parametrize("make", [np.array, sp.csr_array])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 1), (130, 2)])
def test_small_shapes_are_storages_too(make: Callable[[F64], Any], shape: tuple[int, int]) -> None:
    X = np.random.default_rng(1).normal(size=shape)
    check_rows(as_rows(make(X)), X, K=2)


def test_a_memory_map_is_read_block_by_block_and_never_copied(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", numbers())
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    rows = as_rows(X)
    assert rows.X is X  # type: ignore[attr-defined]
    check_rows(rows, numbers(), K=3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_used_where_they_lie(dtype: type[np.floating[Any]]) -> None:
    X = numbers().astype(dtype)
    assert as_rows(X).X is X  # type: ignore[attr-defined]
    S = sp.csr_array(X)
    rows = as_rows(S)
    assert isinstance(rows, SparseRows)
    assert np.shares_memory(rows.X.data, S.data)


def test_blocks_of_float64_csr_share_its_memory() -> None:
    S = sp.csr_array(numbers())
    rows = as_rows(S)
    for span in spans_for(rows, 3):
        assert np.shares_memory(rows.block(span).X.data, S.data)  # type: ignore[attr-defined]


def test_rows_are_cut_into_blocks_that_fit_a_cache() -> None:
    rows = as_rows(np.zeros((50_000, 20)))
    spans = spans_for(rows, 3)
    assert len(spans) > 1
    assert [s.start for s in spans[1:]] == [s.stop for s in spans[:-1]]
    assert max(s.stop - s.start for s in spans) * 20 * 8 <= 1 << 20
    many = spans_for(rows, 10_000)  # many classes make smaller blocks, of 4 MiB of logits
    assert max(s.stop - s.start for s in many) * 10_000 * 8 <= 5_200_000


def fused_kernel(rows: Rows, C: int) -> Kernel:
    kernel, _ = kernel_for(rows, Linear(rows.d, C), labelled=True)
    if not kernel.fused:
        pytest.skip("there are no native kernels")
    return kernel


@pytest.mark.parametrize("n", [60_000, 10_000_000])
@pytest.mark.parametrize("K", [2, 10, 200])
def test_fast_kernels_get_blocks_enough_for_many_threads_and_few_beside_what_each_costs(
    n: int, K: int
) -> None:
    rows = as_rows(np.broadcast_to(np.zeros(1), (n, 50)))
    spans = spans_for(rows, K, fused_kernel(rows, K))
    longest = max(span.stop - span.start for span in spans)
    assert len(spans) > 1
    assert len(spans) <= 33 or 8 * longest * K > 0.9 * 2**22
    assert longest * 50 * K > 0.9 * 2**20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_block_longer_than_the_cache_is_multiplied_a_few_rows_at_a_time(
    dtype: type[np.floating[Any]], order: Any
) -> None:
    rng = np.random.default_rng(4)
    X = np.asarray(rng.normal(size=(1_000, 300)), dtype, order=order)
    W, R = rng.normal(size=(3, 300)), rng.normal(size=(3, 1_000))
    block = as_rows(X).block(slice(0, 1_000))
    D = X.astype(np.float64)
    for found, true in ((block, D), (block.squares(), D * D)):
        np.testing.assert_allclose(found.matmat(W), W @ true.T, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(found.rmatmat(R), R @ true, rtol=1e-12, atol=1e-11)
        np.testing.assert_array_equal(found.raw[0], true)
    assert np.shares_memory(block.raw[0], X)


@pytest.mark.parametrize(
    ("indptr", "indices", "what"),
    [
        ([0, 1, 2], [0, 3], "column index"),
        ([0, 1, 2], [-1, 0], "column index"),
        ([0, 3, 2], [0, 1], "indptr"),
    ],
)
def test_a_sparse_matrix_that_points_outside_itself_is_refused(
    indptr: list[int], indices: list[int], what: str
) -> None:
    S = sp.csr_array(np.eye(2, 3))
    S.indptr, S.indices = np.array(indptr, dtype=np.int32), np.array(indices, dtype=np.int32)
    with pytest.raises(ValueError, match=f"X is not a sound sparse matrix: .*{what}"):
        as_rows(S)


@pytest.mark.parametrize("X", [np.zeros(3), np.zeros((2, 2, 2))])
def test_an_array_without_two_axes_raises(X: F64) -> None:
    with pytest.raises(ValueError, match="X must have two axes"):
        as_rows(X)


def test_a_storage_that_loses_an_entry_is_caught() -> None:
    rows: Rows = as_rows(numbers())
    wrong = numbers()
    wrong[17, 3] += 1.0
    with pytest.raises(AssertionError, match="matmat"):
        check_rows(rows, wrong, K=2)


def test_sparse_blocks_are_as_many_as_cores_if_they_hold_enough() -> None:
    X = sp.random_array(
        (4000, 100), density=0.1, format="csr", random_state=np.random.default_rng(0)
    )
    few = sp.random_array(
        (4000, 1000), density=0.002, format="csr", random_state=np.random.default_rng(0)
    )
    for count, blocks in [(1, 2), (2, 2), (7, 7), (64, 63)]:  # of at least 64 rows
        limits = Limits(cores=count)
        assert len(spans_for(as_rows(X), 10, limits=limits)) == blocks
        assert len(spans_for(as_rows(few), 10, limits=limits)) == 2  # gradients would cost more
