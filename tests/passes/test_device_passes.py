"""Passes that PyTorch makes are the same as all others, on the CPU as on a GPU."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from softlearn.data import as_rows
from softlearn.execution.threads import Serial
from softlearn.kernels import NumPyKernel
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, Passes, passes_for
from softlearn.preconditioner import build_preconditioner
from softlearn.problem import Linear, Problem
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize
from softlearn.testing import check_passes

torch = pytest.importorskip("torch")

from softlearn.data.tensor import TensorRows  # noqa: E402
from softlearn.kernels.tensor import LowPrecisionTensor  # noqa: E402
from softlearn.passes.device import DevicePasses, low_type  # noqa: E402

ORDERS: dict[str, Any] = {
    "as it is": lambda X: X,
    "transposed": lambda X: X.T.contiguous().T,
    "every other row": lambda X: X.repeat_interleave(2, 0)[::2],
}


FLOATS, HALVES = (torch.float32, torch.float64), (torch.float16, torch.bfloat16)


def problem(
    n: int = 90, d: int = 7, C: int = 4, soft: bool = False, dtype: Any = None,
    order: str = "as it is", mean: float = 0.0, l2: float = 0.05, **options: Any,
) -> Problem:  # fmt: skip
    rng = np.random.default_rng(n + d + C)
    X = (rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.6) + mean).astype(np.float32)
    tensor = ORDERS[order](torch.from_numpy(X).to(dtype or torch.float64))
    Y: Any = rng.dirichlet(np.ones(C), n) if soft else rng.integers(0, C, n)
    weights = rng.integers(1, 4, n).astype(float)
    return Problem.of(as_rows(tensor), Y, Linear(d, C, **options), l2, weights)


def learnable(mean: float) -> Problem:
    """Return one that takes many products: classes nearly apart, and columns that depend."""
    P = problem(n=2000, d=20, C=5, mean=mean, dtype=torch.float32, l2=1e-6)
    X, rng = P.rows.take(np.arange(2000)) - mean, np.random.default_rng(5)
    scores = 4.0 * X @ rng.normal(size=(20, 5)) + rng.gumbel(size=(2000, 5))
    return replace(P, Y=scores.argmax(1))


def on_host(P: Problem) -> Problem:
    rows: Any = P.rows
    X = rows.X.float() if rows.X.dtype in HALVES else rows.X
    return replace(P, rows=as_rows(X.numpy()))


SMALL_BLOCKS = Limits(host_block=1, device_block=1)  # 64 rows each


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES])
@pytest.mark.parametrize("low", [None, torch.float32, torch.bfloat16])
def test_they_are_those_of_the_definition(soft: bool, keep: bool, dtype: Any, low: Any) -> None:
    P = problem(soft=soft, dtype=dtype)
    passes = DevicePasses(P, Serial(), keep, SMALL_BLOCKS, low)
    assert len(passes.spans) == 2
    check_passes(passes)


@pytest.mark.parametrize("options", [{"bias": False}, {"reference": True, "C": 2}, {"C": 2}])
def test_every_kind_of_model(options: dict[str, Any]) -> None:
    passes = passes_for(problem(dtype=torch.float32, **options), limits=SMALL_BLOCKS)
    assert isinstance(passes, DevicePasses)
    assert passes.low is not None
    check_passes(passes)


@pytest.mark.parametrize("low", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("spreads", [0.0, 30.0, 1000.0])
def test_low_precision_holds_whatever_the_means_of_the_columns(
    low: Any, bias: bool, spreads: float
) -> None:
    P = problem(n=300, d=6, mean=spreads, dtype=torch.float32, bias=bias, l2=1e-3)
    v = np.random.default_rng(1).normal(size=P.model.size)
    W, b = P.model.split(v)
    if bias:  # about the means, as the directions are along which a fit moves
        b[:] = -spreads * W.sum(1)
    passes = DevicePasses(P, Serial(), True, SMALL_BLOCKS, low)
    at = passes.forward(0.0 * v)
    want, found = at.product(v, 0.1), at.product(v, 0.1, low_precision=True)
    for k in (0, 1):
        exact, rough = P.model.split(want)[k], P.model.split(found)[k]
        error = np.abs(rough - exact).max(initial=0.0)
        assert error <= passes.low.product_error * np.abs(exact).max(initial=0.0)
    assert not np.array_equal(want, found)


SETTINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "inference": torch.inference_mode,
    "another device": lambda: torch.device("meta"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_users_set_for_their_networks_changes_no_bit(setting: str) -> None:
    v = np.random.default_rng(1).normal(size=problem().model.size)

    def bits() -> list[Any]:
        at = passes_for(problem(dtype=torch.float32), limits=SMALL_BLOCKS).forward(v)
        return [at.value, at.grad, at.product(v), at.product(v, low_precision=True)]

    want = bits()
    with SETTINGS[setting]():
        for found, right in zip(bits(), want, strict=True):
            np.testing.assert_array_equal(found, right)


def test_low_settings_for_float32_change_no_gradient() -> None:
    v, precision = np.ones(problem().model.size), torch.get_float32_matmul_precision()
    want = passes_for(problem(dtype=torch.float32)).forward(v).grad
    try:
        torch.set_float32_matmul_precision("medium")
        found = passes_for(problem(dtype=torch.float32)).forward(v).grad
    finally:
        torch.set_float32_matmul_precision(precision)
    np.testing.assert_array_equal(found, want)


def digits(C: float) -> Problem:
    """Return images like mnist's, smaller."""
    X, y = load_digits(return_X_y=True)
    rows = as_rows(torch.from_numpy((X / 16.0).astype(np.float32)))
    return Problem.of(rows, y, Linear(64, 10), 1.0 / (C * len(X)))


