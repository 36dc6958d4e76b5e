r"""Mini-batch training of a fully connected softmax network: many steps in one call.

    a[0] = x,  z[l] = W[l] a[l-1] + b[l],  a[l] = g(z[l]),  y_hat = softmax(z[L])
    dz[L] = s (y_hat - y) / |B|,  dW[l] = dz[l] a[l-1]',  dz[l-1] = (W[l]' dz[l]) g'(z[l-1])

`PlainTrainer` defines a step in NumPy; `NativeTrainer` makes the same steps in C++, and
`trainer_for` chooses.  The parameters are one vector: W[1], ..., W[L], each (n_l, n_{l-1}) row by
row, then b[1], ..., b[L].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.dispatch import choice, native
from .numpy_trainer import PlainTrainer
from .plan import (
    ACTIVATIONS,
    F64,
    RULES,
    Array,
    Ints,
    NotFinite,
    Plan,
    State,
    Trainer,
    Update,
    batches,
    targets,
)

__all__ = [
    "NativeTrainer",
    "NotFinite",
    "PlainTrainer",
    "Plan",
    "State",
    "Trainer",
    "Update",
    "trainer_for",
]


def trainer_for(plan: Plan, state: State) -> Trainer:
    """Return the fastest trainer available."""
    return PlainTrainer(plan, state) if native() is None else NativeTrainer(plan, state, choice())


class NativeTrainer:
    """The steps in C++, for one instruction set."""

    def __init__(self, plan: Plan, state: State, isa: str) -> None:
        self.plan, self.state, self.module = plan, state, native()
        u = plan.update
        self.native: Any = self.module.Trainer(  # type: ignore[union-attr]
            isa, list(plan.sizes), ACTIVATIONS.index(plan.activation), RULES.index(u.kind),
            [plan.l2, plan.dropout, plan.clip, u.beta, u.beta2, u.epsilon, u.decay],
            plan.seed, u.average or u.kind == "adam", u.nesterov,
        )  # fmt: skip

    def run(
        self, X: Any, Y: Array, order: Ints, batch_size: int, rates: F64,
        s: F64 | None = None, threads: int = 1,
    ) -> F64:  # fmt: skip
        """Make a step for each batch of rows, and return the loss of each before its step."""
        losses = np.empty(batches(order, batch_size, rates))
        done = self.native.run(
            self._rows(X), targets(Y, self.state.w.dtype),
            None if s is None else np.ascontiguousarray(s, np.float64),
            np.ascontiguousarray(order, np.int64), batch_size,
            np.ascontiguousarray(rates, np.float64), *self.state, losses, threads,
        )  # fmt: skip
        if done < len(losses):
            raise NotFinite(done, losses[: done + 1])
        return losses

    def _rows(self, X: Any) -> Any:
        dtype, module = self.state.w.dtype, self.module
        assert module is not None
        if hasattr(X, "indptr"):
            return module.sparse(X.data.astype(dtype, copy=False), X.indices, X.indptr, X.shape[1])
        return module.dense(np.require(X, dtype, "A"))
