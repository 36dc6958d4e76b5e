"""What is solved in the place of a problem has its minimum, and knows the way back."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from samples import sample

from softlearn.data import as_rows
from softlearn.objective import SoftmaxObjective
from softlearn.presolve import REDUCTIONS, presolve
from softlearn.problem import Linear, Names, Problem
from softlearn.solve import Newton, minimize

F64 = NDArray[np.float64]


def features(kind: str, rng: np.random.Generator) -> Any:
    X = rng.normal(size=(60, 3))
    made = {
        "as they are": lambda: X,
        "far from zero": lambda: X + np.array([1e6, -3e4, 0.0]),
        "nearly equal": lambda: np.c_[X, X[:, 0] * (1.0 + 1e-7 * X[:, 1])],
        "sums of others": lambda: np.rint(8 * X) @ np.c_[np.eye(3), [1.0, 1.0, 0.0]],
        "huge and tiny": lambda: X * [2.0**400, 1.0, 2.0**-400],
        "repeated": lambda: np.tile(rng.normal(size=(4, 3)), (1500, 1)),
        "words of one row": lambda: sp.csr_array(np.c_[X > 0.0, np.eye(60)].astype(float)),
        "wide": lambda: rng.normal(size=(60, 2000)),
    }
    return made[kind]()


KINDS = [
    *("as they are", "far from zero", "nearly equal", "sums of others", "huge and tiny"),
    *("repeated", "words of one row", "wide"),
]


def example(kind: str, seed: int, l2: float, soft: bool, absent: bool, bias: bool) -> Problem:
    rng = np.random.default_rng(seed)
    X = features(kind, rng)
    n, d = X.shape
    Y: Any = rng.integers(0, 3, n)
    weights = rng.integers(1, 4, n).astype(float)
    if absent:
        weights[Y == 1] = 0.0
    if soft:
        Y = 0.8 * np.eye(3)[Y] + (0.0 if absent else 0.2 / 3)
    return Problem.of(as_rows(X), Y, Linear(d, 3, bias), l2, weights, Names(("a", "b", "c")))


@given(
    st.sampled_from(KINDS), st.integers(0, 99), st.sampled_from([0.0, 1e-3, 1.0]), st.booleans(),
    st.booleans(), st.booleans(),
)  # fmt: skip
@settings(max_examples=sample(20, 60))
def test_the_expanded_minimum_is_a_minimum_of_the_problem_that_was_given(
    kind: str, seed: int, l2: float, soft: bool, absent: bool, bias: bool
) -> None:
    if l2 == 0.0 and kind in ("wide", "words of one row", "repeated"):
        l2 = 1e-3  # there may be no minimum without a penalty
    if kind == "huge and tiny" and l2 > 0.0:
        l2 = 0.0  # a penalty on columns so large has no digits
    problem = example(kind, seed, l2, soft, absent, bias)
    chain = presolve(problem)
    found = minimize(SoftmaxObjective(chain.problem), Newton(), tol=1e-9)
    W, b = chain.expand(*chain.problem.model.split(found.w))
    assert W.shape == (3, problem.model.d)
    w = problem.model.join(W, b)
    given_ = SoftmaxObjective(problem)
    value = given_.at(w).value
    assert value == pytest.approx(found.value, rel=1e-6, abs=1e-12)
    assert found.lower <= value * (1.0 + 1e-9)
    if kind in ("as they are", "repeated", "words of one row", "wide") and not (absent and bias):
        direct = minimize(given_, Newton(), tol=1e-9)
        assert value == pytest.approx(direct.value, rel=1e-7)


@pytest.mark.parametrize("kind", ["as they are", "far from zero", "nearly equal", "huge and tiny"])
def test_reduce_is_the_way_back_of_expand(kind: str) -> None:
    chain = presolve(example(kind, 0, 0.0, False, False, True))
    model = chain.problem.model
    w = np.random.default_rng(1).normal(size=model.size)
    there = model.join(*chain.reduce(*chain.expand(*model.split(w))))
    np.testing.assert_allclose(there, w, rtol=1e-6, atol=1e-9)


def test_an_ordinary_problem_is_solved_as_it_is() -> None:
    problem = example("as they are", 0, 0.1, False, False, True)
    chain = presolve(problem)
    assert chain.problem is problem
    assert not chain.steps
    assert not chain.changes


def test_messages_speak_of_the_users_columns_and_classes() -> None:
    problem = example("sums of others", 0, 0.0, False, True, True)
    chain = presolve(problem)
    assert "class 'b', which is never predicted" in chain.note
    assert "column" in chain.note or "Column" in chain.note
    assert chain.problem.names.classes == ("a", "c")
    names = chain.problem.names
    assert names.weights is not None
    assert names.weights(np.ones((2, chain.problem.model.d))).shape == (2, problem.model.d)


def test_each_reduction_leaves_alone_what_it_is_not_exact_for() -> None:
    penalised = example("sums of others", 0, 0.1, False, False, True)
    assert [r.__name__ for r in REDUCTIONS if r(penalised) is not None] == []
