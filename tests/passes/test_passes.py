"""The whole objective is the same with the native passes as with NumPy's."""

from typing import Any

import numpy as np
import pytest
from comparing import assert_same, at_random
from hypothesis import given, settings
from hypothesis import strategies as st
from native import SETS, objective, skip_without_native
from problems import MakeProblem, problem
from samples import sample
from storages import STORAGES, numbers

from softlearn.data import as_rows
from softlearn.execution.threads import Threads
from softlearn.kernels import BLASKernel, DenseKernel, NumPyKernel
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective
from softlearn.passes import kernel_for
from softlearn.problem import Linear, Problem
from softlearn.testing import check_objective

skip_without_native()

each_set = pytest.mark.parametrize("isa", SETS)
flags = st.booleans()


@each_set
@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("keep", [True, False])
def test_every_storage_gives_numpys_numbers(isa: str, storage: str, keep: bool) -> None:
    X, y = STORAGES[storage](numbers()), np.arange(300) % 4
    P = Problem.of(as_rows(X), y, Linear(7, 4), 0.05)
    assert_same(*(objective(P, name, rows=130, keep=keep) for name in ("numpy", isa)))


@each_set
@given(
    st.integers(0, 999), flags, flags, flags, flags, flags, st.sampled_from([2, 3, 7, 12]),
    st.sampled_from([1, 3, 130]), st.sampled_from([0.0, 1e-3, 1.0]),
)  # fmt: skip
@settings(max_examples=sample(20, 40))
def test_every_kind_of_problem_gives_numpys_numbers(
    isa: str, seed: int, sparse: bool, bias: bool, reference: bool, weighted: bool, keep: bool,
    C: int, d: int, l2: float,
) -> None:  # fmt: skip
    J = problem(
        seed, n=70, d=d, C=C, l2=l2, bias=bias, reference=reference, weighted=weighted,
        sparse=sparse,
    )  # fmt: skip
    assert_same(*(objective(J.problem, name, keep=keep) for name in ("numpy", isa)))


@each_set
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize("keep", [True, False])
def test_hundreds_of_classes_give_numpys_numbers(
    isa: str, sparse: bool, reference: bool, keep: bool
) -> None:
    J = problem(n=320, d=4, C=300, reference=reference, sparse=sparse, l2=0.1)
    w, v = at_random(J)

    def without_bound(J: SoftmaxObjective) -> list[Any]:  # which would take most of the time
        point = J.at(w)
        line = point.along(v)
        of_line = [*line(0.7), line.point(0.7).grad]
        return [point.value, point.grad, point.hvp(v, 0.3), J.at(w).hvp(v), *of_line]

    both = (objective(J.problem, name, rows=100, keep=keep) for name in (isa, "numpy"))
    for got, want in zip(*map(without_bound, both), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


@each_set
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("C", [5, 300])
def test_threads_give_the_bits_of_one_thread(isa: str, sparse: bool, C: int) -> None:
    J = objective(problem(n=600, d=6, C=C, sparse=sparse).problem, isa, rows=64)
    w, v = at_random(J)

    def results(J: SoftmaxObjective) -> list[Any]:
        point = J.at(w)
        return [point.value, point.grad, point.hvp(v), *point.along(v)(0.7), J.at(w).hvp(v)]

    threaded = objective(J.problem, isa, rows=64, engine=Threads(4))
    for got, want in zip(results(threaded), results(J), strict=True):
        np.testing.assert_array_equal(got, want)


@each_set
@pytest.mark.parametrize("sparse", [False, True])
def test_the_objective_conforms(isa: str, sparse: bool) -> None:
    check_objective(objective(problem(3, C=4, sparse=sparse, weighted=True).problem, isa))


def test_labels_that_are_a_view_of_a_wider_array_are_read(make: MakeProblem) -> None:
    J = make(n=60)
    y = np.repeat(J.problem.Y, 2)[::2]
    assert not y.flags.contiguous
    assert_same(J, objective_of(J.problem.rows, y, J.model, 0.01))


def test_labels_and_linear_models_are_for_the_native_kernels_and_all_else_for_numpys() -> None:
    rows, none = as_rows(numbers()), as_rows(np.zeros((3, 0)))
    few, many = (kernel_for(rows, Linear(7, C), labelled=True)[0] for C in (256, 257))
    assert type(few) is DenseKernel
    assert type(many) is BLASKernel
    others = [(rows, Linear(7, 4), False), (rows, object(), True), (none, Linear(0, 4), True)]
    for features, model, labelled in others:
        assert type(kernel_for(features, model, labelled)[0]) is NumPyKernel
