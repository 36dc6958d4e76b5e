"""Loading an autodiff library when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["library", "one_number"]


def library(name: str, how: str) -> Any:
    """Return the module of that name."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"The derivatives of J need {name}, which is missing; {how}.") from error


def one_number(out: Any) -> Any:
    """Return what J returned, if it is one real number."""
    if isinstance(out, int | float) and not isinstance(out, bool):
        return out
    shape, dtype = getattr(out, "shape", None), getattr(out, "dtype", None)
    if shape is None or dtype is None:
        raise ValueError(
            f"J must return one number, but it returned an object of type {type(out).__name__}."
        )
    if tuple(shape):
        raise ValueError(
            f"J must return one number, but it returned an array of shape {tuple(shape)}: return "
            f"its sum or its mean."
        )
    if not any(kind in str(dtype) for kind in ("float", "int")):
        raise ValueError(f"J must return a real number, but it returned one of type {dtype}.")
    return out
