"""What a row must look like, as a JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from ..inspect.measures import plain
from ..saved.model import SavedModel
from ..sources.reading_words import said_of_column

__all__ = ["row_schema"]

_TYPES: dict[str, list[str]] = {
    "number": ["number", "boolean", "string", "null"],
    "bool": ["boolean", "number", "string", "null"],
    "date": ["string", "null"],
    "text": ["string", "number", "boolean", "null"],
}
_WORDS = {
    "number": "A number, also as text",
    "bool": "true or false",
    "date": "A date, or a date and time",
    "text": "Text",
}


def row_schema(model: SavedModel) -> dict[str, Any]:
    """Return the JSON Schema of a row: an object, or what stands for a row of no table."""
    own = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A row for {model.path.name}",
        "description": "POST /predict takes a JSON array of rows. null is a missing value.",
    }
    kind = model.metadata["kind"]
    if kind == "matrix":
        width = model.metadata["n_features"]
        numbers = {"type": "array", "items": {"type": "number"}}
        return {**own, **numbers, "minItems": width, "maxItems": width}
    if kind == "text":
        return {**own, "type": "string"}
    if kind == "image":
        content = {"contentEncoding": "base64", "contentMediaType": "image/*"}
        return {**own, "type": "string", **content}
    columns: Mapping[str, str] = model.metadata["columns"]
    known = _categories(model.pipeline.named_steps["vectoriser"])
    return {
        **own,
        "type": "object",
        "properties": {name: _column(model, name, columns[name], known) for name in columns},
        "required": list(columns),
    }


def _column(
    model: SavedModel, name: str, kind: str, known: Mapping[str, list[Any]]
) -> dict[str, Any]:
    how = said_of_column(model.metadata.get("reading", {}), name)
    found: dict[str, Any] = {"type": _TYPES[kind], "description": f"{_WORDS[kind]}{how}."}
    if name in known:
        found["description"] = "One of these; others count as unknown."
        found["examples"] = known[name]
    return found


def _categories(step: Any) -> dict[str, list[Any]]:
    """Return the categories that a fitted transformer has learned, by column."""
    if isinstance(step, Pipeline):
        return _categories(step.steps[0][1]) if step.steps else {}
    if isinstance(step, ColumnTransformer):
        found: dict[str, list[Any]] = {}
        for _, part, columns in step.transformers_:
            inner = part.steps[0][1] if isinstance(part, Pipeline) else part
            if isinstance(inner, OneHotEncoder) and isinstance(columns, list):
                found |= _encoded(columns, inner)
        return found
    names = getattr(step, "feature_names_in_", None)
    if isinstance(step, OneHotEncoder) and names is not None:
        return _encoded(list(names), step)
    return {}


def _encoded(columns: list[Any], encoder: OneHotEncoder) -> dict[str, list[Any]]:
    return {
        str(name): [plain(value) for value in values if value is not None and value == value]
        for name, values in zip(columns, encoder.categories_, strict=True)
    }
