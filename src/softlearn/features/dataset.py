"""What a source holds, once read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dataset", "Kind", "SourceError"]

Kind = Literal["table", "matrix", "text", "image"]


class SourceError(Exception):
    """A source cannot be read or used; the message is one sentence naming it and the way out."""


@dataclass(frozen=True)
class Dataset:
    """Rows of a source, or a batch of them.

    Args:
        kind: what X is made of.
        X: table: a pandas.DataFrame whose columns are float64 (numbers, booleans as 0 and 1),
            str or datetime64; matrix: (n, d) ndarray or csr_array; text: (n,) object array of
            str; image: (n,) object array of file paths (str).
        y: (n,) labels (int64, bool, float64 or str), or None where they were not asked for.
        target: the column (table) or array (NPZ) the labels came from; None for folders, svmlight.
        feature_names: the columns of X, or None where they have no names.
        ids: (n,) file names relative to the folder (text, image), or None.
        types: column -> "number", "bool", "text" or "date" (table only, else empty).
        layout: what else must be the same when predicting (JSON-able): "size" [height, width]
            and "mode" ("L" or "RGB") of images, "zero_based" of svmlight.
        reading: how cells of text were read (table only, else empty).
        notes: sentences a user should read ("3 files that are no images were ignored").
        part: the file of a batch, where a source is several.

    """

    kind: Kind
    X: Any
    y: NDArray[Any] | None = None
    target: str | None = None
    feature_names: list[str] | None = None
    ids: NDArray[np.object_] | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    layout: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    part: str = ""

    @property
    def column_names(self) -> list[str]:
        """A name for each column of a table or a matrix."""
        return self.feature_names or [f"x{j}" for j in range(self.X.shape[1])]

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.X.shape[0])
