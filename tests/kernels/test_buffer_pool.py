"""Memory that is used again."""

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from softlearn.kernels.buffer_pool import BufferPool


def address(x: np.ndarray) -> int:
    return int(x.__array_interface__["data"][0])


@pytest.mark.parametrize("shape", [(7,), (3, 5), (200_000,), (0, 4)])
def test_an_array_is_whole_writeable_and_side_by_side(shape: tuple[int, ...]) -> None:
    x = BufferPool().zeros(*shape)
    assert x.shape == shape
    assert x.dtype == np.float64
    assert x.flags.c_contiguous
    assert x.flags.writeable
    assert not x.any()


@pytest.mark.parametrize("size", [10, 20_000])
def test_memory_is_used_again_once_nobody_has_it(size: int) -> None:
    pool = BufferPool()
    x = pool.empty(size)
    at, part = address(x), x[3:5]
    del x
    gc.collect()
    assert address(pool.empty(size)) != at  # somebody has a part of it
    del part
    gc.collect()
    assert at in {address(a) for a in [pool.empty(size), pool.empty(size)]}


def test_arrays_in_use_never_share_memory() -> None:
    pool = BufferPool()

    def fill(number: int) -> tuple[int, np.ndarray]:
        kept = None
        for size in (9_000, 20_000, 9_000):
            kept = pool.empty(size)
            kept.fill(number)
        assert kept is not None
        return number, kept

    with ThreadPoolExecutor(4) as threads:
        for number, x in list(threads.map(fill, range(64))):
            assert (x == number).all()


def test_an_array_outlives_its_room() -> None:
    x = BufferPool().zeros(30_000)
    gc.collect()
    x += 1.0
    assert x.sum() == 30_000.0
