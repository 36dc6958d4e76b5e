"""Rows of several files, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...features.dataset import Dataset, SourceError
from .frames import named

__all__ = ["joined", "united"]


def united(files: Sequence[Path], tables: Sequence[pa.Table]) -> pa.Table:
    """Return tables of the same columns, in any order, as one; JSON may leave out what is missing.

    Numbers of several types become the widest, and what is text in one table is text in all.

    Raises:
        SourceError: a file has other columns than the first, or other types.

    """
    first = set(tables[0].column_names)
    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    for file, table in zip(files, tables, strict=True):
        own = set(table.column_names)
        if own != first and ".json" not in file.name.lower():
            raise SourceError(_other_columns(file, own, files[0], first))
    mixed = {name: kinds for name in names if len(kinds := _types(name, tables)) > 1}
    texts = {name for name, kinds in mixed.items() if any(map(_is_text, kinds))}
    same = [
        pa.table(
            {
                name: column.cast(pa.large_string()) if name in texts else column
                for name, column in zip(table.column_names, table.columns, strict=True)
            },
            metadata=table.schema.metadata,
        )
        for table in tables
    ]
    try:
        return pa.concat_tables(same, promote_options="permissive")
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        name, kinds = next(item for item in mixed.items() if item[0] not in texts)
        raise SourceError(
            f"The column {name!r} holds {' and '.join(sorted(map(str, kinds)))} in the files "
            f"{files[0]} to {files[-1]}; give it one type."
        ) from error


def _types(name: str, tables: Sequence[pa.Table]) -> set[pa.DataType]:
    kinds = {t.schema.field(name).type for t in tables if name in t.column_names}
    return {kind for kind in kinds if not pa.types.is_null(kind)}


def _is_text(kind: pa.DataType) -> bool:
    is_ = pa.types
    return bool(is_.is_string(kind) or is_.is_large_string(kind) or is_.is_dictionary(kind))


def _other_columns(file: Path, own: set[str], first: Path, others: set[str]) -> str:
    lacks, more = sorted(others - own), sorted(own - others)
    if lacks:
        what = f"{file} lacks {named(lacks)}, which {first} has"
    else:
        what = f"{file} has {named(more)}, which {first} lacks"
    return f"{what}: files that are read together must have the same columns."


def joined(parts: Sequence[Dataset]) -> Dataset:
    """Return matrices of the same columns, dense or sparse, as one."""
    import scipy.sparse as sp

    widths = {part.X.shape[1] for part in parts}
    if len(widths) > 1:
        raise SourceError(
            f"The files have {min(widths)} to {max(widths)} columns; files that are read together "
            "must have the same columns."
        )
    X = [part.X for part in parts]
    y = None if parts[0].y is None else np.concatenate([part.y for part in parts])
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return replace(
        parts[0], X=sp.vstack(X) if sp.issparse(X[0]) else np.concatenate(X), y=y, notes=notes
    )
