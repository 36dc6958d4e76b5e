"""Repeated rows become one of their weight, mostly empty ones CSR; the objective stays the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample

from softlearn import SoftmaxRegression, SoftmaxRegressionCV, regularization_path
from softlearn.data import DenseRows, SparseRows, as_rows
from softlearn.estimators.regression.formulation import formulate
from softlearn.estimators.sklearn.checks import check_examples
from softlearn.networks import objective_of
from softlearn.presolve import repeated_rows
from softlearn.presolve.repeated_rows import merge_repeated_rows
from softlearn.presolve.sparse_storage import to_csr
from softlearn.problem import Linear


@pytest.fixture(autouse=True)
def even_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softlearn.presolve.repeated_rows._FEWEST", 2)
    monkeypatch.setattr("softlearn.presolve.sparse_storage._SMALL", 1.0)


def repeated(seed: int, n: int = 240, kinds: int = 30, d: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of few kinds, most entries 0, with labels that equal rows need not share."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(kinds, d)) * (rng.random((kinds, d)) < 0.5)
    return X[rng.integers(0, kinds, n)] + 0.0, rng.integers(0, 3, n)  # without -0.0


def spelled(X: np.ndarray, storage: str) -> Any:
    """Return X in another storage or order."""
    if storage == "shuffled CSR":  # the entries of a row in any order
        S = sp.csr_array(X)
        for a, b in zip(S.indptr[:-1], S.indptr[1:], strict=True):
            S.indices[a:b], S.data[a:b] = S.indices[a:b][::-1].copy(), S.data[a:b][::-1].copy()
        return S
    kinds = {"C": np.ascontiguousarray, "F": np.asfortranarray, "CSR": sp.csr_array}
    return kinds[storage](X)


@given(
    st.integers(0, 9999),
    st.sampled_from(["C", "F", "CSR", "shuffled CSR"]),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
)
@settings(max_examples=sample(20, 60))
def test_groups_are_the_equal_pairs_of_row_and_label(
    seed: int, storage: str, dtype: type, soft: bool
) -> None:
    X, y = repeated(seed)
    X = X.astype(dtype)
    codes = np.eye(3)[y] if soft else y
    found = merge_repeated_rows(as_rows(spelled(X, storage)), codes)
    assert found is not None
    _, oracle = np.unique(np.column_stack([X, y]), axis=0, return_inverse=True)
    same = found.group[:, None] == found.group[None, :]
    assert (same == (oracle[:, None] == oracle[None, :])).all()
    assert (np.diff(found.first) > 0).all()
    assert (found.group[found.first] == np.arange(len(found.first))).all()
    assert (found.first[found.group] <= np.arange(len(X))).all()
    np.testing.assert_array_equal(found.weights(None), np.bincount(found.group))


@pytest.mark.parametrize("storage", ["C", "CSR"])
def test_marks_that_agree_by_chance_merge_nothing(
    storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = repeated(0)
    oracle = len(np.unique(np.column_stack([X, y]), axis=0))
    monkeypatch.setattr(
        "softlearn.presolve.repeated_rows._factors", lambda n, seed: np.zeros(n, np.uint64)
    )
    found = merge_repeated_rows(as_rows(spelled(X, storage)), y)
    assert found is not None
    assert oracle < len(found.first)
    assert (X[found.first[found.group]] == X).all()
    assert (y[found.first[found.group]] == y).all()


def test_small_integers_are_told_apart() -> None:
    """The bits of small whole numbers lie high up; their marks must not lose them."""
    X = np.stack(np.meshgrid(np.arange(50.0), np.arange(50.0), np.arange(2.0)), -1).reshape(-1, 3)
    X = np.concatenate([X, X, X])
    factors = repeated_rows._factors(3, 0)
    assert len(np.unique(repeated_rows._marks(X, factors))) == 5000
    found = merge_repeated_rows(as_rows(X), np.zeros(len(X), dtype=int))
    assert found is not None
    assert len(found.first) == 5000


def test_rows_stay_where_they_are_when_more_than_half_differ() -> None:
    X, y = repeated(0, kinds=9)
    X[:150, 0] = np.arange(150)
    assert merge_repeated_rows(as_rows(X), y) is None
    assert merge_repeated_rows(as_rows(sp.csr_array(X)), y) is None


def test_wide_rows_that_differ_in_one_column_are_told_apart() -> None:
    X = np.zeros((300, 500))
    X[:, 77] = np.arange(300)
    assert merge_repeated_rows(as_rows(X), np.zeros(300, dtype=int)) is None


def test_rows_without_any_entry_are_one() -> None:
    for X in (sp.csr_array((12, 4)), np.zeros((12, 4)), np.zeros((12, 0))):
        found = merge_repeated_rows(as_rows(X), np.arange(12) % 2)
        assert found is not None
        assert found.first.tolist() == [0, 1]


@given(st.integers(0, 9999), st.sampled_from(["C", "F"]), st.sampled_from([np.float32, np.float64]))
@settings(max_examples=sample(12, 30))
def test_packed_rows_hold_the_same_numbers(seed: int, order: str, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 50)), int(rng.integers(1, 40))
    X = spelled((rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.08)).astype(dtype), order)
    some = np.flatnonzero(rng.random(n) < 0.7)
    whole, part = to_csr(as_rows(X)), to_csr(as_rows(X), some)
    np.testing.assert_array_equal(whole.take(np.arange(n)), X)
    np.testing.assert_array_equal(part.take(np.arange(len(some))), X[some])
    if np.count_nonzero(X) <= n * d / 8:
        assert isinstance(whole, SparseRows)
        assert whole.X.dtype == dtype
        assert whole.X.has_canonical_format


def test_rows_with_more_than_one_entry_in_eight_are_not_packed() -> None:
    X = np.zeros((4000, 8))
    X[:, 0] = 1.0
    assert to_csr(as_rows(X)).sparse
    X[7, 1] = 1.0  # in no row that is looked at first
    rows = as_rows(X)
    assert to_csr(rows) is rows
    X[:, 1] = 1.0
    assert to_csr(as_rows(X)).sparse is False


def test_memory_mapped_rows_are_neither_merged_nor_packed(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=(500, 30))
    rows = as_rows(mapped)
    assert isinstance(rows, DenseRows)
    assert merge_repeated_rows(rows, np.zeros(500, dtype=int)) is None
    assert to_csr(rows) is rows
    view = as_rows(np.asarray(mapped))  # what scikit-learn's checks make of it
    assert merge_repeated_rows(view, np.zeros(500, dtype=int)) is None
    assert to_csr(view) is view


def test_a_fit_on_a_mapped_file_reads_it_where_it_lies(tmp_path: Path) -> None:
    X, y = repeated(8)
    mapped = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=X.shape)
    mapped[:] = X
    model = SoftmaxRegression()
    rows: Any = formulate(model, check_examples(model, mapped, y), 1.0).objective.problem.rows
    assert np.shares_memory(rows.X, mapped)


@given(st.integers(0, 9999), st.booleans())
@settings(max_examples=sample(12, 30))
def test_the_objective_is_the_same_function(seed: int, weighted: bool) -> None:
    X, y = repeated(seed, d=20)
    rng = np.random.default_rng(seed)
    s = rng.integers(0, 3, len(X)) + 0.5 if weighted else None
    found = merge_repeated_rows(as_rows(X), y)
    assert found is not None
    model = Linear(20, 3)
    all_rows = objective_of(as_rows(X), y, model, 0.1, s)
    few = objective_of(
        to_csr(as_rows(X), found.first), y[found.first], model, 0.1, found.weights(s)
    )
    w, v = rng.normal(size=(2, model.size))
    assert few.at(w).value == pytest.approx(all_rows.at(w).value, rel=1e-13)
    np.testing.assert_allclose(few.at(w).grad, all_rows.at(w).grad, atol=1e-14)
    np.testing.assert_allclose(few.at(w).hvp(v), all_rows.at(w).hvp(v), atol=1e-14)


@pytest.mark.parametrize("storage", ["C", "CSR"])
@pytest.mark.parametrize("solver", ["auto", "newton-cg", "lbfgs"])
def test_a_fit_is_that_of_all_rows(
    storage: str, solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = repeated(3)
    names = np.array(["a", "b", "c"])
    few = SoftmaxRegression(solver=solver, tol=1e-10).fit(spelled(X, storage), names[y])
    seen = few.trace_[-1]
    monkeypatch.setattr("softlearn.presolve.repeated_rows._FEWEST", 1 << 30)
    monkeypatch.setattr("softlearn.presolve.sparse_storage._SMALL", np.inf)
    every = SoftmaxRegression(solver=solver, tol=1e-10).fit(spelled(X, storage), names[y])
    np.testing.assert_allclose(few.coef_, every.coef_, atol=1e-6)
    np.testing.assert_allclose(few.intercept_, every.intercept_, atol=1e-6)
    assert seen.objective == pytest.approx(every.trace_[-1].objective, rel=1e-9)
    assert few.status_.name == "CONVERGED"


def test_repeating_every_row_is_a_weight_of_that_many() -> None:
    X, y = repeated(5)
    weight = np.random.default_rng(0).integers(1, 5, len(X))
    once = SoftmaxRegression(tol=1e-10).fit(X, y, sample_weight=weight)
    again = SoftmaxRegression(tol=1e-10).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    np.testing.assert_allclose(once.coef_, again.coef_, atol=1e-6)


def test_a_class_without_weight_stays_out_of_merged_rows_too() -> None:
    X, y = repeated(6)
    model = SoftmaxRegression().fit(X, y, sample_weight=(y != 1).astype(float))
    assert (model.predict_proba(X)[:, 1] < 1e-15).all()
    np.testing.assert_allclose(
        model.predict_proba(X)[:, 0],
        SoftmaxRegression().fit(X[y != 1], y[y != 1]).predict_proba(X)[:, 0],
        atol=1e-2,
    )


def test_paths_and_cross_validation_take_repeated_rows() -> None:
    X, y = repeated(7, n=600)
    path = regularization_path(X, y, Cs=[0.1, 1.0])
    alone = SoftmaxRegression(C=1.0, tol=1e-8).fit(X, y)
    np.testing.assert_allclose(path.coefs[-1], alone.coef_, atol=1e-3)
    chosen = SoftmaxRegressionCV(Cs=[0.01, 1.0], cv=3).fit(X, y)
    assert chosen.coef_.shape == (3, 7)
