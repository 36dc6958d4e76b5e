"""How the user says that a source is to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...features.dataset import SourceError

__all__ = ["ReadOptions", "RowOptions", "chosen"]

_KEPT = ("header", "labels_as_written")


@dataclass(frozen=True)
class RowOptions:
    """How rows and labels are to be read.

    Args:
        header: whether the first line of CSV and TSV files names the columns; if not, columns are
            called by their positions, "0", "1" and so on.
        drop_unlabelled: whether rows without a label are left out; if not, they are refused.
        labels_as_written: whether NA, None, null and so on are labels like others in CSV and TSV
            files, where only an empty cell is then a missing label.

    """

    header: bool = True
    drop_unlabelled: bool = False
    labels_as_written: bool = False

    @property
    def layout(self) -> dict[str, Any]:
        """What a model must keep of this, to read other files alike; nothing if it is usual."""
        usual = RowOptions()
        kept = {key: getattr(self, key) for key in _KEPT}
        return {key: value for key, value in kept.items() if value != getattr(usual, key)}

    def as_of(self, like: Mapping[str, Any] | None) -> RowOptions:
        """Return the options with what a model keeps of those it was trained with."""
        layout = (like or {}).get("layout", {})
        return replace(self, **{key: layout[key] for key in _KEPT if key in layout})


@dataclass(frozen=True)
class ReadOptions:
    """What the command line was told about reading; nothing of it is needed.

    Args:
        encoding: of CSV, TSV, JSON lines and text files; None for UTF-8, with or without a mark.
        decimal: the decimal mark of all columns, "." or ","; None to find out.
        thousands: what stands between thousands, "," "." " " or "'"; "" for nothing; None to find
            out.
        missing: cells that stand for missing values, beside those of `missing.MISSING`.
        dates: "day-first", "month-first" or "year-first", for dates like 01/02/2024 and 24-01-05;
            None to find out.
        text: columns that stay text, whatever their cells look like.
        rows: how rows and labels are told apart from what surrounds them.
        left_out: columns that nothing is learned from, whose cells need not make sense.
        format: what files are, whatever their names say: a suffix without its point; None for
            what the suffix says.
        table: which sheet of a workbook, table of a database or file of a ZIP archive; None for
            the only one.
        labels: the file of the labels of NPY rows.

    """

    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing: tuple[str, ...] = ()
    dates: str | None = None
    text: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    format: str | None = None
    table: str | None = None
    rows: RowOptions = field(default_factory=RowOptions)
    labels: Path | None = None

    @property
    def of_tables(self) -> list[str]:
        """The options given that make sense for tables only."""
        given = {
            "--decimal": self.decimal is not None,
            "--thousands": self.thousands is not None,
            "--missing": bool(self.missing),
            "--dates": self.dates is not None,
            "--text": bool(self.text),
        }
        return [name for name, is_given in given.items() if is_given]


def chosen(path: Path, what: str, names: Sequence[str], wanted: str | None) -> str:
    """Return which of several tables is to be read: the one that was named, or the only one.

    Args:
        path: where they are.
        what: "sheet", "table" or "file".
        names: of those that there are.
        wanted: what --table says.

    """
    there = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
    if wanted is not None:
        if wanted in names:
            return wanted
        raise SourceError(f"{path} has no {what} {wanted!r}; it has {there or 'none'}.")
    if len(names) == 1:
        return names[0]
    if not names:
        raise SourceError(f"{path} is empty: it holds no {what} to read.")
    raise SourceError(f"{path} has {len(names)} {what}s: name one with --table; they are {there}.")
