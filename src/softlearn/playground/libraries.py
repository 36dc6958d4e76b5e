"""What the `playground` extra brings, asked for only when it is used."""

from __future__ import annotations

from .._internal.need import need

__all__ = ["need_server"]


def need_server() -> None:
    """Make sure that what serves the page is there.

    Raises:
        ImportError: it is not; the sentence says what to do.

    """
    need(("starlette", "uvicorn", "websockets"), "The playground", "playground")
