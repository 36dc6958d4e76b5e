"""Which transformers stand before a classifier, for a table, texts, images or a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from .dataset import Dataset
from .images import ImageReader
from .text import TextColumn

__all__ = [
    "columns_to_scale",
    "feature_names",
    "make_pipeline",
    "source_columns",
    "text_columns",
]

_CATEGORIES = 100  # a column of text with more distinct values is not one-hot encoded
_INDICATOR = "missingindicator_"  # scikit-learn's name for where a value was missing
_SAMPLE = 1000  # rows that tell prose from other texts
_WORDS_OF_PROSE = 3  # mean number of words from which distinct texts are read word by word


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


def text_columns(dataset: Dataset) -> dict[str, list[str]]:
    """Return the columns of text that are no categories: "names" and "prose"."""
    groups = _groups(dataset, apart=True)
    return {part: groups[part] for part in ("names", "prose")}


def _groups(dataset: Dataset, *, apart: bool) -> dict[str, list[str]]:
    """Return the columns of a table by the part of the vectoriser that reads them."""
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
    distinct = known.nunique()
    if len(known) > 1 and distinct > len(known) / 2:  # prose is distinct texts of several words
        words = known.iloc[:_SAMPLE].str.split().str.len().mean()
        if words >= _WORDS_OF_PROSE:
            return "prose"
    return "categories" if distinct < _CATEGORIES else "names"


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


def feature_names(pipeline: Pipeline, dataset: Dataset) -> list[str]:
    """Return a name for each column the classifier of a fitted pipeline sees.

    Like "island_Torgersen", "bill_length_mm", "pixel(3,4,R)", a word, or "x17".
    """
    vectoriser = pipeline.named_steps["vectoriser"]
    if dataset.kind == "matrix":
        return dataset.column_names
    names = [str(name) for name in vectoriser.get_feature_names_out()]
    return [_readable(name) for name in names] if dataset.kind == "table" else names


def source_columns(pipeline: Pipeline, dataset: Dataset, names: Sequence[str]) -> list[str]:
    """Return the column of a table that each feature comes from; of others the feature itself.

    Args:
        pipeline: fitted to the data.
        dataset: the data.
        names: its `feature_names`.

    """
    if dataset.kind != "table":
        return list(names)
    vectoriser, found = pipeline.named_steps["vectoriser"], list(names)
    for part, transformer, columns in vectoriser.transformers_:
        place = vectoriser.output_indices_[part]
        columns = [columns] if isinstance(columns, str) else list(columns)
        if part == "categories":
            kinds = transformer.named_steps["one-hot"].categories_
            found[place] = [c for c, of in zip(columns, kinds, strict=True) for _ in of]
            continue
        longest = sorted(columns, key=len, reverse=True)  # "a_b" before "a", of dates and gaps
        for k in range(place.start, place.stop):
            starts = (c for c in longest if names[k].startswith(c))
            found[k] = columns[0] if len(columns) == 1 else next(starts, names[k])
    return found


def _readable(name: str) -> str:
    """Return a name without the part of the vectoriser it comes from."""
    part, _, own = name.partition("__")
    if own.startswith(_INDICATOR):
        return own.removeprefix(_INDICATOR) + " is missing"
    if part == "categories" and own.endswith("_nan"):
        return own.removesuffix("_nan") + " is missing"
    return own
