"""What a library knew when: its points as it goes on, with the time they cost, and no more.

A `Recorder` is what the functions of `peers.py` call at each of their points.  Time spent in it
does not count.  Points go to a file as they come, so that they survive a process that is killed.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Recorder", "Stop", "Trajectory"]

_BYTES = 1.5e9  # of points kept in a run
_STALL = 100  # evaluations without any improvement: the library is done
_AIM = 1e5  # the longest time over the shortest that the spacing of points provides for


class Stop(Exception):
    """The library has had its time, or has got there."""


class Recorder:
    """Keeps the points that improve, spaced by a small factor of time, and where targets are met.

    Args:
        folder: where to write points.f64 (W, then b, of each point) and times.jsonl.
        targets: objectives whose first attainment is always kept.
        judge: (W, b) -> objective, for libraries that do not tell theirs; its time does not count.

    """

    def __init__(
        self,
        folder: Path,
        limit: float = math.inf,
        goal: float = -math.inf,
        targets: Sequence[float] = (),
        judge: Callable[[Any, Any], float] | None = None,
    ) -> None:
        self.folder, self.limit, self.goal, self.judge = folder, limit, goal, judge
        self.targets = tuple(targets)
        folder.mkdir(parents=True, exist_ok=True)
        self._points = (folder / "points.f64").open("wb")
        self._times = (folder / "times.jsonl").open("w")
        self.best, self._idle, self._last, self._factor = math.inf, 0, -1.0, 1.01
        self._kept_here, self._paused, self.began = False, 0.0, time.perf_counter()
        self.longest = 0.0  # the latest time told of, whether or not its point was kept

    def __call__(
        self, value: float | None, weights: Callable[[], tuple[Any, Any]], seconds: float = -1.0
    ) -> None:
        """Tell of a point.

        Args:
            value: its objective as the library computed it anyway, None where it did not.
            weights: gives W (classes, d) and b (classes,), only called where the point is kept.
            seconds: the time it took, where it is not the time until now.

        """
        entered = time.perf_counter()
        now = entered - self.began - self._paused if seconds < 0.0 else seconds
        self.longest = max(self.longest, now)
        due = now >= self._factor * self._last
        known = value is not None
        if not known and self.judge is not None and due:
            value = self.judge(*weights())
        self._kept_here = False
        if value is None or value < self.best:
            met = value is not None and any(value <= t < self.best for t in self.targets)
            if due or met:
                self._keep(now, value, weights)
                self._kept_here = True
            self.best, self._idle = self.best if value is None else float(value), 0
        elif known:
            self._idle += 1
        stop = now > self.limit or self._idle >= _STALL or self.best <= self.goal
        self._paused += time.perf_counter() - entered
        if stop:
            raise Stop

    def _keep(self, now: float, value: float | None, weights: Any) -> None:
        W, b = weights()
        point = np.concatenate([np.asarray(W, np.float64).ravel(), np.asarray(b, np.float64)])
        point.tofile(self._points)
        self._times.write(json.dumps([now, value]) + "\n")
        self._times.flush()
        self._last = max(now, 1e-4)
        most = max(_BYTES / point.nbytes, 20.0)
        self._factor = max(1.01, _AIM ** (1.0 / most))

    def end(
        self, weights: Callable[[], tuple[Any, Any]] | None, value: float | None = None
    ) -> float:
        """Keep the last point, if it is new; return the time in all."""
        now = time.perf_counter() - self.began - self._paused
        if weights is not None and not self._kept_here:
            self._keep(now, value, weights)
        self._points.close()
        self._times.close()
        return now


class Trajectory:
    """The points that a `Recorder` wrote."""

    def __init__(self, folder: Path, classes: int, d: int) -> None:
        lines = (folder / "times.jsonl").read_text().splitlines()
        size = classes * (d + 1)
        whole = (folder / "points.f64").stat().st_size // (8 * size)
        told = [json.loads(line) for line in lines[:whole]]
        self.times = [t for t, _ in told]
        self.own = [v for _, v in told]
        self._shape = (classes, d)
        self._points = (
            np.memmap(folder / "points.f64", np.float64, "r", shape=(len(told), size))
            if told
            else np.zeros((0, size))
        )

    def weights(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return W and b of point k."""
        classes, d = self._shape
        point = np.array(self._points[k])
        return point[: classes * d].reshape(classes, d), point[classes * d :]
