"""How figures look: one style, and for each library one colour and one kind of dashes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

__all__ = ["COLOURS", "save"]

_STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "svg.fonttype": "none",
}
COLOURS = {  # softlearn's stands out
    "softlearn": ("#c1121f", "-", 2.4),
    "sklearn-lbfgs": ("#1f5fa8", "-", 1.3),
    "sklearn-newton-cg": ("#1f5fa8", "--", 1.3),
    "sklearn-newton-cholesky": ("#1f5fa8", ":", 1.6),
    "sklearn-saga": ("#1f5fa8", "-.", 1.3),
    "sklearnex": ("#3aa6a0", "-", 1.3),
    "cyanure": ("#7a5195", "-", 1.3),
    "torch-lbfgs": ("#e08214", "-", 1.3),
    "jax-lbfgs": ("#5d8233", "-", 1.3),
    "statsmodels": ("#777777", "-", 1.3),
}
"""Colour, dashes and width."""


def save(draw: Callable[[], Any], out: Path) -> None:
    """Draw a figure and write it as PNG and SVG."""
    import matplotlib.pyplot as plt

    with mpl.rc_context(_STYLE):
        figure = draw()
        for suffix in (".png", ".svg"):
            figure.savefig(out.with_suffix(suffix), dpi=160)
        plt.close(figure)
