"""The rank of a tall matrix of floats is decided exactly, part by part."""

import numpy as np
import pytest

from softlearn.presolve import tall_rank

RNG = np.random.default_rng(0)


def whole(m: int, n: int) -> np.ndarray:
    return RNG.integers(-9, 10, (m, n)).astype(float)


@pytest.mark.parametrize(("m", "n", "r"), [(100, 5, 3), (500, 30, 17), (20, 40, 20), (9, 4, 0)])
@pytest.mark.parametrize("parts", [1, 3])
def test_the_rank_is_that_of_integers_times_powers_of_two(m, n, r, parts):
    scales = np.ldexp(1.0, RNG.integers(-900, 900, n))
    A = whole(m, r) @ whole(r, n) * scales
    exact = np.linalg.matrix_rank(A / scales) if r else 0
    assert tall_rank(np.array_split(A, parts), n) == exact == r


def test_an_entry_that_singular_values_would_call_rounding_counts():
    A = np.c_[np.zeros(1800), whole(1800, 50)]
    assert tall_rank([A], 51) == 50
    A[7, 0] = 1e-300
    assert tall_rank([A], 51) == 51


def test_numbers_that_are_equal_but_for_the_last_digit_are_independent():
    third = 1.0 / 3.0
    A = np.array([[third, 1.0], [np.nextafter(third, 1.0), 1.0], [third, 1.0]])
    assert tall_rank([A], 2) == 2
    assert tall_rank([A[[0, 2]]], 2) == 1
