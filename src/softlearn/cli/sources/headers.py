"""Where a table of text begins: comments, Excel's "sep=;", and whether it has a header."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...features.dataset import SourceError
from .frames import named

__all__ = ["Layout", "names_by_position", "position", "layout_from"]

_NO_HEADER = (
    "if its first line is a row of data and not a header, add --no-header, and give the target by "
    "its position (-t 0 for the first column, -t -1 for the last)"
)
_BLANKS = "cells are told apart by commas, semicolons, tabs or |, and not by blanks"
_DELIMITERS = ",;\t|"
_SEP = re.compile(r'^\s*"?sep=(.)"?\s*$', re.IGNORECASE)
_NUMBER = re.compile(r"^[-+]?(\d[\d.,]*|[.,]\d+)(e[-+]?\d+)?$", re.IGNORECASE)
_ROWS = 100  # that are compared with the first line
_COUNTED = 3  # numbers from which 0, 1, 2 and so on are taken for names


@dataclass(frozen=True)
class Layout:
    """How a file of text is laid out: what stands above the rows, and how cells are told apart."""

    lines: int
    """To pass over before the header, or before the first row where there is none."""
    delimiter: str
    names: list[str]
    """Of the columns: positions "0", "1" and so on where there is no header."""
    header: bool
    encoding: str = ""
    notes: tuple[str, ...] = ()
    hint: str = ""
    """What may help where the names are not those that were expected."""

    @property
    def above(self) -> str:
        """What says how many columns there are."""
        return "header" if self.header else "first row"


def layout_from(path: Path, lines: Sequence[str], delimiter: str | None, *, header: bool) -> Layout:
    """Return where a table begins.

    Args:
        lines: its first lines, at least one that is not blank.
        delimiter: what stands between cells; None to find out among , ; tab and |.

    """
    lines = [lines[0].lstrip("\ufeff"), *lines[1:]]
    at = _next(lines, 0)
    given = _SEP.match(lines[at].rstrip("\r\n"))
    if given:
        delimiter, at = given[1], _next(lines, at + 1)
    comments = []
    while at < len(lines) and lines[at].lstrip().startswith("#"):
        comments.append(at)
        at = _next(lines, at + 1)
    if at == len(lines):
        at = comments.pop() if comments else 0
    delimiter = delimiter or _delimiter(lines[at])
    first = _cells(lines[at:], delimiter)
    notes: tuple[str, ...] = ()
    if comments and header:
        above = _cells([lines[comments[-1]].replace("#", "", 1)], delimiter)
        if len(above) == len(first):
            _refuse_unclear(path, first, comments[-1])
            at, first = comments.pop(), above
    if comments:
        what = "1 comment line" if len(comments) == 1 else f"{len(comments)} comment lines"
        notes = (f"Passed over {what} above the table, such as {lines[comments[0]].strip()!r}.",)
    if not header:
        return Layout(at, delimiter, [str(i) for i in range(len(first))], header, notes=notes)
    names = [name.strip() or f"Unnamed: {i}" for i, name in enumerate(first)]
    rows = list(csv.reader(lines[at:][: _ROWS + 1], delimiter=delimiter))[1:]
    _refuse_title(path, lines, at, names)
    if _like_a_row(first, rows):
        notes += (
            f"The first line ({named(names, 5)}) was taken for the names of the columns, but it "
            f"looks like a row: {_NO_HEADER}.",
        )
        return Layout(at, delimiter, names, header, notes=notes, hint=_NO_HEADER)
    hint = _BLANKS if " " in names[0] and len(names) == 1 else ""
    return Layout(at, delimiter, names, header, notes=notes, hint=hint)


def _next(lines: Sequence[str], start: int) -> int:
    """Return the place of the first line that is not blank, from `start` on."""
    return next((k for k in range(start, len(lines)) if lines[k].strip()), len(lines))


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=lambda mark: len(_cells([line], mark)))


def _cells(lines: Sequence[str], delimiter: str) -> list[str]:
    """Return the cells of the first row, which may go over several lines."""
    return next(csv.reader(lines, delimiter=delimiter))


def _refuse_unclear(path: Path, first: Sequence[str], comment: int) -> None:
    """Raise SourceError unless a line of names follows no comment, but its own numbers."""
    if not any(_NUMBER.match(cell.strip()) for cell in first):
        raise SourceError(
            f"{path}: line {comment + 1} begins with # and has as many cells as the line below; "
            "delete the line if it is a comment, or only its # if it is the header."
        )


def _refuse_title(path: Path, lines: Sequence[str], at: int, names: Sequence[str]) -> None:
    """Raise SourceError if the header is one cell and the line below it has more."""
    below = _next(lines, at + 1)
    if len(names) > 1 or '"' in lines[at] or below == len(lines):
        return
    cells = len(_cells([lines[below]], _delimiter(lines[below])))
    if cells > 1:
        raise SourceError(
            f"{path}: line {at + 1} ({names[0]!r}) is one cell, but line {below + 1} has {cells}; "
            "delete what stands above the header."
        )


def _like_a_row(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a first line looks like the first row of its table.

    It does if it has numbers, and a number or nothing above every column of numbers; numbers that
    count the columns, as pandas names them, are names.
    """
    own = []
    for j, cell in enumerate(first):
        below = [row[j].strip() for row in rows if len(row) > j and row[j].strip()]
        if all(_NUMBER.match(value) for value in below or [cell.strip()]):
            own.append(cell.strip())
    numbers = [cell for cell in own if cell]
    if not numbers or not all(_NUMBER.match(cell) for cell in numbers):
        return False
    n = len(numbers)
    counted = [[str(k) for k in range(start, start + n)] for start in (0, 1)]
    return n < _COUNTED or numbers not in counted


def position(path: Path, target: str | None, names: Sequence[str]) -> str:
    """Return the name of a column of a file without header, given by its position."""
    n = len(names)
    where = f"its {n} columns are 0 to {n - 1}, and -1 is the last"
    if target is None:
        raise SourceError(
            f"{path} is read without a header: name the column that holds the classes by its "
            f"position with --target; {where}."
        )
    if not re.fullmatch(r"[-+]?[0-9]{1,9}", target):
        raise SourceError(
            f"{path} is read without a header, so --target {target} must be a position; {where}."
        )
    k = int(target)
    if not -n <= k < n:
        raise SourceError(f"{path} has no column {k}; {where}.")
    return names[k]


def names_by_position(path: Path, width: int, trained: int, target: str | None) -> list[str]:
    """Return the names of the columns of a file without header as a model knows them.

    Args:
        trained: how many the file had that the model was trained on, the target among them.
        target: the name of the column of labels, if the file may lack it.

    """
    names = [str(k) for k in range(trained)]
    if width == trained:
        return names
    if target is not None and width == trained - 1:
        return [name for name in names if name != target]
    raise SourceError(
        f"{path} has {width} column{'s' * (width != 1)}, but the model was trained on {trained}, "
        "the target among them, without a header; give the same columns"
        f"{', or all but the target' * bool(target)}."
    )