def power_law(mean: float = 0.0) -> Problem:
    """Return features like a network's: variances by a power law, in a random basis."""
    rng, n, d, C = np.random.default_rng(3), 1500, 96, 60
    sizes = np.arange(1, d + 1) ** -0.5
    G, teacher = rng.normal(size=(n, d)), rng.normal(size=(d, C)) * sizes[:, None]
    y = np.r_[np.arange(C), (3.0 * G @ teacher + rng.gumbel(size=(n, C))).argmax(1)[C:]]
    X = (G * sizes) @ np.linalg.qr(rng.normal(size=(d, d)))[0]
    rows = as_rows(torch.from_numpy((X + mean * X.std(0)).astype(np.float32)))
    return Problem.of(rows, y, Linear(d, C), 1.0 / n)


def gap_by_numpy(P: Problem, w: Any) -> float:
    """Return the gap of J at w in float64, by a bound of NumPy's own, with columns centred."""
    X = P.rows.take(np.arange(P.rows.n))
    W, b = P.model.split(w)
    centre = X.mean(0).astype(np.float32).astype(np.float64)
    J, far = (
        SoftmaxObjective(Q, Passes(Q, NumPyKernel(Q.model), Serial(), [slice(0, Q.rows.n)], True))
        for Q in (replace(P, rows=as_rows(X - centre)), replace(P, rows=as_rows(X)))
    )
    result = minimize(J, Newton("classwise"), P.model.join(W, b + W @ centre), 1e-9)
    return far.at(w).value / result.lower - 1.0


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "learnable": lambda: learnable(0.0),
    "learnable, means of 1,000 spreads": lambda: learnable(1000.0),
    "digits, C=0.01": lambda: digits(0.01),
    "digits, C=1": lambda: digits(1.0),
    "digits, C=100": lambda: digits(100.0),
    "power law": power_law,
    "power law, means of 1,000 spreads": lambda: power_law(1000.0),
}


