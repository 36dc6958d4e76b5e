"""Results as a measurement goes on: figures in FILE.json, a table in FILE.md, each whole or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from softlearn.whole_file import write_whole

__all__ = ["keep", "kept"]


def keep(out: Path, record: dict[str, Any], text: str) -> None:
    """Write both files; killed at any time, it leaves older ones whole.

    Args:
        out: their name; a suffix is replaced.
        record: all figures.
        text: the table, as Markdown.

    """
    for suffix, words in ((".json", json.dumps(record, indent=1)), (".md", text)):
        write_whole(out.with_suffix(suffix), (words.rstrip("\n") + "\n").encode())


def kept(out: Path | None, key: str) -> list[dict[str, Any]]:
    """Return the list that FILE.json has under a key, an empty one where there is none."""
    if out is None or not out.with_suffix(".json").exists():
        return []
    found: list[dict[str, Any]] = json.loads(out.with_suffix(".json").read_text()).get(key, [])
    return found
