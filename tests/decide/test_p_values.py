"""Conformal p-values are what their definition says, and hold what it promises."""

import numpy as np
import pytest
from scipy.stats import binom

from softlearn.decide.p_values import p_values, proven_rate


def by_hand(known: np.ndarray, new: float) -> float:
    return (1 + sum(float(s) >= new for s in known)) / (len(known) + 1)


def test_p_is_the_share_of_scores_at_least_as_strange_the_row_itself_included() -> None:
    rng = np.random.default_rng(0)
    known = np.sort(rng.integers(0, 6, size=30).astype(float))  # with many ties
    new = np.array([[-1.0, 0.0, 2.0], [2.5, 5.0, 9.0]])
    p = p_values([known], [new])
    assert p.shape == (2, 3)
    np.testing.assert_array_equal(p, np.vectorize(lambda s: by_hand(known, s))(new))
    assert p.min() == 1 / 31
    assert p.max() == 1.0


def test_folds_are_counted_together_each_with_the_scores_of_its_own_model() -> None:
    rng = np.random.default_rng(1)
    folds = [np.sort(rng.normal(size=n)) for n in (5, 8, 1)]
    new = [rng.normal(size=4) for _ in folds]
    counts = sum((f >= s[:, None]).sum(1) for f, s in zip(folds, new, strict=True))
    np.testing.assert_array_equal(p_values(folds, new), (1 + counts) / 15)


def test_the_last_bits_of_a_score_do_not_decide() -> None:
    known = np.array([0.1, 0.5, 0.5, 12.0])
    above = np.nextafter(known, np.inf)
    np.testing.assert_array_equal(p_values([known], [above]), p_values([known], [known]))


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_at_most_alpha_of_exchangeable_rows_have_p_of_at_most_alpha(alpha: float) -> None:
    rng, n, trials = np.random.default_rng(2), 49, 4000
    below = 0
    for _ in range(trials):
        scores = rng.gamma(0.7, size=n + 1)
        below += bool(p_values([np.sort(scores[:n])], [scores[n:]])[0] <= alpha)
    # floor(alpha (n + 1)) of the n + 1 ranks, all equally likely
    exact = np.floor(alpha * (n + 1) + 1e-9) / (n + 1)
    assert alpha - 1 / (n + 1) <= exact <= alpha
    low, high = binom.interval(0.9973, trials, exact)
    assert low <= below <= high


def test_the_proven_rate_of_folds_is_twice_their_weighted_mean_p() -> None:
    rng = np.random.default_rng(3)
    folds = [np.sort(rng.normal(size=n)) for n in (4, 7, 6)]
    new = [rng.normal(size=1) for _ in folds]
    weights = np.array([5, 8, 7])
    own = [p_values([f], [s])[0] for f, s in zip(folds, new, strict=True)]
    together = float(p_values(folds, new)[0])
    assert proven_rate(together, [4, 7, 6]) == pytest.approx(2.0 * np.average(own, weights=weights))


def test_one_fold_proves_alpha_itself_and_many_rows_prove_twice_alpha() -> None:
    assert proven_rate(0.05, [30]) == 0.05
    assert proven_rate(0.05, [200_000] * 5) == pytest.approx(0.1, rel=1e-4)
    assert proven_rate(0.9, [10, 10]) == 1.0
