"""However the data are held, cut into blocks or shared out, the objective is the same."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from comparing import assert_same, at_random, everything
from numpy.typing import NDArray
from storages import STORAGES, numbers

from softlearn.data import as_rows
from softlearn.execution.threads import Engine, Serial, Threads
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, Passes, kernel_for, passes_for
from softlearn.problem import Linear, Problem

F64 = NDArray[np.float64]


@pytest.mark.parametrize("storage", STORAGES)
def test_every_storage_gives_the_same_numbers(storage: str) -> None:
    X, y = numbers(), np.arange(300) % 4
    J = objective_of(as_rows(X), y, Linear(7, 4), 0.05)
    other = objective_of(as_rows(STORAGES[storage](X)), y, Linear(7, 4), 0.05)
    assert_same(J, other)


def test_a_memory_map_gives_the_same_numbers(tmp_path: Path) -> None:
    X, y = numbers(), np.arange(300) % 4
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    J = objective_of(as_rows(X), y, Linear(7, 4), 0.05)
    assert_same(J, objective_of(as_rows(mapped), y, Linear(7, 4), 0.05))


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64])
def test_labels_may_be_any_integers(dtype: type[np.integer[Any]]) -> None:
    X, y = numbers(), np.arange(300) % 4
    J = objective_of(as_rows(X), y, Linear(7, 4), 0.05)
    assert_same(J, objective_of(as_rows(X), y.astype(dtype), Linear(7, 4), 0.05))


@pytest.fixture(params=[np.array, sp.csr_array], ids=["dense", "sparse"])
def long(request: pytest.FixtureRequest) -> SoftmaxObjective:
    """Return an objective over several blocks."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 9)) * (rng.random((3000, 9)) < 0.3)
    return objective_of(as_rows(request.param(X)), rng.integers(0, 5, 3000), Linear(9, 5), 0.01)


def in_blocks(
    J: SoftmaxObjective, rows: int, keep: bool = True, engine: Engine | None = None
) -> SoftmaxObjective:
    """Return J cut into blocks of so many rows, by the kernel that is chosen for it."""
    P, n = J.problem, J.problem.rows.n
    kernel, _ = kernel_for(P.rows, P.model, P.labelled)
    spans = [slice(a, min(a + rows, n)) for a in range(0, n, rows)]
    return SoftmaxObjective(P, Passes(P, kernel, engine or Serial(), spans, keep))


@pytest.mark.parametrize("rows", [1000, 64, 7])
def test_many_blocks_equal_one(long: SoftmaxObjective, rows: int) -> None:
    assert_same(in_blocks(long, 3000), in_blocks(long, rows))


@pytest.mark.parametrize("keep", [True, False])
def test_threads_give_the_same_bits_as_one_thread(long: SoftmaxObjective, keep: bool) -> None:
    w, v = at_random(long)
    serial = everything(in_blocks(long, 100, keep=keep), w, v)
    for count in (1, 4):
        threaded = everything(in_blocks(long, 100, keep=keep, engine=Threads(count)), w, v)
        for a, b in zip(serial, threaded, strict=True):
            np.testing.assert_array_equal(a, b)


def test_logits_that_are_not_kept_are_computed_again_to_the_same_numbers(
    long: SoftmaxObjective,
) -> None:
    assert long.blocks.keep
    other = in_blocks(long, 1000, keep=False)
    assert_same(long, other, rtol=1e-13)
    w, v = at_random(long)
    before = other.passes
    other.at(w).hvp(v)
    assert other.passes == before + 2.0


def test_a_second_trial_step_reads_no_data_while_logits_are_kept(long: SoftmaxObjective) -> None:
    w, v = at_random(long)
    J = in_blocks(long, 1000)
    line = J.at(w).along(v)
    line(0.1)  # a whole pass
    line(0.15)  # the logits of v, once
    assert J.blocks.row_rms > 0.0  # and the sizes of columns
    passes = J.passes
    line(0.1), line(0.2)
    assert J.passes == passes
    line.point(0.2).grad.sum()
    assert J.passes == passes + 1.0


def test_a_step_that_will_be_taken_is_one_pass() -> None:
    rng = np.random.default_rng(0)
    X = sp.random_array((3000, 40), density=0.1, format="csr", random_state=rng)
    J = objective_of(as_rows(X), rng.integers(0, 6, 3000), Linear(40, 6), 0.01)
    assert not J.is_small
    w, v = at_random(J)
    start = J.at(w)
    before, line = start.value, start.along(v)
    passes = J.passes
    value, slope = line(1.0)
    there = line.point(1.0)
    assert there.value == value
    assert np.isfinite(there.grad).all()
    assert J.passes == passes + 1.0
    # the other way gives the same numbers, and is taken after a step that was cut short
    short = line.point(0.5)
    again = short.along(v)
    assert not short.forward.first_try
    passes = J.passes
    np.testing.assert_allclose(again(0.5), (value, slope), rtol=1e-10)
    again(0.25)
    assert J.passes == passes + 1.0  # the logits of v
    np.testing.assert_allclose(again(-0.5), (before, start.grad @ v), rtol=1e-10)


@pytest.mark.parametrize("make_X", [np.asarray, np.asfortranarray, sp.csr_array])
def test_memory_beyond_x_stays_small_when_n_times_c_is_large(
    make_X: Callable[[F64], Any],
) -> None:
    limits = Limits(kept_logits=1 << 20, block_logits=1 << 18)
    n, C = 20_000, 250
    rng = np.random.default_rng(0)
    X = make_X(rng.normal(size=(n, 3)))
    P = Problem.of(as_rows(X), rng.integers(0, C, n), Linear(3, C), 0.1)
    J = SoftmaxObjective(P, passes_for(P, limits=limits))
    w, v = at_random(J)
    tracemalloc.start()
    try:
        point = J.at(w)
        point.hvp(v)
        point.along(v)(1.0)
        point.bound(1e-3 * v)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * (8 * n * C)  # half of one array of all logits; several are needed


def test_sparse_float32_is_never_held_twice() -> None:
    X = sp.random_array(
        (40_000, 50), density=0.5, dtype=np.float32, random_state=np.random.default_rng(0)
    )
    rows = as_rows(X.tocsr())
    J = objective_of(rows, np.arange(40_000) % 2, Linear(50, 2), 0.1)
    tracemalloc.start()
    try:
        J.at(np.zeros(J.size)).grad.sum()
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 0.25 * rows.nbytes
