"""Dates and times of day as people write them, and what their parts mean.

A *form* says in which order the parts of a date stand, and what stands between: "Y-m-d",
"d.m.Y" or "b d Y", where y is a year of two digits and b the English name of a month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = [
    "FORMS",
    "LIKE_A_DATE",
    "Distinct",
    "parse_dates",
    "parse_times",
    "read_form",
    "read_times",
    "without_zone",
    "words_of",
]

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
_ZONE = "(?:z|utc|gmt|[-+][0-9]{2}:?[0-9]{2})"
_TIMED = "[0-9]:[0-9]{2}"
_TIME = rf"(?:(?:t|,? +){_CLOCK}(?: ?(?P<z>{_ZONE}))?)?"
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
        found[f"y{mark}m{mark}d"] = between.join((_SHORT, _M, _D)) + (r"\.?" if mark == "." else "")
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
    r"(?i)\b(?:19|20)[0-9]{2}(?:[-/. ]|년).*[0-9]|[0-9].*[-/. ](?:19|20)[0-9]{2}\b"
    r"|\b[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}\b"
    rf"|[0-9].*\b{_NAME}\b|\b{_NAME}\b.*[0-9]|\b[0-9]{{1,2}}:[0-9]{{2}}\b"
    r"|\b(?:19|20)[0-9]{2}.?[QWHK][1-4]?"
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
    distinct = Distinct(cells)
    found = np.full(len(distinct.cells), np.datetime64("NaT", "us"))
    for form in forms:
        found = np.where(np.isnat(found), read_form(distinct.cells, form), found)
    return distinct.spread(found, np.datetime64("NaT", "us"))


def without_zone(cells: pa.Array) -> bool:
    """Tell whether some dates have a time of day and no zone, which is read as UTC."""
    cells = cells.unique()
    timed = pc.match_substring_regex(cells, _TIMED)
    zoned = pc.match_substring_regex(cells, rf"(?i){_ZONE}\s*$")
    return bool(pc.any(pc.and_not(timed, zoned)).as_py())


class Distinct:
    """The distinct cells of a column, so that each is looked at once."""

    def __init__(self, column: pa.Array) -> None:
        coded = column.dictionary_encode()
        self.cells = coded.dictionary
        self._places = _places(coded)

    def spread(self, found: NDArray[Any], missing: Any) -> NDArray[Any]:
        """Return what was found for each cell of the column, given that for each distinct one."""
        return np.append(found, np.array(missing, found.dtype))[self._places]


def _places(coded: pa.DictionaryArray) -> NDArray[np.int64]:
    """Return where each cell stands in the dictionary; -1 where it is missing."""
    return np.asarray(coded.indices.fill_null(-1).to_numpy(), dtype=np.int64)


def read_form(cells: pa.Array, form: str) -> Moments:
    """Return (n,) datetime64[us] of the cells that have one form, NaT for the others.

    A year of two digits is one of 1969 to 2068.
    """
    if form == "Y-m-d":
        with suppress(pa.ArrowInvalid):  # much faster, and fails if a single cell is otherwise
            return np.asarray(cells.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False))
    part = _extracted(cells, rf"(?i)^\s*{_DAY_NAME}{FORMS[form]}{_TIME}\s*$")
    result = np.full(len(cells), np.datetime64("NaT", "us"))
    if part is None:
        return result
    years = part.integers("Y", 0)
    if part.has("y"):
        short = part.integers("y", 0)
        years = np.where(short < 69, 2000, 1900) + short
    months = part.integers("m", 1) if part.has("m") else part.months()
    days, (seconds, timed) = part.integers("d", 1), part.seconds()
    firsts = (years - 1970).astype("M8[Y]").astype("M8[M]") + (months - 1)
    dates = firsts.astype("M8[D]") + (days - 1)
    real = (months >= 1) & (months <= 12) & (days >= 1) & (dates.astype("M8[M]") == firsts)
    real &= (years >= 1000) & timed
    late = np.round(1e6 * (seconds - part.offsets())).astype("m8[us]")
    result[part.rows[real]] = (dates.astype("M8[us]") + late)[real]
    return result


def parse_times(cells: pa.Array) -> NDArray[np.float64]:
    """Return (n,) hours since midnight; NaN where a cell is missing, or no time of day."""
    distinct = Distinct(cells)
    return distinct.spread(read_times(distinct.cells), np.nan)


def read_times(cells: pa.Array) -> NDArray[np.float64]:
    """Return what `parse_times` does, of cells that are all different."""
    found = np.full(len(cells), np.nan)
    part = _extracted(cells, rf"(?i)^\s*{_CLOCK}\s*$")
    if part is not None:
        seconds, real = part.seconds()
        found[part.rows[real]] = seconds[real] / 3600.0
    return found


@dataclass(frozen=True)
class _Parts:
    """The named parts of the cells that match a pattern, and their rows."""

    rows: NDArray[np.intp]
    fields: Mapping[str, pa.Array]

    def has(self, name: str) -> bool:
        return name in self.fields

    def integers(self, name: str, default: int) -> NDArray[np.int64]:
        """Return a part as numbers; the default where it is empty."""
        if not self.has(name):
            return np.full(len(self.rows), default)
        return self._numbers(self.fields[name], default, np.int64)

    def _numbers(self, cells: pa.Array, default: int, kind: type[Any]) -> NDArray[Any]:
        filled = pc.if_else(pc.equal(cells, ""), pa.scalar(str(default), cells.type), cells)
        return np.asarray(filled.cast(pa.from_numpy_dtype(kind)).to_numpy())

    def months(self) -> NDArray[np.int64]:
        """Return the numbers of months with names."""
        names = pc.utf8_slice_codeunits(pc.utf8_lower(self.fields["b"]), 0, 3)
        return np.asarray(pc.index_in(names, pa.array(_MONTHS, names.type)).to_numpy()) + 1

    def seconds(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return seconds since midnight, and whether there is such a time of day."""
        hours, minutes = self.integers("H", 0), self.integers("M", 0)
        seconds = self._numbers(pc.replace_substring(self.fields["S"], ",", "."), 0, np.float64)
        letter = pc.utf8_lower(self.fields["p"])
        twelve, late = (
            np.asarray(pc.is_in(letter, value_set=letters).to_numpy(zero_copy_only=False))
            for letters in (_array(letter, ["a", "p"]), _array(letter, ["p"]))
        )
        real = np.where(twelve, (hours >= 1) & (hours <= 12), hours <= 23)
        real &= (minutes <= 59) & (seconds < 60.0)
        hours = np.where(twelve, hours % 12 + 12 * late, hours)
        return 3600.0 * hours + 60.0 * minutes + seconds, real

    def offsets(self) -> NDArray[np.float64]:
        """Return the seconds by which the clock of each cell is ahead of UTC."""
        coded = self.fields["z"].dictionary_encode()
        ahead = np.array([_ahead(zone) for zone in coded.dictionary.to_pylist()])
        return np.asarray(ahead[_places(coded)])


def _array(like: pa.Array, values: list[str]) -> pa.Array:
    return pa.array(values, like.type)


def _extracted(cells: pa.Array, pattern: str) -> _Parts | None:
    """Return the parts of the cells that match; None if none does."""
    found = pc.extract_regex(cells, pattern=pattern)
    rows = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    if not len(rows):
        return None
    kept = found if len(rows) == len(cells) else found.take(rows)
    names = [found.type.field(i).name for i in range(found.type.num_fields)]
    return _Parts(rows, {name: pc.struct_field(kept, name) for name in names})


def _ahead(zone: str) -> float:
    if zone[:1] not in ("+", "-"):
        return 0.0
    digits = zone[1:].replace(":", "")
    size = 3600.0 * int(digits[:2]) + 60.0 * int(digits[2:])
    return -size if zone[0] == "-" else size
