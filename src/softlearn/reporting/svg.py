"""Figures of matplotlib as SVG inside a page: its letters, its colours by day and by night."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ..plots.canvas import library
from ..plots.palette import INK
from .words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_STYLE = {
    "svg.fonttype": "none",  # letters stay text: small, and in the page's own font
    "svg.hashsalt": "softlearn",  # the same picture has the same bytes
    "text.parse_math": False,  # a class may be named $x$
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.facecolor": "white",
    "legend.edgecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "font.size": 9.0,
    "savefig.dpi": 150,
}
_COLOURS = (
    (re.compile(rf"{INK}|#000000", re.IGNORECASE), "var(--ink)"),
    (re.compile(r"#ffffff|#f0f0f2", re.IGNORECASE), "var(--paper)"),
    (re.compile(r"#b0b0b0", re.IGNORECASE), "var(--grid)"),
)
_FONT = re.compile(r"font: ((?:[a-z0-9]+ )*)([\d.]+px) [^;]*")


def draw(
    name: str,
    size: tuple[float, float],
    plot: Callable[[Axes], Any],
    alt: str,
    *,
    fixed: bool = False,
) -> str:
    """Return what `plot` draws on axes as an `<svg>` element.

    Args:
        name: stands before each id in it, so that no two of a page are the same.
        size: in inches.
        plot: is given axes, and draws on them.
        alt: alternative text.
        fixed: whether colours stay as they are by night, on light paper: where letters stand on
            coloured cells.

    """
    with _style():
        figure = library("matplotlib.figure").Figure(figsize=size, layout="constrained")
        plot(figure.add_subplot())
        for ax in figure.axes:
            _plain_logarithms(ax)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(text.getvalue(), name, alt, fixed)


@contextmanager
def _style() -> Iterator[None]:
    with library("matplotlib").rc_context(_STYLE), warnings.catch_warnings():
        # the browser has the letters that matplotlib's fonts lack
        for told in ("Glyph .* missing from", "No font of this computer has"):
            warnings.filterwarnings("ignore", message=told, category=UserWarning)
        yield


def _plain_logarithms(ax: Axes) -> None:
    """Write powers of ten without the mathematics that names are spared."""
    ticker = library("matplotlib.ticker")
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(ticker.FuncFormatter(lambda x, _: number(x)))
            axis.set_minor_formatter(ticker.NullFormatter())


def _inline(text: str, name: str, alt: str, fixed: bool) -> str:
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(text)
    for parent in [root, *root.iter(f"{{{_SVG}}}defs")]:  # a style in a page is the whole page's
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    points = float(root.attrib.pop("width").removesuffix("pt"))
    del root.attrib["height"]
    root.attrib.update(
        {
            "role": "img",
            "aria-label": alt,
            "class": "fixed" if fixed else "adaptive",
            "style": f"min-width: {0.8 * points:.0f}px; max-width: {1.6 * points:.0f}px",
        }
    )
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _attribute(key, value, name, fixed))
    return ET.tostring(root, encoding="unicode")


def _attribute(key: str, value: str, name: str, fixed: bool) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == f"{{{_XLINK}}}href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    if key not in ("style", "clip-path", "fill", "stroke"):
        return value
    value = value.replace("url(#", f"url(#{name}-")
    value = _FONT.sub(r"font: \1\2 var(--letters)", value)
    if not fixed:
        for old, new in _COLOURS:
            value = old.sub(new, value)
    return value
