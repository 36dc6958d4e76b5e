"""What older scikit-learn and NumPy hold, written as the newest do: every version reads it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from skops.io._general import function_get_state, list_get_state  # skops.io registers first
from skops.io._utils import SaveContext, _get_state

__all__: list[str] = []


def _function(function: Any, context: SaveContext) -> dict[str, Any]:
    """Name a function of NumPy's by `numpy`, where NumPy 2.0 says `numpy._core...`."""
    state: dict[str, Any] = function_get_state(function, context)
    public = getattr(np, function.__name__, None) is function
    return state | ({"__module__": "numpy"} if public else {})


def _columns(columns: Any, context: SaveContext) -> dict[str, Any]:
    """Write the columns for which a `ColumnTransformer` was given no transformer as a list."""
    state: dict[str, Any] = list_get_state(columns.data, context)
    return state


_get_state.register(np.ufunc, _function)
with suppress(ImportError):  # from scikit-learn 1.7 on they are a list
    from sklearn.compose._column_transformer import _RemainderColsList

    _get_state.register(_RemainderColsList, _columns)
