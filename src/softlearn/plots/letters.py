"""A font for the letters of labels that matplotlib's own lacks, such as Hangul."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from .canvas import library

__all__ = ["find_letters"]

_PREFERRED = (
    *("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Noto Sans CJK JP", "Noto Sans CJK SC"),
    *("Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "Source Han Sans K", "UnDotum"),
    *("Hiragino Sans", "Yu Gothic", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei"),
)
_BOXES = ("Last Resort", "LastResort")  # which have a box for every letter
_PACKAGES = {
    "HANGUL": "NanumGothic (on Debian and Ubuntu: apt install fonts-nanum)",
    "CJK": "Noto Sans CJK (on Debian and Ubuntu: apt install fonts-noto-cjk)",
}
_PACKAGES["HIRAGANA"] = _PACKAGES["KATAKANA"] = _PACKAGES["CJK"]
_KNOWN_TO_ALL = 0x250  # Latin letters, which every font has


def find_letters(figure: Any) -> None:
    """Give texts whose letters their font lacks a font of this computer that has them.

    Without one there is a single warning that says what to install, and matplotlib's own, one a
    letter and drawing, are silenced.
    """
    text_class = library("matplotlib.text").Text
    lacking: set[str] = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            _find_of_ticks(axis, lacking)
    for text in figure.findobj(text_class):
        more = _more_families(text.get_fontfamily(), text.get_text(), lacking)
        if more:
            text.set_fontfamily([*text.get_fontfamily(), more])
    if lacking:
        _warn("".join(sorted(lacking)))


def _find_of_ticks(axis: Any, lacking: set[str]) -> None:
    """Give the names along an axis the font, so that ticks made later have it too."""
    ticker = library("matplotlib.ticker")
    if not isinstance(axis.get_major_formatter(), ticker.FixedFormatter | ticker.FuncFormatter):
        return
    labels = axis.get_ticklabels()
    names = "".join(label.get_text() for label in labels)
    if labels and (more := _more_families(labels[0].get_fontfamily(), names, lacking)):
        axis.set_tick_params(labelfontfamily=[*labels[0].get_fontfamily(), more])


def _plain(text: str) -> bool:
    return text.isascii() or all(ord(c) < _KNOWN_TO_ALL for c in text)


def _more_families(families: Sequence[str], text: str, lacking: set[str]) -> str | None:
    """Return the family of a font that has the letters which these families lack, if any."""
    if _plain(text):
        return None
    manager = library("matplotlib.font_manager")
    paths = [manager.findfont(manager.FontProperties(family=[name])) for name in families]
    missing = frozenset(c for c in text if c.isprintable() and not _any_has(paths, c))
    if not missing:
        return None
    family = _family_with(missing)
    if family is None:
        lacking |= missing
    return family


def _any_has(paths: Iterable[str], letter: str) -> bool:
    return any(
        library("matplotlib.font_manager").get_font(p).get_char_index(ord(letter)) for p in paths
    )


@lru_cache(maxsize=256)
def _family_with(letters: frozenset[str]) -> str | None:
    """Return the family of a font of this computer that has all of these letters."""
    manager = library("matplotlib.font_manager").fontManager
    return _search(letters, manager.ttflist) or _search(letters, _new_fonts(manager))


def _search(letters: frozenset[str], fonts: Sequence[Any]) -> str | None:
    """Return the family of the first font that has the letters: preferred, plain ones first."""
    rank = {name: k for k, name in enumerate(_PREFERRED)}
    plain = [
        font
        for font in fonts
        if font.style == "normal"
        and font.weight in (400, "normal")
        and not font.name.startswith(_BOXES)
    ]
    for font in sorted(plain, key=lambda font: rank.get(font.name, len(rank))):
        try:
            if all(_any_has([font.fname], c) for c in letters):
                return str(font.name)
        except (OSError, RuntimeError):  # removed, or no font after all
            continue
    return None


def _new_fonts(manager: Any) -> list[Any]:
    """Return the fonts that were installed since matplotlib made its list, now in that list too."""
    known = {font.fname for font in manager.ttflist}
    n = len(manager.ttflist)
    for path in library("matplotlib.font_manager").findSystemFonts():
        if path not in known:
            try:
                manager.addfont(path)
            except (OSError, RuntimeError):  # nothing that matplotlib can read
                continue
    return list(manager.ttflist[n:])


def _warn(letters: str) -> None:
    script = unicodedata.name(letters[0], "").partition(" ")[0]
    install = _PACKAGES.get(script, "one of the Noto fonts")
    shown = letters if len(letters) <= 8 else f"{letters[:8]}..."
    warnings.warn(
        f"No font of this computer has the letters {shown!r} of the picture: install {install}, "
        "and start Python again.",
        UserWarning,
        stacklevel=5,
    )
    warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
