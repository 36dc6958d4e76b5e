"""What all displays share: drawing at once, their letters, and how notebooks show them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from .._internal.short_repr import ShortRepr
from .canvas import library, require
from .letters import find_letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["Display", "Where"]

Where: TypeAlias = "Axes | Literal[False] | None"
"""What `ax` may be: axes, None for new ones, or False to draw nothing."""


class Display(ShortRepr):
    """A picture of arrays that were computed before.

    `from_...` compute and draw at once: on `ax`, or on new axes if it is None; False computes and
    draws nothing.  Their other keyword arguments are those of `plot`, which draws again elsewhere.

    Attributes:
        figure_, ax_: where it was drawn last.

    """

    figure_: Figure | SubFigure
    ax_: Axes

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw on axes, new ones if None."""
        raise NotImplementedError

    def _drawn(self, ax: Where, **kwargs: Any) -> Self:
        """Draw as `from_...` are asked to."""
        if ax is not False:
            return self.plot(ax, **kwargs)
        require(not kwargs, f"ax=False draws nothing, but {', '.join(kwargs)} are for drawing.")
        return self

    def _finished(self) -> Self:
        """Return the display, at the end of `plot`."""
        find_letters(self.figure_)
        return self

    def _repr_png_(self) -> bytes | None:
        """Return the picture for a notebook, unless pyplot is about to show it there by itself."""
        if not hasattr(self, "figure_"):
            return None
        figure: Any = self.figure_.figure  # of which a subfigure is a part
        pyplot = library("matplotlib.pyplot")
        if pyplot.isinteractive() and getattr(figure, "number", None) in pyplot.get_fignums():
            return None
        data = io.BytesIO()
        figure.savefig(data, format="png")
        return data.getvalue()
