"""Which of a table's texts are dates, and whether the day or the month comes first in them.

01/02/2024 is in January or in February.  A day beyond 12 in any cell of the column decides, then
one in another column of the file; where none does, the user is asked.  With points between, the
day comes first, because nobody writes otherwise.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .dataset import SourceError
from .dates import FORMS, LIKE_A_DATE, Distinct, parse_dates, parse_times, read_form, read_times
from .misfits import Mask, judge, refuse, shown
from .numerals import count

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DAY_FIRST", "MONTH_FIRST", "DateColumn", "TimeColumn", "scan_dates"]

DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
_PAIRS = [(f"d{mark}m{mark}{year}", f"m{mark}d{mark}{year}") for mark in "/-." for year in "Yy"]
_SINGLE = [(form,) for form in FORMS if all(form not in pair for pair in _PAIRS)]
_LONGEST = 60  # characters of a date
_ALIKE = 0.5  # share of distinct cells that look like dates, from which a column is said to


@dataclass(frozen=True)
class DateColumn:
    """A column of dates.

    Args:
        name: the column.
        cells: (n,) large strings, null where missing.
        forms: of the dates; those that are decided.
        unclear: pairs of forms of which one is right, and nothing in the column says which.
        order: whether the day or the month comes first, if the column says it.

    """

    name: str
    cells: pa.Array
    forms: tuple[str, ...]
    unclear: tuple[tuple[str, str], ...]
    order: str | None

    def decided(self, path: Path, order: str | None) -> tuple[str, ...]:
        """Return the forms of the dates.

        Args:
            path: the source.
            order: what comes first, if other columns say it.

        Raises:
            SourceError: if nothing says it.

        """
        if self.unclear and order is None:
            raise self._question(path)
        return (*self.forms, *(pair[order == MONTH_FIRST] for pair in self.unclear))

    def values(self, path: Path, forms: tuple[str, ...]) -> pa.Array:
        """Return the dates, in UTC.

        Raises:
            SourceError: naming cells that are no dates.

        """
        import pyarrow as pa

        moments = parse_dates(self.cells, forms)
        wrong = np.isnat(moments) & self.cells.is_valid().to_numpy(zero_copy_only=False)
        if wrong.any():
            raise refuse(path, self.name, self.cells, ~wrong, "dates")
        return pa.array(moments, pa.timestamp("us"))

    def _question(self, path: Path) -> SourceError:
        day_first, month_first = self.unclear[0]
        one, other = (read_form(self.cells, form) for form in (day_first, month_first))
        row = int(np.argmax(~np.isnat(one) & (one != other)))
        days = [str(moments[row].astype("M8[D]")) for moments in (one, other)]
        return SourceError(
            f"{path}: in the column {self.name!r} {self.cells[row].as_py()!r} (row {row + 1}) is "
            f"{days[0]} if the day comes first, and {days[1]} if the month does; no cell of the "
            f"file tells which: say --dates {DAY_FIRST} or --dates {MONTH_FIRST}."
        )


@dataclass(frozen=True)
class TimeColumn:
    """A column of times of day.

    Args:
        name: the column.
        cells: (n,) large strings, null where missing.

    """

    name: str
    cells: pa.Array

    def values(self, path: Path) -> pa.Array:
        """Return hours since midnight.

        Raises:
            SourceError: naming cells that are no times.

        """
        import pyarrow as pa

        hours = parse_times(self.cells)
        wrong = np.isnan(hours) & self.cells.is_valid().to_numpy(zero_copy_only=False)
        if wrong.any():
            raise refuse(path, self.name, self.cells, ~wrong, "times of day")
        return pa.array(hours, from_pandas=True)


def scan_dates(
    name: str, cells: pa.Array, order: str | None
) -> DateColumn | TimeColumn | str | None:
    """Return a column of dates or of times; a sentence if it looks like one and is none; or None.

    Args:
        name: the column.
        cells: (n,) large strings, null where missing.
        order: what comes first, if the user said it.

    """
    import pyarrow.compute as pc

    distinct = Distinct(cells)
    short = pc.less_equal(pc.utf8_length(distinct.cells), _LONGEST)
    alike = pc.and_(short, pc.match_substring_regex(distinct.cells, LIKE_A_DATE))
    if count(alike) < max(_ALIKE * len(distinct.cells), 1):
        return None
    if _is_one(cells, distinct, ~np.isnan(read_times(distinct.cells))):
        return TimeColumn(name, cells)
    found = _Found(distinct.cells, order)
    found.search()
    if found.contradicted is not None:
        return _contradicted(name, cells, found.contradicted)
    if not _is_one(cells, distinct, found.fits):
        return _named(name, cells, distinct, found.fits)
    only = next(iter(found.orders)) if len(found.orders) == 1 else None
    return DateColumn(name, cells, tuple(found.forms), tuple(found.unclear), only)


class _Found:
    """The forms of dates among distinct cells.

    Args:
        distinct: (m,) strings.
        order: what comes first, if the user said it.

    """

    def __init__(self, distinct: pa.Array, order: str | None) -> None:
        self._distinct, self._order = distinct, order
        self.fits = np.zeros(len(distinct), dtype=bool)
        self.forms: list[str] = []
        self.unclear: list[tuple[str, str]] = []
        self.orders: set[str] = set()
        self.contradicted: tuple[str, str] | None = None

    def search(self) -> None:
        """Try each form once, those of the first cell that is no date yet before the others."""
        untried = [*_SINGLE, *_PAIRS]
        while untried and not self.fits.all():
            first = self._distinct.slice(int(np.argmin(self.fits)), 1)
            likely = [forms for forms in untried if any(_any(read_form(first, f)) for f in forms)]
            for forms in likely or untried:
                self._try(forms)
            untried = [forms for forms in untried if likely and forms not in likely]

    def _try(self, forms: tuple[str, ...]) -> None:
        """Add a form, or one of a pair that differ in what comes first."""
        if len(forms) == 2 and self._order is not None:
            forms = (forms[self._order == MONTH_FIRST],)
        moments = [read_form(self._distinct, form) for form in forms]
        masks = [~np.isnat(found) for found in moments]
        self.fits |= np.logical_or.reduce(masks)
        if len(forms) == 1:
            self.forms += [forms[0]] if masks[0].any() else []
            return
        day, month = (bool((a & ~b).any()) for a, b in (masks, masks[::-1]))
        if day and month:
            self.contradicted = (forms[0], forms[1])
        elif day or month:
            self.forms.append(forms[month])
            self.orders.add(MONTH_FIRST if month else DAY_FIRST)
        elif "." in forms[0] or (moments[0] == moments[1])[masks[0]].all():
            self.forms += [forms[0]] if masks[0].any() else []
        else:
            self.unclear.append((forms[0], forms[1]))


def _any(moments: NDArray[np.datetime64]) -> bool:
    return bool((~np.isnat(moments)).any())


def _is_one(cells: pa.Array, distinct: Distinct, found: Mask) -> bool:
    """Tell whether a column is of the kind that `found` says of its distinct cells."""
    return bool(found.any()) and judge(cells, distinct.spread(found, False)) != "no"


def _contradicted(name: str, cells: pa.Array, pair: tuple[str, str]) -> str:
    one, other = (~np.isnat(read_form(cells, form)) for form in pair)
    some = np.zeros(len(cells), dtype=bool)
    some[[int((one & ~other).argmax()), int((other & ~one).argmax())]] = True
    return (
        f"The column {name!r} looks like dates, but the day comes first in some and the month in "
        f"others, {shown(cells, some)[0]}: it was read as text. If one order is meant, say --dates "
        f"{DAY_FIRST} or --dates {MONTH_FIRST}."
    )


def _named(name: str, cells: pa.Array, distinct: Distinct, found: Mask) -> str:
    """Return a sentence on a column that looks like dates: what of it is none."""
    where, words = shown(cells, distinct.spread(~found, False))
    none = "is none that can be read" if len(words) == 1 else "are none that can be read"
    return (
        f"The column {name!r} looks like dates or times, but {where} {none}, so it was read as "
        "text; write dates like 2024-05-31 or 31.05.2024 and times like 23:59, or say --text "
        f"{shlex.quote(name)} if it is text."
    )
