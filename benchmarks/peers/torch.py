"""PyTorch: LBFGS for softmax regression, Adam for networks."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.harness.judge import Task
from benchmarks.peers.interface import (
    MAX_ITERATIONS,
    RATE,
    Peer,
    Seen,
    Training,
    initial_layers,
    settings,
)


def fit(task: Task, seen: Seen, history: int = 10) -> dict[str, Any]:
    """Fit with torch.optim.LBFGS, strong Wolfe line search, over all rows at once."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    X = _torch_matrix(torch, task)
    y = torch.from_numpy(task.y)
    dtype = X.dtype
    W = torch.zeros((task.classes, task.X.shape[1]), dtype=dtype, requires_grad=True)
    b = torch.zeros(task.classes, dtype=dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [W, b], max_iter=MAX_ITERATIONS, max_eval=MAX_ITERATIONS, tolerance_grad=0.0,
        tolerance_change=0.0, history_size=history, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Any:
        optimizer.zero_grad()
        logits = X @ W.T + b
        loss = torch.nn.functional.cross_entropy(logits, y) + 0.5 * task.l2 * W.square().sum()
        loss.backward()
        seen(float(loss), lambda: (W.detach().numpy(), b.detach().numpy()))
        return loss

    optimizer.step(closure)
    return {"weights": lambda: (W.detach().numpy(), b.detach().numpy())}


def _torch_matrix(torch: Any, task: Task) -> Any:
    if not task.sparse:
        return torch.from_numpy(task.X)
    parts = (task.X.indptr, task.X.indices, task.X.data)
    return torch.sparse_csr_tensor(*map(torch.from_numpy, parts), size=task.X.shape)


PEER = Peer(
    fit,
    ("torch",),
    (
        settings(history=10),
        settings("float32", history=10),
        settings(history=100),
        settings(threads=1, history=10),
    ),
)


class Trainer:
    """PyTorch: a loop over batches, Adam in its fused form."""

    module = "torch"
    compiled = False

    def __init__(self, task: Training) -> None:
        import torch

        torch.set_num_threads(task.threads)
        self.torch, self.task = torch, task
        self.X, self.y = torch.from_numpy(task.X), torch.from_numpy(task.y)
        layers: list[Any] = []
        for W, b in initial_layers(task):
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
        rows = self.torch.from_numpy(order)
        for batch in rows.split(self.task.batch):
            self.rule.zero_grad(set_to_none=True)
            loss = self.forward(self.X[batch], self.y[batch])
            loss.backward()
            self.rule.step()
        return float(loss.detach())

    def logits(self, X: np.ndarray) -> np.ndarray:
        with self.torch.no_grad():
            return self.net(self.torch.from_numpy(X)).numpy()


class CompiledTrainer(Trainer):
    """The same with torch.compile."""

    compiled = True
