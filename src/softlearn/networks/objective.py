r"""The objective of a network: the mean cross-entropy plus a penalty, not convex in w."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..data import Rows
from ..execution.threads import Engine, Serial
from ..function import PointWithoutBound
from ..objective import OverRows, SoftmaxObjective
from ..passes import LIMITS, Blocks, spans_for
from ..problem import Linear, Names, Problem
from ..protocol import F64, Point
from . import Network
from .kernel import NetworkKernel

__all__ = ["NetworkObjective", "NetworkPoint", "objective_of"]


def objective_of(
    rows: Rows,
    Y: NDArray[Any],
    model: Linear | Network,
    l2: float = 0.0,
    weights: F64 | None = None,
    engine: Engine | None = None,
    names: Names | None = None,
) -> SoftmaxObjective | NetworkObjective:
    """Return the objective of a model: softmax regression's where it has no hidden layer.

    Args:
        rows, Y, l2, weights, names: as of `softlearn.problem.Problem.of`.
        model: a linear model or a network.
        engine: its threads are used; one thread if absent.

    Raises:
        ValueError: Y or weights do not fit.

    """
    model = getattr(model, "simplest", model)
    if not getattr(model, "curved", False):
        return SoftmaxObjective.of(rows, Y, cast(Linear, model), l2, weights, engine, names)
    return NetworkObjective(Problem.of(rows, Y, model, l2, weights, names), engine)


class NetworkObjective(OverRows):
    """The mean cross-entropy of a network plus an L2 penalty.

    Hessian products are those of the exact Hessian, which may be negative along some directions; no
    bound is known.

    Args:
        problem: rows, targets, a network and a penalty.
        engine: its threads are used; one thread if absent.
        brief: whether the rows are a mini-batch, one block if their activations are few.

    """

    has_bound = False
    low_precision = 0.0
    doubt = ""

    def __init__(self, problem: Problem, engine: Engine | None = None, brief: bool = False) -> None:
        rows, model = problem.rows, cast(Any, problem.model)
        self.problem, kernel = problem, NetworkKernel(model)
        whole = brief and 8 * model.units * rows.n <= LIMITS.batch_bytes
        masked = brief and getattr(model, "dropout", 0.0) > 0.0  # masks are drawn for a whole batch
        spans = [slice(0, rows.n)] if whole or masked else spans_for(rows, model.units, kernel)
        self.blocks = Blocks(problem, kernel, engine or Serial(), spans, keep=False)

    def at(self, w: NDArray[Any]) -> NetworkPoint:
        """Return J at w."""
        return NetworkPoint(self.blocks, np.asarray(w, dtype=self.model.dtype))

    def subset(self, rows: NDArray[np.intp], factor: F64) -> NetworkObjective:
        """Return the objective over some rows, their weights s_i multiplied by `factor`."""
        return NetworkObjective(self.problem.subset(rows, factor), self.blocks.engine, brief=True)

    def drawn(self, rng: np.random.Generator) -> NetworkObjective:
        """Return the objective with other units left out, the same ones in every evaluation."""
        if not getattr(self.model, "dropout", 0.0):
            return self
        problem = replace(self.problem, model=self.model.training(rng))
        return NetworkObjective(problem, self.blocks.engine, brief=True)

    def diagnose(self, point: Point, d: F64) -> str:
        """Return '': no bound is known for a network's minimum."""
        return ""


class NetworkPoint(PointWithoutBound):
    """A network's J at one w."""

    def __init__(self, blocks: Blocks, w: NDArray[Any]) -> None:
        self.blocks, self.w = blocks, w
        self._both: tuple[float, F64] | None = None

    @property
    def value(self) -> float:
        """J(w)."""
        return self._evaluated()[0]

    @property
    def grad(self) -> F64:
        """The gradient of J at w."""
        return self._evaluated()[1]

    def _evaluated(self) -> tuple[float, F64]:
        if self._both is None:
            blocks, problem, w = self.blocks, self.blocks.problem, self.w
            forward, value = blocks.kernel.forward, 0.0

            def gradients() -> Iterator[Any]:
                nonlocal value
                for part in blocks.read(
                    lambda span, block: forward(
                        block, w, problem.labels(span), problem.s[span], None
                    )
                ):
                    value += part.loss
                    yield part.part

            grad = blocks.total(gradients())
            value += problem.penalty.value(w)
            self._both = value, problem.penalty.add_grad(w, grad, blocks.vectors)
        return self._both

    def hvp(self, v: F64, damping: float = 0.0, rtol: float = 0.0) -> F64:
        """Return (H + damping G) v, H the exact Hessian, G the weighted variance of the logits."""
        blocks, problem = self.blocks, self.blocks.problem
        kernel, A = cast(NetworkKernel, blocks.kernel), np.asarray(v, dtype=self.w.dtype)
        parts = blocks.read(
            lambda span, block: kernel.hessian(
                block, A, self.w, problem.labels(span), problem.s[span], damping
            )
        )
        return problem.penalty.add_grad(v, blocks.total(parts), blocks.vectors)

    def over_blocks(self, f: Any) -> Iterator[Any]:
        """Yield f(span, probabilities) by block."""
        kernel = self.blocks.kernel
        return self.blocks.read(lambda span, block: f(span, kernel.probabilities(block, self.w)))

    def at(self, w: F64) -> NetworkPoint:
        """Return J at another w."""
        return NetworkPoint(self.blocks, w)
