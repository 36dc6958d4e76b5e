"""SOURCE on the command line: tables, matrices, folders of texts and of images.

data = read_source(Path("penguins.csv"), "species", need_target=True)
for batch in iter_source(Path("new.parquet"), None, 10_000, like=metadata): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...features.dataset import Dataset, Kind, SourceError
from .conversions import conversion
from .files import suffix
from .folders import FolderReader, has_classes
from .labels import check_trainable
from .lists import HOLDS_LISTS, read_lists
from .local import Local, local
from .matrices import read_npy, read_npz, read_svmlight
from .parts import Part, parts_of
from .read_options import ReadOptions, RowOptions
from .several import joined, united
from .signatures import reject_other_formats
from .tables import DELIMITED, TABLES, TableReader

__all__ = [
    "SUPPORTED",
    "Dataset",
    "Kind",
    "ReadOptions",
    "RowOptions",
    "SourceError",
    "iter_source",
    "read_source",
]

READ_OPTIONS = ReadOptions()
SUPPORTED = (
    "CSV (.csv), TSV (.tsv, .tab), JSON (.json, .jsonl, .ndjson), Excel and OpenDocument (.xlsx, "
    ".xls, .ods), Parquet (.parquet), Arrow (.arrow, .feather), ARFF (.arff), SQLite (.sqlite, "
    ".db), NPZ (.npz), NPY (.npy), svmlight (.svm, .svmlight, .libsvm), each also packed (.gz, "
    ".bz2, .xz, .zst, .zip), folders of tables, and folders with one sub-folder of text files or "
    "of images per class"
)


def read_source(
    path: Path,
    target: str | None,
    *,
    need_target: bool,
    train: bool = True,
    options: ReadOptions = READ_OPTIONS,
    like: Mapping[str, Any] | None = None,
) -> Dataset:
    """Read a whole source.

    Args:
        path: a file, a folder, an address (https://...), or - for standard input.
        target: the column (tables) or array (NPZ; None means "y") that holds the labels; None for
            folders and svmlight, whose labels are their own.
        need_target: whether the labels are needed; if not, y is None and the target column, if
            there is one, is left out of X.
        train: whether the labels are to be trained on: then they must be at least two classes,
            and neither continuous numbers nor identifiers.  False for test data.
        options: what the user said about reading.
        like: what `schema.describe` said of the training data (the metadata of a model).  Then
            `schema.check_columns` follows: cells of text are left as text for it, and of the
            options only the encoding counts, and which rows are left out; `told` puts the others
            into the metadata.

    Raises:
        SourceError: if the source cannot be read or used.

    """
    with ExitStack() as stack:
        parts = parts_of(path)
        if parts:
            files = [stack.enter_context(local(part.path, options)) for part in parts]
            data = _together(path, parts, files, target, need_target, options, like)
        else:
            file = stack.enter_context(local(path, options))
            data = file.data(_whole(file.path, target, need_target, options, like))
        if train and data.y is not None:
            own = "the class of each row" if data.target is None else f"the target {data.target!r}"
            check_trainable(f"{path}: {own}", data.y)
    return data


def iter_source(
    path: Path,
    target: str | None,
    batch_rows: int,
    *,
    need_target: bool = False,
    options: ReadOptions = READ_OPTIONS,
    like: Mapping[str, Any] | None = None,
) -> Iterator[Dataset]:
    """Read a source batch by batch, in memory that does not grow with the file where it can.

    Parquet comes by row groups, Arrow by record batches, CSV, TSV and JSON lines by chunks, texts
    by files; NPZ, NPY and svmlight are sliced, and NPY stays in its file.  Of several files one
    comes after the other.
    """
    parts = parts_of(path)
    if not parts:
        with local(path, options) as file:
            for batch in _batches(file.path, target, batch_rows, need_target, options, like):
                yield file.data(batch)
        return
    empty = True
    for part in parts:
        with local(part.path, options) as file:
            own = replace(part, path=file.path)
            for batch in _batches(file.path, target, batch_rows, need_target, options, like, own):
                empty = False
                yield replace(file.data(batch), part=str(part.path))
    if empty:  # then one says so, or is a table without rows
        yield from iter_source(
            parts[0].path, target, batch_rows, need_target=need_target, options=options, like=like
        )


def _together(
    path: Path,
    parts: Sequence[Part],
    files: Sequence[Local],
    target: str | None,
    need_target: bool,
    options: ReadOptions,
    like: Mapping[str, Any] | None,
) -> Dataset:
    """Read several files as one source."""
    kinds = {
        (_kind(file.path, target, need_target, options), suffix(file.path) in DELIMITED): file
        for file in files
    }
    if len(kinds) > 1:
        one, other, *_ = kinds.values()
        raise SourceError(
            f"{one.source} and {other.source} are of different formats; give files of one format, "
            "such as 'folder/*.csv'."
        )
    if "table" not in next(iter(kinds)):
        return joined([_whole(f.path, target, need_target, options, like) for f in files])
    readers = [
        TableReader(f.path, target, need_target, options, like, replace(part, path=f.path))
        for f, part in zip(files, parts, strict=True)
    ]
    stored, notes = zip(*(reader.stored() for reader in readers), strict=True)
    said = [f.named(note) for f, own in zip(files, notes, strict=True) for note in own]
    table = united([part.path for part in parts], stored)
    return readers[0].together(path, table, tuple(dict.fromkeys(said)))


def _whole(
    path: Path,
    target: str | None,
    need_target: bool,
    options: ReadOptions,
    like: Mapping[str, Any] | None,
) -> Dataset:
    kind = _kind(path, target, need_target, options)
    if kind == "folder":
        return FolderReader(path, need_target, options.encoding).whole(for_training=like is None)
    if kind == "table":
        return TableReader(path, target, need_target, options, like).whole()
    if kind == "npz":
        return read_npz(path, target, need_target, options.rows)
    if kind == "npy":
        return read_npy(path, options.labels, need_target, options.rows)
    return read_svmlight(path, need_target, like, options.rows)


def _batches(
    path: Path,
    target: str | None,
    batch_rows: int,
    need_target: bool,
    options: ReadOptions,
    like: Mapping[str, Any] | None,
    part: Part | None = None,
) -> Iterator[Dataset]:
    kind = _kind(path, target, need_target, options)
    if kind == "folder":
        yield from FolderReader(path, need_target, options.encoding).batches(batch_rows)
        return
    if like is not None and like.get("kind") == "matrix" and path.suffix.lower() in HOLDS_LISTS:
        yield from read_lists(path, target, need_target)
        return
    if kind == "table":
        reader = TableReader(path, target, need_target, options, like, part)
        yield from reader.batches(batch_rows)
        return
    data = _whole(path, target, need_target, options, like)
    for start in range(0, len(data) or 1, batch_rows):  # one, if there are no rows
        rows = slice(start, start + batch_rows)
        y = None if data.y is None else data.y[rows]
        notes = () if start else data.notes
        yield replace(data, X=data.X[rows], y=y, notes=notes)


def _kind(path: Path, target: str | None, need_target: bool, options: ReadOptions) -> str:
    """Return "folder", "table", "npz", "npy" or "svmlight"."""
    if not path.exists():
        raise SourceError(f"{path} does not exist.")
    if not (path.is_dir() or path.is_file()):
        raise SourceError(
            f"{path} is a pipe or a device, not a file; sources are read more than once: write the "
            "rows to a file first."
        )
    if path.is_dir() and target is not None and suffix(path) in TABLES:
        raise SourceError(f"{path} is a folder, whatever its name says; give a file that is in it.")
    if path.is_dir():
        kind = "folder"
    elif suffix(path) in TABLES:
        kind = "table"
    elif path.suffix.lower() in (".npz", ".npy"):
        kind = path.suffix.lower()[1:]
    elif suffix(path) in _SVMLIGHT:
        kind = "svmlight"
    else:
        how = conversion(suffix(path))
        if how is not None:
            raise SourceError(f"{path} {how}.")
        reject_other_formats(path, known=False)
        what = f"the suffix {path.suffix!r}, which names no format"
        raise SourceError(
            f"{path} has {what if path.suffix else 'no suffix that names its format'}; add "
            f"--format csv, or what it is; supported are {SUPPORTED}."
        )
    if kind != "folder":
        reject_other_formats(path)
    if not options.rows.header and suffix(path) not in DELIMITED:
        raise SourceError(f"{path} has no header to do without: --no-header is for CSV and TSV.")
    if kind != "table" and options.of_tables:
        raise SourceError(
            f"{path} is no table: {options.of_tables[0]} says how cells of tables are written."
        )
    if options.labels is not None and kind != "npy":
        raise SourceError(f"{path} holds its own labels: --labels and --test-labels are for NPY.")
    if kind == "folder" and target is not None and need_target and not has_classes(path):
        raise SourceError(
            f"{path} holds no tables, which could have the column {target!r}, and no sub-folders "
            "of texts or images, which would be classes."
        )
    if need_target and target is not None and kind in _WHERE:
        where = _WHERE[kind]
        raise SourceError(
            f"{path}: leave --target {target} out; the classes of a {_WORDS[kind]} are {where}."
        )
    return kind


_SVMLIGHT = (".svm", ".svmlight", ".libsvm")
_WORDS = {"folder": "folder", "svmlight": "svmlight file", "npy": "NPY file"}
_WHERE = {
    "folder": "the names of its sub-folders",
    "svmlight": "at the start of each line",
    "npy": "in the file that --labels names",
}
