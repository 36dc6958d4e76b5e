"""The conformance suites pass what is right and catch what is wrong, in a sentence."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray
from problems import MakeProblem

from softlearn.data import DenseBlock, DenseRows, as_rows
from softlearn.function import Function
from softlearn.kernels import dispatch
from softlearn.kernels import numpy_blocks as plain
from softlearn.objective import SoftmaxLine, SoftmaxObjective, SoftmaxPoint
from softlearn.protocol import F64, Objective, Step
from softlearn.solve import Newton
from softlearn.testing import check_objective, check_rows, check_solver

Patch = Callable[[pytest.MonkeyPatch], None]
X = np.random.default_rng(0).normal(size=(70, 3))


def test_importing_it_loads_no_test_framework() -> None:
    code = "import softlearn.testing, sys; sys.exit(bool({'pytest', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- storages


class Broken(DenseRows):
    """A storage of which each subclass breaks one promise."""


class ComputesInFloat32(Broken):
    class Block(DenseBlock):
        def matmat(self, W: F64) -> Any:
            return super().matmat(W).astype(np.float32)

    def block(self, span: slice) -> DenseBlock:
        return self.Block(self.X[span])


class Rounds(Broken):
    def block(self, span: slice) -> DenseBlock:
        return DenseBlock(self.X[span].astype(np.float32).astype(np.float64))


class IsConsumed(Broken):
    def block(self, span: slice) -> DenseBlock:
        block = super().block(span)
        self.X = self.X * 2.0
        return block


class TakesOthers(Broken):
    def take(self, rows: NDArray[np.intp]) -> F64:
        return super().take(rows[::-1])


class ForgetsItsKind(Broken):
    def subset(self, rows: NDArray[np.intp]) -> DenseRows:
        return DenseRows(self.X[rows])


class ForgetsToSquare(Broken):
    class Block(DenseBlock):
        def squares(self) -> DenseBlock:
            return self

    def block(self, span: slice) -> DenseBlock:
        return self.Block(self.X[span])


class IsTransposed(Broken):
    class Block(DenseBlock):
        def rmatmat(self, R: F64) -> F64:
            return super().rmatmat(R[:, ::-1])

    def block(self, span: slice) -> DenseBlock:
        return self.Block(self.X[span])


@pytest.mark.parametrize("make_rows", [np.array, sp.csr_array])
def test_right_storages_pass(make_rows: Callable[[F64], Any]) -> None:
    check_rows(as_rows(make_rows(X)), X)


@pytest.mark.parametrize(
    ("storage", "sentence"),
    [
        (ComputesInFloat32, "must be float64"),
        (Rounds, r"matmat\(W\)"),
        (IsConsumed, "asked again"),
        (TakesOthers, r"take\(rows\)"),
        (ForgetsItsKind, "same kind of storage"),
        (ForgetsToSquare, "block of squares"),
        (IsTransposed, r"rmatmat\(R\)"),
    ],
)
def test_a_broken_storage_is_caught(storage: type[Broken], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_rows(storage(X), X)


def test_a_storage_of_another_shape_is_caught() -> None:
    with pytest.raises(AssertionError, match="shape"):
        check_rows(as_rows(X), X[:, :2])


# ---------------------------------------------------------------- objectives


def wrong_point(**changes: Any) -> Patch:
    return lambda patch: [patch.setattr(SoftmaxPoint, k, v) for k, v in changes.items()] and None


def wrong_kernel(name: str, wrong: Callable[[Any], Any]) -> Patch:
    right = getattr(plain, name)

    def spoil(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(plain, name, lambda *a: wrong(right(*a)))
        patch.setattr(dispatch, "choice", lambda: "numpy")

    return spoil


def wrong_line(patch: pytest.MonkeyPatch) -> None:
    right = SoftmaxLine.__call__
    patch.setattr(SoftmaxLine, "__call__", lambda self, t: (right(self, t)[0], right(self, t)[0]))


right_grad, right_hvp, right_bound = SoftmaxPoint.grad, SoftmaxPoint.hvp, SoftmaxPoint.bound
MISTAKES: dict[str, tuple[Patch, str]] = {
    "a gradient too long by a little": (
        wrong_point(grad=property(lambda p: right_grad.fget(p) * 1.0001)),  # type: ignore[attr-defined]
        "gradient must be the derivative",
    ),
    "a residual with the wrong sign": (
        wrong_kernel("forward", lambda f: f._replace(R=-f.R)),
        "gradient must be the derivative",
    ),
    "a loss counted twice": (
        wrong_kernel("forward", lambda f: f._replace(loss=2.0 * f.loss)),
        "gradient must be the derivative",
    ),
    "a curvature without its projection": (
        wrong_kernel("centre_logits", lambda T: T + 0.01),
        "hvp",
    ),
    "a product that is not symmetric": (
        wrong_point(hvp=lambda p, v, damping=0.0: right_hvp(p, v, damping) + np.roll(v, 1)),
        "hvp",
    ),
    "a product that is not linear": (
        wrong_point(hvp=lambda p, v, damping=0.0: right_hvp(p, v, damping) * (1 + 1e-3 * v @ v)),
        "hvp",
    ),
    "damping that does not damp": (
        wrong_point(hvp=lambda p, v, damping=0.0: right_hvp(p, v) - damping * v),
        "damping",
    ),
    "a bound too high": (
        wrong_point(bound=lambda p, v=None, r=None: right_bound(p, v, r) + 0.3),
        r"bound\(v, r\) must lie below",
    ),
    "a bound at the value": (
        wrong_point(bound=lambda p, v=None, r=None: p.value),
        "must lie below",
    ),
    "a bound that is no number": (
        wrong_point(bound=lambda p, v=None, r=None: np.nan),
        "must lie below",
    ),
    "a preconditioner that is not positive": (
        wrong_point(preconditioner=lambda p, kind, seed, damping=0.0: lambda r: -r),
        "positive definite",
    ),
    "a preconditioner that is not symmetric": (
        wrong_point(preconditioner=lambda p, kind, seed, damping=0.0: lambda r: r + np.roll(r, 1)),
        "preconditioner must be symmetric",
    ),
    "a slope that is a value": (wrong_line, "slope"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_broken_objective_is_caught(
    make: MakeProblem, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    check_objective(make())
    patch, sentence = MISTAKES[mistake]
    patch(monkeypatch)
    with pytest.raises(AssertionError, match=sentence):
        check_objective(make())


def square(w: F64) -> tuple[float, F64]:
    return float(w @ w), 2.0 * w


def test_a_function_that_changes_its_mind_is_caught() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(AssertionError, match="to the last bit"):
        check_objective(Function(lambda w: (square(w)[0] + 1e-9 * rng.random(), 2.0 * w), 2))


def test_a_function_that_bends_down_is_not_convex() -> None:
    with pytest.raises(AssertionError, match="positive semidefinite"):
        check_objective(Function(lambda w: (-float(w @ w), -2.0 * w), 2))


def test_a_gradient_of_another_shape_is_caught() -> None:
    with pytest.raises(AssertionError, match="shape"):
        check_objective(Function(lambda w: (float(w @ w), 2.0 * w[:1]), 2))


def test_a_value_that_is_not_finite_is_caught() -> None:
    with pytest.raises(AssertionError, match="finite"):
        check_objective(Function(lambda w: (np.inf, w), 2))


def test_an_objective_that_writes_into_its_argument_is_caught(make: MakeProblem) -> None:
    class Writes(SoftmaxObjective):
        def at(self, w: F64) -> SoftmaxPoint:
            w += 1e-9
            return super().at(w)

    J = make()
    J.__class__ = Writes
    with pytest.raises(AssertionError, match=r"to the last bit|nothing may change"):
        check_objective(J)


# ---------------------------------------------------------------- solvers


@dataclass(frozen=True)
class Mutant:
    """Newton's method with each of its steps passed through a change."""

    change: Callable[[int, Step, Objective], Step | None]
    name: str = "mutant"

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        for k, step in enumerate(Newton("none").steps(J, w0, tol)):
            changed = self.change(k, step, J)
            if changed is None:
                return
            yield changed


