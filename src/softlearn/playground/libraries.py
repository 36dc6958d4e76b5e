"""What the `playground` extra brings, asked for only when it is used."""

from __future__ import annotations

from importlib import import_module

__all__ = ["need"]


def need(*names: str, what: str = "The playground", extra: str = "softlearn[playground]") -> None:
    """Make sure that libraries are there.

    Args:
        names: their modules.
        what: needs them.
        extra: brings them.

    Raises:
        ImportError: one is not; the sentence says what to do.

    """
    for name in names:
        try:
            import_module(name)
        except ImportError:
            raise ImportError(
                f"{what} needs {name}, which is not installed; run: pip install '{extra}'"
            ) from None
