"""Passes that PyTorch makes are the same as all others, on the CPU as on a GPU."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from softlearn.data import as_rows
from softlearn.execution.threads import Serial
from softlearn.objective import SoftmaxObjective
from softlearn.passes import Limits, passes_for
from softlearn.preconditioner import build_preconditioner
from softlearn.problem import Linear, Problem
from softlearn.protocol import Status
from softlearn.solve import Newton, minimize
from softlearn.testing import check_passes

torch = pytest.importorskip("torch")

from softlearn.data.tensor import TensorRows  # noqa: E402
from softlearn.kernels.tensor import LowPrecisionTensor  # noqa: E402
from softlearn.passes.device import DevicePasses  # noqa: E402

ORDERS: dict[str, Any] = {
    "as it is": lambda X: X,
    "transposed": lambda X: X.T.contiguous().T,
    "every other row": lambda X: X.repeat_interleave(2, 0)[::2],
}


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


def on_host(P: Problem) -> Problem:
    rows: Any = P.rows
    return replace(P, rows=as_rows(rows.X.numpy()))


def with_low(passes: Any, dtype: Any) -> Any:
    passes._low = LowPrecisionTensor(passes.problem.model, passes.problem.rows, dtype)
    return passes


SMALL_BLOCKS = Limits(host_block=1, device_block=1)  # 64 rows each


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("low", [None, torch.float32, torch.bfloat16])
def test_they_are_those_of_the_definition(soft: bool, keep: bool, dtype: Any, low: Any) -> None:
    P = problem(soft=soft, dtype=dtype)
    passes = DevicePasses(P, Serial(), keep, SMALL_BLOCKS, exact=True)
    assert len(passes.spans) == 2
    check_passes(passes if low is None else with_low(passes, low))


@pytest.mark.parametrize("options", [{"bias": False}, {"reference": True, "C": 2}, {"C": 2}])
def test_every_kind_of_model(options: dict[str, Any]) -> None:
    passes = passes_for(problem(dtype=torch.float32, **options), limits=SMALL_BLOCKS)
    assert isinstance(passes, DevicePasses)
    assert passes.low is not None
    check_passes(passes)
