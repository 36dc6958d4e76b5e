"""Sources that are not files of this machine: standard input and addresses."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from ..._internal.addresses import address_of
from ...features.dataset import SourceError
from .read_options import ReadOptions

__all__ = ["INPUT", "fetched"]

INPUT = "-"
"""What stands for standard input."""

_PATIENCE = 60.0  # seconds without a byte
_BLOCK = 1 << 20  # bytes


def fetched(source: Path, folder: Path, options: ReadOptions) -> Path:
    """Return a source as a file: what comes from elsewhere is written into a folder.

    Raises:
        SourceError: it cannot be had.

    """
    if str(source) == INPUT:
        return _standard_input(folder, options)
    address = address_of(source)
    if address is None:
        return source
    from urllib.parse import unquote, urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    file = folder / (Path(unquote(parts.path or parts.netloc)).name or "index")
    if parts.scheme in ("http", "https"):
        _download(address, file)
    else:
        _download_by_fsspec(address, file)
    return file


def _standard_input(folder: Path, options: ReadOptions) -> Path:
    if sys.stdin is None or sys.stdin.isatty():
        raise SourceError(
            "The source - is standard input, which is a terminal here: send rows to it, as in "
            "cat rows.csv | softlearn ..."
        )
    file = folder / f"standard-input.{options.format or 'csv'}"
    with file.open("wb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out, _BLOCK)
    if not file.stat().st_size:
        raise SourceError("Standard input is empty: it has no rows (or was read already).")
    return file


def _download(address: str, file: Path) -> None:
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen  # they load what few commands need

    request = Request(address, headers={"User-Agent": "softlearn"})
    try:
        with urlopen(request, timeout=_PATIENCE) as answer, file.open("wb") as out:
            shutil.copyfileobj(answer, out, _BLOCK)
            expected = int(answer.headers.get("Content-Length") or 0)
    except HTTPError as error:
        raise SourceError(f"{address} cannot be fetched: {error.code} {error.reason}.") from error
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SourceError(f"{address} cannot be fetched: {_first_line(reason)}.") from error
    got = file.stat().st_size
    if got < expected:
        raise SourceError(
            f"{address} broke off after {got:,} of {expected:,} bytes; run the command again."
        )


def _download_by_fsspec(address: str, file: Path) -> None:
    try:
        import fsspec
    except ImportError as error:
        scheme = address.partition(":")[0]
        raise SourceError(
            f"{address} cannot be fetched without fsspec, which reads {scheme} addresses: "
            "run: pip install 'softlearn[remote]'"
        ) from error
    try:
        with fsspec.open(address, "rb") as answer, file.open("wb") as out:
            shutil.copyfileobj(answer, out, _BLOCK)
    except Exception as error:  # each file system has errors of its own
        raise SourceError(f"{address} cannot be fetched: {_first_line(error)}.") from error


def _first_line(reason: Any) -> str:
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0].rstrip(".")
