"""The playground: softmax classification alive in a browser, by `softlearn playground`.

`session` is all of it that is not a page: commands in, events and frames out.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .session import Session
    from .settings import Limits
    from .widget import Widget

__all__ = ["Limits", "Session", "Widget"]


def __getattr__(name: str) -> Any:
    if name == "Session":
        from .session import Session

        return Session
    if name == "Limits":
        from .settings import Limits

        return Limits
    if name == "Widget":
        from .widget import Widget

        return Widget
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
