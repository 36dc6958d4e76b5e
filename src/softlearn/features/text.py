"""Texts as numbers: tf-idf of their words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer

from .dataset import SourceError

__all__ = ["TextColumn"]


class TextColumn(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Tf-idf of words, each text scaled to length 1.

    A term that occurs f times in a text and in n_t of n texts counts
    (1 + ln f) (1 + ln((1 + n) / (1 + n_t))).

    Args:
        column: the name of the column, which then stands before each word; "" for none.

    Raises:
        SourceError: from `fit`, if no text has a word.

    """

    def __init__(self, column: str = "") -> None:
        self.column = column

    def fit(self, X: Any, y: Any = None) -> TextColumn:
        """Learn the words of n texts; missing ones have none."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn the words of n texts; return the (n, d) CSR matrix of their weights."""
        self.tfidf_ = TfidfVectorizer(sublinear_tf=True)
        try:
            return self.tfidf_.fit_transform(_filled(X))
        except ValueError as error:
            of = f" in column {self.column!r}" if self.column else ""
            raise SourceError(f"The texts{of} have no words of two or more letters.") from error

    def transform(self, X: Any) -> Any:
        """Return (n, d) CSR weights of the words known."""
        return self.tfidf_.transform(_filled(X))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the words, after "column: " if the column has a name."""
        words = self.tfidf_.get_feature_names_out()
        before = f"{self.column}: " if self.column else ""
        return np.array([before + word for word in words], dtype=object)


def _filled(X: Any) -> list[str]:
    return [text if isinstance(text, str) else "" for text in X]
