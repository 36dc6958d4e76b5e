"""What a user should know about the columns before trusting a model of them; sentences."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..sources import Dataset
from ..sources.frames import named

__all__ = ["column_warnings", "identifiers"]

_MAX_COLUMNS = 500  # columns examined one by one: beyond, only whether they are constant
_SAMPLE = 5000  # rows on which a column is tried as the only feature
_LEFT = 0.01  # share of the errors without features that a leaking column may leave
_FEW = 20  # rows too few to call a column an identifier
_FEW_NUMBERED = 50  # the same for numbers: a small table is often sorted by a year or a dose
_FEW_OTHERS = 10  # rows of other classes than the largest, too few to see that a table is sorted
_RUNS = 0.5  # share of the runs of a class to be expected, below which rows are sorted by class
_GAPS = 2  # numbers from which distinct rows count: some are in the test part, or were removed

_PLACES = (  # {of one column|of several}
    "{numbers|number} the rows of a table that is sorted by class: {it gives|they give} away the "
    "class of rows held out of that table, but not of new ones, so figures measured on such rows "
    "are false; leave {it|them} out"
)
_IDENTIFIERS = (
    "{looks|look} like {an identifier|identifiers}, different in every row; {it|they} cannot help "
    "with new rows: leave {it|them} out"
)
_LEFT_OUT = (
    "{looks|look} like {an identifier|identifiers}, different in every row, and {was|were} left "
    "out; to use {it|them} say"
)
_PLACES_LEFT_OUT = (
    "{numbers|number} the rows of a table that is sorted by class, and {was|were} left out: {it "
    "gives|they give} away the class of rows held out of that table, but not of new ones; to use "
    "{it|them} say"
)
_CODES = 3  # letters by which codes may differ in length
_LEAKS = (
    "{predicts|each predict} the target (almost) without error alone; if {it is|they are} not "
    "known before the class is, the test figures are too good: leave {it|them} out"
)


def column_warnings(data: Dataset) -> list[str]:
    """Return sentences on columns that are empty, constant, equal, identifiers, or leaks."""
    if data.kind not in ("table", "matrix"):
        return []
    empty, constant = _constant(data)
    found = [
        _about(empty, "has no values", "have no values", "and tells the model nothing"),
        _about(constant, "is constant", "are constant", "and tells the model nothing"),
    ]
    varying = _varying(data, {*empty, *constant})
    if varying is not None:
        identifiers = [name for name in varying if _identifies(varying[name])]
        leaks = _leaking(data, varying.drop(columns=identifiers))
        sorted_by = [name for name in identifiers if _tells_class(varying[name], data.y)]
        others = [name for name in identifiers if name not in sorted_by]
        found += [_excluding(sorted_by, _PLACES), _equal(varying)]
        found += [_excluding(others, _IDENTIFIERS), _excluding(leaks, _LEAKS)]
    return [sentence for sentence in found if sentence]


def identifiers(data: Dataset) -> dict[str, str]:
    """Return the columns of a table that only name its rows, each with a sentence on that.

    Whole numbers that count the rows, and codes such as P0001: different in every row, a digit
    in each, and of nearly one length.  Words, addresses and other texts may tell of the class.
    """
    if data.kind != "table" or data.X.shape[1] > _MAX_COLUMNS:
        return {}
    named_rows = [name for name in data.X if _identifies(data.X[name]) and _is_code(data.X[name])]
    if len(named_rows) == data.X.shape[1]:
        return {}  # there is nothing else to learn from
    return {
        name: _sentence([name], _PLACES_LEFT_OUT if places else _LEFT_OUT, "--keep", " {}.")
        for name in named_rows
        for places in (_tells_class(data.X[name], data.y),)
    }


def _is_code(column: Any) -> bool:
    """Tell whether a column that differs in every row holds numbers, or codes of one pattern."""
    if column.dtype.kind in "fiu":
        return True
    lengths = column.str.len()
    return bool(column.str.contains(r"\d").all() and lengths.max() - lengths.min() <= _CODES)


def _about(names: Sequence[str], one: str, many: str, then: str) -> str:
    if not names:
        return ""
    if len(names) == 1:
        return f"The column {named(names)} {one}, {then}."
    return f"{len(names)} columns {many}, {then.replace('tells', 'tell')}: {named(names, 5)}."


def _excluding(names: Sequence[str], what: str) -> str:
    """Return a sentence on columns that are better left out, and how; "" where there are none."""
    return _sentence(names, what, "--exclude", " ({}).") if names else ""


def _sentence(names: Sequence[str], what: str, option: str, end: str) -> str:
    columns, group = ("column", r"\1") if len(names) == 1 else ("columns", r"\2")
    options = " ".join(f"{option} {shlex.quote(name)}" for name in names[:3])
    said = re.sub(r"{(.*?)[|](.*?)}", group, what)
    return f"The {columns} {named(names)} {said}{end.format(options)}"


def _constant(data: Dataset) -> tuple[list[str], list[str]]:
    """Return the names of the columns without values, and of those with one value throughout."""
    X = data.X
    if data.kind == "table":
        empty = [name for name in X if X[name].isna().all()]
        constant = [name for name in X if name not in empty and X[name].nunique(dropna=False) == 1]
        return empty, constant
    if hasattr(X, "tocsr"):
        low, high = X.min(axis=0).toarray().ravel(), X.max(axis=0).toarray().ravel()
    else:
        low, high = X.min(axis=0), X.max(axis=0)
    return [], [data.column_names[j] for j in np.flatnonzero(low == high)]


def _varying(data: Dataset, uninformative: set[str]) -> Any:
    """Return the other columns as a data frame, None where they are too many or sparse."""
    if hasattr(data.X, "tocsr") or data.X.shape[1] > _MAX_COLUMNS:
        return None
    X = data.X if data.kind == "table" else pd.DataFrame(data.X, columns=data.column_names)
    return X.drop(columns=list(uninformative))


def _equal(X: Any) -> str:
    """Return a sentence on columns that hold the same values."""
    groups: dict[Any, list[str]] = {}
    for name in X:
        values = pd.util.hash_array(X[name].to_numpy(), categorize=False)
        groups.setdefault(values.tobytes(), []).append(name)
    equal = [names for names in groups.values() if len(names) > 1]
    if not equal:
        return ""
    what = "; ".join(named(names, 5) for names in equal[:5])
    more = f"; and {len(equal) - 5} more groups" if len(equal) > 5 else ""
    return f"Some columns hold the same values and could be left out but for one: {what}{more}."


def _identifies(column: Any) -> bool:
    """Tell whether a column names its rows: distinct codes, or whole numbers that count them."""
    n = len(column)
    if n < _FEW or column.hasnans or not column.is_unique:
        return False
    if column.dtype.kind in "OTU" or str(column.dtype) in ("str", "string"):
        return bool(column.str.split().str.len().mean() < 2)
    if column.dtype.kind not in "fiu" or n < _FEW_NUMBERED:
        return False
    values = column.to_numpy(dtype=np.float64)
    if (values != np.floor(values)).any():
        return False
    return bool((np.diff(values) > 0).all() or np.ptp(values) < _GAPS * n)


def _tells_class(column: Any, y: Any) -> bool:
    """Tell whether rows of one class stand together where rows are ordered by a column.

    There are then far fewer runs of one class than in rows ordered by chance, of which there are
    1 + n - (sum over classes of n_k^2) / n on average.
    """
    if column.dtype.kind not in "fiu":
        return False
    labels = y[np.argsort(column.to_numpy(), kind="stable")]
    runs = 1 + int((labels[1:] != labels[:-1]).sum())
    _, counts = np.unique(y, return_counts=True)
    n = len(y)
    if n - counts.max() < _FEW_OTHERS:
        return False
    return bool(runs < _RUNS * (1 + n - float((counts.astype(np.float64) ** 2).sum()) / n))


def _leaking(data: Dataset, X: Any) -> list[str]:
    """Return the columns that predict the target alone, each tried on a sample of the rows.

    A shallow tree on one half of the sample must make at most 1 % of the errors on the other half
    that the most frequent class makes.
    """
    from sklearn.tree import DecisionTreeClassifier

    y = data.y
    assert y is not None
    rows = np.random.default_rng(0).permutation(len(y))[:_SAMPLE]
    half = len(rows) // 2
    labels, codes = np.unique(y[rows], return_inverse=True)
    if half < _FEW or len(labels) < 2:
        return []
    train, test = slice(0, half), slice(half, None)
    majority = np.bincount(codes[train]).argmax()
    allowed = _LEFT * float((codes[test] != majority).mean())
    tree = DecisionTreeClassifier(max_leaf_nodes=4 * len(labels), random_state=0)
    found = []
    for name in X:
        values = _ordered(X[name].iloc[rows], codes[train], half)
        tree.fit(values[train, None], codes[train])
        if float((tree.predict(values[test, None]) != codes[test]).mean()) <= allowed:
            found.append(name)
    return found


def _ordered(column: Any, codes: NDArray[np.intp], half: int) -> NDArray[np.float64]:
    """Return a column as numbers for a tree; categories as their most frequent class."""
    if column.dtype.kind in "fiub":
        return np.asarray(column.to_numpy(dtype=np.float64))
    if column.dtype.kind in "mM":
        return np.asarray(column.astype("int64").to_numpy(dtype=np.float64))
    keys, _ = pd.factorize(column)
    majority = pd.Series(codes).groupby(keys[:half]).agg(lambda c: int(np.bincount(c).argmax()))
    return np.asarray(pd.Series(keys).map(majority).fillna(-1.0).to_numpy(dtype=np.float64))
