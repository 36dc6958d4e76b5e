"""BLAS keeps to one thread per block while our own threads take the blocks."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from ..engine import Threads
from ..objective import SoftmaxObjective

__all__ = ["one_blas_thread"]


def one_blas_thread(J: SoftmaxObjective) -> AbstractContextManager[Any]:
    """Return a context in which BLAS has one thread, if J's blocks have threads of their own."""
    if not isinstance(J.engine, Threads):
        return nullcontext()
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
