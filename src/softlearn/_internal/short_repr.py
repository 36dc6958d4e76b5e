"""Records of arrays that print on a line."""

from __future__ import annotations

import reprlib
from dataclasses import fields
from enum import Enum
from typing import Any

import numpy as np

__all__ = ["ShortRepr"]

_FEW = 6
"""Numbers of an array, and entries of a list, that are shown."""


class ShortRepr:
    """A base of dataclasses with `repr=False`: of long arrays and lists it shows the size alone."""

    def __repr__(self) -> str:
        shown = (f"{f.name}={_short(getattr(self, f.name))}" for f in fields(self) if f.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(shown)})"


def _short(value: Any) -> str:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, np.ndarray) and value.size > _FEW:
        return f"<{value.dtype} array of shape {value.shape}>"
    if isinstance(value, list | tuple | dict) and len(value) > _FEW:
        return f"<{type(value).__name__} of {len(value)}>"
    if isinstance(value, np.generic):
        value = value.item()
    return " ".join(_REPR.repr(value).split())


_REPR = reprlib.Repr()
_REPR.maxother = _REPR.maxstring = 80
