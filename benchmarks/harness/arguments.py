"""Arguments that studies share."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["names", "numbers", "parser"]


def parser(doc: str | None, *paths: str) -> argparse.ArgumentParser:
    """Return a parser that shows the docstring of a study; `paths` are "data", "out" or both."""
    made = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if "data" in paths:
        made.add_argument("--data", type=Path, metavar="FOLDER", help="with load.py and the sets")
    if "out" in paths:
        made.add_argument("--out", type=Path, metavar="FILE", help="where to write")
    return made


def names(text: str) -> list[str]:
    """Return words that commas separate."""
    return [word for word in text.split(",") if word]


def numbers(text: str) -> list[float]:
    """Return numbers that commas separate."""
    return [float(word) for word in names(text)]
