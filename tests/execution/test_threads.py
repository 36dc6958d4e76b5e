"""Engines apply a function to every block and keep the order."""

import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from softlearn.execution.threads import Serial, Threads, engine_for

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


def test_where_the_system_gives_no_thread_those_do_that_are_there() -> None:
    program = """
import threading
from softlearn.execution.threads import Threads
assert list(Threads(2).map(abs, range(-9, 0))) == list(range(9, 0, -1))  # with one helper
threading.stack_size(1 << 46)  # more than an address can name: no thread can begin
try:
    threading.Thread(target=print).start()
except RuntimeError as error:
    print(error)
assert list(Threads(64).map(abs, range(-99, 0))) == list(range(99, 0, -1))
threading.stack_size(0)
assert list(Threads(8).map(abs, range(-99, 0))) == list(range(99, 0, -1))
"""
    alone = program.replace("assert list(Threads(2)", "list(Threads(1)", 1).replace(
        " == list(range(9, 0, -1))  # with one helper", ""
    )
    for code in (program, alone):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "can't start new thread\n"), done.stderr


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


# ---------------------------------------------------------------- helpers are shared by all


def test_a_map_within_a_map_and_maps_at_once_all_end() -> None:
    def inner(i: int) -> int:
        return sum(Threads(2).map(abs, range(-i, 5)))

    want = [inner(i) for i in range(9)]
    found: dict[int, list[int]] = {}
    callers = [
        threading.Thread(
            target=lambda k=k: found.update({k: list(Threads(3).map(inner, range(9)))})
        )
        for k in range(6)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60.0)
    assert found == dict.fromkeys(range(6), want)


def test_once_results_are_no_longer_wanted_nothing_is_begun() -> None:
    begun: list[int] = []
    results = Threads(3).map(begun.append, range(100))
    next(results)
    results.close()  # type: ignore[attr-defined]
    time.sleep(0.02)
    before = len(begun)
    time.sleep(0.05)
    assert len(begun) == before <= 6


def test_an_interrupt_goes_its_way_at_once() -> None:
    here = threading.get_ident()

    def interrupted(i: int) -> int:
        if threading.get_ident() == here:
            raise KeyboardInterrupt
        time.sleep(0.01)
        return i

    with pytest.raises(KeyboardInterrupt):
        list(Threads(2).map(interrupted, range(50)))


def test_a_helper_that_is_told_to_exit_tells_its_caller() -> None:
    here = threading.get_ident()

    def leaves(i: int) -> int:
        time.sleep(0.005)
        if threading.get_ident() != here:
            raise SystemExit(3)
        return i

    with pytest.raises(SystemExit):
        list(Threads(2).map(leaves, range(50)))
    assert list(Threads(2).map(abs, [-1, 2])) == [1, 2]


def test_nothing_of_a_map_is_kept_after_it() -> None:
    class Block:
        pass

    blocks = [Block() for _ in range(8)]
    left = [weakref.ref(block) for block in blocks]
    assert all(Threads(4).map(lambda block: block is not None, blocks))
    blocks.clear()
    until = time.monotonic() + 10.0
    while any(ref() is not None for ref in left) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(ref() is not None for ref in left)


FORKED = """
import os, threading
from softlearn.execution.threads import Threads

assert list(Threads(2).map(abs, [-1, 2])) == [1, 2]
child = os.fork()
if child:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
both_here = threading.Barrier(2, timeout=10.0)
assert sorted(Threads(2).map(lambda _: both_here.wait(), range(2))) == [0, 1]
os._exit(7)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_forked_process_has_helpers_of_its_own() -> None:
    """In a process of its own: other libraries' threads may be in this one."""
    assert subprocess.run([sys.executable, "-c", FORKED], timeout=60.0).returncode == 7
