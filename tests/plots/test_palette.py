"""The colours of classes can be told apart, by everyone, and never stand alone."""

from itertools import combinations

import colorspacious
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softlearn.plots.palette import (
    INK,
    NEUTRAL,
    confidence,
    fill_strength,
    fills,
    line_styles,
    markers,
    palette,
    rgb,
)

SIX = ["5790fc", "f89c20", "e42536", "964a8b", "75bf81", "7a21dd"]
TEN = [
    *("3f90da", "ffa90e", "bd1f01", "1a6e76", "832db6"),
    *("a96b59", "e76300", "b9ac70", "843840", "92dadd"),
]


def smallest_distance(colours, space):
    """Return the distance in CAM02-UCS of the two colours that are closest."""
    points = colorspacious.cspace_convert(np.array([rgb(c) for c in colours]), space, "CAM02-UCS")
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(points, 2))


@pytest.mark.parametrize("C", range(2, 11))
@pytest.mark.parametrize("sight", ["deuteranomaly", "protanomaly", "tritanomaly"])
@pytest.mark.parametrize("severity", [0, 25, 50, 75, 100])
def test_two_classes_are_15_apart_however_one_sees_colours(C, sight, severity) -> None:
    space = {"name": "sRGB1+CVD", "cvd_type": sight, "severity": severity}
    assert smallest_distance(palette(C), space) >= 15.0


@pytest.mark.parametrize("C", [6, 10])
@pytest.mark.parametrize("sight", ["deuteranomaly", "protanomaly", "tritanomaly"])
@pytest.mark.parametrize("severity", [0, 50, 100])
def test_no_class_is_grey_nor_the_ink_nor_the_paper(C, sight, severity) -> None:
    space = {"name": "sRGB1+CVD", "cvd_type": sight, "severity": severity}
    for colour in palette(C):
        for other in (NEUTRAL, INK, "#ffffff"):
            assert smallest_distance([colour, other], space) >= 12.0


@pytest.mark.parametrize("C", [6, 10])
def test_a_class_is_colourful(C) -> None:
    Jab = colorspacious.cspace_convert(np.array([rgb(c) for c in palette(C)]), "sRGB1", "JCh")
    assert Jab[:, 1].min() >= 20.0  # the chroma of CIECAM02; of Petroff's greys at most 12


def test_up_to_six_classes_have_the_one_list_and_up_to_ten_the_other() -> None:
    for C in range(1, 11):
        assert palette(C) == [f"#{c}" for c in (SIX if C <= 6 else TEN)[:C]]


def test_up_to_a_hundred_classes_no_two_share_colour_and_marker() -> None:
    for C in (2, 6, 7, 10, 11, 40, 100):
        assert len(set(zip(palette(C), markers(C), strict=True))) == C


def test_up_to_ten_classes_have_markers_and_six_runs_lines_of_their_own() -> None:
    assert len(set(markers(10))) == 10
    assert len(set(line_styles(6))) == 6


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=10).filter(lambda p: sum(p) > 0.0))
def test_confidence_is_the_largest_probability_on_a_scale_from_equal_to_sure(p) -> None:
    P, C = np.array(p) / sum(p), len(p)
    assert confidence(P) == pytest.approx((P.max() - 1 / C) / (1 - 1 / C), abs=1e-12)
    assert 0.15 <= fill_strength(confidence(P)) <= 0.60


def test_fills_go_from_015_to_060_in_the_colour_of_the_winner() -> None:
    np.testing.assert_allclose(fill_strength([0.0, 0.5, 1.0]), [0.15, 0.375, 0.60])
    image = fills(np.array([[0, 2]]), [[0.2, 0.4]], 3)
    np.testing.assert_allclose(image[0, 0], [0x57 / 255, 0x90 / 255, 0xFC / 255, 0.2])
    np.testing.assert_allclose(image[0, 1], [0xE4 / 255, 0x25 / 255, 0x36 / 255, 0.4])
