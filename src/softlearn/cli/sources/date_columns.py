"""Which of a table's texts are dates, and whether day, month or year comes first in them.

01/02/2024 is in January or in February, and 24-01-05 in 2005 or in 2024.  A cell of the column
that only one order reads decides, then one in another column of the file; where none does, the
user is asked.  With points between, the month does not come first unless only that is possible,
because nobody writes so.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...features.dataset import SourceError
from .dates import FORMS, LIKE_A_DATE, Distinct, parse_dates, parse_times, read_form, read_times
from .mismatched_cells import Mask, judge, require_all, shown
from .numerals import count

__all__ = ["DateColumn", "scan_dates"]

_FIRST = {"d": "day", "m": "month", "y": "year"}
_RIVALS = [
    tuple(mark.join(parts) for parts in orders)
    for mark in "/-."
    for orders in (("dmY", "mdY"), ("dmy", "mdy", "ymd"))
]
"""Forms of which one is right in a column, because they read the same cells differently."""
_SINGLE = [(form,) for form in FORMS if all(form not in forms for forms in _RIVALS)]
_LONGEST = 60  # characters of a date
_ALIKE = 0.5  # share of distinct cells that look like dates, from which a column is said to


@dataclass(frozen=True)
class DateColumn:
    """A column of dates.

    Args:
        cells: (n,) large strings, null where missing.
        forms: of the dates; those that are decided.
        unclear: forms of which one is right, and nothing in the column says which.
        certain: those of the forms that alone read some cells.

    """

    name: str
    cells: pa.Array
    forms: tuple[str, ...]
    unclear: tuple[tuple[str, ...], ...]
    certain: tuple[str, ...]

    def decided(self, path: Path, certain: Collection[str]) -> tuple[str, ...]:
        """Return the forms of the dates.

        Args:
            certain: forms that columns of the source have without a doubt.

        """
        return (*self.forms, *(self._one(path, forms, certain) for forms in self.unclear))

    def _one(self, path: Path, forms: tuple[str, ...], certain: Collection[str]) -> str:
        """Return the form in which comes first what does in other columns.

        Where the year may come first, only dates with years of two digits say anything.
        """
        short = any(form[0] == "y" for form in forms)
        first = {form[0] for form in certain if "y" in form or not short}
        fitting = [form for form in forms if {form[0]} == first]
        if not fitting:
            raise self._question(path, forms)
        return fitting[0]

    def values(self, path: Path, forms: tuple[str, ...]) -> pa.Array:
        """Return the dates, in UTC."""
        moments = parse_dates(self.cells, forms)
        require_all(path, self.name, self.cells, ~np.isnat(moments), "dates")
        return pa.array(moments, pa.timestamp("us"))

    def _question(self, path: Path, forms: tuple[str, ...]) -> SourceError:
        moments = np.stack([read_form(self.cells, form) for form in forms])
        row = int(np.argmax((~np.isnat(moments) & (moments != moments[0])).sum(axis=0)))
        days = [
            f"{moment.astype('M8[D]')} if the {_FIRST[form[0]]} {'does' if k else 'comes first'}"
            for k, (form, moment) in enumerate(zip(forms, moments[:, row], strict=True))
        ]
        return SourceError(
            f"{path}: in the column {self.name!r} {self.cells[row].as_py()!r} (row {row + 1}) is "
            f"{', '.join(days[:-1])}, and {days[-1]}; no cell of the file tells which: say "
            f"{_options(forms)}."
        )


def scan_dates(
    path: Path, name: str, cells: pa.Array, order: str | None
) -> DateColumn | pa.Array | str | None:
    """Return a column of dates, or times of day as hours since midnight; None if it is neither.

    A sentence if it looks like one and is none.
    """
    distinct = Distinct(cells)
    short = pc.less_equal(pc.utf8_length(distinct.cells), _LONGEST)
    like_dates = pc.and_(short, pc.match_substring_regex(distinct.cells, LIKE_A_DATE))
    if count(like_dates) < max(_ALIKE * len(distinct.cells), 1):
        return None
    if _is_one(cells, distinct, ~np.isnan(read_times(distinct.cells))):
        hours = parse_times(cells)
        require_all(path, name, cells, ~np.isnan(hours), "times of day")
        return pa.array(hours, from_pandas=True)
    found = _Found(distinct.cells, order)
    found.search()
    if found.contradicted is not None:
        return _contradicted(name, cells, found.contradicted)
    if not _is_one(cells, distinct, found.fits):
        return _named(name, cells, distinct, found.fits)
    return DateColumn(name, cells, tuple(found.forms), tuple(found.unclear), tuple(found.certain))


class _Found:
    """The forms of dates among distinct cells."""

    def __init__(self, distinct: pa.Array, order: str | None) -> None:
        self._distinct, self._order = distinct, order
        self.fits = np.zeros(len(distinct), dtype=bool)
        self.forms: list[str] = []
        self.unclear: list[tuple[str, ...]] = []
        self.certain: list[str] = []
        self.contradicted: tuple[str, ...] | None = None

    def search(self) -> None:
        """Try each form once, those of the first cell that is no date yet before the others."""
        untried = [*_SINGLE, *_RIVALS]
        while untried and not self.fits.all():
            first = self._distinct.slice(int(np.argmin(self.fits)), 1)
            likely = [
                forms
                for forms in untried
                if not np.isnat([read_form(first, form)[0] for form in forms]).all()
            ]
            for forms in likely or untried:
                self._try(forms)
            untried = [forms for forms in untried if likely and forms not in likely]

    def _try(self, forms: tuple[str, ...]) -> None:
        """Add a form, or one of several that differ in what comes first."""
        if len(forms) > 1 and self._order is not None:
            asked = tuple(form for form in forms if _order_of(form) == self._order)
            forms = asked or forms
        moments = [read_form(self._distinct, form) for form in forms]
        known = np.logical_or.reduce([~np.isnat(found) for found in moments])
        if not known.any():
            return
        self.fits |= known
        whole = {
            form: found[known]
            for form, found in zip(forms, moments, strict=True)
            if not np.isnat(found[known]).any()
        }
        if not whole:
            self.contradicted = forms
        elif len(whole) == 1:
            self.forms += whole
            self.certain += whole if len(forms) > 1 else ()
        else:
            self._choose(whole)

    def _choose(self, whole: dict[str, NDArray[np.datetime64]]) -> None:
        """Add one of several forms that all read the same cells, or keep them as unclear."""
        if "." in "".join(whole):
            whole = {form: found for form, found in whole.items() if form[0] != "m"}
        first, one = next(iter(whole.items()))
        if all((found == one).all() for found in whole.values()):
            self.forms.append(first)
        else:
            self.unclear.append(tuple(whole))


def _is_one(cells: pa.Array, distinct: Distinct, found: Mask) -> bool:
    """Tell whether a column is of the kind that `found` says of its distinct cells."""
    return bool(found.any()) and judge(cells, distinct.spread(found, False)) != "no"


def _contradicted(name: str, cells: pa.Array, forms: tuple[str, ...]) -> str:
    masks = [~np.isnat(read_form(cells, form)) for form in forms]
    known = np.logical_or.reduce(masks)
    some = np.zeros(len(cells), dtype=bool)
    some[[int((known & ~mask).argmax()) for mask in masks]] = True
    return (
        f"The column {name!r} looks like dates, but no order of day, month and year reads all of "
        f"them, {shown(cells, some)[0]}: it was read as text. If one order is meant, say "
        f"{_options(forms)}."
    )


def _order_of(form: str) -> str:
    return f"{_FIRST[form[0]]}-first"


def _options(forms: tuple[str, ...]) -> str:
    options = [f"--dates {_order_of(form)}" for form in forms]
    return " or ".join([", ".join(options[:-1]), options[-1]])


def _named(name: str, cells: pa.Array, distinct: Distinct, found: Mask) -> str:
    """Return a sentence on a column that looks like dates: what of it is none."""
    where, words = shown(cells, distinct.spread(~found, False))
    none = "is none that can be read" if len(words) == 1 else "are none that can be read"
    return (
        f"The column {name!r} looks like dates or times, but {where} {none}, so it was read as "
        "text; write dates like 2024-05-31 or 31.05.2024 and times like 23:59, or say --text "
        f"{shlex.quote(name)} if it is text."
    )
