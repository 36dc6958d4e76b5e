"""Whole numbers that float64 cannot tell apart, codes with leading zeros, and days."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["as_text_if_big", "beyond", "like_a_day", "rounded", "too_big", "with_zeros"]

_EXACT = 2**53
_FIRST_DAY, _LAST_DAY = 1900_01_01, 2100_12_31


def too_big(
    name: str, column: pa.ChunkedArray, texts: pa.ChunkedArray | None = None
) -> tuple[pa.ChunkedArray | None, str]:
    """Return a column of whole numbers as texts if float64 would make different ones equal.

    Args:
        column: of any type; only whole numbers beyond 2^53 are of interest.
        texts: the cells it was read from, if it was.

    Returns:
        The texts and a sentence; None and "" where the numbers may stay numbers.

    """
    if not beyond(column):
        return None, ""
    if texts is None:
        if not _is_whole(column.type):
            return None, ""
        texts = column.cast(pa.string())
    elif not pc.any(pc.match_substring_regex(texts, "^[-+]?[0-9]{16,}$")).as_py():
        return None, ""
    before = pc.count_distinct(texts).as_py()
    after = pc.count_distinct(column.cast(pa.float64(), safe=False)).as_py()
    if before == after:
        return None, ""
    example = next(cell for cell in texts.drop_null().to_pylist() if len(cell) > 15)
    return texts, (
        f"The column {name!r} holds whole numbers beyond 2^53, such as {example[:40]}, which "
        "arithmetic cannot tell apart: it was read as text, as identifiers are. If it is one, "
        f"leave it out (--exclude {shlex.quote(name)})."
    )


def as_text_if_big(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return whole numbers beyond 2^53 as texts, exactly; other columns as they are."""
    return column.cast(pa.string()) if _is_whole(column.type) and beyond(column) else column


def with_zeros(name: str, texts: pa.ChunkedArray) -> str:
    """Return a sentence on texts such as 007 and 7, which are one number, or ""."""
    padded = texts.filter(pc.and_not(pc.starts_with(texts, "0"), pc.starts_with(texts, "0.")))
    padded = padded.filter(pc.match_substring_regex(padded, "^0[0-9]")).unique()
    if not len(padded):
        return ""
    bare = pc.replace_substring_regex(padded, "^0+([0-9])", r"\1")
    others = texts.unique()
    first: dict[str, str] = {}
    for text, number, also in zip(
        padded.to_pylist(), bare.to_pylist(), pc.is_in(bare, others).to_pylist(), strict=True
    ):
        other = number if also else first.setdefault(number, text)
        if other != text:
            return (
                f"The column {name!r} was read as numbers, which makes cells such as {text!r} and "
                f"{other!r} equal; if they are codes, say --text {shlex.quote(name)}."
            )
    return ""


def rounded(X: NDArray[Any]) -> str:
    """Return a sentence on whole numbers of a matrix that float64 makes equal, or ""."""
    if X.dtype.kind not in "iu" or not (int(X.max()) > _EXACT or int(X.min()) < -_EXACT):
        return ""
    for column in range(X.shape[1]):
        different = np.unique(X[:, column])
        merged = np.flatnonzero(np.diff(different.astype(np.float64)) == 0.0)
        if len(merged):
            one, other = different[merged[0] : merged[0] + 2].tolist()
            return (
                f"X holds whole numbers beyond 2^53, which arithmetic cannot tell apart, such as "
                f"{one} and {other} in column {column} (counted from 0)."
            )
    return ""


def like_a_day(column: pa.ChunkedArray) -> bool:
    """Tell whether all whole numbers are days of 1900 to 2100 written like 20240531."""
    ends = pc.min_max(column).as_py()
    if ends["min"] is None or ends["min"] < _FIRST_DAY or ends["max"] > _LAST_DAY:
        return False
    numbers = column.drop_null().to_numpy()
    months, days = numbers // 100 % 100, numbers % 100
    return bool(((months >= 1) & (months <= 12) & (days >= 1) & (days <= 31)).all())


def _is_whole(kind: pa.DataType) -> bool:
    is_ = pa.types
    return bool(is_.is_integer(kind) or (is_.is_decimal(kind) and kind.scale <= 0))


def beyond(column: pa.ChunkedArray) -> bool:
    """Tell whether numbers of any type are beyond 2^53."""
    is_ = pa.types
    kind = column.type
    if not (_is_whole(kind) or is_.is_floating(kind)) or len(column) == column.null_count:
        return False
    ends = pc.min_max(column).as_py()
    return any(
        value is not None and np.isfinite(float(value)) and abs(value) > _EXACT
        for value in ends.values()
    )
