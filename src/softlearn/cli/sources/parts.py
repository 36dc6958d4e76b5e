"""Sources that are several files: a pattern, such as 'parts/*.csv', or a folder of tables."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from ..._internal.addresses import address_of
from ...features.dataset import SourceError
from .archives import PACKED
from .files import reading
from .folders import is_content

__all__ = ["Part", "parts_of"]

_TABLES = frozenset(
    (
        *(".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".arrow"),
        *(".feather", ".arff", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    )
)
_LOOK = 1000  # files of a folder by which it is found out what it holds
_NULL = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_SPLIT = re.compile(r"(train|test|val|dev)(ing|id|idation)?(?=[-_.]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One of several files."""

    path: Path
    keys: Mapping[str, str | int | None] = field(default_factory=dict)
    """Columns that the names of its folders say (country=de/), the same value in all its rows."""


def parts_of(source: Path) -> list[Part]:
    """Return the files of a pattern, or of a folder of tables, by name; none for other sources.

    Raises:
        SourceError: no file matches, or they are no parts of one table.

    """
    if address_of(source) is not None:
        return []
    if source.is_dir():
        if not _holds_tables(source):
            return []
        files = _tables(source)
        _refuse_splits(source, files)
        return _with_keys(source, files)
    if not glob.has_magic(str(source)) or source.exists():
        return []
    found = sorted(map(Path, glob.glob(str(source), recursive=True)))  # noqa: PTH207 - any pattern
    files = []
    for path in found:
        files += _tables(path) if path.is_dir() else [path]
    if not files:
        what = "folders without tables only" if found else "no file"
        raise SourceError(f"{source} is a pattern that matches {what}.")
    return _with_keys(_before_pattern(source), files)


def _visible(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, without what programs note beside them."""
    for file in folder.rglob("*"):
        inside = file.relative_to(folder).parts
        if not any(name.startswith((".", "_")) for name in inside) and file.is_file():
            yield file


def _is_table(file: Path) -> bool:
    name = file.with_suffix("") if file.suffix.lower() in PACKED else file
    return name.suffix.lower() in _TABLES


def _tables(folder: Path) -> list[Path]:
    with reading(folder):
        return sorted(filter(_is_table, _visible(folder)))


def _holds_tables(folder: Path) -> bool:
    """Tell whether there are more tables in a folder than texts and images."""
    with reading(folder):
        files = list(islice(_visible(folder), _LOOK))
    others = [f for f in files if is_content(f) and not _is_about(f, folder)]
    return sum(map(_is_table, files)) > len(others)


def _is_about(file: Path, folder: Path) -> bool:
    """Tell whether a file may be what says what is in a folder, such as README.md or LICENSE."""
    return file.parent == folder and file.suffix.lower() in ("", ".md", ".rst")


def _refuse_splits(folder: Path, files: Sequence[Path]) -> None:
    """Raise SourceError if some files are to train on and others to test on."""
    found: dict[str, Path] = {}
    for file in files:
        name = file.relative_to(folder).parts[0]
        match = _SPLIT.match(name)
        if match is not None:
            found.setdefault(match[1].lower(), folder / name)
    if len(found) > 1:
        raise SourceError(
            f"{folder} holds rows to train on and rows to test on, such as "
            f"{' and '.join(map(str, found.values()))}: give one part (a pattern such as "
            f"'{folder}/train*' names several files)."
        )


def _before_pattern(source: Path) -> Path:
    """Return the folder in which a pattern begins to say several things."""
    folders = list(source.parts)
    while any(map(glob.has_magic, folders)):
        folders.pop()
    return Path(*folders)


def _with_keys(folder: Path, files: Iterable[Path]) -> list[Part]:
    keys = {file: _keys(file.relative_to(folder).parts[:-1]) for file in files}
    first, *others = keys
    for file in others:
        if keys[file].keys() != keys[first].keys():
            raise SourceError(
                f"The folders of {first} name the columns {_names(keys[first])}, those of {file} "
                f"{_names(keys[file])}; give files of one kind."
            )
    whole = {
        name
        for name in keys[first]
        if all(_WHOLE.fullmatch(own[name] or "0") for own in keys.values())
    }
    return [
        Part(file, {name: _value(text, name in whole) for name, text in own.items()})
        for file, own in keys.items()
    ]


def _keys(folders: Iterable[str]) -> dict[str, str | None]:
    """Return what names like "country=de" say; "" and Hive's word for it stand for no value."""
    pairs = (name.split("=", 1) for name in folders if name.find("=") > 0)
    return {unquote(key): None if value in ("", _NULL) else unquote(value) for key, value in pairs}


def _names(keys: Mapping[str, object]) -> str:
    return ", ".join(map(repr, keys)) or "none"


def _value(text: str | None, whole: bool) -> str | int | None:
    return int(text) if text is not None and whole else text
