"""Converts a user's labels to an array that keeps each of them exactly, or raises an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._missing import is_pandas_na, is_scalar_nan

from ..._internal.format import quoted

__all__ = ["label_array", "labels_and_columns"]

_EXACT = 2.0**53  # smaller whole numbers are exact as floats


def labels_and_columns(y: Any) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return y as an array, and the names of its columns where it is a frame of several.

    Args:
        y: (n,) labels, or (n, k) numbers: a list, an array, a series or a frame of any library.

    Raises:
        ValueError: as `label_array`; columns that cannot be the names of classes.

    """
    if type(y) is np.ndarray or not hasattr(y, "columns") or len(y.columns) < 2:
        return label_array(y), None
    names = label_array(list(y.columns), "the columns of y", "place")
    if len(set(names.tolist())) < len(names):
        twice = next(name for name in names.tolist() if names.tolist().count(name) > 1)
        raise ValueError(
            f"y has more than one column named {quoted(twice)}; name them by their classes."
        )
    return label_array(y), names


def label_array(y: Any, name: str = "y", place: str = "row") -> NDArray[Any]:
    """Return labels as an array: whole numbers and booleans stay what they are, to the last digit.

    Args:
        y: (n,) or (n, k): a list, an array, a series or a frame of any library.
        name: its name in messages.
        place: the name of a label's position in messages.

    Raises:
        ValueError: a label is missing (None, NaN, NaT, pandas.NA, masked), infinite or beyond 64
            bits; labels are of several types, or of one that cannot be used.

    """
    errors = _Errors(name, place)
    if isinstance(y, np.ma.MaskedArray):
        errors.missing(np.ma.getmaskarray(y), lambda at: "masked")
    if isinstance(y, list | tuple):
        return _of_list(y, errors)
    if hasattr(y, "tocsr"):
        return y  # type: ignore[no-any-return]  # which is refused in a sentence further on
    array = np.asarray(y)
    if array.ndim == 0:
        raise ValueError(f"{name} must be an array or a list of labels, but it is {quoted(y)}.")
    if array.dtype.kind == "O":
        return _of_objects(array, errors)
    if array.dtype.kind == "U" and array.ndim == 1 and array is not y:
        errors.ending(list(y))  # a series of polars
    if array.dtype.kind in "SV" and array.size:
        errors.unusable(array.flat[0])
    errors.finite(array)
    return array


class _Errors:
    """The sentences, with the user's name of the argument."""

    def __init__(self, name: str, place: str) -> None:
        self.name, self.place = name, place

    def finite(self, array: NDArray[Any]) -> None:
        """Raise unless all numbers and dates are present, and finite."""
        if array.dtype.kind in "mM":
            self.missing(np.isnat(array), array.__getitem__)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            self.missing(np.isnan(array), array.__getitem__)
            at = np.unravel_index(np.isinf(array).argmax(), array.shape)
            raise ValueError(
                f"{self.name} has the label infinity in {self._at(at)}; give it a label, or leave "
                f"the {self.place} out."
            )

    def missing(self, where: NDArray[np.bool_], value: Callable[[Any], Any]) -> None:
        """Raise if one is missing."""
        if where.any():
            at = np.unravel_index(where.argmax(), where.shape)
            raise ValueError(
                f"{self.name} has no label in {self._at(at)} ({value(at)!s}); drop such "
                f"{self.place}s, or give them a label."
            )

    def mixed(self, values: Sequence[Any], one: str) -> NoReturn:
        """Raise, because the first label that is not of kind `one` is of another."""
        i = next(i for i, value in enumerate(values) if _kind(type(value)) != one)
        raise ValueError(
            f"{self.name} has labels of more than one type, {one} and {_kind(type(values[i]))}: "
            f"{self.place} 0 has {quoted(values[0])}, {self.place} {i} has {quoted(values[i])}; "
            "convert them to one type, to strings for example."
        )

    def unusable(self, value: Any) -> NoReturn:
        """Raise, because labels are of a type that cannot be used."""
        raise ValueError(
            f"{self.name} has labels of type {type(value).__name__}, such as {quoted(value)}; "
            "labels are strings, whole numbers, booleans or NumPy dates: convert them, to strings "
            "for example."
        )

    def ending(self, strings: Sequence[str]) -> None:
        """Raise if NumPy, and so every score, would take a string for a shorter one."""
        if "\0" in "".join(strings):
            i = next((i for i, string in enumerate(strings) if string.endswith("\0")), None)
            if i is not None:
                raise ValueError(
                    f"{self.name} has the label {strings[i]!r} in {self.place} {i}, which ends "
                    "with a zero byte (NUL): NumPy cannot tell it from the label without; rename "
                    "such labels."
                )

    def too_long(self, values: Sequence[Any]) -> NoReturn:
        """Raise, because NumPy has no type for these whole numbers."""
        i = max(range(len(values)), key=lambda i: abs(values[i]))
        raise ValueError(
            f"{self.name} has numbers that no array keeps exactly, such as {quoted(values[i])} in "
            f"{self.place} {i}; convert them to strings."
        )

    def _at(self, at: tuple[np.intp, ...]) -> str:
        column = f", column {at[1]}" if len(at) > 1 else ""
        return f"{self.place} {at[0]}{column}"


