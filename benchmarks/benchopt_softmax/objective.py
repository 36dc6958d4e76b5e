"""L2 multinomial logistic regression: the softmax objective, judged in float64.

J(W, b) = mean_i CE(y_i, softmax(W x_i + b)) + l2/2 ||W||^2,    l2 = 1 / (C n), b free
"""

import numpy as np
from benchopt import BaseObjective

from benchmark_utils.yardstick import Task, certified, judge


class Objective(BaseObjective):
    """Judges (W, b) against an optimum whose distance from the lowest possible is proven."""

    name = "L2 softmax regression"
    min_benchopt_version = "1.6"
    requirements = ["numpy", "scipy", "pip::softlearn"]
    parameters = {"C": [0.01, 1.0, 100.0, 10000.0]}
    test_config = {"C": 1.0, "dataset": {"name": "bundled", "set": "iris"}}

    def set_data(self, X, y):
        self.task = Task(X, y, float(self.C))
        self.optimum, self.lower = certified(self.task)

    def skip(self, X, y):
        if y.max() < 2:
            return True, "it has two classes"
        return False, None

    def evaluate_result(self, W, b):
        """Return the relative error `value`, and how large it can be at most, proven."""
        J = judge(self.task, W, b)
        return {
            "value": max((J - self.optimum) / abs(self.optimum), 1e-16),
            "at_most": (J - self.lower) / abs(self.lower) if self.lower else float("inf"),
            "J": J,
            "optimum": self.optimum,
            "lower_bound": self.lower,
        }

    def get_objective(self):
        return {"task": self.task}

    def get_one_result(self):
        return {
            "W": np.zeros((self.task.classes, self.task.X.shape[1])),
            "b": np.zeros(self.task.classes),
        }
