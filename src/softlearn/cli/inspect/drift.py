"""How new rows differ from those that a model was trained on, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..sources import Dataset

__all__ = ["Drift", "summary"]

_MAX_CATEGORIES = 50  # beyond, a column of text is not compared
_MAX_COLUMNS = 1000  # beyond, a model keeps no summary
_FAR = 1.0  # widths of the range of the training values, beyond which a value is far outside


def summary(data: Dataset) -> dict[str, dict[str, Any]]:
    """Return what a model keeps of its training columns to compare others with (JSON-able).

    Of each column the share of missing values; of numbers also the mean and the five quartiles; of
    text of few categories their shares.  Dates and long texts are compared by missing values alone.
    """
    if data.kind != "table" or len(data.types) > _MAX_COLUMNS:
        return {}
    return {name: _summary(data.X[name], kind) for name, kind in data.types.items()}


def _summary(column: Any, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"missing": float(column.isna().mean())}
    present = column.dropna()
    if kind == "number" and len(present):
        values = present.to_numpy(dtype=np.float64)
        quartiles = np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0])
        found |= {"mean": float(values.mean()), "quartiles": quartiles.tolist()}
    elif kind in ("text", "bool") and 0 < present.nunique() <= _MAX_CATEGORIES:
        shares = present.astype(str).value_counts(normalize=True)
        found["categories"] = {str(name): float(share) for name, share in shares.items()}
    return found


class Drift:
    """Adds up new rows, batch by batch; what it holds does not grow with them.

    Args:
        trained: what `summary` said of the training columns.

    """

    def __init__(self, trained: Mapping[str, Mapping[str, Any]]) -> None:
        self._columns = {name: _Column(known) for name, known in trained.items()}

    def add(self, X: Any) -> None:
        """Count the rows of a data frame."""
        for name, column in self._columns.items():
            column.add(X[name])

    def facts(self) -> list[dict[str, Any]]:
        """Return one record per column: training beside new rows (JSON-able)."""
        return [{"column": name, **column.facts()} for name, column in self._columns.items()]

    def notes(self) -> list[str]:
        """Return sentences on categories that training had not, and values far outside it."""
        found = []
        for name, column in self._columns.items():
            if column.unseen:
                n, example = column.unseen.total(), next(iter(column.unseen))
                found.append(
                    f"The column {name!r} has {_cells(n)} of categories that the model was not "
                    f"trained on, such as {example!r}."
                )
            if column.far:
                low, high = column.known["quartiles"][0], column.known["quartiles"][-1]
                found.append(
                    f"The column {name!r} has {_cells(column.far)} far outside the training rows, "
                    f"which went from {low:.6g} to {high:.6g}, such as {column.example:.6g}."
                )
        return found


def _cells(n: int) -> str:
    return f"{n:,} cell{'s' * (n != 1)}"


class _Column:
    """Counts of one column."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known
        self.rows = self.missing = self.far = 0
        self.total = self.example = 0.0
        self.quarters = np.zeros(4, dtype=np.int64)
        self.seen: Counter[str] = Counter()
        self.unseen: Counter[str] = Counter()
        """The first of them by name, the others together."""

    def add(self, column: Any) -> None:
        present = column.dropna()
        self.rows += len(column)
        self.missing += len(column) - len(present)
        if "quartiles" in self.known:
            self._add_numbers(present.to_numpy(dtype=np.float64))
        elif "categories" in self.known:
            for name, count in present.astype(str).value_counts().items():
                if name in self.known["categories"]:
                    self.seen[name] += int(count)
                else:
                    full = len(self.unseen) >= _MAX_CATEGORIES and name not in self.unseen
                    self.unseen["others" if full else name] += int(count)

    def _add_numbers(self, values: Any) -> None:
        edges = np.array(self.known["quartiles"])
        self.total += float(values.sum())
        self.quarters += np.bincount(np.searchsorted(edges[1:4], values), minlength=4)
        width = _FAR * (edges[-1] - edges[0])
        far = values[(values < edges[0] - width) | (values > edges[-1] + width)]
        if len(far) and not self.far:
            self.example = float(far[0])
        self.far += len(far)

    def facts(self) -> dict[str, Any]:
        new: dict[str, Any] = {"missing": self.missing / max(self.rows, 1)}
        present = max(self.rows - self.missing, 1)
        if "quartiles" in self.known:
            new["mean"] = self.total / present if self.rows > self.missing else None
            new["in_quarters_of_training"] = (self.quarters / present).tolist()
            new["far_outside"] = self.far
        elif "categories" in self.known:
            new["categories"] = {k: self.seen[k] / present for k in self.known["categories"]}
            new["unseen"] = dict(self.unseen)
        return {"training": dict(self.known), "new": new}