def shifted(k: int, step: Step, J: Objective) -> Step:
    return replace(step, point=J.at(step.point.w + 1e-3))


SOLVERS: dict[str, tuple[Callable[[int, Step, Objective], Step | None], str]] = {
    "claims a bound that is false": (
        lambda k, step, J: replace(step, lower=step.point.value - 1e-9) if k else step,
        r"above the minimum|ended with",
    ),
    "claims a false bound and goes on": (
        lambda k, step, J: replace(step, lower=step.point.value - 1e-4) if k == 1 else step,
        "above the minimum",
    ),
    "starts elsewhere": (shifted, "the first step must be the start"),
    "gives up": (lambda k, step, J: step if k < 2 else None, "ended with: Stopped at the limit"),
    "says it is stuck when it is not": (
        lambda k, step, J: replace(step, stuck=k == 1),
        "above the minimum|ended with",
    ),
    "denies the minimum": (
        lambda k, step, J: replace(step, unbounded="It falls without bound." if k == 1 else ""),
        "ended with: There is no finite optimum|denies",
    ),
    "never arrives": (
        lambda k, step, J: step if k == 0 else shifted(k, step, J),
        "ended with|above the minimum",
    ),
    "is random": (
        lambda k, step, J: (
            step
            if k == 0
            else replace(step, point=J.at(step.point.w + 1e-12 * np.random.default_rng().random()))
        ),
        "two runs must give the same bits",
    ),
}


def test_a_right_solver_passes() -> None:
    check_solver(Mutant(lambda k, step, J: step))


@pytest.mark.parametrize("mistake", SOLVERS)
def test_a_broken_solver_is_caught(mistake: str) -> None:
    change, sentence = SOLVERS[mistake]
    with pytest.raises(AssertionError, match=sentence):
        check_solver(Mutant(change), max_steps=200)


def test_a_solver_without_a_name_is_caught() -> None:
    with pytest.raises(AssertionError, match="name"):
        check_solver(replace(Newton(), name=""))


def test_a_solver_that_writes_into_its_start_is_caught() -> None:
    @dataclass(frozen=True)
    class Writes:
        name: str = "writes"

        def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
            yield Step(J.at(w0.copy()))
            w0 -= 0.1
            yield from Newton("none").steps(J, w0, tol)

    with pytest.raises(AssertionError, match=r"leave the start|first step|same bits"):
        check_solver(Writes())


def test_a_solver_that_does_not_stop_at_nan_is_caught() -> None:
    @dataclass(frozen=True)
    class Hides:
        name: str = "hides"

        def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
            for step in Newton("none").steps(J, w0, tol):
                finite = np.isfinite(step.point.value)
                yield step if finite else Step(Function(square, J.size).at(w0))

    with pytest.raises(AssertionError, match="NaN"):
        check_solver(Hides())