@pytest.mark.parametrize("low", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", PROBLEMS)
def test_newtons_method_takes_as_many_steps_with_products_in_low_precision(
    low: Any, name: str
) -> None:
    P = PROBLEMS[name]()
    steps = []
    for passes in (DevicePasses(P, Serial(), True, Limits(), each) for each in (None, low)):
        result = minimize(SoftmaxObjective(P, passes), Newton("classwise"), None, 1e-6)
        assert result.status is Status.CONVERGED
        assert gap_by_numpy(P, result.w) <= 1e-6
        steps.append(result.n_steps)
    assert steps[1] <= 1.1 * steps[0]
    assert passes.low_count >= 0.4 * passes.count


@pytest.mark.parametrize("known", [True, False])
def test_gpus_have_products_in_bfloat16_where_they_know_it(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: known)
    rows: Any = SimpleNamespace(device=torch.device("cuda"), dtype=np.dtype(np.float64))
    assert low_type(rows) is (torch.bfloat16 if known else torch.float32)
    assert low_type(problem(dtype=torch.float64).rows) is None


def test_products_that_are_too_rough_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    P = learnable(0.0)
    passes = passes_for(P)
    exact = LowPrecisionTensor._times
    monkeypatch.setattr(LowPrecisionTensor, "_times", lambda self, A, B: 1.3 * exact(self, A, B))
    result = minimize(SoftmaxObjective(P, passes), Newton("classwise"), None, 1e-8)
    assert result.gap <= 1e-8
    assert passes.low_count <= 8


@pytest.mark.parametrize("kind", ["diagonal", "classwise", "shared", "pooled", "exact", "coupled"])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("start", [True, False])
def test_preconditioners_are_those_of_rows_in_memory(kind: str, keep: bool, start: bool) -> None:
    P = problem(n=60, mean=0.2)
    r = np.random.default_rng(2).normal(size=P.model.size)
    w = 0.0 * r if start else 0.3 * r[::-1].copy()
    many = passes_for(on_host(P), limits=Limits(small_hessian=0.0))
    here = build_preconditioner(many.forward(w), kind, 0, 0.1)
    passes = DevicePasses(P, Serial(), keep, Limits())
    there = build_preconditioner(passes.forward(w), kind, 0, 0.1)
    np.testing.assert_allclose(there(r), here(r), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("options", [{}, {"C": 2, "reference": True}])
def test_sums_for_the_certificate_are_those_of_rows_in_memory(keep: bool, options: Any) -> None:
    P = problem(**options)
    w = np.random.default_rng(3).normal(size=P.model.size)
    here = passes_for(on_host(P)).forward(w)
    there = DevicePasses(P, Serial(), keep, SMALL_BLOCKS).forward(w)
    np.testing.assert_allclose(there.bias_curvature, here.bias_curvature, atol=1e-14)
    c = np.arange(1.0, P.model.K + 1.0)
    np.testing.assert_allclose(there.bias_product(c), here.bias_product(c), atol=1e-14)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES])
def test_rows_are_those_of_the_tensor(order: str, dtype: Any) -> None:
    there: Any = problem(order=order, dtype=dtype).rows
    here = on_host(problem(order=order, dtype=dtype)).rows
    some, weight = np.array([3, 1, 1, 80]), np.array([0.5, 0.0, 2.0, 1.0])
    assert (there.n, there.d, there.dtype) == (90, 7, here.dtype)
    assert there.nbytes == 90 * 7 * dtype.itemsize
    np.testing.assert_array_equal(there.take(some), here.take(some))
    np.testing.assert_array_equal(there.subset(some).take(np.arange(4)), here.take(some))
    np.testing.assert_array_equal(there.block(slice(5, 9)).raw[0], here.block(slice(5, 9)).raw[0])
    for bias in (False, True):
        B = np.c_[here.take(some), np.ones(4)][:, : 7 + bias]
        np.testing.assert_allclose(there.gram(some, weight, bias), (B.T * weight) @ B, atol=1e-12)


def test_on_a_device_logits_are_kept_where_its_memory_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TensorRows, "in_host_memory", False)
    for free, kept in ((0, False), (1 << 30, True)):
        monkeypatch.setattr(TensorRows, "free", lambda self, free=free: free)
        passes = passes_for(problem(dtype=torch.float32), limits=SMALL_BLOCKS)
        assert passes.keep is kept
        check_passes(passes)


@pytest.mark.parametrize(("free", "home"), [(2 * 90 * 7 * 4, "meta"), (90 * 7 * 4, "cpu")])
def test_rows_go_to_the_device_once_if_they_fit(
    free: int, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TensorRows, "free", lambda self: free)
    rows = TensorRows(torch.ones(90, 7), "meta")  # a device without memory
    assert rows.X.device.type == home
    assert rows.block(slice(5, 9)).given.device.type == "meta"
