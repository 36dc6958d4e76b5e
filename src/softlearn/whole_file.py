"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the final place, then rename: killed at any time, it leaves an older file whole.

    Args:
        path: where to.
        data: all of it.

    Raises:
        OSError: it cannot be written; the error names the path that was asked for.

    """
    target = Path(os.path.realpath(path))  # a link keeps pointing where it does
    part = target.with_name(f".softlearn-{secrets.token_hex(8)}.part")
    try:
        if target.exists() and not target.is_file():
            raise IsADirectoryError(21, "it exists and is not a file")
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
