"""Preconditioners are symmetric, positive definite and close to the inverse Hessian."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from problems import MakeProblem

from softlearn.data import as_rows
from softlearn.execution.threads import Engine, Serial, Threads
from softlearn.networks import objective_of
from softlearn.objective import SoftmaxObjective, SoftmaxPoint
from softlearn.passes import Limits, Passes, kernel_for, passes_for
from softlearn.preconditioner.sample import draw
from softlearn.problem import Linear
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize

F64 = NDArray[np.float64]
KINDS = ["diagonal", "classwise", "shared", "pooled", "exact", "coupled", "rowspace"]
kinds = pytest.mark.parametrize("kind", KINDS)


def inverse(point: SoftmaxPoint, kind: str, damping: float = 0.0) -> Any:
    M = point.preconditioner(kind, 0, damping)
    assert M is not None
    return M


def centred(J: SoftmaxObjective, v: F64) -> F64:
    """Return v without what it adds to every class alike."""
    W, b = J.model.split(v)
    if J.model.reference:
        return v
    return J.model.join(W - W.mean(0), b - b.mean() if len(b) else b)


@given(
    st.integers(0, 1000),
    st.sampled_from(KINDS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1e-6, 0.1]),
    st.sampled_from([0.0, 0.5]),
)
def test_they_are_symmetric_and_positive_definite(
    make: MakeProblem,
    seed: int,
    kind: str,
    bias: bool,
    reference: bool,
    sparse: bool,
    l2: float,
    damping: float,
) -> None:
    J = make(seed, l2=l2, bias=bias, reference=reference, sparse=sparse)
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(2, J.size))
    M = inverse(J.at(0.5 * rng.normal(size=J.size)), kind, damping)
    Mu, Mv = M(u), M(v)
    scale = float(np.linalg.norm(u) * np.linalg.norm(Mv) + np.linalg.norm(v) * np.linalg.norm(Mu))
    assert float(u @ Mv) == pytest.approx(float(v @ Mu), abs=1e-8 * scale)
    assert float(v @ Mv) > 0.0


@given(st.integers(0, 1000), st.sampled_from([1e-8, 0.01, 1.0]), st.booleans(), st.booleans())
def test_the_exact_one_is_the_inverse_hessian(
    make: MakeProblem, seed: int, l2: float, bias: bool, reference: bool
) -> None:
    J = make(seed, l2=l2, bias=bias, reference=reference)
    rng = np.random.default_rng(seed)
    point, v = J.at(0.5 * rng.normal(size=J.size)), centred(J, rng.normal(size=J.size))
    np.testing.assert_allclose(inverse(point, "exact")(point.hvp(v)), v, atol=1e-6)


@given(st.integers(0, 1000), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.3]))
def test_the_coupled_one_of_all_rows_is_the_exact_one(
    make: MakeProblem, seed: int, bias: bool, reference: bool, damping: float
) -> None:
    J = make(seed, l2=0.01, bias=bias, reference=reference)
    rng = np.random.default_rng(seed)
    point, r = J.at(0.5 * rng.normal(size=J.size)), rng.normal(size=J.size)
    coupled, exact = (inverse(point, kind, damping)(r) for kind in ("coupled", "exact"))
    np.testing.assert_allclose(coupled, exact, rtol=1e-8, atol=1e-9)


def test_a_sample_of_the_rows_couples_classes_nearly_as_all_of_them_do(make: MakeProblem) -> None:
    J = make(n=4000, d=8, C=4, l2=1e-6)
    rng = np.random.default_rng(0)
    point, v = J.at(rng.normal(size=J.size)), centred(J, rng.normal(size=J.size))
    coupled, classwise = (inverse(point, kind) for kind in ("coupled", "classwise"))
    error, larger = (np.linalg.norm(M(point.hvp(v)) - v) for M in (coupled, classwise))
    assert error < 0.5 * np.linalg.norm(v)
    assert error < 0.5 * larger


@pytest.mark.parametrize("kind", ["exact", "coupled", "classwise"])
@pytest.mark.parametrize(("l2", "moves"), [(0.0, False), (1e-9, True)])
def test_a_column_twice_is_is_let_move_only_where_a_penalty_holds_it(
    make: MakeProblem, kind: str, l2: float, moves: bool
) -> None:
    J = make(n=200, d=2, l2=l2)
    X = np.asarray(J.problem.rows.block(slice(0, 200)).X)
    twice = objective_of(as_rows(np.c_[X, X[:, :1]]), J.problem.Y, Linear(3, 3), l2)
    W = np.zeros((3, 3))
    W[:, [0, 2]] = np.random.default_rng(0).normal(size=(3, 1)) * [1.0, -1.0]
    off = twice.model.join(W - W.mean(0), np.zeros(3))  # adds nothing to any logit
    v = inverse(twice.at(np.zeros(twice.size)), kind)(off)
    assert float(v @ off) >= 0.0
    assert (float(v @ off) > 1e6) == moves


@pytest.mark.parametrize("damping", [0.1, 10.0])
def test_the_exact_one_inverts_the_damped_hessian_too(make: MakeProblem, damping: float) -> None:
    J = make(l2=0.01)
    rng = np.random.default_rng(0)
    point, v = J.at(2.0 * rng.normal(size=J.size)), centred(J, rng.normal(size=J.size))
    M = inverse(point, "exact", damping)
    np.testing.assert_allclose(M(point.hvp(v, damping)), v, atol=1e-8)


@pytest.mark.parametrize("columns", [1.0, [1e-6, 1.0, 1e6]])
@pytest.mark.parametrize("kind", ["diagonal", "classwise", "shared", "pooled", "exact"])
def test_they_bring_the_hessian_close_to_the_identity_whatever_the_scale_of_the_columns(
    make: MakeProblem, kind: str, columns: Any
) -> None:
    J = make(n=200, l2=1e-10, columns=columns)
    scale = 1.0 / J.parameter_rms()
    rng = np.random.default_rng(0)
    point = J.at(0.3 * scale * rng.normal(size=J.size))
    M = inverse(point, kind)
    for _ in range(10):
        v = centred(J, scale * rng.normal(size=J.size))
        Hv = point.hvp(v)
        # <Hv, M Hv> / <v, Hv> is an average of the eigenvalues of M H.
        assert 0.2 < float(Hv @ M(Hv)) / float(v @ Hv) < 5.0


@kinds
def test_what_a_start_adds_to_every_class_alike_is_taken_back(make: MakeProblem, kind: str) -> None:
    J = make(l2=0.3)
    alike = J.model.join(np.tile([1.0, -2.0, 3.0], (3, 1)), np.zeros(3))
    np.testing.assert_allclose(inverse(J.at(alike), kind)(0.3 * alike), alike, rtol=1e-10)


@kinds
def test_rounding_of_the_gradient_over_a_tiny_penalty_moves_nothing(
    make: MakeProblem, kind: str
) -> None:
    J = make(n=80, l2=1e-8, columns=[1e-9, 1e9, 1.0])
    rng = np.random.default_rng(0)
    point = J.at(centred(J, 0.3 * rng.normal(size=J.size) / J.parameter_rms()))
    W = J.model.split(inverse(point, kind)(point.grad))[0]
    assert (np.abs(W.mean(0)) <= 1e-12 * np.abs(W).max(0)).all()


@pytest.mark.parametrize("kind", ["diagonal", "classwise", "shared", "pooled", "exact"])
def test_a_column_of_zeros_and_rows_without_weight_are_no_obstacle(
    make: MakeProblem, kind: str
) -> None:
    J = make(l2=1e-3, weighted=True, columns=[0.0, 1.0, 1.0])
    step = inverse(J.at(np.zeros(J.size)), kind)(J.at(np.zeros(J.size)).grad)
    assert np.isfinite(step).all()
    np.testing.assert_allclose(J.model.split(step)[0][:, 0], 0.0, atol=1e-15)


@kinds
def test_without_a_penalty_they_stay_finite(make: MakeProblem, kind: str) -> None:
    J = make(l2=0.0)
    point = J.at(np.zeros(J.size))
    step = inverse(point, kind)(point.grad)
    assert np.isfinite(step).all()
    assert float(step @ point.grad) > 0.0


@pytest.mark.parametrize("l2", [1e-6, 1.0])
@pytest.mark.parametrize("bias", [False, True])
def test_with_two_classes_and_fewer_rows_than_columns_the_space_of_the_rows_is_exact(
    make: MakeProblem, l2: float, bias: bool
) -> None:
    J = make(n=9, d=20, C=2, l2=l2, bias=bias, reference=True)
    point = J.at(0.1 * np.random.default_rng(0).normal(size=J.size))
    step = inverse(point, "rowspace")(point.grad)
    np.testing.assert_allclose(point.hvp(step), point.grad, atol=1e-6)


@pytest.mark.parametrize("bias", [False, True])
def test_where_all_parameters_are_zero_one_matrix_stands_for_every_class(
    make: MakeProblem, monkeypatch: pytest.MonkeyPatch, bias: bool
) -> None:
    made: list[int] = []
    where = import_module("softlearn.preconditioner.rowspace")
    real = where.factor_of
    monkeypatch.setattr(where, "factor_of", lambda M, *rest: made.append(len(M)) or real(M, *rest))
    problem = make(3, l2=0.01, bias=bias).problem  # fewer rows than a sample of them would have
    J = SoftmaxObjective(problem, passes_for(problem, limits=Limits(small_hessian=0.0)))
    r, nearly = np.random.default_rng(0).normal(size=(2, J.size))
    at_zero = inverse(J.at(np.zeros(J.size)), "rowspace")(r)
    assert len(made) == 1
    np.testing.assert_allclose(at_zero, inverse(J.at(1e-9 * nearly), "rowspace")(r), rtol=1e-5)
    assert len(made) == 1 + J.model.K


@pytest.mark.parametrize("kind", ["classwise", "shared", "pooled", "exact", "coupled"])
@pytest.mark.parametrize(
    "options", [{}, {"bias": False}, {"sparse": True}, {"C": 2, "reference": True}]
)
@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_and_that_matrix_is_the_whole_hessian(
    make: MakeProblem, kind: str, options: dict[str, Any], damping: float
) -> None:
    problem = make(3, l2=0.01, **options).problem
    J = SoftmaxObjective(problem, passes_for(problem, limits=Limits(small_hessian=0.0)))
    point = J.at(np.zeros(J.size))
    step = inverse(point, kind, damping)(point.grad)
    np.testing.assert_allclose(point.hvp(step, damping), point.grad, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"sparse": True}, {"reference": True}])
@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_so_does_one_diagonal(make: MakeProblem, options: dict[str, bool], damping: float) -> None:
    J = make(3, l2=0.01, **options)
    r, nearly = np.random.default_rng(0).normal(size=(2, J.size))
    of_one, of_each = (inverse(J.at(w), "diagonal", damping) for w in (0.0 * r, 1e-9 * nearly))
    np.testing.assert_allclose(of_one(r), of_each(r), rtol=1e-6)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("damping", [0.0, 0.3])
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_with_one_row_of_weights_the_pooled_one_is_the_inverse_hessian(
    make: MakeProblem, bias: bool, damping: float, l2: float
) -> None:
    J = make(C=2, reference=True, bias=bias, l2=l2)
    rng = np.random.default_rng(0)
    point, v = J.at(rng.normal(size=J.size)), rng.normal(size=J.size)
    M = inverse(point, "pooled", damping)
    np.testing.assert_allclose(M(point.hvp(v, damping)), v, rtol=1e-8)


def test_classes_of_different_sizes_take_half_the_passes_with_the_pooled_one() -> None:
    rng = np.random.default_rng(0)
    n, d, C = 3000, 12, 60
    shares = 1.0 / np.arange(1, C + 1)
    y = np.r_[np.arange(C), rng.choice(C, n - C, p=shares / shares.sum())]
    X = rng.normal(size=(C, d))[y] + rng.normal(size=(n, d))
    J = objective_of(as_rows(X), y, Linear(d, C), 1e-4)
    passes = {}
    for kind in ("pooled", "shared"):
        J.blocks.count = 0.0
        assert minimize(J, Newton(kind)).status is Status.CONVERGED
        passes[kind] = J.passes
    assert passes["pooled"] <= 0.6 * passes["shared"]


@pytest.mark.parametrize("wanted", [40, 400])
def test_sums_over_the_rows_that_are_drawn_are_right_on_average(
    make: MakeProblem, wanted: int
) -> None:
    J = make(n=400, d=3, C=3)
    a = 1.0 / np.random.default_rng(0).random((2, 400))  # some outweigh all others
    importance = a ** [[1.0], [0.7]]

    def piece(span: slice, block: Any) -> tuple[F64, F64]:
        return a[:, span], importance[:, span]

    sums = []
    for seed in range(200):
        drawn = draw(J.at(np.zeros(J.size)).forward, piece, 2, wanted, seed)
        assert [len(rows) for rows, _ in drawn] == [wanted, wanted]
        sums.append([weight.sum() for _, weight in drawn])
    error = np.std(sums, axis=0) / np.sqrt(len(sums))
    assert (np.abs(np.mean(sums, axis=0) - a.sum(1)) <= 4.0 * error + 1e-12 * a.sum(1)).all()


@pytest.mark.parametrize("kind", ["classwise", "shared", "coupled"])
def test_rows_are_drawn_alike_on_any_number_of_threads(make: MakeProblem, kind: str) -> None:
    P = make(n=3000, d=4, C=3, l2=1e-3).problem
    v = np.random.default_rng(0).normal(size=P.model.size)
    spans = [slice(a, a + 100) for a in range(0, 3000, 100)]

    def with_threads(engine: Engine) -> F64:
        kernel, _ = kernel_for(P.rows, P.model, P.labelled)
        J = SoftmaxObjective(P, Passes(P, kernel, engine, spans, keep=True))
        return np.asarray(inverse(J.at(0.1 * v), kind)(v))

    alone = with_threads(Serial())
    for _ in range(3):
        np.testing.assert_array_equal(with_threads(Threads(4)), alone)


def test_an_unknown_kind_raises(make: MakeProblem) -> None:
    J = make()
    with pytest.raises(ValueError, match="kind must be one of diagonal, classwise, shared"):
        J.at(np.zeros(J.size)).preconditioner("magic", 0)
