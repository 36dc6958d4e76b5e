"""Packages of extras that a part of softlearn needs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

__all__ = ["need"]


def need(names: Iterable[str], what: str, extra: str) -> None:
    """Make sure that packages are there.

    Args:
        names: of the packages.
        what: needs them: the beginning of the sentence.
        extra: that brings them.

    Raises:
        ImportError: one is not; the sentence says what to do.

    """
    for name in names:
        try:
            import_module(name)
        except ImportError:
            raise ImportError(
                f"{what} needs {name}, which is not installed; run: "
                f"pip install 'softlearn[{extra}]'"
            ) from None
