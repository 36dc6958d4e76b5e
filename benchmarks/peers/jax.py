"""JAX and optax: LBFGS for softmax regression, Adam for networks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.harness.judge import Task
from benchmarks.peers.interface import (
    RATE,
    Peer,
    Seen,
    Training,
    initial_layers,
    no_sparse,
    settings,
)


def fit(task: Task, seen: Seen, history: int = 10) -> dict[str, Any]:
    """Fit with optax.lbfgs, each step compiled; call it once beforehand to have it compiled."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    optimizer, step = _jax_step(history)
    X, y = jnp.asarray(task.X), jnp.asarray(task.y)
    w = {
        "W": jnp.zeros((task.classes, task.X.shape[1]), X.dtype),
        "b": jnp.zeros(task.classes, X.dtype),
    }
    state, l2, before = optimizer.init(w), jnp.asarray(task.l2, X.dtype), None
    while before is None or any(bool((w[k] != before[k]).any()) for k in w):
        before = w
        w, state, value = step(w, state, X, y, l2)
        seen(float(value), lambda p=before: (np.asarray(p["W"]), np.asarray(p["b"])))
    return {"weights": lambda: (np.asarray(w["W"]), np.asarray(w["b"]))}


@cache
def _jax_step(history: int) -> tuple[Any, Any]:
    import jax
    import optax

    optimizer = optax.lbfgs(memory_size=history)

    def J(w: Any, X: Any, y: Any, l2: Any) -> Any:
        Z = X @ w["W"].T + w["b"]
        loss = optax.softmax_cross_entropy_with_integer_labels(Z, y)
        return loss.mean() + 0.5 * l2 * (w["W"] ** 2).sum()

    value_and_grad = optax.value_and_grad_from_state(J)

    @jax.jit
    def step(w: Any, state: Any, X: Any, y: Any, l2: Any) -> Any:
        value, grad = value_and_grad(w, X, y, l2, state=state)
        updates, state = optimizer.update(
            grad, state, w, value=value, grad=grad, value_fn=J, X=X, y=y, l2=l2
        )
        return optax.apply_updates(w, updates), state, value

    return optimizer, step


PEER = Peer(
    fit,
    ("jax", "optax"),
    (settings(history=10), settings("float32", history=10), settings(history=50)),
    skip=no_sparse,
    compiles=True,
)


class Trainer:
    """JAX and optax: the whole epoch is one compiled `lax.scan`."""

    module = "optax"

    def __init__(self, task: Training) -> None:
        import jax
        import jax.numpy as jnp
        import optax

        self.jax, self.task = jax, task
        self.X, self.y = jnp.asarray(task.X), jnp.asarray(task.y.astype(np.int32))
        rule = optax.adam(RATE)
        self.w = [(jnp.asarray(W.T.copy()), jnp.asarray(b)) for W, b in initial_layers(task)]
        self.state = rule.init(self.w)

        def forward(w: Any, x: Any) -> Any:
            for W, b in w[:-1]:
                x = jax.nn.relu(x @ W + b)
            return x @ w[-1][0] + w[-1][1]

        def loss(w: Any, x: Any, y: Any) -> Any:
            z = forward(w, x)
            return optax.softmax_cross_entropy_with_integer_labels(z, y).mean()

        def epoch(w: Any, state: Any, X: Any, y: Any, order: Any) -> Any:
            def step(carry: Any, rows: Any) -> Any:
                w, state = carry
                value, g = jax.value_and_grad(loss)(w, X[rows], y[rows])
                change, state = rule.update(g, state, w)
                return (optax.apply_updates(w, change), state), value

            return jax.lax.scan(step, (w, state), order)

        self.run = jax.jit(epoch, donate_argnums=(0, 1))
        self.forward = forward

    def epoch(self, order: np.ndarray) -> Any:
        rows = order.reshape(-1, self.task.batch).astype(np.int32)
        (self.w, self.state), values = self.run(self.w, self.state, self.X, self.y, rows)
        return self.jax.block_until_ready((self.w, values))[1]

    def logits(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.forward(self.w, X))
