"""Whether a function takes its parameters as one argument, or a tuple of them one by one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["one_by_one", "takes_one_by_one"]


def takes_one_by_one(J: Callable[..., Any], w0: Any, args: tuple[Any, ...]) -> bool:
    """Return whether J(w, b, *args) takes the entries of a tuple w0 = (w, b) one by one.

    It does where J(w0, *args) has too few arguments: then J's parameters are w0's entries.
    """
    if _takes(J, 1 + len(args)):
        return False
    several = isinstance(w0, tuple | list)
    if several and _takes(J, len(w0) + len(args)):
        return True
    counts = f"{1 + len(args)}" + (f", or {len(w0) + len(args)} one by one," if several else "")
    raise ValueError(
        f"J takes the arguments {inspect.signature(J)}, but w0 and args give {counts}: give w0 as "
        "a tuple with a start for each parameter, such as (0.0, 0.0) for J(w, b), and in args what "
        "stays as it is."
    )


def _takes(J: Callable[..., Any], count: int) -> bool:
    try:
        signature = inspect.signature(J)
    except (TypeError, ValueError):  # some functions written in C do not tell
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def one_by_one(f: Callable[..., Any] | None) -> Any:
    """Return f as a function of one tuple, then what follows; None for None."""
    if f is None:
        return None

    @functools.wraps(f)
    def of_tuple(w: Any, *rest: Any) -> Any:
        return f(*w, *rest)

    return of_tuple
