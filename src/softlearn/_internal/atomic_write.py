"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["part_beside", "write_whole", "writing_whole"]

_PART = re.compile(r"\.softlearn-[0-9a-f]{16,32}\.part")
_OLD = 3600.0  # seconds since its last byte: the process that wrote a part has ended by then


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the final place, then rename: killed at any time, it leaves an older file whole.

    Args:
        path: where to.
        data: all of it.

    Raises:
        OSError: it cannot be written; the error names the path that was asked for.

    """
    try:
        with writing_whole(path) as file:
            file.write(data)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


@contextmanager
def writing_whole(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file beside the final place, which is renamed to it at the end.

    On any failure the file is removed and what stood in its place stays.  A process that is killed
    leaves it; it is removed at the next writing to that folder when it is old.

    Args:
        path: where to; a link keeps pointing where it does.

    Raises:
        OSError: it cannot be written.

    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise IsADirectoryError(21, "it exists and is not a file")
    part = part_beside(target)
    try:
        with part.open("xb") as file:
            _sweep(part)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def part_beside(target: Path) -> Path:
    """Return the name of a file that is not there, in the folder of another."""
    return target.with_name(f".softlearn-{secrets.token_hex(8)}.part")


def _sweep(part: Path) -> None:
    """Remove parts in the folder of this one that are old, by the clock of their file system."""
    with suppress(OSError):  # what cannot be listed or removed stays
        now = part.stat().st_mtime
        with os.scandir(part.parent) as entries:
            found = [entry for entry in entries if _PART.fullmatch(entry.name)]
        for entry in found:
            with suppress(OSError):
                left = entry.stat(follow_symlinks=False).st_mtime < now - _OLD
                if left and entry.is_file(follow_symlinks=False):
                    Path(entry.path).unlink()
