"""BLAS keeps to one thread per block while our own threads take the blocks."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from ..engine import Engine, Threads
from ..objective import SoftmaxObjective

__all__ = ["one_blas_thread", "one_blas_thread_beside"]


def one_blas_thread(J: SoftmaxObjective) -> AbstractContextManager[Any]:
    """Return a context in which BLAS has one thread, if J's blocks have threads of their own."""
    return one_blas_thread_beside(J.engine)


def one_blas_thread_beside(engine: Engine) -> AbstractContextManager[Any]:
    """Return a context in which BLAS has one thread, if the engine has several."""
    if not isinstance(engine, Threads):
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
