"""Tables whose features are lists of numbers, for models that were fitted to such rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...features.dataset import Dataset, SourceError

__all__ = ["HOLDS_LISTS", "read_lists"]

HOLDS_LISTS = (".parquet", ".pq", ".arrow", ".feather")


def read_lists(path: Path, target: str | None, need_target: bool) -> Iterator[Dataset]:
    """Yield rows in batches; all columns but the target are features.

    Args:
        path: a file of Parquet or Arrow.
        target: the column of the labels, which is left out of the features where it is.
        need_target: whether the labels are needed.

    Raises:
        SourceError: the file cannot be used.

    """
    from ...streams import files_of, known_batches
    from ...streams.tables import column_names

    try:
        (file,) = files_of(path)
        if not need_target and target not in column_names(file):
            target = None
        for batch in known_batches(path, None, target):
            y = None
            if need_target and batch.labels is not None:
                codes, labels = batch.labels
                y = np.array(labels)[codes]
            yield Dataset("matrix", batch.X, y, target)
    except (ValueError, OSError, ImportError) as error:
        raise SourceError(str(error)) from error
