"""What a model remembers of its input, and how other input is brought to it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...features.dataset import Dataset, SourceError
from .frames import cast, named, reject_infinite
from .labels import label_type, retype
from .mismatched_cells import declare
from .missing import mark_missing_numbers
from .read_options import ReadOptions
from .reading_words import said_of_column

__all__ = ["check_columns", "describe", "prepared", "stored_options", "without"]


def describe(dataset: Dataset) -> dict[str, Any]:
    """Return what must be kept in the model file to take the same input again (JSON-able).

    Keys: "kind", "target", "columns" (name -> type), "n_features", "label_type" ("int", "bool",
    "float", "str"), "layout", "reading" (of tables: how text was read).  They may stand beside
    others in the metadata of a model.
    """
    return {
        "kind": dataset.kind,
        "target": dataset.target,
        "columns": dict(dataset.types),
        "n_features": int(dataset.X.shape[1]) if dataset.kind in ("table", "matrix") else None,
        "label_type": None if dataset.y is None else label_type(dataset.y),
        "layout": dict(dataset.layout),
        "reading": dict(dataset.reading),
    }


def check_columns(metadata: Mapping[str, Any], dataset: Dataset) -> Dataset:
    """Return the dataset as the model wants it: its columns, in its order, of its types.

    Columns the model does not know are left out, with a sentence in `notes`.  Labels, if any, get
    the type of the labels trained on.

    Raises:
        SourceError: if it is of another kind, if columns are missing (named, with the columns
            too many), if a column of numbers holds text, if the number of features differs.

    """
    if dataset.kind != metadata["kind"]:
        raise SourceError(
            f"The model was trained on {_KINDS[metadata['kind']]}, but this is "
            f"{_KINDS[dataset.kind]}; give the kind of source it was trained on."
        )
    if dataset.y is not None and metadata["label_type"] is not None:
        dataset = dataclasses.replace(dataset, y=retype(dataset.y, metadata["label_type"]))
    if dataset.kind == "table":
        return _check_table(metadata, dataset)
    if dataset.kind == "matrix" and dataset.X.shape[1] != metadata["n_features"]:
        raise SourceError(
            f"The model was trained on {metadata['n_features']} features, but this has "
            f"{dataset.X.shape[1]}; give the same features in the same order."
        )
    return dataset


def prepared(metadata: Mapping[str, Any], data: Dataset) -> Dataset:
    """Return a dataset as the model wants it; columns that `fit` left out are left out silently."""
    drop = [name for name in metadata.get("excluded", []) if name in data.types]
    return check_columns(metadata, without(data, drop))


def without(data: Dataset, columns: Sequence[str]) -> Dataset:
    """Return a table without some of its columns: weights, and what the user excludes."""
    if not columns:
        return data
    types = {name: kind for name, kind in data.types.items() if name not in columns}
    X = data.X.drop(columns=list(columns))
    return dataclasses.replace(data, X=X, types=types, feature_names=list(types))


_KINDS = {
    "table": "a table",
    "matrix": "a matrix (NPZ, NPY or svmlight)",
    "text": "a folder of texts",
    "image": "a folder of images",
}


def _check_table(metadata: Mapping[str, Any], dataset: Dataset) -> Dataset:
    import pandas as pd

    columns, reading = metadata["columns"], metadata.get("reading", {})
    missing = [name for name in columns if name not in dataset.types]
    extra = [name for name in dataset.types if name not in columns]
    if missing:
        raise SourceError(_mismatch(missing, extra))
    cells: dict[str, Any] = {}
    for name, kind in columns.items():
        cells[name] = cast(dataset.X[name], dataset.types[name], kind, reading)
        lost = cells[name].isna() & dataset.X[name].notna()
        if lost.any():
            raise _lost(name, kind, dataset.X[name][lost], metadata)
        if kind == "number" and reading.get("missing"):
            cells[name] = mark_missing_numbers(cells[name], reading["missing"])
    types = dict(columns)
    X = pd.DataFrame(cells, index=dataset.X.index)
    reject_infinite("The source", X, types)
    notes = dataset.notes
    if extra:
        which = "The column is" if len(extra) == 1 else "The columns are"
        notes = (*notes, f"{which} not known to the model, and ignored: {named(extra)}.")
    return dataclasses.replace(dataset, X=X, types=types, feature_names=list(types), notes=notes)


def _lost(name: str, kind: str, cells: Any, metadata: Mapping[str, Any]) -> SourceError:
    """Return the sentence on cells that are not what the column was when the model was trained."""
    cell, row = str(cells.iloc[0]), int(cells.index[0]) + 1
    how = said_of_column(metadata.get("reading", {}), name)
    header = metadata.get("layout", {}).get("header", True)
    return SourceError(
        f"The column {name!r} held {_TYPES[kind]} when the model was trained{how}, but here it "
        f"has {cell!r} (row {row}), which is read as none: correct it, or leave the cell empty; if "
        f"it stands for a missing value, say {declare([cell])}{_other_marks(kind, cell)}"
        f"{_FIRST_LINE * (row == 1 and not header)}."
    )


def _other_marks(kind: str, cell: str) -> str:
    mark = "," if "," in cell else "."
    if kind != "number" or not re.fullmatch(r"[^0-9]*[0-9][0-9.,' ]*[.,][0-9]+[^0-9]*", cell):
        return ""
    options = f"--decimal '{mark}' or --thousands '{mark}'"
    return f"; if its {_MARKS[mark]} means something else here, say {options}"


_MARKS = {",": "comma", ".": "point"}


def stored_options(metadata: Mapping[str, Any], options: ReadOptions) -> dict[str, Any]:
    """Return the metadata of a model with what the user says of numbers and missing values."""
    old = metadata.get("reading", {})
    marks = {
        key: mark
        for key, mark in (("decimal", options.decimal), ("thousands", options.thousands))
        if mark is not None
    }
    if not marks and not options.missing:
        return dict(metadata)
    columns = {name: _marked(how, marks) for name, how in old.get("columns", {}).items()}
    top = _marked({"decimal": ".", "thousands": "", **old}, marks)
    missing = [*old.get("missing", ()), *options.missing]
    return {**metadata, "reading": {**top, "missing": missing, "columns": columns}}


def _marked(how: Mapping[str, Any], marks: Mapping[str, str]) -> dict[str, Any]:
    """Return how numbers are written, with other marks; a mark has one meaning only."""
    found = {**how, **(marks if "dates" not in how and "times" not in how else {})}
    if found.get("decimal") == found.get("thousands"):
        other = "thousands" if "decimal" in marks else "decimal"
        found[other] = "" if other == "thousands" else {".": ",", ",": "."}[marks["thousands"]]
    return found


def _mismatch(missing: Sequence[str], extra: Sequence[str]) -> str:
    lacks = "a column" if len(missing) == 1 else "columns"
    lack = f"The source lacks {lacks} of the model: {named(missing)}"
    if not extra:
        return lack + "."
    has = "a column" if len(extra) == 1 else "columns"
    return f"{lack}; it has {has} the model does not know: {named(extra)}; was one renamed?"


_FIRST_LINE = " (the model takes the first line for a row, as there was no header in training)"
_TYPES = {"number": "numbers", "bool": "true or false", "date": "dates", "text": "text"}
