"""How columns were read, in words, for the report and for errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .dates import words_of
from .frames import named

__all__ = ["said_of_column", "sentences"]

_ARTICLES = {".": "a point", ",": "a comma", " ": "a space", "'": "an apostrophe"}


def sentences(reading: Mapping[str, Any]) -> list[str]:
    """Return how the texts of a table were read; nothing of numbers as machines write them."""
    groups: dict[str, list[str]] = {}
    for name in reading.get("columns", {}):
        groups.setdefault(_of_column(reading, name), []).append(name)
    found = [f"{named(names)}: {words}." for words, names in groups.items() if words]
    if reading.get("missing"):
        words = " and ".join(map(repr, reading["missing"]))
        found.append(f"{words} counted as missing, as was asked for.")
    return found


def said_of_column(reading: Mapping[str, Any], name: str) -> str:
    """Return " (day.month.year)" of a column, or nothing where nothing is to be said."""
    words = _of_column(reading, name).partition(", ")[2]
    return f" ({words})" if words else ""


def _of_column(reading: Mapping[str, Any], name: str) -> str:
    how = reading.get("columns", {}).get(name, {})
    if how.get("dates"):
        zone = ", times without a zone as UTC" if how.get("utc") else ""
        return f"dates, {' or '.join(map(words_of, how['dates']))}{zone}"
    if how.get("times"):
        return "times of day, as hours since midnight"
    parts = ["numbers"]
    decimal = how.get("decimal", reading.get("decimal", "."))
    if decimal == "," or how.get("assumed"):
        custom = ", as is usual where commas stand between cells" if how.get("assumed") else ""
        parts.append(f"with a decimal {'comma' if decimal == ',' else 'point'}{custom}")
    if how.get("thousands"):
        parts.append(f"with {_ARTICLES[how['thousands']]} between thousands")
    if how.get("percent"):
        parts.append("with a percent sign (3.1% is 0.031)")
    if how.get("currency"):
        parts.append(f"with the sign {how['currency']}")
    if how.get("parentheses"):
        parts.append("some in parentheses, which make them negative: (1) is -1")
    return ", ".join(parts) if len(parts) > 1 else ""
