"""What reports are made of: sections, paragraphs, tables and numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from rich import box
from rich.console import Console
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

__all__ = ["Page", "counted", "listed", "nats", "new_table", "percent", "power", "short"]

_SHORT = 40  # characters of a label in a table


class Page:
    """Standard output as a page with sections; as wide as the terminal, in colour if it has any."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)

    @property
    def width(self) -> int:
        """Characters in a line."""
        return self._console.width

    def title(self, text: str) -> None:
        """Print the line above all sections."""
        self._print(Text(text, style="bold"), indent=0)

    def section(self, heading: str, style: str = "bold cyan") -> None:
        """Begin a section."""
        self._console.print()
        self._print(Text(heading, style=style), indent=0)

    def say(self, text: str, style: str = "") -> None:
        """Print a paragraph."""
        self.show(Text(text, style=style))

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


def new_table(*heads: str) -> Table:
    """Return an empty table; columns whose head begins with ">" are numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    for head in heads:
        numbers = head.startswith(">")
        table.add_column(
            Text(head.removeprefix(">")),
            justify="right" if numbers else "left",
            no_wrap=numbers,
            overflow="fold",
        )
    return table


def counted(n: int, one: str, many: str) -> str:
    """Return "1 row" or "1,234 rows"."""
    return f"{n:,} {one if n == 1 else many}"


def listed(names: Iterable[Any], most: int = 30) -> str:
    """Return names with commas between them, and how many more there are."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def short(label: Any) -> str:
    """Return a label that fits into a table."""
    text = str(label)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def percent(share: float | None) -> str:
    """Return "12.3 %", or "-" for None; "0.0 %" means none at all, "100.0 %" all."""
    if share is None:
        return "-"
    if 0.0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1.0:
        return ">99.9 %"
    return f"{100.0 * share:.1f} %"


def nats(value: float | None) -> str:
    """Return a log-loss, or "-" for None."""
    if value is None:
        return "-"
    return f"{value:.4f}" if value < 1e4 else f"{value:.3g}"


def power(x: float) -> str:
    """Return "3e-9", rounded up: what is at most x is at most that."""
    exponent = math.floor(math.log10(x))
    digit = math.ceil(x / 10.0**exponent * (1.0 - 1e-12))
    return f"{digit:.0f}e{exponent}" if digit < 10 else f"1e{exponent + 1}"
