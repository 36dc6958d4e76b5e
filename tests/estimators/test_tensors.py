"""Tensors as X, y and weights, and fits on a device: the same optimum, or one clear sentence."""

import sys
from typing import Any

import numpy as np
import pytest

from softlearn import SoftmaxRegression, SoftmaxRegressionCV
from softlearn.estimators.sklearn import tensors
from softlearn.softmax import cross_entropy

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 5)).astype(np.float32)
Y = (X[:, :3] + RNG.gumbel(size=(200, 3))).argmax(1)
WEIGHTS = RNG.integers(1, 4, 200).astype(float)
TENSOR = torch.from_numpy(X)


class OnDevice(torch.Tensor):
    """A tensor that NumPy cannot read, like those on a GPU."""

    def cpu(self, *args: Any) -> Any:
        return self.as_subclass(torch.Tensor)

    def numpy(self, **options: Any) -> Any:
        raise TypeError("can't convert device type tensor to numpy")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numpy()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat tensors in host memory as if they lay on a device."""
    monkeypatch.setattr(tensors, "_HOST", "nowhere")


def value(model: Any, X: Any, y: Any, s: Any = None) -> float:
    """Return J at the coefficients, from the definition in float64."""
    s = np.ones(len(y)) if s is None else s
    Z = np.asarray(X, float) @ model.coef_.T + model.intercept_
    Z = np.concatenate([np.zeros_like(Z), Z], 1) if Z.shape[1] == 1 else Z
    penalty = 0.0 if np.isinf(model.C) else (model.coef_**2).sum() / (2 * model.C)
    return float((s @ cross_entropy(Z, y) + penalty) / s.sum())


def lowest(X: Any, y: Any, s: Any = None, **options: Any) -> float:
    """Return a lower bound on J, proven by the passes of NumPy and C++ in float64."""
    model = SoftmaxRegression(tol=1e-9, **options).fit(np.asarray(X, float), y, s)
    return model.objective_ * (1.0 - model.gap_)


def check(model: Any, X: Any, y: Any, s: Any = None, **options: Any) -> None:
    J, lower = value(model, X, y, s), lowest(X, y, s, **options)
    assert model.gap_ <= 1e-6
    assert lower <= J <= lower * (1.0 + 1e-6)
    assert model.objective_ == pytest.approx(J, rel=1e-12)


@pytest.mark.parametrize("options", [
    {}, {"fit_intercept": False}, {"C": 0.01}, {"C": 100.0}, {"C": np.inf}, {"solver": "lbfgs"},
    {"precision": "float64"},
])  # fmt: skip
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pytorch_finds_the_same_optimum(options: Any, classes: int, dtype: type) -> None:
    y = np.minimum(Y, classes - 1)
    model = SoftmaxRegression(device="cpu", **options).fit(X.astype(dtype), y, WEIGHTS)
    check(model, X, y, WEIGHTS, **options)
    assert type(model.coef_) is type(model.intercept_) is np.ndarray


def test_rows_of_probabilities_a_penalty_with_kinks_and_batches() -> None:
    P = RNG.dirichlet(np.ones(3), 200)
    for options, y in (({}, P), ({"l1_ratio": 1.0}, Y), ({"class_weight": "balanced"}, Y)):
        here = SoftmaxRegression(**options).fit(X, y)
        there = SoftmaxRegression(device="cpu", **options).fit(X, y)
        np.testing.assert_allclose(there.coef_, here.coef_, atol=1e-4)
        assert there.gap_ <= 1e-6
    online = [SoftmaxRegression(device=device) for device in (None, "cpu")]
    for model in online:
        for part in (slice(0, 100), slice(100, 200)):
            model.partial_fit(X[part], Y[part], classes=[0, 1, 2])
    np.testing.assert_allclose(online[1].coef_, online[0].coef_, atol=1e-6)


@pytest.mark.parametrize("spreads", [30.0, 1000.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_means_far_from_zero(spreads: float, fit_intercept: bool) -> None:
    far = (X + np.float32(spreads)).astype(np.float32)
    model = SoftmaxRegression(device="cpu", fit_intercept=fit_intercept).fit(far, Y)
    check(model, far, Y, fit_intercept=fit_intercept)


TENSORS: dict[str, Any] = {
    "float32": TENSOR,
    "float64": TENSOR.double(),
    "with a gradient": TENSOR.clone().requires_grad_(),
    "a parameter": torch.nn.Parameter(TENSOR.clone()),
    "transposed": TENSOR.T.contiguous().T,
    "every other row": TENSOR.repeat_interleave(2, 0)[::2],
    "whole numbers": (4 * TENSOR).int(),
    "bytes": (20 * TENSOR).clamp(0, 255).to(torch.uint8),
    "booleans": TENSOR > 0,
    "float16": TENSOR.half(),
    "bfloat16": TENSOR.bfloat16(),
    "float8": (TENSOR / 8).to(torch.float8_e4m3fn),
}


@pytest.mark.parametrize("kind", TENSORS)
@pytest.mark.parametrize("on_device", [False, True])
def test_every_kind_of_tensor_is_what_its_numbers_are(
    kind: str, on_device: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = TENSORS[kind]
    known = given.detach().double().numpy()
    want = SoftmaxRegression(tol=1e-9).fit(known, Y, WEIGHTS)
    labels, weights = torch.from_numpy(Y), torch.from_numpy(WEIGHTS).requires_grad_()
    if on_device:
        monkeypatch.setattr(tensors, "_HOST", "nowhere")
        given, labels, weights = (x.as_subclass(OnDevice) for x in (given, labels, weights))
    model = SoftmaxRegression(tol=1e-9).fit(given, labels, weights)
    assert model.score(given, labels, weights) == want.score(known, Y, WEIGHTS)
    np.testing.assert_allclose(model.coef_, want.coef_, atol=1e-4)
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        found = getattr(model, name)(given)
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, getattr(model, name)(known), rtol=1e-11, atol=1e-11)
    for found, right in zip(model.predict_top(given, 2), model.predict_top(known, 2), strict=True):
        np.testing.assert_allclose(found, right)


def test_a_tensor_in_host_memory_gives_the_bits_of_its_array() -> None:
    model, same = (SoftmaxRegression().fit(each, Y) for each in (X, TENSOR))
    np.testing.assert_array_equal(same.coef_, model.coef_)


@pytest.mark.usefixtures("elsewhere")
def test_labels_are_strings_though_features_are_on_a_device() -> None:
    names = np.array(["a", "b", "c"])[Y]
    model = SoftmaxRegression().fit(TENSOR, names.tolist())
    assert set(model.predict(TENSOR)) == {"a", "b", "c"}
    check(model, X, Y)


NAN = TENSOR.clone()
NAN[7, 2] = torch.nan


@pytest.mark.parametrize(("given", "said"), [
    (TENSOR[:, 0], r"X must have two axes, rows and features, but its shape is \(200,\)"),
    (TENSOR[None], r"X must have two axes, rows and features, but its shape is \(1, 200, 5\)"),
    (TENSOR[:0], r"X has the shape \(0, 5\)"),
    (TENSOR[:, :0], r"X has the shape \(200, 0\)"),
    (TENSOR[:9], r"inconsistent numbers of samples: \[9, 200\]"),
    (NAN, "X has nan in row 7, column 2"),
    (torch.complex(TENSOR, TENSOR), "X has complex numbers"),
    (TENSOR.to_sparse(), "X is a sparse tensor .* give a SciPy sparse array, or X.to_dense()"),
    (torch.nested.as_nested_tensor([*TENSOR], layout=torch.jagged), "X is a nested tensor"),
    (TENSOR.to("meta"), "X is on the device 'meta', where tensors have no values"),
])  # fmt: skip
@pytest.mark.usefixtures("elsewhere")
def test_what_cannot_be_used_gets_a_sentence(
    given: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "_AT_ONCE", 10)  # two rows
    with pytest.raises(ValueError, match=said):
        SoftmaxRegression().fit(given, Y)


@pytest.mark.usefixtures("elsewhere")
def test_other_sentences() -> None:
    model = SoftmaxRegression().fit(TENSOR, Y)
    with pytest.raises(ValueError, match="X has nan in row 7, column 2"):
        model.predict(NAN)
    with pytest.raises(ValueError, match="X has 4 features, but SoftmaxRegression is expecting 5"):
        model.predict_proba(TENSOR[:, :4])
    with pytest.raises(ValueError, match="y is on the device 'meta'"):
        model.fit(TENSOR, torch.from_numpy(Y).to("meta"))
    with pytest.raises(ValueError, match="sample_weight is on the device 'meta'"):
        model.fit(TENSOR, Y, torch.ones(200, device="meta"))
    with pytest.raises(ValueError, match=r"SoftmaxRegressionCV does not compute: give X.cpu\(\)"):
        SoftmaxRegressionCV().fit(TENSOR, Y)
    with pytest.raises(ValueError, match="adds a column to X, which is on a device"):
        SoftmaxRegression(solver="liblinear").fit(TENSOR, Y)


@pytest.mark.parametrize("device", ["nowhere", "cuda:99", "meta", ""])
def test_a_device_that_cannot_be_used_gets_a_sentence(device: str) -> None:
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used: "):
        SoftmaxRegression(device=device).fit(X, Y)


@pytest.mark.usefixtures("elsewhere")
def test_x_on_a_device_without_float64_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def ones(*size: int, **options: Any) -> Any:
        raise TypeError("Cannot convert a MPS Tensor to float64.")

    model = SoftmaxRegression().fit(TENSOR, Y)
    monkeypatch.setattr(torch, "ones", ones)
    for method in (lambda: model.fit(TENSOR, Y), lambda: model.predict(TENSOR)):
        with pytest.raises(ValueError, match=r"The device of X, 'cpu', .*float64. Give X.cpu\(\)."):
            method()


def test_a_device_takes_dense_rows() -> None:
    from scipy.sparse import csr_array

    with pytest.raises(ValueError, match="device='cpu' takes a dense X in memory, but X is sparse"):
        SoftmaxRegression(device="cpu").fit(csr_array(X), Y)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_that_pytorch_cannot_share(order: Any) -> None:
    fixed, big = X.copy(order), X.astype(">f8", order=order)
    fixed.flags.writeable = False
    field = np.zeros(200, dtype=[("a", "i1"), ("x", "f4", 5)])
    field["x"] = X
    for given in (fixed, big, X[::-1][::-1], X[:, ::-1][:, ::-1], field["x"]):
        check(SoftmaxRegression(device="cpu").fit(given, Y), X, Y)


class Foreign:
    """An array of CuPy, as far as DLPack knows."""

    def __init__(self, tensor: Any, device: int) -> None:
        self.tensor, self.device = tensor, device

    def __dlpack__(self, **options: Any) -> Any:
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device, 0

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.device != 1:
            raise TypeError("Implicit conversion to a NumPy array is not allowed.")
        return self.tensor.numpy()


Foreign.__module__ = "cupy._core.core"


@pytest.mark.parametrize("device", [1, 2])
def test_other_libraries_hand_over_their_arrays_by_dlpack(
    device: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[Any] = []
    monkeypatch.setattr(torch, "from_dlpack", lambda x: handed.append(x) or x.tensor)
    given, y = Foreign(TENSOR, device), Foreign(torch.from_numpy(Y), device)
    model = SoftmaxRegression().fit(given, y)
    check(model, X, Y)
    assert len(handed) == (0 if device == 1 else 2)


def test_arrays_of_jax() -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    for dtype in (jnp.float32, jnp.bfloat16):
        given, labels, weights = jnp.asarray(X, dtype), jnp.asarray(Y), jnp.asarray(WEIGHTS)
        model = SoftmaxRegression().fit(given, labels, weights)
        check(model, np.asarray(given, float), Y, WEIGHTS)
        assert type(model.predict_proba(given)) is np.ndarray
        assert model.score(given, labels) == model.score(np.asarray(given, float), Y)
    with pytest.raises(ValueError, match=r"X is traced by JAX .*: call this outside jax.jit"):
        jax.jit(model.predict_proba)(given)


def test_without_pytorch_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    SoftmaxRegression().fit(X, Y).predict(X)  # which does not need it
    for model, given in (
        (SoftmaxRegression(device="cuda"), X),
        (SoftmaxRegression(), Foreign(X, 2)),
    ):
        with pytest.raises(ImportError, match=r"torch, .* pip install 'softlearn\[device\]'"):
            model.fit(given, Y)


def test_what_was_used_is_said() -> None:
    rows, labels = np.tile(X, (40, 8)), np.tile(Y, 40)
    rows += 0.1 * RNG.normal(size=rows.shape).astype(np.float32)
    for device in (None, "cpu"):
        auto = SoftmaxRegression(device=device).fit(rows, labels)
        assert "were Hessian products in float32, the others in float64." in auto.precision_
        exact = SoftmaxRegression(device=device, precision="float64").fit(rows, labels)
        assert exact.precision_ == "All passes over all rows were in float64."
        assert auto.n_iter_ <= 1.1 * exact.n_iter_
        assert auto.objective_ == pytest.approx(exact.objective_, rel=1e-6)
    with pytest.raises(ValueError, match="'precision' parameter of SoftmaxRegression must be"):
        SoftmaxRegression(precision="float16").fit(X, Y)
