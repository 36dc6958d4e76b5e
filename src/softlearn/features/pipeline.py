"""From raw input to numbers: what stands before the classifier in a model file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from ..cli.sources import Dataset, SourceError
from ..cli.sources.schema import check_columns, describe
from .images import pixels

__all__ = [
    "ImageReader",
    "TextColumn",
    "check_columns",
    "columns_to_scale",
    "describe",
    "feature_names",
    "make_pipeline",
]

_CATEGORIES = 100  # a column of text with more distinct values is not one-hot encoded
_INDICATOR = "missingindicator_"  # scikit-learn's name for where a value was missing
_SAMPLE = 1000  # rows that tell prose from other texts
_WORDS_OF_PROSE = 3  # mean number of words from which distinct texts are read word by word


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


def make_pipeline(dataset: Dataset, classifier: Any, scaler: Any = None) -> Pipeline:
    """Return Pipeline([("vectoriser", ...), ("classifier", classifier)]), not yet fitted.

    The vectoriser takes `dataset.X` as it is.  Tables: numbers have their missing values filled by
    the mean, beside a column that says where; dates are taken apart and categories are one-hot, or,
    where they are many, numbers that tell of their letters; prose is read word by word.  Texts:
    tf-idf.  Images: `ImageReader`.  Matrices: "passthrough".

    Args:
        dataset: the training data; its kind, types and layout are used.
        classifier: a `softlearn.SoftmaxRegression`, which needs no scaling, or `SoftmaxNetwork`.
        scaler: an unfitted transformer for matrices, and columns of numbers and dates of tables,
            or None; categories, words and pixels of image files stay as they are.

    """
    vectoriser = _vectoriser(dataset, scaler)
    return Pipeline([("vectoriser", vectoriser), ("classifier", classifier)])


def _vectoriser(dataset: Dataset, scaler: Any) -> Any:
    if dataset.kind == "table":
        return _for_table(dataset, scaler)
    if dataset.kind == "text":
        return TextColumn()
    if dataset.kind == "image":
        height, width = dataset.layout["size"]
        return ImageReader(height, width, dataset.layout["mode"])
    return "passthrough" if scaler is None else scaler


def _for_table(dataset: Dataset, scaler: Any) -> ColumnTransformer:
    groups = _groups(dataset, apart=scaler is not None)
    prose, names_of_things = groups.pop("prose"), groups.pop("names")
    parts: list[tuple[str, Any, Any]] = [
        (part, Pipeline(_steps(part, scaler)), names) for part, names in groups.items() if names
    ]
    parts += [(f"names {i}", _letters(), name) for i, name in enumerate(names_of_things)]
    alone = len(dataset.types) == 1  # then its words need no name of the column before them
    parts += [
        (f"prose {i}", TextColumn("" if alone else name), name) for i, name in enumerate(prose)
    ]
    return ColumnTransformer(parts, sparse_threshold=1.0)


def columns_to_scale(dataset: Dataset) -> list[str]:
    """Return the columns of a table on scales of their own: those of numbers and of dates."""
    groups = _groups(dataset, apart=True)
    return [*groups["numbers"], *groups["dates"]]


def _groups(dataset: Dataset, *, apart: bool) -> dict[str, list[str]]:
    """Return the columns of a table by the part of the vectoriser that reads them.

    Args:
        dataset: a table.
        apart: whether what is to be scaled, numbers and dates, must be apart from what is 0 or 1.

    """
    groups: dict[str, list[str]] = {
        part: [] for part in ("numbers", "flags", "dates", "categories", "names", "prose")
    }
    for name, kind in dataset.types.items():
        column = dataset.X[name]
        if kind in ("number", "bool"):
            part = "flags" if apart and kind == "bool" else "numbers"
        elif kind == "date":
            part = "dates"
        else:
            part = _part_of_text(column)
        if part:
            groups[part].append(name)
    return groups


def _part_of_text(column: Any) -> str:
    """Return the part that reads a column of text; "" if it has no text at all."""
    known = column.dropna()
    if not len(known):
        return ""
    if _is_prose(known):
        return "prose"
    return "categories" if known.nunique() < _CATEGORIES else "names"


def _steps(part: str, scaler: Any) -> list[tuple[str, Any]]:
    """Return the steps for a part of the columns; the scaler ignores missing values.

    The imputer comes last: where a value was missing stays 0 or 1, however rare that is.
    """
    if part == "categories":
        one_hot = OneHotEncoder(sparse_output=False, dtype="float32", handle_unknown="ignore")
        return [("one-hot", one_hot)]  # none is dropped: the penalty then treats all alike
    table = [("table", _dates())] if part == "dates" else []
    scaled = [("scaler", scaler)] if scaler is not None and part in ("numbers", "dates") else []
    imputer = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return [*table, *scaled, ("imputer", imputer)]


def _dates() -> Any:
    """Return what takes dates apart: year, month, day, hour and weekday.

    No seconds since 1970, which these say in numbers of a size that leaves float64 its digits.
    """
    from skrub import DatetimeEncoder, TableVectorizer

    return TableVectorizer(datetime=DatetimeEncoder(add_weekday=True, add_total_seconds=False))


def _letters() -> Any:
    """Return what makes numbers of names that are too many for a column each."""
    from skrub import StringEncoder

    return StringEncoder(random_state=0)


def _is_prose(known: Any) -> bool:
    """Tell whether a column is mostly distinct texts of several words; none is missing."""
    if len(known) < 2 or known.nunique() <= len(known) / 2:
        return False
    return bool(known.iloc[:_SAMPLE].str.split().str.len().mean() >= _WORDS_OF_PROSE)


def feature_names(pipeline: Pipeline, dataset: Dataset) -> list[str]:
    """Return a name for each column the classifier of a fitted pipeline sees.

    Like "island_Torgersen", "bill_length_mm", "pixel(3,4,R)", a word, or "x17".
    """
    vectoriser = pipeline.named_steps["vectoriser"]
    if dataset.kind == "matrix":
        return dataset.feature_names or [f"x{i}" for i in range(dataset.X.shape[1])]
    names = [str(name) for name in vectoriser.get_feature_names_out()]
    return [_readable(name) for name in names] if dataset.kind == "table" else names


def _readable(name: str) -> str:
    """Return a name without the part of the vectoriser it comes from."""
    part, _, own = name.partition("__")
    if own.startswith(_INDICATOR):
        return own.removeprefix(_INDICATOR) + " is missing"
    if part == "categories" and own.endswith("_nan"):
        return own.removesuffix("_nan") + " is missing"
    return own
