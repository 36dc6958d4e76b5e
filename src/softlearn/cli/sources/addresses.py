"""Sources that are not files of this machine: standard input and addresses."""

from __future__ import annotations

import base64
import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._internal.addresses import address_of, as_given
from ...features.dataset import SourceError
from .files import copied, within
from .read_options import ReadOptions

if TYPE_CHECKING:
    from urllib.parse import SplitResult
    from urllib.request import Request

__all__ = ["INPUT", "fetched"]

INPUT = "-"
"""What stands for standard input."""

_PATIENCE = 60.0  # seconds without a byte
_PLAIN = "/%:=&?~+!$,;'@()*[]"  # what stays as it is in an address


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

    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise _refused(address, error) from error
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    file = within(folder, unquote(parts.path or parts.netloc).rpartition("/")[2])
    if parts.scheme in ("http", "https"):
        _download(address, parts, file)
    else:
        _download_by_fsspec(address, file)
    return file


def _refused(address: str, reason: Any) -> SourceError:
    """Return the error to raise, without what is secret of the address."""
    name = as_given(Path(address))
    said = (str(reason).strip().splitlines() or [type(reason).__name__])[0].rstrip(".")
    return SourceError(f"{name} cannot be fetched: {said.replace(address, name)}.")


def _standard_input(folder: Path, options: ReadOptions) -> Path:
    if sys.stdin is None or sys.stdin.isatty():
        raise SourceError(
            "The source - is standard input, which is a terminal here: send rows to it, as in "
            "cat rows.csv | softlearn ..."
        )
    file = folder / f"standard-input.{options.format or 'csv'}"
    copied(sys.stdin.buffer, file)
    if not file.stat().st_size:
        raise SourceError("Standard input is empty: it has no rows (or was read already).")
    return file


def _request(parts: SplitResult) -> Request:
    """Return what to ask of a server; a name and password go to it alone, and in a header."""
    from urllib.parse import quote, unquote, urlunsplit
    from urllib.request import Request

    host = parts.netloc.rpartition("@")[2]
    if not host.isascii():
        host = host.encode("idna").decode()
    path, query = quote(parts.path, _PLAIN), quote(parts.query, _PLAIN)
    request = Request(urlunsplit((parts.scheme, host, path, query, "")))
    request.add_header("User-Agent", "softlearn")
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        value = f"Basic {base64.b64encode(pair.encode()).decode()}"
        request.add_unredirected_header("Authorization", value)
    return request


def _download(address: str, parts: SplitResult, file: Path) -> None:
    from http.client import HTTPException, IncompleteRead
    from urllib.error import HTTPError
    from urllib.request import urlopen  # it loads what few commands need

    packed = False
    try:
        with urlopen(_request(parts), timeout=_PATIENCE) as answer:
            # a server may pack what it sends, but a file that is called packed stays so
            packed = answer.headers.get("Content-Encoding") == "gzip" and file.suffix != ".gz"
            copied(gzip.GzipFile(fileobj=answer) if packed else answer, file)
            expected = int(answer.headers.get("Content-Length") or 0)
    except HTTPError as error:
        raise _refused(address, f"{error.code} {error.reason}") from error
    except (IncompleteRead, EOFError) as error:
        raise SourceError(f"{as_given(Path(address))} broke off; run the command again.") from error
    except (OSError, ValueError, HTTPException) as error:
        raise _refused(address, getattr(error, "reason", error)) from error
    got = file.stat().st_size
    if got < expected and not packed:
        raise SourceError(
            f"{as_given(Path(address))} broke off after {got:,} of {expected:,} bytes; run the "
            "command again."
        )


def _download_by_fsspec(address: str, file: Path) -> None:
    try:
        import fsspec
    except ImportError as error:
        scheme = address.partition(":")[0]
        raise SourceError(
            f"{as_given(Path(address))} cannot be fetched without fsspec, which reads {scheme} "
            "addresses: run: pip install 'softlearn[remote]'"
        ) from error
    try:
        with fsspec.open(address, "rb") as answer:
            copied(answer, file)
    except SourceError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise _refused(address, error) from error
