"""A folder that one process at a time writes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked"]

_AGAIN = 0.2  # seconds


@contextmanager
def locked(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Enter a context that one process, or thread, is in at a time; the others wait.

    The system ends the lock of a process that is killed.

    Args:
        folder: it is made.
        tell: is told that it waits.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+b") as file:
        waits = False
        while not _taken(file.fileno()):
            if not waits:
                tell(f"waiting for another process, which writes {folder}")
            waits = True
            time.sleep(_AGAIN)
        yield


def _taken(file: int) -> bool:
    """Take the lock of an open file, unless another has it; closing the file gives it back."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
