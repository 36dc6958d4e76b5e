"""Keras on JAX, its fastest backend on processors."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.interface import RATE, Training, initial_layers


class Trainer:
    """Keras on JAX, its fastest backend on processors; many steps an execution."""

    module = "keras"

    def __init__(self, task: Training) -> None:
        import keras

        keras.utils.set_random_seed(task.seed)
        layers: list[Any] = [keras.Input((task.sizes[0],))]
        layers += [keras.layers.Dense(n, activation="relu") for n in task.sizes[1:-1]]
        layers.append(keras.layers.Dense(task.sizes[-1]))
        self.task, self.net = task, keras.Sequential(layers)
        self.net.set_weights([a for W, b in initial_layers(task) for a in (W.T, b)])
        steps = len(task.X) // task.batch
        self.net.compile(
            optimizer=keras.optimizers.Adam(RATE, epsilon=1e-8),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=True,
            steps_per_execution=min(steps, 32),
        )

    def epoch(self, order: np.ndarray) -> Any:
        rows = len(order)
        return self.net.fit(
            self.task.X[:rows],
            self.task.y[:rows],
            batch_size=self.task.batch,
            epochs=1,
            verbose=0,
        )

    def logits(self, X: np.ndarray) -> np.ndarray:
        return self.net.predict(X, batch_size=1000, verbose=0)
