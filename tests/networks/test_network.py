"""Networks: the course's formulas, held to PyTorch, to differences and to softmax regression."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from network_problems import ACTIVATIONS, network_problem
from problems import MakeProblem
from sklearn.neural_network import MLPClassifier

from softlearn.data import as_rows
from softlearn.networks import Network, initial_parameters, objective_of
from softlearn.problem import Linear
from softlearn.protocol import F64, Status
from softlearn.solve import LBFGS, Adam, Newton, minimize
from softlearn.testing import check_model, check_objective

X = np.random.default_rng(0).normal(size=(20, 4))
block = as_rows(X).block(slice(0, 20))


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_every_activation_at_every_depth_is_a_model(activation: str, depth: int) -> None:
    model = Network((4, *range(6, 6 - depth, -1), 3), activation)
    w = initial_parameters(model, np.random.default_rng(depth), "sklearn")
    check_model(model.simplest, w)


@pytest.mark.parametrize("bias", [False, True])
def test_weights_come_first_layer_by_layer_and_biases_after_them(bias: bool) -> None:
    model = Network((2, 3, 4), bias=bias)
    w = np.arange(float(model.size))
    W, b = model.split(w)
    np.testing.assert_array_equal(W[1], np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(W[2], np.arange(6.0, 18.0).reshape(4, 3))
    assert sorted(b) == ([1, 2] if bias else [])
    assert model.weights == 18
    np.testing.assert_array_equal(np.concatenate([w[:18], *b.values()]), w)
    np.testing.assert_array_equal(model.join(W, b), w)
    assert all(np.shares_memory(part, w) for part in (*W.values(), *b.values()))


def test_one_example_goes_through_as_the_course_writes_it() -> None:
    model = Network((4, 5, 3), "tanh")
    w = initial_parameters(model, np.random.default_rng(1), "sklearn")
    W, b = model.split(w)
    for i, x in enumerate(X):
        a1 = np.tanh(W[1] @ x + b[1])
        z2 = W[2] @ a1 + b[2]
        np.testing.assert_allclose(model.logits(block, w)[:, i], z2, rtol=1e-13)


def test_backward_propagation_is_the_course_s_for_one_example() -> None:
    model = Network((4, 5, 3), "tanh")
    w = initial_parameters(model, np.random.default_rng(1), "sklearn")
    W, b = model.split(w)
    x, y = X[0], np.eye(3)[1]
    J = objective_of(as_rows(X[:1]), np.array([1]), model)
    a1 = np.tanh(W[1] @ x + b[1])
    z2 = W[2] @ a1 + b[2]
    dz2 = np.exp(z2) / np.exp(z2).sum() - y
    da1 = W[2].T @ dz2
    dz1 = da1 * (1.0 - a1**2)
    want = [np.outer(dz1, x).ravel(), np.outer(dz2, a1).ravel(), dz1, dz2]
    np.testing.assert_allclose(J.at(w).grad, np.concatenate(want), rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [1, 3])
def test_loss_gradient_and_hessian_product_are_pytorch_s(activation: str, depth: int) -> None:
    torch = pytest.importorskip("torch")
    J, w = network_problem(activation, (6, 5, 4)[:depth], l2=0.0)
    v = np.random.default_rng(5).normal(size=J.size)
    g = {
        "tanh": torch.tanh,
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "gelu": torch.nn.functional.gelu,
        "identity": lambda z: z,
    }[activation]
    model: Any = J.model
    T = torch.tensor(J.problem.rows.take(np.arange(J.problem.rows.n)))

    def loss(u: Any) -> Any:
        W, b = model.split(u)
        A = T
        for layer in range(1, model.L + 1):
            A = A @ W[layer].T + b[layer]
            A = g(A) if layer < model.L else A
        return torch.nn.functional.cross_entropy(A, torch.tensor(J.problem.Y))

    u = torch.tensor(w, requires_grad=True)
    value = loss(u)
    (grad,) = torch.autograd.grad(value, u, create_graph=True)
    (product,) = torch.autograd.grad(grad @ torch.tensor(v), u)
    point = J.at(w)
    assert point.value == pytest.approx(value.item(), rel=1e-13)
    np.testing.assert_allclose(point.grad, grad.detach().numpy(), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(point.hvp(v), product.numpy(), rtol=1e-11, atol=1e-14)


# ---------------------------------------------------------------- without a hidden layer


@pytest.mark.parametrize("bias", [False, True])
def test_without_a_hidden_layer_it_is_softmax_regression(make: MakeProblem, bias: bool) -> None:
    J = make(n=60, d=3, C=4, l2=0.05, bias=bias)
    N = objective_of(J.problem.rows, J.problem.Y, Network((3, 4), bias=bias), 0.05)
    assert N.model == J.model
    assert N.has_bound
    found, want = (minimize(f, Newton(), tol=1e-10) for f in (N, J))
    assert found.status is Status.CONVERGED
    np.testing.assert_array_equal(found.w, want.w)


def test_its_own_formulas_without_a_hidden_layer_are_those_of_the_linear_model() -> None:
    network, linear = Network((4, 3)), Linear(4, 3)
    rng = np.random.default_rng(0)
    w, R = rng.normal(size=linear.size), rng.normal(size=(3, 20))
    np.testing.assert_array_equal(network.logits(block, w), linear.logits(block, w))
    np.testing.assert_array_equal(network.vjp(network.forward(block, w), R), linear.vjp(block, R))
    assert linear == network.simplest


def test_with_a_hidden_layer_there_is_neither_bound_nor_preconditioner_nor_diagnosis() -> None:
    J, w = network_problem()
    point = J.at(w)
    assert not J.has_bound
    assert point.bound(point.grad) == -np.inf
    assert point.gap_along(w, w) == 0.0
    assert point.preconditioner("diagonal", 0) is None
    assert J.diagnose(point, w) == ""
    assert J.floor == 0.0


# ---------------------------------------------------------------- derivatives


@given(
    st.sampled_from(ACTIVATIONS),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 1000),
)
def test_objectives_over_networks_are_objectives(
    activation: str, hidden: list[int], weighted: bool, soft: bool, sparse: bool, seed: int
) -> None:
    smooth = "gelu" if activation == "relu" else activation  # differences cross kinks
    kind = {"weighted": weighted, "soft": soft, "sparse": sparse, "seed": seed}
    J, w = network_problem(smooth, tuple(hidden), **kind)  # type: ignore[arg-type]
    check_objective(J, w + 0.1, convex=False)


def test_damping_measures_the_change_of_the_logits() -> None:
    J, w = network_problem(weighted=True, l2=0.0)
    model: Any = J.model
    v = np.random.default_rng(1).normal(size=J.size)
    point = J.at(w)
    U = model.jvp(model.forward(J.problem.rows.block(slice(0, 40)), w), v).RZ[model.L]
    want = float(J.problem.s @ ((U - U.mean(0)) ** 2).sum(0))
    assert v @ (point.hvp(v, 1.0) - point.hvp(v)) == pytest.approx(want, rel=1e-10)


def test_the_hessian_of_a_network_can_bend_down() -> None:
    J, w = network_problem("tanh", (4,), l2=0.0)
    H = np.stack([J.at(w).hvp(e) for e in np.eye(J.size)])
    np.testing.assert_allclose(H, H.T, atol=1e-14)
    assert np.linalg.eigvalsh(H)[0] < -1e-3


def test_the_passes_slope_along_a_line_is_that_of_the_points_on_it() -> None:
    J, w = network_problem(weighted=True, l2=0.0)
    d = np.random.default_rng(2).normal(size=J.size)
    span = slice(0, 40)
    loss, slope = J.blocks.kernel.line_from(
        J.problem.rows.block(span), w, d, 0.3, J.problem.Y, J.problem.s
    )
    np.testing.assert_allclose((loss, slope), J.at(w).along(d)(0.3), rtol=1e-12)


# ---------------------------------------------------------------- data


def test_weights_are_repetitions_and_labels_are_certain_probabilities() -> None:
    J, w = network_problem(weighted=True)
    rows = np.repeat(
        np.arange(40), np.rint(J.problem.s / J.problem.s[J.problem.s > 0].min()).astype(int)
    )
    X = J.problem.rows.take(rows)
    repeated = objective_of(as_rows(X), J.problem.Y[rows], J.model, 0.01)
    certain = objective_of(as_rows(X), np.eye(3)[J.problem.Y[rows]], J.model, 0.01)
    for other in (repeated, certain):
        assert other.at(w).value == pytest.approx(J.at(w).value, rel=1e-13)
        np.testing.assert_allclose(other.at(w).grad, J.at(w).grad, rtol=1e-11, atol=1e-16)


def test_a_sparse_x_and_one_in_many_blocks_give_what_a_dense_one_in_one_block_gives() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 300)) * (rng.random((900, 300)) < 0.1)
    Y, model = rng.integers(0, 3, 900), Network((300, 20, 3), "tanh")
    w, v = initial_parameters(model, rng), rng.normal(size=model.size)
    dense, sparse = (objective_of(as_rows(x), Y, model) for x in (X, sp.csr_array(X)))
    whole = dense.subset(np.arange(900), np.ones(900))
    assert len(dense.blocks.spans) > len(whole.blocks.spans) == 1
    for other in (sparse, whole):
        assert other.at(w).value == pytest.approx(dense.at(w).value, rel=1e-13)
        np.testing.assert_allclose(other.at(w).grad, dense.at(w).grad, rtol=1e-9, atol=1e-16)
        np.testing.assert_allclose(other.at(w).hvp(v), dense.at(w).hvp(v), rtol=1e-9, atol=1e-13)


def test_predicted_probabilities_are_those_of_the_loss() -> None:
    J, w = network_problem()
    out = np.empty((40, 3))
    J.blocks.kernel.predict(J.problem.rows.block(slice(0, 40)), w, out, True)
    (P,) = J.at(w).over_blocks(lambda span, P: P)
    np.testing.assert_allclose(out.T, P, rtol=1e-13)
    assert J.at(w).value - J.penalty.value(w) == pytest.approx(
        -np.log(out[np.arange(40), J.problem.Y]).mean(), rel=1e-13
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_confidently_wrong_network_has_its_true_loss(dtype: str) -> None:
    model = Network((1, 1, 2), "identity", dtype=dtype)
    w = model.join({1: np.ones((1, 1)), 2: np.array([[800.0], [0.0]])}, {1: [0.0], 2: [0.0, 0.0]})
    J = objective_of(as_rows(np.ones((1, 1), dtype)), np.array([1]), model)
    assert J.at(w).value == 800.0  # scikit-learn's MLPClassifier says 36.04


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_in_float32_everything_is_close_to_float64(activation: str, sparse: bool) -> None:
    J, w = network_problem(activation, (30, 20), sparse=sparse)
    X = J.problem.rows.take(np.arange(40)).astype(np.float32)
    model = Network(J.model.sizes, activation, dtype="float32")  # type: ignore[attr-defined]
    single = objective_of(as_rows(sp.csr_array(X) if sparse else X), J.problem.Y, model, 0.01)
    point, exact, v = single.at(w), J.at(w), np.sin(np.arange(J.size))
    assert point.w.dtype == point.grad.dtype == np.float32
    assert point.value == pytest.approx(exact.value, rel=1e-6)
    for got, want in ((point.grad, exact.grad), (point.hvp(v), exact.hvp(v))):
        np.testing.assert_allclose(got, want, atol=1e-5 * np.abs(want).max(), rtol=0.0)


def test_float32_rows_are_multiplied_in_float32() -> None:
    model = Network((4, 3, 2), dtype="float32")
    w = initial_parameters(model, np.random.default_rng(0))
    tape = model.forward(as_rows(X.astype(np.float32)).block(slice(0, 20)), w)
    kinds = {a.dtype for part in (tape.W, tape.Z, tape.G, tape.A) for a in part.values()}
    assert kinds == {np.dtype(np.float32)}


# ---------------------------------------------------------------- the start


def test_initial_parameters_have_the_spread_of_their_scheme() -> None:
    model = Network((400, 300, 200), "relu")
    for scheme, first in (("he", 2 / 400), ("glorot", 2 / 700), ("sklearn", 2 / 700)):
        W, b = model.split(initial_parameters(model, np.random.default_rng(0), scheme))
        assert W[1].var() == pytest.approx(first, rel=0.02)
        assert b[1].any() == (scheme == "sklearn")
    for activation, scheme in (("relu", "he"), ("gelu", "he"), ("tanh", "glorot")):
        some = Network((4, 3, 2), activation)
        auto, named = (
            initial_parameters(some, np.random.default_rng(3), s) for s in ("auto", scheme)
        )
        np.testing.assert_array_equal(auto, named)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_scheme_sklearn_draws_mlpclassifier_s_parameters(activation: str) -> None:
    name = {"sigmoid": "logistic"}.get(activation, activation)
    peer = MLPClassifier(
        (5, 6), activation=name, solver="sgd", learning_rate_init=1e-300, max_iter=1, random_state=7
    )
    peer.partial_fit(X, np.arange(20) % 3, classes=[0, 1, 2])
    w = initial_parameters(
        Network((4, 5, 6, 3), activation),
        np.random.RandomState(7),
        "sklearn",
    )
    want = [C.T.ravel() for C in peer.coefs_] + list(peer.intercepts_)
    np.testing.assert_array_equal(w, np.concatenate(want))


# ---------------------------------------------------------------- dropout


def test_dropout_leaves_units_out_in_batches_only_and_always_the_same_ones() -> None:
    J, w = network_problem("tanh", (50, 40), dropout=0.4)
    plain, _ = network_problem("tanh", (50, 40))
    np.testing.assert_array_equal(J.at(w).grad, plain.at(w).grad)
    for batch in J.batches(16, np.random.default_rng(0)):
        model: Any = batch.model
        n = batch.problem.rows.n
        tape = model.forward(batch.problem.rows.block(slice(0, n)), w)
        for A, G, M in ((tape.A[k], tape.G[k], tape.M[k]) for k in (1, 2)):
            left_out = M == 0.0
            np.testing.assert_array_equal(A[left_out], 0.0)
            np.testing.assert_allclose(A[~left_out], G[~left_out] / 0.6)
            assert left_out.mean() == pytest.approx(0.4, abs=5 * np.sqrt(0.24 / left_out.size))
        np.testing.assert_array_equal(batch.at(w).grad, batch.at(w).grad)
        check_objective(batch, w, convex=False)


def test_units_left_out_differ_from_batch_to_batch_and_their_mean_is_the_network() -> None:
    model = Network((4, 200, 3), "tanh", dropout=0.3)
    w = initial_parameters(model, np.random.default_rng(0), "sklearn")
    rng = np.random.default_rng(1)
    Z = np.stack([model.training(rng).logits(block, w) for _ in range(400)])
    assert len(np.unique(Z[:, 0, 0])) == 400
    error = np.abs(Z.mean(0) - model.logits(block, w)) / (Z.std(0) / 20.0)
    assert error.max() < 5.0


# ---------------------------------------------------------------- every solver runs it


def spiral(n: int = 80, C: int = 4) -> tuple[F64, Any]:
    """Return C interleaved arms of n points."""
    rng = np.random.default_rng(0)
    t = np.linspace(0.05, 1.0, n)
    arms = [
        np.stack([t * np.sin(a), t * np.cos(a)], 1)
        for k in range(C)
        for a in [4.0 * t + 2.0 * np.pi * k / C + 0.1 * rng.normal(size=n)]
    ]
    return np.concatenate(arms), np.repeat(np.arange(C), n)


@pytest.mark.parametrize("solver", [LBFGS(), Newton(), Adam(0.03)])
def test_a_spiral_that_no_linear_model_fits_is_fitted(solver: Any) -> None:
    X, y = spiral()
    model = Network((2, 24, 4), "tanh")
    J = objective_of(as_rows(X), y, model, 1e-6)
    w = initial_parameters(model, np.random.default_rng(0))
    found = minimize(J, solver, w, tol=1e-3, max_steps=400)
    right = model.logits(as_rows(X).block(slice(0, len(X))), found.w).argmax(0) == y
    assert right.mean() > 0.99
    linear = objective_of(as_rows(X), y, Linear(2, 4), 1e-6)
    best = minimize(linear, Newton())
    straight = linear.model.logits(as_rows(X).block(slice(0, len(X))), best.w).argmax(0) == y
    assert straight.mean() < 0.6


@pytest.mark.parametrize("solver", [LBFGS(), Newton()])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu"])
def test_solvers_end_where_the_gradient_vanishes(activation: str, solver: Any) -> None:
    J, w = network_problem(activation, (5,), n=60, l2=0.02)
    found = minimize(J, solver, w, tol=1e-6, max_steps=1000)
    assert found.status is Status.STATIONARY
    assert found.lower == -np.inf
    assert found.value < J.at(w).value


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"sizes": (4,)}, "sizes must be"),
        ({"sizes": (4, 0, 3)}, "each at least 1"),
        ({"activation": "swish"}, "activation must be one of tanh, relu"),
        ({"dtype": "float16"}, "dtype must be"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
    ],
)
def test_a_choice_that_there_is_not_is_named(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Network(**({"sizes": (4, 5, 3)} | choices))


def test_a_scheme_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="scheme must be one of auto, he"):
        initial_parameters(Network((2, 3, 2)), np.random.default_rng(0), "lecun")


# ---------------------------------------------------------------- what is caught


class ForgetsTheSlope(Network):
    def _through(self, tape: Any, l: int, dA: Any) -> Any:  # noqa: E741
        return dA


class ForgetsTheBend(Network):
    def rop(self, tape: Any, tangent: Any, dZ: Any, RdZ: Any) -> Any:
        return self.vjp(tape, RdZ)


class MixesRows(Network):
    def forward(self, block: Any, w: Any) -> Any:
        tape = super().forward(block, w)
        tape.Z[self.L][:] += tape.Z[self.L].mean(1, keepdims=True)
        return tape


class ForgetsABias(Network):
    def vjp(self, tape: Any, dZ: Any) -> Any:
        out = super().vjp(tape, dZ)
        out[-1] = 0.0
        return out


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (ForgetsTheSlope, "jvp must be the logits' derivative"),
        (ForgetsTheBend, "hvp"),
        (MixesRows, "must not depend on the rows beside it"),
        (ForgetsABias, "vjp must be the transpose of jvp"),
    ],
)
def test_a_broken_model_is_caught(model: type[Network], sentence: str) -> None:
    check_model(Network((4, 5, 3), "tanh"))
    with pytest.raises(AssertionError, match=sentence):
        check_model(model((4, 5, 3), "tanh"))
