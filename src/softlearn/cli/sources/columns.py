"""Columns of a table that are no features: weights, and what the user excludes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from . import Dataset
from .schema import check_columns

__all__ = ["prepared", "without"]


def prepared(metadata: Mapping[str, Any], data: Dataset) -> Dataset:
    """Return a dataset as the model wants it; columns that `fit` left out are left out silently."""
    drop = [name for name in metadata.get("excluded", []) if name in data.types]
    return check_columns(metadata, without(data, drop))


def without(data: Dataset, columns: Sequence[str]) -> Dataset:
    """Return a table without some of its columns."""
    if not columns:
        return data
    types = {name: kind for name, kind in data.types.items() if name not in columns}
    X = data.X.drop(columns=list(columns))
    return dataclasses.replace(data, X=X, types=types, feature_names=list(types))
