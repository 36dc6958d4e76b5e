"""The options of all commands that read a source: its text, its cells, its rows and labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import option

if TYPE_CHECKING:
    from ..sources.read_options import ReadOptions

__all__ = [
    "CellReading",
    "DateOrder",
    "FileFormat",
    "LabelledReading",
    "Reading",
    "TrainingReading",
]

_PANEL = "Cells of tables"


class DateOrder(StrEnum):
    """What comes first in dates like 01/02/2024 and 24-01-05."""

    day_first = "day-first"
    month_first = "month-first"
    year_first = "year-first"


class FileFormat(StrEnum):
    """What a file may be."""

    csv = "csv"
    tsv = "tsv"
    json = "json"
    jsonl = "jsonl"
    parquet = "parquet"
    arrow = "arrow"
    xlsx = "xlsx"
    xls = "xls"
    ods = "ods"
    arff = "arff"
    sqlite = "sqlite"
    npz = "npz"
    npy = "npy"
    svmlight = "svmlight"


Labels = Annotated[
    Path | None,
    option("The file of the labels of NPY rows, NPY too.", "FILE", "--labels"),
]
DropUnlabelled = Annotated[
    bool, option("Leave out rows without a label, and say how many.", "", "--drop-unlabelled")
]

_DECIMAL = {".": ".", ",": ",", "point": ".", "comma": ","}
_THOUSANDS = {
    **_DECIMAL, " ": " ", "space": " ", "'": "'", "apostrophe": "'", "none": "", "": "",
}  # fmt: skip


@dataclass(frozen=True)
class CellReading:
    """How the cells of a table are read, wherever they come from."""

    decimal: Annotated[
        str | None,
        option(
            "The decimal mark of numbers: . or , [default: what the columns show]",
            "MARK",
            panel=_PANEL,
        ),
    ] = None
    thousands: Annotated[
        str | None,
        option(
            "What stands between thousands: , . space apostrophe or none. "
            "[default: what the columns show]",
            "MARK",
            panel=_PANEL,
        ),
    ] = None
    missing: Annotated[
        list[str] | None,
        option(
            "Cells of this text or number are missing values (may be repeated).",
            "TEXT",
            panel=_PANEL,
        ),
    ] = None

    def read_options(self) -> ReadOptions:
        """Return them as the readers of sources take them."""
        from ..sources.read_options import ReadOptions

        decimal, thousands = self.decimal, self.thousands
        if decimal is not None and decimal not in _DECIMAL:
            raise typer.BadParameter(f"--decimal {decimal!r} is neither '.' nor ','.")
        if thousands is not None and thousands not in _THOUSANDS:
            raise typer.BadParameter(
                f"--thousands {thousands!r} is not one mark: give ',', '.', space, apostrophe or "
                "none."
            )
        mark = None if decimal is None else _DECIMAL[decimal]
        between = None if thousands is None else _THOUSANDS[thousands]
        if mark is not None and mark == between:
            raise typer.BadParameter(f"--decimal and --thousands are both {mark}; give two marks.")
        return ReadOptions(None, mark, between, tuple(self.missing or ()))


@dataclass(frozen=True)
class Reading(CellReading):
    """How any source is read."""

    encoding: Annotated[
        str | None, option("Encoding of text, such as latin-1. [default: UTF-8]", "NAME")
    ] = None
    format: Annotated[
        FileFormat | None,
        option("What the file is, whatever its name says. [default: what the suffix says]"),
    ] = None
    table: Annotated[
        str | None,
        option(
            "The sheet of a workbook, the table of a database, the file of a ZIP archive. "
            "[default: the only one]",
            "NAME",
        ),
    ] = None

    def read_options(self) -> ReadOptions:
        """Return them as the readers of sources take them."""
        return replace(
            super().read_options(),
            encoding=self.encoding,
            format=None if self.format is None else self.format.value,
            table=self.table,
        )


@dataclass(frozen=True)
class LabelledReading(Reading):
    """How a source is read whose labels are compared with predictions."""

    labels: Labels = None
    drop_unlabelled: DropUnlabelled = False

    def read_options(self) -> ReadOptions:
        """Return them as the readers of sources take them."""
        from ..sources.read_options import RowOptions

        rows = RowOptions(drop_unlabelled=self.drop_unlabelled)
        return replace(super().read_options(), rows=rows, labels=self.labels)


@dataclass(frozen=True)
class TrainingReading(Reading):
    """How a source is read that a model is fitted to, which then reads others in the same way."""

    no_header: Annotated[
        bool,
        option(
            "The first line of CSV and TSV files is a row: columns are called by their positions, "
            "0, 1, and so on (--target -1: the last). The model keeps this.",
            "",
            "--no-header",
        ),
    ] = False
    labels: Labels = None
    drop_unlabelled: DropUnlabelled = False
    labels_as_written: Annotated[
        bool,
        option(
            "NA, None, null and their like are classes; only empty cells lack a label. The model "
            "keeps this.",
            "",
            "--labels-as-written",
        ),
    ] = False
    dates: Annotated[
        DateOrder | None,
        option(
            "What comes first in dates like 01/02/2024 or 24-01-05. "
            "[default: what the columns show]",
            panel=_PANEL,
        ),
    ] = None
    text: Annotated[
        list[str] | None,
        option(
            "Read a column as text, though it looks like numbers or dates (may be repeated).",
            "COLUMN",
            "--text",
            panel=_PANEL,
        ),
    ] = None

    def read_options(self) -> ReadOptions:
        """Return them as the readers of sources take them."""
        from ..sources.read_options import RowOptions

        return replace(
            super().read_options(),
            dates=self.dates,
            text=tuple(self.text or ()),
            labels=self.labels,
            rows=RowOptions(not self.no_header, self.drop_unlabelled, self.labels_as_written),
        )
