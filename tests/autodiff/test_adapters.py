"""One conformance test for all adapters: value, gradient and Hessian products of one cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softlearn.autodiff import Cost, as_objective

X = np.random.default_rng(0).normal(size=(20, 3))
y = np.random.default_rng(1).integers(2, size=20) * 2.0 - 1.0


def reference(flat: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return value, gradient and Hessian of mean log(1 + exp(-y (X w + b))) + |w|^2 / 2 by hand."""
    A = np.c_[X, np.ones(len(X))] * y[:, None]
    s = 1.0 / (1.0 + np.exp(A @ flat))
    l2 = np.diag([1.0, 1.0, 1.0, 0.0])
    value = np.logaddexp(0.0, -A @ flat).mean() + 0.5 * float(flat @ l2 @ flat)
    grad = -A.T @ s / len(X) + l2 @ flat
    return float(value), grad, (A.T * (s * (1.0 - s))) @ A / len(X) + l2


@dataclass(frozen=True)
class Library:
    """How a library writes the same cost."""

    name: str
    array: Callable[[Any], Any]
    softplus: Callable[[Any], Any]
    mean: Callable[[Any], Any]
    dot: Callable[[Any, Any], Any]


def _jax() -> Library:
    jax = pytest.importorskip("jax")
    return Library("jax", np.asarray, jax.nn.softplus, lambda a: a.mean(), lambda A, b: A @ b)


def _torch() -> Library:
    torch = pytest.importorskip("torch")
    double = torch.float64
    softplus = torch.nn.functional.softplus
    return Library(
        "torch", lambda a: torch.as_tensor(a, dtype=double), softplus, torch.mean, torch.matmul
    )


def _tensorflow() -> Library:
    tf = pytest.importorskip("tensorflow")
    return Library(
        "tensorflow",
        lambda a: tf.Variable(a, dtype=tf.float64),
        tf.math.softplus,
        tf.reduce_mean,
        lambda A, b: tf.tensordot(A, b, 1),
    )


def _numpy() -> Library:
    return Library("numpy", np.asarray, lambda a: np.logaddexp(0.0, a), np.mean, lambda A, b: A @ b)


def written(lib: Library) -> Callable[[Any, Any, Any], Any]:
    """Return the cost as that library's users write it."""

    def J(p: Any, X: Any, y: Any) -> Any:
        z = y * (lib.dot(X, p["w"]) + p["b"])
        return lib.mean(lib.softplus(-z)) + 0.5 * lib.dot(p["w"], p["w"])

    return J


def user_gradient(p: Any, X: Any, y: Any) -> Any:
    _, grad, _ = reference(np.r_[p["w"], p["b"]])
    return {"w": grad[:3], "b": grad[3]}


def user_product(p: Any, v: Any, X: Any, y: Any) -> Any:
    _, _, H = reference(np.r_[p["w"], p["b"]])
    Hv = H @ np.r_[v["w"], v["b"]]
    return {"w": Hv[:3], "b": Hv[3]}


ADAPTERS = ["jax", "torch", "tensorflow", "grad", "grad and hvp", "differences"]
LIBRARIES = {"jax": _jax, "torch": _torch, "tensorflow": _tensorflow}


@pytest.fixture(scope="module", params=ADAPTERS)
def made(request: pytest.FixtureRequest) -> tuple[str, Cost]:
    """Return the cost as an objective by each adapter."""
    lib = LIBRARIES.get(request.param, _numpy)()
    w0 = {"w": lib.array(np.zeros(3)), "b": lib.array(0.0)}
    args = (lib.array(X), lib.array(y))
    options: dict[str, Any] = {}
    if request.param.startswith("grad"):
        options["grad"] = user_gradient
    if request.param.endswith("hvp"):
        options["hvp"] = user_product
    if request.param == "differences":
        with pytest.warns(UserWarning, match="Derivatives are computed by differences"):
            J = as_objective(written(lib), w0, args=args)
    else:
        J = as_objective(written(lib), w0, args=args, **options)
    return request.param, J


vectors = st.lists(st.floats(-3.0, 3.0), min_size=4, max_size=4).map(np.array)


