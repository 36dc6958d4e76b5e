"""What the benchmark's parts share: the modules of benchmarks/, and a solver for any of the peers.

The peers themselves are in benchmarks/peers, which headline.py uses too.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from benchopt import BaseSolver
from benchopt.stopping_criterion import StoppingCriterion

_HERE = str(Path(__file__).resolve().parents[3])
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from benchmarks import peers  # noqa: E402
from benchmarks.cases import datasets as sets  # noqa: E402
from benchmarks.harness.judge import Task, objective  # noqa: E402
from benchmarks.harness.recording import Stop  # noqa: E402

__all__ = ["PeerSolver", "Reached", "Task", "certified", "encoded", "judge", "peers", "sets"]

judge = objective
_CLOSE = 1e-10
_certified = {}


def encoded(X, y):
    """Return the data of a benchopt data set: X and labels 0 .. classes - 1."""
    return {"X": X, "y": np.unique(y, return_inverse=True)[1].astype(np.int64)}


def certified(task):
    """Return J at softlearn's optimum for tol=1e-10, and the lower bound it proves on any J."""
    key = (id(task.X), task.C)
    if key not in _certified:
        from softlearn import SoftmaxRegression

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = SoftmaxRegression(C=task.C, tol=1e-10).fit(task.X, task.y)
        J = objective(task, model.coef_, model.intercept_)
        _certified.clear()
        _certified[key] = task.X, (J, J - model.gap_ * abs(J))
    return _certified[key][1]


class Reached(StoppingCriterion):
    """Stop at a relative error of 1e-10; otherwise go on to the limits of time and of runs."""

    def __init__(self, strategy="callback", key_to_monitor="value", minimize=True):
        super().__init__(strategy=strategy, key_to_monitor=key_to_monitor, minimize=minimize)

    def check_convergence(self, objective_list):
        value = objective_list[-1][self.key_to_monitor_]
        progress = 0.0 if value <= 0.0 else min(max(-np.log10(value) / 10.0, 0.0), 1.0)
        return value <= _CLOSE, progress


class PeerSolver(BaseSolver):
    """Runs one of `peers.PEERS`; parameters other than dtype go to its function."""

    peer = ""
    sampling_strategy = "callback"
    stopping_criterion = Reached()

    @property
    def settings(self):
        """The arguments of the peer's function."""
        return {k: v for k, v in self._parameters.items() if k != "dtype"}

    def skip(self, task):
        why = peers.reason_to_skip(self.peer, task)
        return why is not None, why

    def set_objective(self, task):
        self.task = task.cast(self.dtype)
        self.W = np.zeros((task.classes, task.X.shape[1]))
        self.b = np.zeros(task.classes)

    def get_next(self, stop_val):
        """Judge each of the first points, then ever fewer."""
        return max(stop_val + 1, int(1.1 * stop_val))

    def warm_up(self):
        """Import and compile: not timed."""
        peers.warm_up(self.peer, self.task, **self._parameters)

    def run(self, callback):
        best, going = float("inf"), callback()

        def seen(value, weights, seconds=None):
            nonlocal best, going
            if value is None or value < best:
                best = best if value is None else value
                self.W, self.b = (np.array(part) for part in weights())
                going = callback()
            if not going:
                raise Stop

        try:
            facts = peers.fit(self.peer, self.task, seen, **self.settings)
        except Stop:
            return
        if "weights" in facts:
            self.W, self.b = (np.array(part) for part in facts["weights"]())

    def get_result(self):
        return {"W": self.W, "b": self.b}
