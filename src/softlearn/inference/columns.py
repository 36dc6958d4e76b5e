"""The columns of a user's X as numbers: those of text, booleans and categories become dummies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._missing import is_pandas_na

from .._internal.format import quoted
from ..protocol import F64

__all__ = ["Columns", "columns_of"]


@dataclass(frozen=True)
class Columns:
    """What was learnt from X, to read other rows in the same way."""

    given: tuple[str, ...]
    """Names of the columns of X."""
    framed: bool = False
    """Whether X is a table with names of its own."""
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Levels of each column that is made into dummies, the one without a dummy first."""

    @property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """The dummies of each factor."""
        return {
            name: tuple(f"{name}[{level}]" for level in levels[1:])
            for name, levels in self.factors.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are made."""
        terms = self.terms
        return tuple(made for name in self.given for made in terms.get(name, (name,)))

    def numbers(self, X: Any) -> F64:
        """Return rows as numbers, (n, d).

        Args:
            X: a table with the columns that were given, in any order, or numbers with a column
                for each name.

        """
        if not (self.framed and hasattr(X, "columns")):
            array = _array(X)
            if array.shape[1] != len(self.names):
                raise ValueError(
                    f"X must have the columns {', '.join(self.names)}, but it has "
                    f"{array.shape[1]} columns."
                )
            return array
        found = {str(name): X[name] for name in X.columns}
        absent = [name for name in self.given if name not in found]
        if absent:
            raise ValueError(f"X lacks the columns {quoted(absent)}.")
        parts: list[F64] = []
        for name in self.given:
            if name not in self.factors:
                values = _number(np.asarray(found[name]))
                if values is None:
                    raise ValueError(f"The column {name!r} of X must hold numbers.")
                parts.append(values)
                continue
            text = _texts(np.asarray(found[name]), name)
            levels = self.factors[name]
            new = sorted(set(text.tolist()) - set(levels))
            if new:
                raise ValueError(f"The column {name!r} of X has levels not fitted: {quoted(new)}.")
            parts += [(text == level).astype(np.float64) for level in levels[1:]]
        return np.column_stack(parts) if parts else np.empty((len(X), 0))


def columns_of(X: Any, reference: Mapping[Any, Any], dummies: bool = True) -> Columns:
    """Return what there is to know about the columns of X.

    Args:
        X: a table, or numbers.
        reference: {column: the level without a dummy}; a column of numbers named here is a factor.
        dummies: whether there may be factors.

    Raises:
        ValueError: columns that cannot be used, named.

    """
    if not hasattr(X, "columns"):
        if reference:
            raise ValueError("reference needs a data frame: an array has no columns of levels.")
        return Columns(tuple(f"x{j}" for j in range(_array(X).shape[1])))
    given = tuple(map(str, X.columns))
    _require_once(given)
    wanted = {str(name): level for name, level in reference.items()}
    unknown = sorted(set(wanted) - set(given))
    if unknown:
        raise ValueError(f"reference names no column of X: {quoted(unknown)}.")
    factors = {}
    for key in X.columns:
        name, values = str(key), np.asarray(X[key])
        ordered = _categories(X[key])
        if ordered is None and name not in wanted and _number(values) is not None:
            continue
        if values.dtype.kind in "mMc":
            raise ValueError(f"The column {name!r} of X holds {values.dtype}: make it numbers.")
        if not dummies:
            raise ValueError(f"The column {name!r} of X must hold numbers.")
        factors[name] = _levels(name, values, ordered, wanted.get(name))
    found = Columns(given, True, factors)
    _require_once(found.names)
    return found


def _require_once(names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"More than one column of X is called {quoted(twice)}: rename them.")


def _array(X: Any) -> F64:
    if hasattr(X, "tocsr"):
        raise ValueError("X must be dense: give X.toarray().")
    try:
        array = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("X must hold numbers; columns of text need a data frame.") from None
    if array.ndim != 2:
        raise ValueError(f"X must have two axes, but its shape is {array.shape}.")
    return array


def _number(values: NDArray[Any]) -> F64 | None:
    """Return numbers, NaN where one is missing; None where they are no numbers."""
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if values.dtype.kind != "O":
        return None
    cells = [np.nan if _absent(v) else v for v in values.tolist()]
    real = all(isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in cells)
    return np.array(cells, dtype=np.float64) if real else None


def _absent(value: Any) -> bool:
    return value is None or is_pandas_na(value) or bool(value != value)


def _categories(column: Any) -> list[str] | None:
    """Return the levels of a categorical column in its own order; None for other columns."""
    dtype = getattr(column, "dtype", None)
    if type(dtype).__name__ not in ("CategoricalDtype", "Enum"):
        return None
    return [_text(v) for v in dtype.categories]  # type: ignore[union-attr]


def _text(value: Any) -> str:
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _texts(values: NDArray[Any], name: str) -> NDArray[np.str_]:
    cells = values.tolist()
    missing = next((i for i, v in enumerate(cells) if _absent(v)), None)
    if missing is not None:
        raise ValueError(f"The column {name!r} of X has a missing value in row {missing}.")
    text = {v: _text(v) for v in set(cells)}
    if len(set(text.values())) < len(text):
        raise ValueError(f"The column {name!r} of X has different levels that read alike.")
    return np.array([text[v] for v in cells])


def _levels(
    name: str, values: NDArray[Any], ordered: list[str] | None, reference: Any
) -> tuple[str, ...]:
    """Return the levels of a factor, the reference first."""
    text = _texts(values, name)
    present = set(text.tolist())
    if ordered is not None:
        levels = [level for level in ordered if level in present]
    elif values.dtype.kind in "iuf":
        levels = [_text(v) for v in np.unique(values).tolist()]
    else:
        levels = sorted(present)
    if len(levels) < 2:
        raise ValueError(f"The column {name!r} of X has one level, {quoted(levels)}: leave it out.")
    if reference is None:
        return tuple(levels)
    first = _text(reference)
    if first not in levels:
        raise ValueError(
            f"The reference of {name!r} must be one of its levels {quoted(levels)}, not "
            f"{reference!r}."
        )
    return (first, *(level for level in levels if level != first))
