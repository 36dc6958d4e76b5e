"""Folders that say themselves what is to be trained on and what is to be tested on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .files import reading

__all__ = ["Split", "split_of"]

_TRAIN = ("train", "training")
_TEST = ("test", "testing", "val", "valid", "validation", "dev")  # the first that is there


class Split(NamedTuple):
    """The parts of a folder."""

    train: Path
    test: Path
    unused: tuple[Path, ...]


def split_of(source: Path) -> Split | None:
    """Return the parts of a folder whose sub-folders, or tables, are called train and test or val.

    A folder that holds other sub-folders beside them is none: then train is a class.
    """
    if not source.is_dir():
        return None
    with reading(source):
        entries = [e for e in sorted(source.iterdir()) if not e.name.startswith((".", "_"))]
    folders = {entry.name.lower(): entry for entry in entries if entry.is_dir()}
    named = folders or {entry.name.split(".")[0].lower(): entry for entry in entries}
    if folders and not folders.keys() <= {*_TRAIN, *_TEST}:
        return None
    train = [named[name] for name in _TRAIN if name in named]
    test = [named[name] for name in _TEST if name in named]
    if len(train) != 1 or not test:
        return None
    return Split(train[0], test[0], tuple(test[1:]))
