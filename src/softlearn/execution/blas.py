"""BLAS limited to one thread: our own threads take the blocks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["blas_cores", "one_blas_thread"]

_HERE = threading.local()


@contextmanager
def one_blas_thread(unless: bool = False, everywhere: bool = False) -> Iterator[None]:
    """Enter a context in which BLAS has one thread; within another it costs nothing.

    Where blocks run on our own threads, more threads would compete for the cores.  Elsewhere
    matrices are small, and on a busy machine threads that wait for each other made factorisations
    with 650 parameters up to ten times slower.

    Args:
        unless: true where matrices are so small that BLAS uses one thread in any case: setting the
            limit in all its copies takes as long as half a step.
        everywhere: true where other threads work within this context.

    """
    if everywhere:
        with _controller().limit(limits=1, user_api="blas"):
            yield
        return
    if unless or getattr(_HERE, "limited", False):
        yield
        return
    with _controller().limit(limits=1, user_api="blas"):
        _HERE.limited = True
        try:
            yield
        finally:
            _HERE.limited = False


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def blas_cores() -> str:
    """Return the processors that the copies of BLAS in use were written for."""
    copies = ThreadpoolController().select(user_api="blas").info()
    found = {str(each.get("architecture", "unknown")) for each in copies}
    return ", ".join(sorted(found))
