"""Rows in files, a batch at a time, for a model that is known: predictions and scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .batches import Batch, batches_of, check_finite
from .source import Columns, files_of, reading
from .tables import column_names

__all__ = ["known_batches"]

_TABLES = ("parquet", "arrow", "csv", "tsv")


def known_batches(
    X: Any, names: list[str] | None, target: str | None = None, weight: str | None = None
) -> Iterator[Batch]:
    """Yield the rows of files in order, in batches that fit in memory.

    Args:
        X: as of `open_stream`.
        names: of the features, which are read of tables, whatever else they hold.
        target, weight: the columns of labels and weights, if they are wanted.

    Raises:
        ValueError: a file cannot be used; one sentence names it.

    """
    for file in files_of(X):
        n, columns = 0, Columns(target, weight, None)
        with reading(file):
            if file.kind == "svmlight":
                raise ValueError(
                    f"{file.path} does not say whether its columns are counted from 0 or from 1: "
                    "load it with sklearn.datasets.load_svmlight_file, and predict its rows."
                )
            if names is not None and file.kind in _TABLES:
                known = set(column_names(file))
                lists = {name: name.rpartition("_")[0] for name in names}
                read = [lists[n] if n not in known and lists[n] in known else n for n in names]
                columns = Columns(target, weight, tuple(dict.fromkeys(read)))
            for batch in batches_of(file, columns):
                if names and batch.names and list(batch.names) != names:
                    raise ValueError(f"{file.path} has other columns than the files of the fit.")
                check_finite(file, batch.X, n, batch.names)
                n += batch.X.shape[0]
                yield batch
