"""Results as a study goes on: figures in FILE.json, a page in FILE.md, each written whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.harness.machine import describe

__all__ = ["Results", "markdown", "write"]


def write(path: Path, text: str) -> None:
    """Write a file under another name first, so that one that is killed leaves the old one."""
    new = path.with_name(path.name + ".new")
    new.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    new.replace(path)


def markdown(rows: Iterable[Iterable[Any]]) -> str:
    """Return a table; the first row is its head."""
    head, *rest = ("| " + " | ".join(map(str, row)) + " |" for row in map(list, rows))
    columns = head.replace("\\|", "").count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *rest])


class Results:
    """The record of a study, kept after each row; a second call goes on where the first ended."""

    def __init__(
        self,
        out: Path | None,
        page: Callable[[dict[str, Any]], str] | None,
        *lists: str,
        **more: Any,
    ) -> None:
        self.out, self.page = out, page
        self.record: dict[str, Any] = {"machine": describe()} | more | dict.fromkeys(lists)
        known = json.loads(self._path().read_text()) if out and self._path().exists() else {}
        self.record |= {key: known.get(key, []) for key in lists}

    def _path(self, suffix: str = ".json") -> Path:
        assert self.out is not None
        return self.out.with_suffix(suffix)

    def __getitem__(self, key: str) -> Any:
        return self.record[key]

    def add(self, key: str, row: Any, said: Any = None) -> None:
        """Add a row to a list, save, and print it, or what is said of it."""
        self.record[key].append(row)
        self.save()
        print(row if said is None else said, flush=True)

    def save(self) -> None:
        """Write FILE.json and FILE.md."""
        if self.out:
            write(self._path(), json.dumps(self.record, indent=1))
            if self.page:
                write(self._path(".md"), self.page(self.record))
