"""What the `playground` extra brings, asked for only when it is used."""

from __future__ import annotations

from importlib import import_module

__all__ = ["need_server"]


def need_server() -> None:
    """Make sure that what serves the page is there.

    Raises:
        ImportError: it is not; the sentence says what to do.

    """
    for name in ("starlette", "uvicorn", "websockets"):
        try:
            import_module(name)
        except ImportError:
            raise ImportError(
                f"The playground needs {name}, which is not installed; run: "
                "pip install 'softlearn[playground]'"
            ) from None
