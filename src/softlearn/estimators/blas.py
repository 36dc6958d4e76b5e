"""BLAS keeps to one thread: our own take the blocks, and small problems are for one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS has one thread.

    Where blocks have threads of their own, more would be in each other's way; where they have
    not, matrices are small, and on a busy machine threads that wait for each other made the
    factors of 650 parameters up to ten times slower.
    """
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
