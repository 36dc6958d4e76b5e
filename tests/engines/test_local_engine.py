"""An engine gives the same bits however the rows are dealt out, and the optimum of an array."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from softlearn import SoftmaxRegression, Status, load, save
from softlearn.engines import LocalEngine
from softlearn.execution.tree import TreeSum, total
from softlearn.testing import check_engine

RNG = np.random.default_rng(0)
N, D = 1500, 12
X = RNG.normal(size=(N, D))
Y = np.array(["red", "green", "blue", "grey"])[
    (X @ RNG.normal(size=(D, 4)) + RNG.gumbel(size=(N, 4))).argmax(1)
]
WEIGHTS = RNG.uniform(size=N)
DEALT = [1, 2, 7, [N, 0], [0, 1, 0, 63, 2, N - 66], [700, 800]]


def same_fit(a, b):
    for name in ("coef_", "intercept_", "gap_", "objective_", "n_iter_", "classes_"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def fit(parts, X=X, y=Y, s=None, **parameters):
    return SoftmaxRegression(engine=LocalEngine(parts), **parameters).fit(X, y, s)


def test_the_local_engine_is_an_engine():
    check_engine(LocalEngine())
    check_engine(LocalEngine(5))


@pytest.mark.parametrize("cuts", [[], [1], [3, 4, 9], list(range(1, 13))])
@pytest.mark.parametrize("n", [1, 2, 7, 13])
def test_a_sum_over_a_tree_does_not_depend_on_who_holds_which_leaves(n, cuts):
    leaves = RNG.normal(size=n) * 10.0 ** RNG.integers(-8, 8, n)
    edges = [0, *(c for c in cuts if c < n), n]
    nodes = []
    for a, b in pairwise(edges):
        part = TreeSum()
        for k in range(a, b):
            part.add(leaves[k], k)
        nodes += part.nodes
    one = TreeSum()
    for k in range(n):
        one.add(leaves[k], k)
    assert total(nodes) == total(one.nodes)
    assert total(nodes) == pytest.approx(leaves.sum(), rel=1e-12, abs=1e-8)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"solver": "newton-cg"},
        {"solver": "lbfgs", "tol": 1e-4},
        {"class_weight": "balanced", "C": 0.1},
        {"class_weight": {"red": 2.0}, "fit_intercept": False},
        {"C": np.inf},
        {"C": np.inf, "solver": "newton-cg"},
    ],
    ids=str,
)
@pytest.mark.parametrize("s", [None, WEIGHTS], ids=["alike", "weighted"])
def test_bits_do_not_depend_on_how_rows_are_dealt_out(parameters, s):
    one = fit(1, s=s, **parameters)
    assert one.status_.name == "CONVERGED"
    assert one.gap_ <= one.tol
    for parts in DEALT[1:]:
        same_fit(fit(parts, s=s, **parameters), one)


@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_the_optimum_is_that_of_arrays_in_memory(solver, C):
    parameters = {"class_weight": "balanced", "solver": solver, "tol": 1e-10, "C": C}
    one = fit([700, 800], s=WEIGHTS, **parameters)
    other = SoftmaxRegression(**parameters).fit(X, Y, WEIGHTS)
    assert one.objective_ == pytest.approx(other.objective_, rel=2e-10)
    np.testing.assert_allclose(one.coef_, other.coef_, atol=1e-4)


@pytest.mark.parametrize("parts", [1, 7])
def test_without_a_penalty_classes_that_can_be_told_apart_are_named(parts):
    apart = np.where(X[:, 3] > 0.5, "far", np.where(X[:, 0] > 0.0, "here", "there"))
    with pytest.warns(ConvergenceWarning, match="most by column 3, column 0,.*Add a"):
        model = fit(parts, y=apart, C=np.inf)
    assert model.status_ is Status.NO_FINITE_OPTIMUM


def test_without_a_penalty_columns_that_depend_on_others_are_not_proven_and_not_refused():
    twice = np.c_[X, X[:, 0] + X[:, 1]]
    with pytest.warns(ConvergenceWarning, match="No gap could be proven"):
        model = fit(3, twice, C=np.inf)
    assert model.objective_ == pytest.approx(fit(3, C=np.inf).objective_, rel=1e-9)


def test_sparse_rows_and_float32_stay_what_they_are():
    S = sp.random_array((N, 200), density=0.02, format="csr", random_state=np.random.default_rng(1))
    for rows in (S, X.astype(np.float32)):
        one = fit(1, rows)
        same_fit(fit([700, 0, 800], rows), one)
        assert one.objective_ == pytest.approx(
            SoftmaxRegression().fit(rows, Y).objective_, rel=2e-6
        )


def test_two_classes_have_one_row_of_weights():
    two = np.where(Y == "red", "red", "other")
    same_fit(fit(3, y=two), fit(1, y=two))
    assert fit(3, y=two).coef_.shape == (1, D)


@pytest.mark.parametrize(
    "labels",
    [np.where(np.arange(N) < 5, 50, np.where(X[:, 0] > 0, 10, 20)), (X[:, 1] > 0.0)],
    ids=["numbers, one of them in one part only", "booleans"],
)
def test_labels_are_those_of_all_parts(labels):
    one = fit([5, 0, 700, 795], y=labels)
    np.testing.assert_array_equal(one.classes_, np.unique(labels))
    same_fit(one, fit(1, y=labels))


def test_names_of_columns_are_known():
    frame = pd.DataFrame(X, columns=[f"c{k}" for k in range(D)])
    one = fit(2, frame, pd.Series(Y))
    same_fit(one, fit(1))
    assert one.feature_names_in_[2] == "c2"
    assert one.predict(frame[:5]).tolist() == fit(1).predict(X[:5]).tolist()


def test_copies_have_the_engine_and_files_do_not(tmp_path):
    model = fit(2)
    assert clone(model).engine is model.engine
    assert pickle.loads(pickle.dumps(model)).engine is None
    save(model, tmp_path / "m.softlearn")
    same_fit(load(tmp_path / "m.softlearn"), model)


ODD = X.copy()
ODD[1000, 3] = np.nan


@pytest.mark.parametrize(
    ("X", "y", "s", "parameters", "said"),
    [
        (X, Y, None, {"l1_ratio": 0.5}, "An engine does not support an L1 penalty"),
        (X, Y, None, {"penalty_factors": np.ones(D)}, "An engine does not support penalty_factors"),
        (X, Y, None, {"solver": "liblinear"}, "An engine does not support solver='liblinear'"),
        (ODD, Y, None, {}, "In partition 1: Input.* contains NaN"),
        (X, X, None, {}, "In partition 0: y must be one column of labels"),
        (X, X[:, 0], None, {}, "In partition 0: .*[Cc]ontinuous"),
        (X, Y[:-1], None, {}, f"X has {N} rows, but y has {N - 1}"),
        (X, Y, -WEIGHTS, {}, "In partition 0: sample_weight must be finite and at least 0"),
        (X, Y, 0.0 * WEIGHTS, {}, "sample_weight and class_weight are zero throughout"),
        (X, np.full(N, "red"), None, {}, "at least 2 classes.*only one class: 'red'"),
        (X, Y, 1.0 * (Y != "red"), {}, "The class 'red' has rows, but no weight"),
        (X[:0], Y[:0], None, {}, "X has no rows"),
    ],
)
def test_what_cannot_be_used_gets_a_sentence(X, y, s, parameters, said):
    with pytest.raises(ValueError, match=said):
        fit(2, X, y, s, **parameters)


def test_a_solver_that_needs_rows_at_hand_is_refused():
    from softlearn.solve import Newton

    with pytest.raises(ValueError, match="The rows lie with the workers of an engine"):
        fit(2, solver=Newton("rowspace"))


def test_parts_must_be_all_rows():
    with pytest.raises(ValueError, match=f"parts of LocalEngine have 3 rows, but X has {N}"):
        fit([1, 2])


def test_what_is_no_engine_is_refused():
    with pytest.raises(ValueError, match="'engine' parameter"):
        SoftmaxRegression(engine="dask").fit(X, Y)
