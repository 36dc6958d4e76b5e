"""The course's gradient descent, watched step by step, beside Newton's method.

Both are solvers of softlearn; `iter_fit` yields what is known after each step.
"""

from itertools import islice

from sklearn.datasets import load_iris

from softlearn import SoftmaxRegression

X, y = load_iris(return_X_y=True)

for solver in ("gradient-descent", "newton-cholesky"):
    print(f"\n{solver}\n{'step':>6} {'cost J':>12} {'proven gap':>12}")
    model = SoftmaxRegression(solver=solver)
    for progress in islice(model.iter_fit(X, y), 0, 101):
        if progress.k in (0, 1, 2, 3, 5, 8, 10, 20, 50, 100):
            gap = f"{progress.gap:.1e}" if progress.gap < float("inf") else "unknown"
            print(f"{progress.k:>6} {progress.objective:>12.9f} {gap:>12}")
