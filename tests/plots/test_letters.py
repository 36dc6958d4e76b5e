"""Labels in scripts that matplotlib's own font lacks."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager

from softlearn.plots import DecisionRegionDisplay, SoftmaxStepsDisplay, letters


@pytest.fixture(autouse=True)
def _ask_anew():
    letters._family_with.cache_clear()
    yield
    letters._family_with.cache_clear()


@pytest.fixture
def no_fonts(monkeypatch):
    """No font is installed but matplotlib's default."""
    manager = font_manager.fontManager
    own = [font for font in manager.ttflist if font.fname == DEJAVU]
    monkeypatch.setattr(manager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])


DEJAVU, STIX = (font_manager.findfont(name) for name in ("DejaVu Sans", "STIXGeneral"))


def only_in_stix():
    """Return a letter that a font of matplotlib's has and its default has not."""
    known, more = (set(font_manager.get_font(f).get_charmap()) for f in (DEJAVU, STIX))
    return next(chr(c) for c in sorted(more - known) if chr(c).isprintable() and c > 0x250)


def drawn(display):
    display.figure_.canvas.draw()
    return display


def test_a_font_that_has_the_letters_is_used_for_names_ticks_and_axes() -> None:
    letter = only_in_stix()
    d = SoftmaxStepsDisplay.from_logits([1.0, 2.0], [letter, "b"])
    (ticks,) = {tuple(t.get_fontfamily()) for t in drawn(d).axes_["z"].get_xticklabels()}
    assert len(ticks) == 2
    path = font_manager.findfont(ticks[-1])
    assert font_manager.get_font(path).get_char_index(ord(letter))
    regions = drawn(
        DecisionRegionDisplay(
            *(np.arange(2.0), np.arange(2.0), np.eye(2)[[[0, 1], [0, 1]]]),
            classes=["a", letter],
            names=("x", letter),
        ).plot()
    )
    assert regions.ax_.yaxis.label.get_fontfamily() == list(ticks)
    assert regions.ax_.xaxis.label.get_fontfamily() == plt.rcParams["font.family"]
    assert regions.legend_.get_texts()[1].get_fontfamily() == list(ticks)


@pytest.mark.parametrize(
    ("label", "advice"),
    [
        ("고양이", "install NanumGothic (on Debian and Ubuntu: apt install fonts-nanum)"),
        ("ねこ", "install Noto Sans CJK (on Debian and Ubuntu: apt install fonts-noto-cjk)"),
        ("猫", "install Noto Sans CJK (on Debian and Ubuntu: apt install fonts-noto-cjk)"),
        ("แมว", "install one of the Noto fonts"),
    ],
)
def test_without_one_a_single_sentence_says_what_to_install(no_fonts, label, advice) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        drawn(SoftmaxStepsDisplay.from_logits([1.0, 2.0], [label, "b"]))
    (sentence,) = (str(w.message) for w in told)
    assert sentence.startswith("No font of this computer has the letters '")
    assert advice in sentence


def test_a_font_that_was_installed_since_is_found(monkeypatch) -> None:
    letter = only_in_stix()
    manager = font_manager.fontManager
    others = [font for font in manager.ttflist if font.fname == DEJAVU]
    monkeypatch.setattr(manager, "ttflist", others)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [STIX, __file__])
    assert letters._family_with(frozenset(letter)) == "STIXGeneral"
