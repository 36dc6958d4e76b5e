"""Which reading the numbers of a column have: decided by all of its cells, then by other columns.

A reading is possible if every number of the column fits it.  `1,020` fits two, with the comma
between thousands and with the decimal comma; `1,02` fits one.  Where two remain that differ, the
other columns of the file decide, and where these do not, nobody does: the user is asked.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...features.dataset import SourceError
from .mismatched_cells import Verdict, judge, require_all, shown
from .numerals import SENTINEL, Anatomy, Numerals, anatomy, as_mask, count, grouped, values
from .read_options import ReadOptions

__all__ = ["NumberColumn", "point_is_certain", "readings", "scan"]

_GROUPS = r"^[-+]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+$"
_ALIKE = "write all of them alike, or say --text {0} or --exclude {0}."
_WORDS = {".": "point", ",": "comma", " ": "space", "'": "apostrophe"}
_FIRST = 1024  # cells looked at first; ever more follow until one decides


def readings(options: ReadOptions) -> list[tuple[str, str]]:
    """Return the pairs of a decimal mark and a mark between thousands that the options leave.

    Of two that read a column alike the first is taken.
    """
    return [
        (decimal, thousands)
        for decimal in (".", ",")
        for thousands in ("", ",", ".", " ", "'")
        if thousands != decimal
        and options.decimal in (None, decimal)
        and options.thousands in (None, thousands)
    ]


def point_is_certain(column: pa.ChunkedArray) -> bool | None:
    """Tell whether some number shows that the point is its decimal mark; None without any point."""
    start, size = 0, _FIRST
    any_point = False
    while start < len(column):
        some = column.slice(start, size)
        point = pc.match_substring(some, ".")
        if count(point):
            any_point = True
            if count(pc.and_not(point, pc.match_substring_regex(some, _GROUPS))):
                return True
        start, size = start + size, 4 * size
    return False if any_point else None


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers, and in which readings they are numbers.

    Args:
        cells: (n,) large strings, null where missing.
        thousands: decimal mark -> the mark between thousands that goes with it; one or two.
        fits: decimal mark -> (n,) whether a cell is a number then.
        verdict: what the column is, in the best reading.

    """

    name: str
    cells: pa.Array
    parts: Anatomy
    thousands: dict[str, str]
    fits: dict[str, pa.Array]
    verdict: Verdict

    @property
    def decimal(self) -> str | None:
        """The decimal mark, if the column says which; None if both readings are possible."""
        return next(iter(self.fits)) if len(self.fits) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Whether two readings are possible that give different numbers."""
        return self.decimal is None and bool(count(self._any_mark()))

    def _any_mark(self) -> pa.Array:
        return pc.match_substring_regex(self.parts.body, "[.,]")

    @property
    def point_by_custom(self) -> bool:
        """Whether nothing speaks against the decimal point, where that is the custom.

        Numbers of three decimals throughout, 1.020 and 2.500, are; 500 beside 1.020 is not: who
        writes 1.020 with all decimals writes 500.000 too.
        """
        if count(pc.match_substring(self.parts.body, ",")):
            return False
        whole = pc.invert(self._any_mark())
        short = pc.and_(whole, pc.match_substring_regex(self.parts.body, "^[0-9]{1,3}$"))
        counted = pc.and_not(short, pc.match_substring_regex(self.parts.body, SENTINEL))
        long = pc.and_not(whole, short)
        return not count(counted) or bool(count(long))

    def numerals(self, path: Path, decimal: str) -> Numerals:
        """Return how the numbers are written, with that decimal mark."""
        thousands, fits = self.thousands[decimal], as_mask(self.fits[decimal])
        percent = as_mask(self.parts.percent) & fits
        nothing = as_mask(pc.match_substring_regex(self.parts.body, "^[0.,]*$"))
        without = fits & ~percent & ~nothing
        if percent.any() and without.any():
            raise self._mixed(path, percent, without, "a percent sign at some numbers only")
        signs = self.parts.currency.filter(self.fits[decimal]).unique().to_pylist()
        signs = [sign for sign in signs if sign]
        if len(signs) > 1:
            one, other = (as_mask(pc.equal(self.parts.currency, sign)) & fits for sign in signs[:2])
            raise self._mixed(path, one, other, "several currencies")
        negative = bool((as_mask(self.parts.parentheses) & fits).any())
        sign = signs[0] if signs else ""
        return Numerals(decimal, thousands, bool(percent.any()), sign, negative)

    def digits(self, how: Numerals) -> pa.Array:
        """Return the numbers as texts, without what stands between thousands or around them."""
        body = self.parts.body
        if how.thousands:
            body = pc.replace_substring(body, how.thousands, "")
        return pc.binary_join_element_wise(
            self.parts.sign, body, self.parts.exponent, pa.scalar("", body.type)
        )

    def _mixed(self, path: Path, one: Any, other: Any, what: str) -> SourceError:
        some = np.zeros(len(one), dtype=bool)
        some[[int(one.argmax()), int(other.argmax())]] = True
        return SourceError(
            f"{path}: the column {self.name!r} has {what}, {shown(self.cells, some)[0]}; "
            f"{_ALIKE.format(shlex.quote(self.name))}"
        )

    def checked(self, path: Path, how: Numerals) -> pa.Array:
        """Return the numbers, float64."""
        fits = self.fits[how.decimal]
        kind = f" with a decimal {_WORDS[self.decimal]}" if self.decimal is not None else ""
        require_all(path, self.name, self.cells, as_mask(fits), f"numbers{kind}")
        return values(self.parts, fits, how)

    def unclear(self, path: Path) -> SourceError:
        """Return the sentence that asks which reading is meant."""
        row = int(np.argmax(as_mask(pc.and_(self._any_mark(), pc.and_(*self.fits.values())))))
        cell = self.cells[row].as_py()
        mark, other = (",", ".") if "," in cell else (".", ",")
        small, large = (
            values(self.parts, self.fits[decimal], Numerals(decimal, self.thousands[decimal]))[row]
            for decimal in (mark, other)
        )
        return SourceError(
            f"{path}: in the column {self.name!r} {cell!r} (row {row + 1}) is "
            f"{large.as_py():.12g} if the {_WORDS[mark]} stands between thousands, and "
            f"{small.as_py():.12g} if it is the decimal mark; no cell of the file tells which: say "
            f"--thousands '{mark}' or --decimal '{mark}'."
        )


def scan(path: Path, name: str, cells: pa.Array, options: ReadOptions) -> NumberColumn | None:
    """Return a column of numbers with the readings that are possible; None if it is none."""
    parts = anatomy(cells)
    if parts.body.null_count == len(cells):
        return None
    marks = {mark for mark in ".,' " if count(pc.match_substring(parts.body, mark))}
    best = dict(_best(parts, marks, readings(options)))
    most_cells = max(total for _, _, total in best.values())
    kept = {decimal: found for decimal, found in best.items() if found[2] == most_cells}
    fits = {decimal: mask for decimal, (_, mask, _) in kept.items()}
    verdict = judge(cells, as_mask(next(iter(fits.values()))))
    if verdict == "no":
        _reject_both_marks(path, name, cells, [mask for _, mask, _ in best.values()])
        return None
    thousands = {decimal: mark for decimal, (mark, _, _) in kept.items()}
    return NumberColumn(name, cells, parts, thousands, fits, verdict)


def _reject_both_marks(path: Path, name: str, cells: pa.Array, fits: list[pa.Array]) -> None:
    """Raise SourceError if all cells are numbers, but with different decimal marks."""
    masks = [as_mask(mask) for mask in fits]
    if len(masks) < 2 or judge(cells, masks[0] | masks[1]) not in ("all", "most"):
        return
    some = np.zeros(len(cells), dtype=bool)
    some[[int((masks[0] & ~masks[1]).argmax()), int((masks[1] & ~masks[0]).argmax())]] = True
    raise SourceError(
        f"{path}: the column {name!r} has numbers with a decimal point and numbers with a decimal "
        f"comma, {shown(cells, some)[0]}; {_ALIKE.format(shlex.quote(name))}"
    )


def _best(
    parts: Anatomy, marks: set[str], pairs: list[tuple[str, str]]
) -> Iterator[tuple[str, tuple[str, pa.Array, int]]]:
    """Yield for each decimal mark the mark between thousands that makes most cells numbers."""
    for decimal in dict.fromkeys(decimal for decimal, _ in pairs):
        found: tuple[str, pa.Array, int] | None = None
        for thousands in (mark for d, mark in pairs if d == decimal):
            if found and thousands not in marks:
                continue
            mask = pc.match_substring_regex(parts.body, grouped(decimal, thousands))
            total = count(mask)
            if found is None or total > found[2]:
                found = thousands, mask, total
        assert found is not None
        yield decimal, found
