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
    """Return a source as the user wrote it."""
    return address_of(source) or str(source)
