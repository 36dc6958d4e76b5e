"""Parquet, Arrow and CSV files: columns of numbers, and lists of numbers of one length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .source import Columns, File, arrow

__all__ = ["column_names", "table_batches"]

Part = tuple[Any, Any, Any, tuple[str, ...], bool]


def table_batches(file: File, columns: Columns, size: int) -> Iterator[Part]:
    """Yield X, labels, weights, names of features, and whether none of these is of a list.

    Args:
        file: a table.
        columns: what is read.
        size: bytes of X at once, about.

    """
    own = set(file.keys)
    with file.open() as handle:
        schema, batches = _opened(file, handle, columns)
        names = [n for n in schema.names if not n.startswith("__index_level_")]
        for name in filter(None, (columns.target, columns.weight)):
            if name not in own | set(names):
                raise ValueError(f"{file.path} has no column {name!r}; it has {_few(names)}.")
        features = _features(file, names, columns)
        dtype = _dtype(file, schema, features)
        wanted = [*features, *filter(None, (columns.target, columns.weight))]
        for batch in batches([n for n in dict.fromkeys(wanted) if n in names], size):
            yield _part(file, batch, features, dtype, columns)


def column_names(file: File) -> list[str]:
    """Return the names of all columns of a table."""
    with file.open() as handle:
        return [*_opened(file, handle, Columns(None, None, None))[0].names, *file.keys]


def _few(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:10]))
    return shown + (", ..." if len(names) > 10 else "")


def _features(file: File, names: list[str], columns: Columns) -> list[str]:
    if columns.features is not None:
        for name in columns.features:
            if name not in names:
                raise ValueError(f"{file.path} has no column {name!r}; it has {_few(names)}.")
        return list(columns.features)
    for name in columns.without:
        if name not in names and name not in file.keys:
            raise ValueError(f"{file.path} has no column {name!r} to leave out.")
    out = {columns.target, columns.weight, *columns.without}
    return [name for name in names if name not in out]


def _opened(file: File, handle: Any, columns: Columns) -> tuple[Any, Any]:
    """Return the schema, and the function that gives batches of some columns."""
    if file.kind == "parquet":
        parquet = arrow("parquet").ParquetFile(handle)
        schema = parquet.schema_arrow

        def of_parquet(names: list[str], size: int) -> Iterator[Any]:
            rows = max(size // max(8 * _width(schema, names), 1), 64)
            return iter(parquet.iter_batches(rows, columns=names))

        return schema, of_parquet
    if file.kind == "arrow":
        return _opened_arrow(handle)
    return _opened_csv(file, handle, columns)


def _width(schema: Any, names: list[str]) -> int:
    return sum(getattr(schema.field(name).type, "list_size", 1) for name in names)


def _opened_arrow(handle: Any) -> tuple[Any, Any]:
    ipc = arrow("ipc")
    try:
        reader = ipc.open_file(handle)
        batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
    except arrow("lib").ArrowInvalid:
        handle.seek(0)
        reader = ipc.open_stream(handle)
        batches = iter(reader)

    def of_arrow(names: list[str], size: int) -> Iterator[Any]:
        rows = max(size // max(8 * _width(reader.schema, names), 1), 64)
        for batch in batches:
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows).select(names)

    return reader.schema, of_arrow


def _opened_csv(file: File, handle: Any, columns: Columns) -> tuple[Any, Any]:
    """Read numbers as float64 whatever the first rows look like, and labels as text."""
    csv, lib = arrow("csv"), arrow("lib")
    parse = csv.ParseOptions(delimiter="\t" if file.kind == "tsv" else ",")
    header = csv.read_csv(lib.BufferReader(handle.readline()), parse_options=parse).schema.names
    handle.seek(0)
    schema = lib.schema(
        [(n, lib.string() if n == columns.target else lib.float64()) for n in header]
    )

    def of_csv(names: list[str], size: int) -> Iterator[Any]:
        convert = csv.ConvertOptions(
            column_types={name: schema.field(name).type for name in names},
            include_columns=names,
        )
        read = csv.ReadOptions(block_size=max(size // 4, 1 << 16))
        return iter(csv.open_csv(handle, read, parse, convert))

    return schema, of_csv


def _dtype(file: File, schema: Any, features: list[str]) -> Any:
    """Return float32 where that holds all numbers exactly, else float64."""
    if not features:
        raise ValueError(f"{file.path} has no columns of features.")
    types = arrow("types")
    single = True
    for name in features:
        kind = schema.field(name).type
        if types.is_list(kind) or types.is_fixed_size_list(kind) or types.is_large_list(kind):
            kind = kind.value_type
        if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
            raise ValueError(
                f"{file.path} has {kind} in {name!r}, but a stream takes numbers: leave the "
                "column out, or make numbers of it."
            )
        bits = 1 if types.is_boolean(kind) else kind.bit_width
        single = single and bits <= (32 if types.is_floating(kind) else 16)
    return np.float32 if single else np.float64


def _part(file: File, batch: Any, features: list[str], dtype: Any, columns: Columns) -> Part:
    cells = [_cells(file, name, batch.column(name), dtype) for name in features]
    if len(cells) == 1:
        X = np.ascontiguousarray(cells[0], dtype=dtype)
    else:
        X = np.empty((batch.num_rows, sum(c.shape[1] for c in cells)), dtype)
        at = 0
        for c in cells:
            X[:, at : at + c.shape[1]] = c
            at += c.shape[1]
    names = tuple(
        name if c.shape[1] == 1 else f"{name}_{j}"
        for name, c in zip(features, cells, strict=True)
        for j in range(c.shape[1])
    )
    weights = None
    if columns.weight is not None:
        weights = _cells(file, columns.weight, batch.column(columns.weight), np.float64).ravel()
    return X, _labels(file, batch, columns.target), weights, names, len(names) == len(features)


def _cells(file: File, name: str, column: Any, dtype: Any) -> NDArray[Any]:
    """Return a column as (m, 1) numbers, or (m, k) of a column of lists; null is NaN."""
    types, m = arrow("types"), len(column)
    if types.is_boolean(column.type):
        column = column.cast("uint8")
    if not (types.is_integer(column.type) or types.is_floating(column.type)):
        if column.null_count:
            raise ValueError(f"{file.path} has a row without a list in {name!r}: leave it out.")
        flat = column.flatten()
        if types.is_boolean(flat.type):
            flat = flat.cast("uint8")
        wide = flat.to_numpy(zero_copy_only=False)
        width = len(wide) // max(m, 1)
        if len(wide) != m * width or (
            not types.is_fixed_size_list(column.type)
            and (column.value_lengths().to_numpy(zero_copy_only=False) != width).any()
        ):
            raise ValueError(f"{file.path} has lists of several lengths in {name!r}.")
        return np.asarray(wide.reshape(m, width), dtype=dtype)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=dtype)[:, None]


def _labels(file: File, batch: Any, target: str | None) -> Any:
    if target is None:
        return None
    if target in file.keys and target not in batch.schema.names:
        return np.zeros(batch.num_rows, np.intp), [file.keys[target]]
    column = batch.column(target)
    if not arrow("types").is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.null_count:
        raise ValueError(f"{file.path} has rows without a label in {target!r}: leave them out.")
    codes = np.asarray(column.indices.to_numpy(zero_copy_only=False), dtype=np.intp)
    return codes, column.dictionary.to_pylist()
