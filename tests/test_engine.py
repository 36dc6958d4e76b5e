"""Engines apply a function to every block and keep the order."""

import threading
import time

import numpy as np
import pytest

from softlearn.engine import Serial, Threads, engine_for

ENGINES = [Serial(), Threads(1), Threads(3)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_the_order_of_the_items(engine: Serial | Threads, count: int) -> None:
    def late(i: int) -> int:
        time.sleep(0.002 * (i % 3 == 0))
        return i * i

    assert list(engine.map(late, range(count))) == [i * i for i in range(count)]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_in_a_block_reaches_the_caller(engine: Serial | Threads) -> None:
    with pytest.raises(ZeroDivisionError):
        list(engine.map(lambda i: 1 // (i - 3), range(8)))
    assert list(engine.map(abs, [-1, 2])) == [1, 2]  # and the engine still works


def test_threads_work_at_the_same_time() -> None:
    both_here = threading.Barrier(2, timeout=30.0)
    assert sorted(Threads(2).map(lambda _: both_here.wait(), range(2))) == [0, 1]


def test_at_most_two_results_per_thread_wait_to_be_taken() -> None:
    started = []
    results = Threads(2).map(lambda i: started.append(i), range(100))
    next(results)
    time.sleep(0.02)
    assert len(started) <= 4
    results.close()  # type: ignore[attr-defined]


def test_threads_treat_an_overflow_as_their_caller_does() -> None:
    with np.errstate(over="ignore"):
        assert list(Threads(2).map(lambda x: np.exp(x), [1e4, 1e4])) == [np.inf, np.inf]
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        list(Threads(2).map(lambda x: np.exp(np.float64(x)), [1e4, 1e4]))


def test_small_work_stays_on_one_thread_and_n_jobs_is_read_as_scikit_learns() -> None:
    assert isinstance(engine_for(8, work=1e3), Serial)
    assert isinstance(engine_for(1, work=1e9), Serial)
    many = engine_for(8, work=1e9)
    assert isinstance(many, Threads)
    assert many.count == 8
    assert isinstance(engine_for(-10_000, work=1e9), Serial)
