"""Dates and times of day as people write them, and what their parts mean.

A *form* says in which order the parts of a date stand, and what stands between: "Y-m-d",
"d.m.Y" or "b d Y", where y is a year of two digits and b the English name of a month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMS", "LIKE_A_DATE", "parse_dates", "parse_times", "read_form", "words_of"]

Moments = NDArray[np.datetime64]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_NAME = "(?:(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? +)?"
_CLOCK = (
    r"(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2}(?:[.,][0-9]{1,9})?))?"
    r"(?: ?(?P<p>[ap])\.?m\.?)?"
)
_TIME = rf"(?:(?:t|,? +){_CLOCK}(?: ?(?P<z>z|utc|gmt|[-+][0-9]{{2}}:?[0-9]{{2}}))?)?"
_Y, _M, _D = "(?P<Y>[0-9]{4})", "(?P<m>[0-9]{1,2})", "(?P<d>[0-9]{1,2})"
_SHORT, _B, _NTH = "(?P<y>[0-9]{2})", rf"(?P<b>{_NAME})\.?", "(?:st|nd|rd|th|\\.)?"


def _forms() -> dict[str, str]:
    found = {}
    for mark in "-/.":
        between = rf"{mark if mark != '.' else '[.]'} ?"
        found[f"Y{mark}m{mark}d"] = between.join((_Y, _M, _D)) + (r"\.?" if mark == "." else "")
        for year, name in ((_Y, "Y"), (_SHORT, "y")):
            found[f"d{mark}m{mark}{name}"] = between.join((_D, _M, year))
            found[f"m{mark}d{mark}{name}"] = between.join((_M, _D, year))
    for year, name in ((_Y, "Y"), (_SHORT, "y")):
        found[f"d b {name}"] = rf"{_D}{_NTH}[ -]*{_B},?[ -]*{year}"
    found["b d Y"] = rf"{_B}[ -]*{_D}{_NTH},?[ -]+{_Y}"
    found["Y b d"] = rf"{_Y}[ -]*{_B}[ -]*{_D}"
    found["Y년 m월 d일"] = rf"{_Y}년 *{_M}월 *{_D}일"
    found["b Y"], found["Y-m"], found["m/Y"] = rf"{_B}[ -]*{_Y}", rf"{_Y}-{_M}", rf"{_M}/{_Y}"
    return found


FORMS: Mapping[str, str] = _forms()
"""Form -> the pattern of its date part; the time of day may follow."""

LIKE_A_DATE = (
    r"(?i)^.{0,30}(?:"
    r"\b(?:19|20)[0-9]{2}(?:[-/. ]|년).*[0-9]|[0-9].*[-/. ](?:19|20)[0-9]{2}\b"
    r"|\b[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}\b"
    rf"|[0-9].*\b{_NAME}\b|\b{_NAME}\b.*[0-9]|\b[0-9]{{1,2}}:[0-9]{{2}}\b"
    r"|\b(?:19|20)[0-9]{2}.?[QWHK][1-4]?).{0,30}$"
)
"""What a reader would take for a date or a time."""

_WORDS = {"Y": "year", "y": "year", "m": "month", "d": "day", "b": "month"}


def words_of(form: str) -> str:
    """Return "day.month.year" for "d.m.Y"."""
    words = "".join(_WORDS.get(letter, letter) for letter in form)
    words += " with names of months" if "b" in form else ""
    return words + (" with years of two digits, 1969 to 2068" if "y" in form else "")


def parse_dates(cells: pa.Array, forms: Iterable[str]) -> Moments:
    """Return (n,) datetime64[us] in UTC; NaT where a cell is missing, or no date in these forms."""
    found = np.full(len(cells), np.datetime64("NaT", "us"))
    for form in forms:
        moments = read_form(cells, form)
        found = np.where(np.isnat(found), moments, found)
    return found


def read_form(cells: pa.Array, form: str) -> Moments:
    """Return (n,) datetime64[us] of the cells that have one form, NaT for the others.

    A year of two digits is one of 1969 to 2068.
    """
    part = _extracted(cells, rf"(?i)^{_DAY_NAME}{FORMS[form]}{_TIME}$")
    result = np.full(len(cells), np.datetime64("NaT", "us"))
    rows = part.pop("rows")
    if not len(rows):
        return result
    years = _integers(part, "Y", 0)
    if "y" in part:
        short = _integers(part, "y", 0)
        years = np.where(short < 69, 2000, 1900) + short
    months = _integers(part, "m", 0)
    if "b" in part:
        months = np.array([_MONTHS.index(name[:3].lower()) + 1 for name in part["b"]])
    days, seconds, timed = _integers(part, "d", 1), *_seconds(part)
    firsts = (years - 1970).astype("M8[Y]").astype("M8[M]") + (months - 1)
    dates = firsts.astype("M8[D]") + (days - 1)
    real = (months >= 1) & (months <= 12) & (days >= 1) & (dates.astype("M8[M]") == firsts)
    real &= (years >= 1000) & timed
    moments = dates.astype("M8[us]") + np.round(1e6 * (seconds - _offset(part))).astype("m8[us]")
    result[rows[real]] = moments[real]
    return result


def parse_times(cells: pa.Array) -> NDArray[np.float64]:
    """Return (n,) hours since midnight; NaN where a cell is missing, or no time of day."""
    part = _extracted(cells, rf"(?i)^{_CLOCK}$")
    result = np.full(len(cells), np.nan)
    rows = part.pop("rows")
    if len(rows):
        seconds, real = _seconds(part)
        result[rows[real]] = seconds[real] / 3600.0
    return result


def _extracted(cells: pa.Array, pattern: str) -> dict[str, Any]:
    """Return the named parts of the cells that match, as arrays of strings, and their rows."""
    import pyarrow.compute as pc

    found = pc.extract_regex(cells, pattern=pattern)
    rows = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    fields = found.take(rows).flatten()
    names = [found.type.field(i).name for i in range(found.type.num_fields)]
    parts: dict[str, Any] = {
        name: np.array(field.to_pylist(), dtype=str)
        for name, field in zip(names, fields, strict=True)
    }
    return {**parts, "rows": rows}


def _integers(part: Mapping[str, Any], name: str, default: int) -> NDArray[np.int64]:
    if name not in part:
        return np.full(len(part["H"]), default)
    return np.where(part[name] == "", str(default), part[name]).astype(np.int64)


def _seconds(part: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return seconds since midnight, and whether there is such a time of day."""
    hours, minutes = _integers(part, "H", 0), _integers(part, "M", 0)
    whole = np.where(part["S"] == "", "0", part["S"])
    seconds = np.char.replace(whole, ",", ".").astype(np.float64)
    letter = np.char.lower(part["p"])
    twelve = letter != ""
    real = np.where(twelve, (hours >= 1) & (hours <= 12), hours <= 23)
    real &= (minutes <= 59) & (seconds < 60.0)
    hours = np.where(twelve, hours % 12 + 12 * (letter == "p"), hours)
    return 3600.0 * hours + 60.0 * minutes + seconds, real


def _offset(part: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the seconds by which the clock of each cell is ahead of UTC."""
    zones, inverse = np.unique(part["z"], return_inverse=True)
    seconds = [0.0 if zone[:1] not in ("+", "-") else _zone(str(zone)) for zone in zones]
    return np.array(seconds)[inverse]


def _zone(zone: str) -> float:
    digits = zone[1:].replace(":", "")
    size = 3600.0 * int(digits[:2]) + 60.0 * int(digits[2:])
    return -size if zone[0] == "-" else size
