"""A user's function of parameters in any nesting as an `Objective` of one vector."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..function import Function
from ..protocol import F64, Objective
from .arguments import one_by_one, takes_one_by_one
from .given import by_user
from .jax_adapter import INSTALL, NotTraceable, by_jax
from .tensorflow_adapter import by_tensorflow
from .torch_adapter import by_torch
from .trees import Tree

__all__ = ["Batches", "Cost", "as_objective"]

Batches = Iterable[Any] | Callable[[np.random.Generator], Iterable[Any]]
"""The arguments of J after w, one batch at a time: a list, a data loader, or rng -> iterator."""

_FEW = 50  # parameters that differences are taken of


class Cost(Function):
    """J(w, *args) as an `Objective`, w one flat vector; over batches, the mean of theirs.

    Args:
        function: args -> `Function` of one vector, as the adapters make it.
        tree: the nesting of w.
        args: of the whole; None for the mean over the batches.
        batches: for `Stochastic`; None if there are none.

    """

    def __init__(
        self,
        function: Callable[[tuple[Any, ...]], Function],
        tree: Tree,
        args: tuple[Any, ...] | None,
        batches: Batches | None = None,
    ) -> None:
        self.function, self.tree, self._batches = function, tree, batches
        if args is None:
            self._whole = next(self._epoch(np.random.default_rng(0)))
            super().__init__(self._mean, tree.size, self._mean_product)
        else:
            self._whole = whole = function(args)
            super().__init__(whole.fun, tree.size, whole.hessian_product)
            self.value_at = whole.value_at  # type: ignore[method-assign]
        self.gradient_by_differences = self._whole.gradient_by_differences

    @property
    def hessian_by_differences(self) -> bool:
        """Whether products with the Hessian are differences of gradients or values."""
        return self._whole.hessian_by_differences

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """Yield J over each of the batches; the size is theirs."""
        if self._batches is None:
            yield self
            return
        self.passes += 1.0
        yield from self._epoch(rng)

    def _epoch(self, rng: np.random.Generator) -> Iterator[Function]:
        assert self._batches is not None
        for batch in _arguments(self._batches, rng):
            yield self.function(batch)

    def _mean(self, w: F64) -> tuple[float, F64]:
        parts = [J.fun(w) for J in self._epoch(np.random.default_rng(0))]
        return float(np.mean([v for v, _ in parts])), np.mean([g for _, g in parts], axis=0)

    def _mean_product(self, w: F64, v: F64) -> F64:
        parts = [J.at(w).hvp(v) for J in self._epoch(np.random.default_rng(0))]
        out: F64 = np.mean(parts, axis=0)
        return out


def as_objective(
    J: Callable[..., Any],
    w0: Any,
    *,
    args: tuple[Any, ...] = (),
    grad: Callable[..., Any] | None = None,
    hvp: Callable[..., Any] | None = None,
    batches: Batches | None = None,
) -> Cost:
    """Return J as an `Objective` of one flat vector, for the solvers and the landscape.

    `J.tree` goes from the nesting of w0 to the vector (`flatten`) and back (`restore`).

    Args:
        J, w0, args, grad, hvp, batches: as in `minimize`.

    Raises:
        ImportError: a library is needed that is missing.
        ValueError: as in `minimize`.

    """
    tree = Tree.of(w0)
    if not callable(J):
        raise ValueError(f"J must be a function of w, but it is of type {type(J).__name__}.")
    if not isinstance(args, tuple):
        raise ValueError(
            f"args must be a tuple of what J takes after w, such as (X, y), but it is of type "
            f"{type(args).__name__}."
        )
    if hvp is not None and grad is None:
        raise ValueError("hvp was given without grad: give both, or neither.")
    whole: tuple[Any, ...] | None = args
    if batches is not None:
        first = next(iter(_arguments(batches, np.random.default_rng(0))), None)
        if first is None:
            raise ValueError("batches is empty: give at least one batch.")
        whole, args = args or None, args or first
    if takes_one_by_one(J, w0, args):
        J, grad, hvp = one_by_one(J), one_by_one(grad), one_by_one(hvp)
    function = _derivatives(J, tree, args, grad, hvp)
    return Cost(function, tree, whole, batches)


def _derivatives(
    J: Callable[..., Any],
    tree: Tree,
    args: tuple[Any, ...],
    grad: Callable[..., Any] | None,
    hvp: Callable[..., Any] | None,
) -> Callable[..., Function]:
    """Choose whose derivatives to take."""
    if grad is not None:
        return by_user(J, tree, grad, hvp)
    if tree.library == "torch":
        return by_torch(J, tree)
    if tree.library == "tensorflow":
        return by_tensorflow(J, tree)
    try:
        return by_jax(J, tree, args)
    except (ImportError, NotTraceable) as error:
        if tree.size > _FEW:
            raise
        why = str(error) if isinstance(error, NotTraceable) else f"JAX is not installed: {INSTALL}"
        warnings.warn(
            f"Derivatives are computed by differences, slowly and less accurately. {why}.",
            stacklevel=5,
        )
        return by_user(J, tree, None)


def _arguments(batches: Batches, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Yield what J takes after w, batch by batch."""
    given = batches(rng) if callable(batches) else batches
    if not isinstance(given, Iterable) or (given is batches and isinstance(given, Iterator)):
        raise ValueError(
            f"batches must be a list of batches, a data loader, or a function rng -> batches, "
            f"which can be gone through once an epoch, but it is of type {type(batches).__name__}."
        )
    for batch in given:
        yield tuple(batch) if isinstance(batch, tuple | list) else (batch,)
