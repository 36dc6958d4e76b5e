"""Who trains a network in `network.py`: softlearn and its peers, each as fast as its users can be.

A trainer makes epochs of Adam in float32 over rows in a given order.  What is imported, and on how
many cores, is settled before one is made: `network.py` starts a process for each.  Weights start
from He's uniform distribution, biases at 0, from the same generator for all but scikit-learn, which
has no way to be given them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np

RATE = 1e-3


class Task(NamedTuple):
    """What is to be trained."""

    X: np.ndarray  # (n, d) float32
    y: np.ndarray  # (n,) int64
    sizes: tuple[int, ...]
    batch: int
    seed: int = 0
    threads: int = 1


class Trainer(Protocol):
    """Trains an epoch at a time."""

    def epoch(self, order: np.ndarray) -> Any:
        """Make a step for each whole batch of rows in this order, and wait for the last."""
        ...

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities (n, C)."""
        ...


def start(task: Task) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return W (n_l, n_{l-1}) and b of each layer."""
    rng = np.random.default_rng(task.seed)
    layers = []
    for m, n in pairwise(task.sizes):
        bound = np.sqrt(6.0 / m)
        W = rng.uniform(-bound, bound, (n, m)).astype(np.float32)
        layers.append((W, np.zeros(n, np.float32)))
    return layers


class Softlearn:
    """softlearn's native loop."""

    def __init__(self, task: Task) -> None:
        from softlearn.networks.trainer import Plan, State, trainer_for

        self.task, self.plan = task, Plan(task.sizes)
        layers = start(task)
        w = np.concatenate([W.ravel() for W, _ in layers] + [b for _, b in layers])
        self.trainer = trainer_for(self.plan, State.at(w, self.plan.update))

    def epoch(self, order: np.ndarray) -> Any:
        """Make a step for each whole batch."""
        t = self.task
        rates = np.full(len(order) // t.batch, RATE)
        return self.trainer.run(t.X, t.y, order, t.batch, rates, threads=t.threads)

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities."""
        W, b = self.plan.split(self.trainer.state.w)
        for k, (Wl, bl) in enumerate(zip(W, b, strict=True)):
            X = X @ Wl.T + bl
            X = np.maximum(X, 0.0) if k + 1 < len(W) else X
        return X


class Torch:
    """PyTorch: a loop over batches, Adam in its fused form."""

    compiled = False

    def __init__(self, task: Task) -> None:
        import torch

        torch.set_num_threads(task.threads)
        self.torch, self.task = torch, task
        self.X, self.y = torch.from_numpy(task.X), torch.from_numpy(task.y)
        layers: list[Any] = []
        for W, b in start(task):
            linear = torch.nn.Linear(W.shape[1], W.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W))
                linear.bias.copy_(torch.from_numpy(b))
            layers += [linear, torch.nn.ReLU()]
        self.net = torch.nn.Sequential(*layers[:-1])
        self.rule = torch.optim.Adam(self.net.parameters(), lr=RATE, fused=True)
        loss = torch.nn.CrossEntropyLoss()

        def forward(x: Any, y: Any) -> Any:
            return loss(self.net(x), y)

        self.forward = torch.compile(forward) if self.compiled else forward

    def epoch(self, order: np.ndarray) -> Any:
        """Make a step for each whole batch."""
        rows = self.torch.from_numpy(order)
        for batch in rows.split(self.task.batch):
            self.rule.zero_grad(set_to_none=True)
            loss = self.forward(self.X[batch], self.y[batch])
            loss.backward()
            self.rule.step()
        return float(loss.detach())

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities."""
        with self.torch.no_grad():
            return self.net(self.torch.from_numpy(X)).numpy()


class TorchCompiled(Torch):
    """The same with torch.compile."""

    compiled = True


class Jax:
    """JAX and optax: the whole epoch is one compiled `lax.scan`."""

    def __init__(self, task: Task) -> None:
        import jax
        import jax.numpy as jnp
        import optax

        self.jax, self.task = jax, task
        self.X, self.y = jnp.asarray(task.X), jnp.asarray(task.y.astype(np.int32))
        rule = optax.adam(RATE)
        self.w = [(jnp.asarray(W.T.copy()), jnp.asarray(b)) for W, b in start(task)]
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
        """Make a step for each whole batch."""
        rows = order.reshape(-1, self.task.batch).astype(np.int32)
        (self.w, self.state), values = self.run(self.w, self.state, self.X, self.y, rows)
        return self.jax.block_until_ready((self.w, values))[1]

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities."""
        return np.asarray(self.forward(self.w, X))


class ScikitLearn:
    """scikit-learn's MLPClassifier, an epoch a call; it shuffles by itself."""

    def __init__(self, task: Task) -> None:
        from sklearn.neural_network import MLPClassifier

        self.task = task
        self.net = MLPClassifier(
            task.sizes[1:-1], batch_size=task.batch, learning_rate_init=RATE, alpha=0.0,
            random_state=task.seed,
        )  # fmt: skip

    def epoch(self, order: np.ndarray) -> Any:
        """Make a step for each whole batch."""
        rows = len(order)
        return self.net.partial_fit(
            self.task.X[:rows], self.task.y[:rows], classes=np.arange(self.task.sizes[-1])
        )

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities."""
        return self.net.predict_proba(X)


class Keras:
    """Keras on JAX, its fastest backend on processors; many steps an execution."""

    def __init__(self, task: Task) -> None:
        import keras

        keras.utils.set_random_seed(task.seed)
        layers: list[Any] = [keras.Input((task.sizes[0],))]
        layers += [keras.layers.Dense(n, activation="relu") for n in task.sizes[1:-1]]
        layers.append(keras.layers.Dense(task.sizes[-1]))
        self.task, self.net = task, keras.Sequential(layers)
        self.net.set_weights([a for W, b in start(task) for a in (W.T, b)])
        steps = len(task.X) // task.batch
        self.net.compile(
            optimizer=keras.optimizers.Adam(RATE, epsilon=1e-8),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=True,
            steps_per_execution=min(steps, 32),
        )

    def epoch(self, order: np.ndarray) -> Any:
        """Make a step for each whole batch."""
        rows = len(order)
        return self.net.fit(
            self.task.X[:rows], self.task.y[:rows], batch_size=self.task.batch, epochs=1, verbose=0
        )

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return logits or probabilities."""
        return self.net.predict(X, batch_size=1000, verbose=0)


TRAINERS: dict[str, Callable[[Task], Trainer]] = {
    "softlearn": Softlearn,
    "PyTorch eager": Torch,
    "torch.compile": TorchCompiled,
    "JAX": Jax,
    "scikit-learn": ScikitLearn,
    "Keras (JAX)": Keras,
}
"""By name; softlearn comes first."""

NEEDS = {
    "softlearn": "softlearn.networks.trainer",
    "PyTorch eager": "torch",
    "torch.compile": "torch",
    "JAX": "optax",
    "scikit-learn": "sklearn.neural_network",
    "Keras (JAX)": "keras",
}
"""The module whose import does not count."""
