"""Images as numbers: their pixels, at one size and in one mode."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from .pixels import pixels

__all__ = ["ImageReader"]


class ImageReader(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Image files as rows of numbers from 0 to 1.

    Args:
        height, width: the size every image is brought to.
        mode: "L" (grey) or "RGB", to which every image is converted.

    Raises:
        SourceError: from `transform`, naming a file that is no image.

    """

    def __init__(self, height: int = 28, width: int = 28, mode: str = "L") -> None:
        self.height = height
        self.width = width
        self.mode = mode

    def fit(self, X: Any, y: Any = None) -> ImageReader:
        """Do nothing: the size and mode are given."""
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return (n, height * width * channels) float32, pixel after pixel.

        Args:
            X: n file paths (str), or n uint8 arrays (h, w) or (h, w, channels).

        """
        rows = np.empty((len(X), self._channels * self.height * self.width), dtype=np.float32)
        for i, source in enumerate(X):
            rows[i] = pixels(source, (self.height, self.width), self.mode)
        return rows

    @property
    def _channels(self) -> int:
        return len(self.mode)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return "pixel(row,column)", or "pixel(row,column,R)" for colours; counted from 0."""
        ends = [""] if self.mode == "L" else [f",{channel}" for channel in self.mode]
        names = [
            f"pixel({row},{column}{end})"
            for row in range(self.height)
            for column in range(self.width)
            for end in ends
        ]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True
