"""The colours, markers and line styles of classes: the one place where they are chosen.

The colours are Petroff's sequences, made for readers who see colours in different ways, with
colours in the place of his greys: grey is no class (`NEUTRAL`).  With Machado's simulation of
deuteranopia, protanopia and tritanopia two classes are at least 15 apart in CAM02-UCS, and a class
and grey 12 (a test computes it).  No picture relies on colour alone.

Reference: Petroff, Accessible color sequences for data visualization, arXiv:2107.02270 (2021).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DIVERGING",
    "INK",
    "NEUTRAL",
    "SEQUENTIAL",
    "confidence",
    "fill_strength",
    "fills",
    "line_styles",
    "markers",
    "palette",
    "rgb",
]

F64 = NDArray[np.float64]

_SIX = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#75bf81", "#7a21dd")
_TEN = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#1a6e76",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#843840",
    "#92dadd",
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", ">", "<", "h")
_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))

INK = "#1f1f24"
"""Of boundary lines, letters and axes."""
NEUTRAL = "#9c9ca1"
"""Of what is no class: a reference, a zero, none of the classes."""
SEQUENTIAL = "cividis"
"""matplotlib's map for amounts, which colour-blind readers see as others do."""
DIVERGING = "PuOr_r"
"""matplotlib's map for amounts with a sign: violet below zero, orange above."""

_WEAKEST, _STRONGEST = 0.15, 0.60


def palette(C: int) -> list[str]:
    """Return C colours, one a class; from the eleventh class on they come again."""
    few = len(_SIX) >= C
    colours = _SIX if few else _TEN
    return [colours[k % len(colours)] for k in range(C)]


def markers(C: int) -> list[str]:
    """Return C markers; from the eleventh class on they come again, shifted by one.

    So up to 100 classes no two have both the colour and the marker in common.
    """
    m = len(_MARKERS)
    return [_MARKERS[(k + k // m) % m] for k in range(C)]


def line_styles(n: int) -> list[str | tuple[int, tuple[int, ...]]]:
    """Return n line styles."""
    return [_LINES[k % len(_LINES)] for k in range(n)]


def rgb(colour: str) -> F64:
    """Return a colour such as '#5790fc' as three numbers from 0 to 1."""
    return np.array([int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5)])


def confidence(P: ArrayLike) -> F64:
    """Return s = (p_max - 1/C) / (1 - 1/C): 0 where all C classes are equally likely, 1 if sure.

    Args:
        P: (..., C) probabilities.

    Returns:
        (...), from 0 to 1.

    >>> confidence([[1.0, 0.0], [0.5, 0.5]])
    array([1., 0.])

    """
    P = np.asarray(P, dtype=np.float64)
    C = P.shape[-1]
    s = (P.max(-1) - 1.0 / C) / (1.0 - 1.0 / C)
    return np.asarray(np.clip(s, 0.0, 1.0))


def fill_strength(s: ArrayLike) -> F64:
    """Return how strongly an area is filled, 0.15 to 0.60, for a confidence s from 0 to 1."""
    return np.asarray(_WEAKEST + (_STRONGEST - _WEAKEST) * np.asarray(s, dtype=np.float64))


def fills(winners: NDArray[np.intp], strength: ArrayLike, C: int) -> F64:
    """Return the RGBA image (..., 4) of class indices, each in its colour with that strength."""
    colours = np.array([rgb(c) for c in palette(C)])
    alpha = np.broadcast_to(np.asarray(strength, dtype=np.float64), winners.shape)
    return np.concatenate([colours[winners], alpha[..., None]], axis=-1)
