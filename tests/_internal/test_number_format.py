"""Numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softlearn._internal.format import alike, number

ANY = st.floats(-1e12, 1e12, allow_subnormal=False)


@given(ANY, st.integers(2, 6))
def test_a_number_keeps_its_digits(value, digits) -> None:
    text = number(value, digits)
    assert float(text) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits), abs=1e-300)
    assert "e+" not in text
    assert "e-0" not in text


@given(st.lists(ANY, min_size=1, max_size=8), st.integers(3, 6))
def test_numbers_that_are_compared_have_the_same_decimals(v, digits) -> None:
    texts = alike(v, digits)
    largest = max(map(abs, v))
    assert all(
        float(text) == pytest.approx(value, rel=0.51 * 10.0 ** (2 - digits), abs=0.051 * largest)
        for text, value in zip(texts, v, strict=True)
    )
    if not any("e" in text for text in texts) and 1.0 <= largest < 10.0**digits:
        assert len({len(text.partition(".")[2]) for text in texts}) == 1


def test_small_and_large_numbers_do_not_vanish() -> None:
    assert alike([3e-4, 1e-5]) == ["0.0003", "1e-5"]
    assert alike([1e130, 1.0]) == ["1e130", "1"]
    assert alike([0.0, 0.0]) == ["0", "0"]
    assert alike([-0.0004, 0.9]) == ["0.0", "0.9"]  # no minus before what rounds to zero
