"""How the user says that a source is to be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from .rows import RowOptions

__all__ = ["ReadOptions"]


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

    """

    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing: tuple[str, ...] = ()
    dates: str | None = None
    text: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    rows: RowOptions = field(default_factory=RowOptions)

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
