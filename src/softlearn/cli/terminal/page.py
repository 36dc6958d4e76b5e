"""What reports are made of: sections, paragraphs, tables and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from ..._internal.format import one_line, visible

__all__ = ["Page", "listed", "short"]

_SHORT = 40  # characters of a label in a table


class _Console(Console):
    """A console for which it is no failure that the reader of a pipe has closed it."""

    def on_broken_pipe(self) -> None:
        """End the program."""
        try:
            super().on_broken_pipe()
        except SystemExit as end:
            raise SystemExit(0) from end


class Page:
    """Standard output as a page with sections; as wide as the terminal, in colour if it has any."""

    def __init__(self) -> None:
        self._console = _Console(highlight=False, markup=False, emoji=False)

    @property
    def width(self) -> int:
        """Characters in a line."""
        return self._console.width

    def title(self, text: str) -> None:
        """Print the line above all sections."""
        self._print(Text(visible(text), style="bold"), indent=0)

    def section(self, heading: str, style: str = "bold cyan") -> None:
        """Begin a section."""
        self._console.print()
        self._print(Text(visible(heading), style=style), indent=0)

    def say(self, text: str, style: str = "") -> None:
        """Print a paragraph."""
        self.show(Text(visible(text), style=style))

    def table(
        self, heads: Sequence[str], rows: Iterable[Iterable[str]], *, first: int | None = None
    ) -> None:
        """Print a table; columns whose head begins with ">" are numbers.

        The first column is no wider than `first` characters.  Without that, a table that would
        break words on a narrow page is printed row below row, a line for each cell.
        """
        lines = [list(row) for row in rows]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
        for j, head in enumerate(heads):
            numbers = head.startswith(">")
            cells = [
                *head.removeprefix(">").split("\n"),
                *(line[j] for line in lines if j < len(line)),
            ]
            table.add_column(
                Text(visible(head.removeprefix(">"))),
                justify="right" if numbers else "left",
                min_width=max(map(cell_len, cells)) if numbers else None,
                no_wrap=numbers,
                overflow="fold",
            )
        table.columns[0].max_width = first
        for line in lines:
            table.add_row(*map(visible, line))
        narrowest = Measurement.get(self._console, self._console.options, table).minimum
        if first is None and narrowest > self.width - 2:
            for name, *cells in lines:
                self.say(name)
                self._stacked(heads[1:], cells)
            return
        self.show(table)

    def _stacked(self, heads: Sequence[str], cells: Sequence[str]) -> None:
        """Print the cells of a row, each after its head."""
        words = [" ".join(head.removeprefix(">").split()) for head in heads]
        grid = Table.grid(padding=(0, 1), pad_edge=False)
        for word, cell in zip(words, cells, strict=False):
            grid.add_row(f"  {visible(word)}", visible(cell))
        self.show(grid)

    def show(self, what: Text | Table) -> None:
        """Print something that Rich knows how to lay out, indented."""
        self._print(what, indent=2)

    def _print(self, what: Text | Table, indent: int) -> None:
        """Print line by line, without the blanks that Rich fills lines with."""
        options = self._console.options.update_width(max(1, self.width - indent))
        for line in self._console.render_lines(what, options, pad=False):
            while line and not line[-1].text.strip():
                line.pop()
            if line:
                line[-1] = Segment(line[-1].text.rstrip(), line[-1].style)
                line.insert(0, Segment(" " * indent))
            self._console.print(Segments([*line, Segment.line()]), end="")


def listed(names: Iterable[Any], max_names: int = 30) -> str:
    """Return names with commas between them, and how many more there are."""
    texts = [one_line(name) for name in names]
    more = f" and {len(texts) - max_names} more" if len(texts) > max_names else ""
    return ", ".join(texts[:max_names]) + more


def short(label: Any) -> str:
    """Return a label that fits into a table."""
    text = one_line(label)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."
