"""What an engine does, and the one that does it in this process."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, Protocol, Self

import numpy as np

from .._version import __version__
from ..data import cut
from ..execution.blas import blas_cores, one_blas_thread
from ..kernels import choice

__all__ = ["Engine", "EngineError", "LocalEngine", "compare", "one_at_most", "signature"]


class EngineError(RuntimeError):
    """Workers cannot do what a fit needs; the message is a sentence."""


class Engine(Protocol):
    """Keeps parts of the data, and calls functions where they are.

    A handle stands for a part, or for what a function returned.  An engine may lose what a handle
    stands for, and then makes it again by the same calls.
    """

    def parts(self, X: Any, y: Any, sample_weight: Any) -> list[Any]:
        """Return tuples of handles of consecutive rows: features, labels, and weights or None."""
        ...

    def make(self, f: Callable[..., Any], *args: Any) -> Any:
        """Return a handle of f(*args); among the args, and in lists of them, may be handles."""
        ...

    def ask(self, f: Callable[..., Any], handles: list[Any], *args: Any) -> list[Any]:
        """Return f(handle, *args) for each handle, or tuple of handles, in order."""
        ...


class LocalEngine:
    """Rows in this process, in shards: the bits that every other engine must give.

    Args:
        parts: how many parts X comes in, or the rows of each; the result does not depend on it.

    """

    def __init__(self, parts: int | Sequence[int] = 1) -> None:
        self.given = parts

    def parts(self, X: Any, y: Any, sample_weight: Any) -> list[tuple[Any, Any, Any]]:
        """Return the parts of arrays, sparse matrices or data frames.

        Raises:
            ValueError: X, y and the weights, or the rows of the parts, do not fit together.

        """
        tables = [_table(table) for table in (X, y, sample_weight)]
        n = _length(tables[0])
        for name, table in zip(("y", "sample_weight"), tables[1:], strict=True):
            if table is not None and _length(table) != n:
                raise ValueError(f"X has {n} rows, but {name} has {_length(table)}: give as many.")
        if isinstance(self.given, int):
            spans = cut(n, max(-(-n // max(self.given, 1)), 1))
        else:
            ends = np.cumsum([0, *self.given]).tolist()
            if ends[-1] != n:
                raise ValueError(f"The parts of LocalEngine have {ends[-1]} rows, but X has {n}.")
            spans = [slice(a, b) for a, b in pairwise(ends)]
        x, labels, weights = ([_some(table, span) for span in spans] for table in tables)
        return list(zip(x, labels, weights, strict=True))

    def make(self, f: Callable[..., Any], *args: Any) -> Any:
        """Return f(*args)."""
        return f(*args)

    def ask(self, f: Callable[..., Any], handles: list[Any], *args: Any) -> list[Any]:
        """Return f(handle, *args) for each handle."""
        with one_at_most():
            return [f(handle, *args) for handle in handles]

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # scikit-learn's clone copies parameters

    def __repr__(self) -> str:
        return f"LocalEngine({self.given!r})"


def _table(table: Any) -> Any:
    return table if table is None or hasattr(table, "shape") else np.asarray(table)


def _length(table: Any) -> int:
    if len(table.shape) == 0:
        raise ValueError("X, y and sample_weight must have rows, but one of them is a number.")
    return int(table.shape[0])


def _some(table: Any, span: slice) -> Any:
    if table is None:
        return None
    return table.iloc[span] if hasattr(table, "iloc") else table[span]


@cache
def signature() -> dict[str, str]:
    """Return what decides about the last bits here: two workers with the same one agree."""
    return {
        "softlearn": __version__,
        "kernels": choice(),
        "numpy": np.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "BLAS": blas_cores(),
    }


def compare(theirs: dict[str, str], ours: dict[str, str], who: str) -> None:
    """Raise an EngineError if a worker, named by `who`, would give other bits than the client."""
    for what, wanted in ours.items():
        if theirs.get(what) != wanted:
            raise EngineError(
                f"{who} has {what} {theirs.get(what)}, but the client has {wanted}, and their last "
                "digits would differ: use the same versions and processors everywhere; for kernels "
                "the variable SOFTLEARN_KERNELS chooses what all have."
            )


_lock = threading.Lock()
_inside, _limit = 0, ExitStack()


@contextmanager
def one_at_most() -> Iterator[None]:
    """Enter a context in which BLAS has one thread, though several threads enter and leave it."""
    global _inside
    with _lock:
        if not _inside:
            _limit.enter_context(one_blas_thread(everywhere=True))
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limit.close()