@given(w=vectors, v=vectors)
@settings(max_examples=15)
def test_an_adapter_gives_value_gradient_and_hessian_products(
    made: tuple[str, Cost], w: np.ndarray, v: np.ndarray
) -> None:
    name, J = made
    value, grad, H = reference(w)
    point = J.at(w)
    exact = name not in ("grad", "differences")
    assert point.value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(
        point.grad, grad, rtol=0.0, atol=1e-9 if name == "differences" else 1e-13
    )
    np.testing.assert_allclose(point.hvp(v), H @ v, rtol=0.0, atol=1e-12 if exact else 1e-7)
    assert isinstance(point.value, float)
    assert point.grad.dtype == np.float64


def test_an_adapter_leaves_what_it_is_given_as_it_was(made: tuple[str, Cost]) -> None:
    _, J = made
    w, v = np.full(4, 0.5), np.ones(4)
    point = J.at(w)
    assert point.grad is point.grad
    point.grad[...] = 0.0  # the caller's own copy, whatever the library keeps
    point.hvp(v)
    assert np.array_equal(w, np.full(4, 0.5))
    assert np.array_equal(v, np.ones(4))
    assert J.at(w).grad.any()


@pytest.mark.parametrize("library", ["jax", "torch", "tensorflow"])
def test_a_linear_cost_has_no_curvature_and_a_constant_one_no_gradient(library: str) -> None:
    w0 = LIBRARIES[library]().array(np.ones(2))
    linear = as_objective(lambda w: w[0] - 2.0 * w[1], w0).at(np.ones(2))
    assert np.array_equal(linear.grad, [1.0, -2.0])
    assert not linear.hvp(np.ones(2)).any()
    constant = as_objective(lambda w: 3.0, w0).at(np.ones(2))
    assert not constant.grad.any()
    assert not constant.hvp(np.ones(2)).any()


def test_jax_works_in_float64_and_leaves_the_users_setting_alone() -> None:
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    J = as_objective(lambda w: w + 1e-12, 1.0)
    assert J.at(np.ones(1)).value == 1.0 + 1e-12
    assert jax.config.jax_enable_x64 == before


def test_jax_compiles_once_whatever_the_numbers_are() -> None:
    pytest.importorskip("jax")
    calls = []

    def J(w: Any, X: Any) -> Any:
        calls.append(1)
        return ((X @ w) ** 2).sum()

    objective = as_objective(J, np.zeros(3), batches=[X, X + 1.0, 2.0 * X])
    assert objective.at(np.ones(3)).grad.any()
    traced = len(calls)
    for k in range(5):
        assert np.isfinite(objective.at(np.full(3, float(k))).value)
    assert len(calls) == traced


def test_numbers_and_words_in_args_may_steer_python_code() -> None:
    pytest.importorskip("jax")

    def J(w: Any, power: int, kind: str) -> Any:
        return sum(w**2 for _ in range(power)) if kind == "sum" else w

    assert as_objective(J, 1.0, args=(3, "sum")).at(np.full(1, 2.0)).value == 12.0
    assert as_objective(J, 1.0, args=(3, "other")).at(np.full(1, 2.0)).value == 2.0


def test_python_that_branches_on_the_values_of_w_is_differentiated_uncompiled() -> None:
    pytest.importorskip("jax")
    J = as_objective(lambda w: w**2 if w > 0.0 else w**4, 1.0)
    assert J.at(np.full(1, 3.0)).grad == pytest.approx([6.0])
    assert J.at(np.full(1, -2.0)).grad == pytest.approx([-32.0])
    assert J.at(np.full(1, -2.0)).hvp(np.ones(1)) == pytest.approx([48.0])


def test_torch_tensors_keep_their_type_inside_the_cost() -> None:
    torch = pytest.importorskip("torch")
    seen = set()

    def J(w: Any) -> Any:
        seen.add(w.dtype)
        return (w**2).sum()

    assert as_objective(J, torch.ones(2)).at(np.ones(2)).value == 2.0
    assert seen == {torch.float32}
