r"""The judge: the objective of softmax regression in float64, which belongs to no library.

    J(W, b) = mean_i CE(y_i, softmax(W x_i + b)) + l2/2 ||W||^2,    l2 = 1 / (C n)

Every weight matrix that any library finds is judged by `objective`, and times to an error are read
off recorded points by `first_reaching`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp

__all__ = ["Task", "first_reaching", "objective"]

_BLOCK = 1 << 22  # logits in a block


@dataclass(frozen=True, eq=False)
class Task:
    """One problem: features, labels 0 .. classes - 1, and scikit-learn's C (inf: no penalty)."""

    X: Any
    """(n, d) float64 or float32, dense in C order or CSR."""
    y: np.ndarray
    C: float

    @property
    def classes(self) -> int:
        """How many classes there are; each has rows."""
        return int(self.y.max()) + 1

    @property
    def l2(self) -> float:
        """Strength of the penalty l2/2 ||W||^2."""
        return 0.0 if np.isinf(self.C) else 1.0 / (self.C * self.X.shape[0])

    @property
    def sparse(self) -> bool:
        """Whether X is CSR."""
        return hasattr(self.X, "tocsr")

    def cast(self, dtype: str) -> Task:
        """Return the same task with X in another dtype; done before any clock starts."""
        if self.X.dtype == np.dtype(dtype):
            return self
        return Task(self.X.astype(dtype), self.y, self.C)


def objective(task: Task, W: Any, b: Any) -> float:
    """Return J in float64 for W (classes, d) and b (classes,) of any dtype."""
    W, b = np.asarray(W, np.float64), np.asarray(b, np.float64)
    n, total = task.X.shape[0], 0.0
    rows = max(1, _BLOCK // len(W))
    for start in range(0, n, rows):
        part = slice(start, min(start + rows, n))
        Z = np.asarray(task.X[part] @ W.T, np.float64) + b
        own = Z[np.arange(len(Z)), task.y[part]]
        total += float(np.sum(logsumexp(Z, axis=1) - own))
    return total / n + 0.5 * task.l2 * float(np.sum(W * W))


def first_reaching(
    target: float, own: Sequence[float | None], judged: Callable[[int], float]
) -> int | None:
    """Return the first recorded point whose judged objective is at most `target`, None if none is.

    Recorded points improve from one to the next, by the library's own account, so that halving
    finds the place; what the library says of its points is only a guess of where to look.
    """
    low, high = -1, len(own) - 1  # judged(low) > target >= judged(high)
    if high < 0 or not judged(high) <= target:
        return None
    guess = next((k for k, v in enumerate(own) if v is not None and v <= target), None)
    tries = [] if guess is None else [guess, guess - 1]
    while high - low > 1:
        k = next((g for g in tries if low < g < high), (low + high) // 2)
        tries = [g for g in tries if g != k]
        if judged(k) <= target:
            high = k
        else:
            low = k
    return high
