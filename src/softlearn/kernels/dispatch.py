"""Which kernels are in use: the native module's for one instruction set, or NumPy's.

The environment variable SOFTLEARN_KERNELS chooses; it is read when kernels are first needed, and
the native module is loaded then, not before.

    auto (or unset)           the best that this installation and this machine have
    numpy                     NumPy's, without the native module
    portable, avx2, avx512    the native ones for that instruction set, or an error
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["CHOICES", "VARIABLE", "KernelsError", "choice", "describe", "native"]

VARIABLE = "SOFTLEARN_KERNELS"
CHOICES = ("auto", "numpy", "portable", "avx2", "avx512")  # the slowest first


class KernelsError(ValueError):
    """SOFTLEARN_KERNELS asks for kernels that are not available; the message is one sentence."""


def native() -> ModuleType | None:
    """Return the native module, or None if NumPy's kernels are in use.

    Raises:
        KernelsError: SOFTLEARN_KERNELS asks for what there is not.

    """
    return None if choice() == "numpy" else _load()[0]


@cache
def choice() -> str:
    """Return what is in use: "numpy", or the instruction set of the native kernels.

    Raises:
        KernelsError: SOFTLEARN_KERNELS asks for what there is not.

    """
    wanted = _wanted()
    if wanted not in CHOICES:
        raise KernelsError(
            f"{VARIABLE} is {wanted!r}, which names no kernels; it can be {_listed(CHOICES)}."
        )
    if wanted == "numpy":
        return wanted
    here = _available()
    if wanted == "auto":
        return here[-1]
    if wanted not in here:
        why = _load()[1] or (
            "this processor cannot run them"
            if wanted in _built()
            else "they were not compiled when softlearn was installed"
        )
        raise KernelsError(
            f"{VARIABLE} asks for the {wanted} kernels, but {why}; here it can be "
            f"{_listed(('auto', *here))}."
        )
    return wanted


def describe() -> dict[str, Any]:
    """Return what is in use and why, for people and bug reports.

    Returns:
        "chosen": as from `choice`; "available": what this installation and machine have, the best
        last; "built": the instruction sets that were compiled; "forced_by": what SOFTLEARN_KERNELS
        says, None if it leaves the choice open; "why_no_native": why there is no native module,
        None if there is one.

    Raises:
        KernelsError: SOFTLEARN_KERNELS asks for what there is not.

    """
    wanted = _wanted()
    return {
        "chosen": choice(),
        "available": _available(),
        "built": _built(),
        "forced_by": None if wanted == "auto" else f"{VARIABLE}={wanted}",
        "why_no_native": _load()[1],
    }


def _wanted() -> str:
    return os.environ.get(VARIABLE, "").strip().lower() or "auto"


@cache
def _load() -> tuple[ModuleType | None, str | None]:
    """Return the native module, or None and the reason."""
    try:
        return import_module("._native", __package__), None
    except ModuleNotFoundError:
        return None, _why_unbuilt()
    except ImportError as error:  # compiled on another machine, for example
        return None, f"the native kernels cannot be loaded ({error})"


def _why_unbuilt() -> str:
    """Return the reason that CMakeLists.txt recorded for compiling nothing."""
    try:
        why: str = import_module("._unbuilt", __package__).WHY
    except ModuleNotFoundError:
        return "this copy of softlearn was not compiled"
    return f"{why} when softlearn was installed"


def _built() -> list[str]:
    module = _load()[0]
    return [] if module is None else list(module.built())


def _available() -> list[str]:
    module = _load()[0]
    return ["numpy"] if module is None else ["numpy", *module.available()]


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
