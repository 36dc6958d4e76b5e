"""One suite for every way of making passes: each kernel, storage, size, precision and engine."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from native import SETS, kernel_of

from softlearn.data import as_rows
from softlearn.execution.threads import Serial, Threads
from softlearn.passes import Limits, Passes, SmallPasses, passes_for
from softlearn.problem import Linear, Problem
from softlearn.testing import check_passes

STORAGES: dict[str, Any] = {
    "dense": np.asarray,
    "Fortran": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "CSR": sp.csr_array,
    "CSR float32": lambda X: sp.csr_array(X.astype(np.float32)),
}


def problem(
    storage: str = "dense", n: int = 90, d: int = 7, C: int = 4, soft: bool = False, **options: Any
) -> Problem:
    rng = np.random.default_rng(n + d + C)
    X = (rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.6)).astype(np.float32).astype(float)
    Y: Any = rng.dirichlet(np.ones(C), n) if soft else rng.integers(0, C, n)
    rows = as_rows(STORAGES[storage](X))
    model = Linear(d, C, **{"by_feature": rows.sparse, **options})
    return Problem.of(rows, Y, model, 0.05, rng.integers(1, 4, n).astype(float))


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("large", [False, True])
def test_the_passes_that_are_chosen(storage: str, soft: bool, large: bool) -> None:
    limits = Limits(small_hessian=0.0, block_work=0) if large else Limits()
    P = problem(storage, soft=soft)
    passes = passes_for(P, limits=limits)
    assert isinstance(passes, SmallPasses) is not large
    check_passes(passes)


@pytest.mark.parametrize("options", [{"bias": False}, {"reference": True}, {"by_feature": False}])
@pytest.mark.parametrize("storage", ["dense", "CSR"])
def test_every_kind_of_model(storage: str, options: dict[str, bool]) -> None:
    P = problem(storage, C=2 if "reference" in options else 4, **options)
    for limits in (Limits(), Limits(small_hessian=0.0, block_work=0)):
        check_passes(passes_for(P, limits=limits))


@pytest.mark.parametrize("isa", ["numpy", *SETS])
@pytest.mark.parametrize("storage", ["dense", "CSR"])
@pytest.mark.parametrize("keep", [False, True])
def test_every_kernel_in_blocks(isa: str, storage: str, keep: bool) -> None:
    P = problem(storage)
    spans = [slice(0, 31), slice(31, 64), slice(64, 90)]
    kernels = [kernel_of(isa, P)]
    if isa != "numpy" and storage == "CSR":
        kernels.append(kernel_of(isa, P, "features"))
    low = None
    if isa != "numpy":
        low = kernel_of(isa, P, "low features" if storage == "CSR" else "low")
    for kernel in kernels:
        for engine in (Serial(), Threads(3)):
            check_passes(Passes(P, kernel, engine, spans, keep))
        if low is not None and keep:
            check_passes(Passes(P, kernel, Serial(), spans, keep, low))


@pytest.mark.parametrize("isa", ["numpy", *SETS])
def test_hundreds_of_classes(isa: str) -> None:
    P = problem(n=120, d=3, C=300)
    spans = [slice(0, 70), slice(70, 120)]
    for keep in (False, True):
        check_passes(Passes(P, kernel_of(isa, P), Serial(), spans, keep), accuracy=1e-10)


def test_a_pass_that_changes_its_answer_is_caught() -> None:
    P = problem()

    class Forgetful(Passes):
        """One whose products depend on how often they were asked for."""

        def read(self, f: Any, kernel: Any = None) -> Any:
            for k, part in enumerate(super().read(f, kernel)):
                noise = 1e-14 * self.count * (k == 0)
                yield part + noise if isinstance(part, np.ndarray) else part

    with pytest.raises(AssertionError, match="same answer"):
        check_passes(Forgetful(P, kernel_of("numpy", P), Serial(), [slice(0, 90)], True))
