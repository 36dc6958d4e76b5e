"""Models saved from Python: what input they take, as far as their parts tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline

from ...features.images import ImageReader
from ...features.text import TextColumn

__all__ = ["as_pipeline", "describe_input"]

_LABELS = {"b": "bool", "i": "int", "u": "int", "f": "float", "U": "str", "O": "str"}
_WORDS = (CountVectorizer, HashingVectorizer, TextColumn)
_OF_TEXT = frozenset({"StringEncoder", "MinHashEncoder"})  # skrub's, which take one column each
_OF_DATES = frozenset({"DatetimeEncoder", "ToDatetime"})
_OF_TABLES = {"numeric": "number", "datetime": "date"}  # skrub's words; the others are text


def as_pipeline(model: Any) -> Pipeline:
    """Return Pipeline([("vectoriser", ...), ("classifier", ...)]) of the same fitted parts."""
    steps = model.steps if isinstance(model, Pipeline) else [("classifier", model)]
    before = [(name, step) for name, step in steps[:-1] if step not in ("passthrough", None)]
    vectoriser = Pipeline(before) if before else "passthrough"
    return Pipeline([("vectoriser", vectoriser), ("classifier", steps[-1][1])])


def describe_input(pipeline: Pipeline) -> dict[str, Any] | None:
    """Return what `sources.schema.describe` would have said of the training data, or None.

    A model that knows the names of its columns takes tables; the type of a column is that of the
    values its first transformer learned from it.  Without names it takes matrices, or folders if it
    begins with a vectoriser of texts or `ImageReader`.
    """
    vectoriser, classifier = (step for _, step in pipeline.steps)
    first = classifier if vectoriser == "passthrough" else vectoriser.steps[0][1]
    known: dict[str, Any] = {
        "target": None,
        "columns": {},
        "n_features": None,
        "label_type": _LABELS.get(classifier.classes_.dtype.kind),
        "layout": {},
    }
    if isinstance(first, _WORDS):
        return {**known, "kind": "text"}
    if isinstance(first, ImageReader):
        return {**known, "kind": "image"}
    names = getattr(first, "feature_names_in_", None)
    if names is not None:
        columns = _types(first, [str(name) for name in names])
        return None if columns is None else {**known, "kind": "table", "columns": columns}
    width = getattr(first, "n_features_in_", None)
    return None if width is None else {**known, "kind": "matrix", "n_features": int(width)}


def _types(step: Any, names: Sequence[str]) -> dict[str, str] | None:
    """Return the type of each column that a fitted transformer takes; None if it does not tell."""
    if isinstance(step, Pipeline | FeatureUnion):
        parts = step.steps if isinstance(step, Pipeline) else step.transformer_list
        own = [part for _, part in parts if part not in ("passthrough", "drop", None)]
        return _types(own[0], names) if own else dict.fromkeys(names, "number")
    if isinstance(step, ColumnTransformer):
        return _types_by_part(step, names)
    if hasattr(step, "column_to_kind_"):  # skrub.TableVectorizer
        return {name: _OF_TABLES.get(step.column_to_kind_[name], "text") for name in names}
    learned = getattr(step, "categories_", getattr(step, "statistics_", None))
    if learned is not None:
        return {name: _type(values) for name, values in zip(names, learned, strict=True)}
    kind = type(step).__name__
    if isinstance(step, _WORDS) or kind in _OF_TEXT:
        return dict.fromkeys(names, "text")
    if kind in _OF_DATES:
        return dict.fromkeys(names, "date")
    return None if kind == "Cleaner" else dict.fromkeys(names, "number")


def _types_by_part(step: ColumnTransformer, names: Sequence[str]) -> dict[str, str] | None:
    types = dict.fromkeys(names, "text")  # what anything can be: for columns that are dropped
    for _, part, columns in step.transformers_:
        if part == "drop":
            continue
        picked = _picked(names, columns)
        found = None if picked is None else _types(part, picked)
        if found is None:
            return None
        types.update(found)
    return types


def _picked(names: Sequence[str], columns: Any) -> list[str] | None:
    """Return the names that a name, names, positions, a slice or a mask picks; None if unclear."""
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, list) and all(isinstance(name, str) for name in columns):
        return columns
    try:
        return [str(name) for name in np.atleast_1d(np.array(names, dtype=object)[columns])]
    except (IndexError, TypeError):
        return None


def _type(values: Any) -> str:
    """Return the type of a column whose categories, or whose one typical value, are given."""
    sample = np.atleast_1d(np.asarray(values, dtype=object))
    return "text" if any(isinstance(value, str) for value in sample) else "number"
