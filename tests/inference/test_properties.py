"""What must hold of any table: units, bases, weights, distances."""

from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference_values import hsbdemo

import softlearn
from softlearn import SoftmaxRegression
from softlearn.inference import inference, mnlogit
from softlearn.inference.distance import Ascent, distance
from softlearn.inference.fit import coefficients_of, maximum
from softlearn.inference.sample import Sample


def sample(seed: int, n: int = 60, d: int = 3, K: int = 3) -> Sample:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * rng.choice([1e-3, 1.0, 50.0], d) + rng.choice([0.0, 30.0], d)
    Z = (X - X.mean(0)) / X.std(0)
    y = (0.7 * Z @ rng.normal(size=(d, K)) + rng.gumbel(size=(n, K))).argmax(1)
    names = ("const", *(f"x{j}" for j in range(d)))
    return Sample(np.column_stack([np.ones(n), X]), y, None, names, np.arange(K))


@pytest.mark.parametrize("unit", [1e6, 1e-9, 1e150])
def test_the_unit_of_a_column_changes_nothing_but_its_scale(unit: float) -> None:
    X, y = hsbdemo()
    r, other = mnlogit(X, y), mnlogit(X.assign(write=X["write"] * unit), y)
    for kind in ("nonrobust", "HC3"):
        assert_allclose(other.with_cov(kind).zvalues, r.with_cov(kind).zvalues, rtol=1e-9)
    assert_allclose(other.params.loc["write"] * unit, r.params.loc["write"], rtol=1e-9)
    assert_allclose(other.llr, r.llr, rtol=1e-9)


def test_the_origin_of_a_column_changes_the_constant_alone() -> None:
    X, y = hsbdemo()
    r, other = mnlogit(X, y), mnlogit(X.assign(write=X["write"] + 1e6), y)
    assert_allclose(other.zvalues.iloc[1:], r.zvalues.iloc[1:], rtol=1e-8)


@given(st.integers(0, 9999), st.integers(0, 2))
@settings(max_examples=15)
def test_another_base_is_another_fit(seed: int, base: int) -> None:
    S = sample(seed)
    X = S.X[:, 1:]
    try:
        refitted = mnlogit(X, S.y, base=base)
    except ValueError:
        return  # separable, or a class is missing
    r = mnlogit(X, S.y).rebase(base)
    for kind in ("nonrobust", "HC1", "HC3"):
        assert_allclose(r.with_cov(kind).bse, refitted.with_cov(kind).bse, rtol=1e-8)
    assert_allclose(r.params, refitted.params, rtol=1e-8, atol=1e-10)
    contrast = r.contrast((base + 1) % 3, (base + 2) % 3)
    against = r.rebase((base + 2) % 3)
    column = against.others.index((base + 1) % 3)
    assert_allclose(contrast.bse, against.bse[:, column], rtol=1e-9)


@given(st.integers(0, 9999), st.sampled_from([1e-1, 1e-3, 1e-5]))
@settings(max_examples=25, deadline=None)
def test_the_distance_is_never_below_the_true_one(seed: int, tol: float) -> None:
    S = sample(seed)
    model = SoftmaxRegression(C=np.inf, tol=tol, solver="lbfgs").fit(S.X[:, 1:], S.y)
    if len(model.classes_) < 3 or not model.status_.ok:
        return
    best = maximum(S, 0).coefficients
    B = coefficients_of(model, S, 0)
    said = distance(Ascent(S, B, 0), S.total * model.objective_ * model.gap_)
    assert said >= 0.999 * mahalanobis(S, B, best)


def mahalanobis(S: Sample, B: np.ndarray, best: np.ndarray) -> float:
    """Return the distance in the information at B, in 30 digits."""
    P = S.probabilities(B)
    with mpmath.workdps(30):
        total = mpmath.mpf(0)
        for x, p in zip(S.X.tolist(), P.tolist(), strict=True):
            z = [sum(mpmath.mpf(a) * mpmath.mpf(b) for a, b in zip(row, x, strict=True))
                 for row in (B - best).tolist()]  # fmt: skip
            mean = sum(q * v for q, v in zip(p, z, strict=True))
            total += sum(q * (v - mean) ** 2 for q, v in zip(p, z, strict=True))
        return float(mpmath.sqrt(total))


def test_a_fitted_model_says_the_same() -> None:
    X, y = hsbdemo()
    numbers = X.assign(ses=X["ses"].cat.codes.astype(float))
    model = SoftmaxRegression(C=np.inf, tol=1e-10).fit(numbers, y)
    r, fresh = inference(model, numbers, y), mnlogit(numbers, y)
    assert_allclose(r.params, fresh.params, rtol=1e-6)
    assert_allclose(r.bse, fresh.bse, rtol=1e-6)
    assert r.distance_ < 1e-3


def test_a_model_from_a_file_says_the_same(tmp_path: Path) -> None:
    X, y = hsbdemo()
    numbers = X.assign(ses=X["ses"].cat.codes.astype(float))
    model = SoftmaxRegression(C=np.inf, tol=1e-10).fit(numbers, y)
    softlearn.save(model, tmp_path / "model.softlearn")
    again = inference(softlearn.load(tmp_path / "model.softlearn"), numbers, y)
    r = inference(model, numbers, y)
    for name in ("params", "bse", "llf", "distance_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(r, name))


def test_influence_is_close_to_leaving_a_row_out() -> None:
    X, y = hsbdemo()
    r = mnlogit(X, y)
    change = r.influence()
    row = int(np.abs(change / r.bse.to_numpy().T).max((1, 2)).argmax())
    without = mnlogit(X.drop(index=row), np.delete(y, row))
    true = (without.params - r.params).to_numpy().T
    assert_allclose(change[row], true, atol=0.15 * np.abs(true / r.bse.to_numpy().T).max())
    assert np.corrcoef(change[row].ravel(), true.ravel())[0, 1] > 0.999


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    B = np.array([[0.0, 0.0, 0.0], [0.3, 0.8, -0.5], [-0.4, 0.2, 0.6]])
    Z = B[:, 0] + X @ B[:, 1:].T
    inside = []
    for _ in range(200):
        y = (Z + rng.gumbel(size=Z.shape)).argmax(1)
        low, high = np.moveaxis(mnlogit(X, y).conf_int(), -1, 0)
        inside.append((low <= B[1:]) & (B[1:] <= high))
    assert 0.93 <= np.mean(inside) <= 0.97
