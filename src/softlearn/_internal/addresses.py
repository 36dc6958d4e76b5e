"""Addresses of sources, such as https://example.org/rows.csv, that were given as paths."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["address_of", "as_given"]

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/(?=[^/])")  # pathlib makes one slash of two


def address_of(source: Path) -> str | None:
    """Return a source's address, None for a file."""
    text = source.as_posix()
    found = _ADDRESS.match(text)
    if found is None or source.exists():
        return None
    slashes = ":///" if found[1].lower() == "file" else "://"
    return f"{found[1]}{slashes}{text[found.end() :]}"


def as_given(source: Path) -> str:
    """Return a source as the user wrote it, without what may be secret of an address.

    That is a name and password before the host, and the values of a query: keys and signatures.
    """
    address = address_of(source)
    if address is None:
        return str(source)
    address = re.sub(r"://[^/?#]*@", "://", address, count=1)
    place, mark, query = address.partition("?")
    return place + mark + re.sub(r"=[^&;]*", "=...", query)