def _kind(kind: type) -> str:
    """Return the name of a kind of labels that can be sorted together."""
    if issubclass(kind, str):
        return "string"
    if issubclass(kind, bool | np.bool_):
        return "bool"
    if issubclass(kind, int | float | np.integer | np.floating):
        return "number"
    return kind.__name__


def _of_list(y: Sequence[Any], errors: _Errors) -> NDArray[Any]:
    """Return a list as an array, of which NumPy would make strings where one of them is one."""
    if any(isinstance(value, list | tuple | np.ndarray) for value in y):
        try:
            return label_array(np.asarray(y), errors.name, errors.place)
        except ValueError as error:
            if "inhomogeneous" not in str(error):
                raise
            raise ValueError(
                f"{errors.name} has lists of labels that differ in length: to give a row several "
                "labels is multi-label; fit one model for each label, or give a row one label."
            ) from None
    objects = np.empty(len(y), dtype=object)
    objects[:] = y
    known = _of_objects(objects, errors)
    return np.asarray(y) if known.dtype.kind == "O" else known


def _of_objects(array: NDArray[Any], errors: _Errors) -> NDArray[Any]:
    """Return an array of objects as one of their own type; strings stay objects."""
    values = array.ravel().tolist()
    kinds = set(map(type, values))
    if not all(issubclass(kind, str | bool | int) for kind in kinds):
        unknown = np.fromiter(map(_is_unknown, values), dtype=bool, count=len(values))
        errors.missing(unknown.reshape(array.shape), array.__getitem__)
    names = {_kind(kind) for kind in kinds}
    if names == {"bool", "number"}:
        names = {"number"}  # True is 1, in NumPy as in Python
    if names == {"string"}:
        errors.ending(values)
    wide = array.ndim > 1 and array.shape[1] > 1  # a table: another check reports it
    if names <= {"string"} or (wide and len(names) > 1):
        return array
    if len(names) > 1:
        errors.mixed(values, _kind(type(values[0])))
    if names <= {"datetime64", "timedelta64"}:
        return np.array(values).reshape(array.shape)
    if not names <= {"bool", "number"}:
        errors.unusable(values[0])
    return _of_numbers(values, errors).reshape(array.shape)


def _of_numbers(values: Sequence[Any], errors: _Errors) -> NDArray[Any]:
    """Return booleans and numbers as the narrowest array that holds them exactly."""
    made = np.array(values)
    if made.dtype.kind in "biu":
        return made
    whole = [value for value in values if not isinstance(value, float | np.floating)]
    if made.dtype.kind != "f" or any(abs(value) > _EXACT for value in whole):
        errors.too_long(values)
    errors.finite(made)
    return made


def _is_unknown(label: Any) -> bool:
    if label is None or is_pandas_na(label) or is_scalar_nan(label):
        return True
    return type(label).__name__ in ("NaTType", "datetime64", "timedelta64") and label != label
