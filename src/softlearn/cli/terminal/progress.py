"""The line that says how far a long fit has come; on standard error."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._internal.format import duration, percent

if TYPE_CHECKING:
    from ...estimators.network.history import NetworkEpoch
    from ...solve import Progress

__all__ = ["EpochLine", "GapLine", "ProgressDisplay", "seconds_left"]

_DELAY = 1.0  # seconds before anything is shown on a terminal
_PLAIN_DELAY = 10.0  # and elsewhere
_TREND = 8  # latest steps from which the time left is estimated


def seconds_left(times: list[float], gaps: list[float], tol: float) -> float | None:
    """Return when the gap will be `tol`, from the trend of its logarithm; None if unknown."""
    points = [(t, np.log(g)) for t, g in zip(times, gaps, strict=True) if 0.0 < g < np.inf]
    if len(points) < 3 or tol <= 0.0:
        return None
    t, log_gap = np.array(points[-_TREND:]).T
    t = t - t[-1]
    if not np.ptp(t) > 0.0:
        return None
    slope = np.polyfit(t, log_gap, 1)[0]
    if not slope * np.ptp(t) < -0.01:
        return None
    return max(0.0, float((np.log(tol) - log_gap[-1]) / slope))


class GapLine:
    """Says of each step of a minimisation how far it has come."""

    def __init__(self, tol: float) -> None:
        self._tol = tol
        self._times: list[float] = []
        self._gaps: list[float] = []

    def __call__(self, progress: Progress) -> str:
        """Return "step 7, gap 1e-4, about 3 s left", as far as these are known."""
        if progress.k == 0:  # a sample of the rows, or the first step on all: a new trend begins
            self._times.clear()
            self._gaps.clear()
        known = min(progress.gap, progress.decrement)
        self._times.append(progress.time)
        self._gaps.append(known)
        if np.isfinite(progress.gap):
            gap = f"gap {_power(progress.gap)}"
        else:
            gap = f"about {_power(progress.decrement)} from the best" if np.isfinite(known) else ""
        left = seconds_left(self._times, self._gaps, self._tol)
        parts = [progress.note if progress.k == 0 else f"step {progress.k}", gap]
        parts.append("" if left is None else f"about {duration(max(1.0, round(left)))} left")
        return ", ".join(part for part in parts if part)


class EpochLine:
    """Says of each epoch of a network's training how far it has come."""

    def __init__(self) -> None:
        self.before: int | None = None
        """Epochs made before the first that was shown, in a run that was interrupted."""

    def __call__(self, epoch: NetworkEpoch) -> str:
        """Return "epoch 12 of 78, loss 0.1234, accuracy 97.1 %, ...", with the time left."""
        if self.before is None:
            self.before = epoch.k - 1
        parts = [f"epoch {epoch.k:,} of {epoch.of:,}", f"loss {epoch.loss:.4f}"]
        parts.append(f"accuracy {percent(epoch.accuracy)}")
        if not np.isnan(epoch.val_loss):
            parts.append(f"validation {epoch.val_loss:.4f} ({percent(epoch.val_accuracy)})")
        left = epoch.seconds / epoch.k * (epoch.of - epoch.k)
        parts.append(f"at most about {duration(max(1.0, round(left)))} left")
        return ", ".join(parts)


class ProgressDisplay:
    """Shows what is being done, once it takes more than a second.

    A live line on a terminal; elsewhere a plain line now and then, ever more rarely; nothing if
    quiet.  Use as a context.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._began = self._shown = time.monotonic()
        self._pause = _PLAIN_DELAY
        self._live: Any = None
        self._task = ""

    def __enter__(self) -> ProgressDisplay:
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def task(self, what: str) -> None:
        """Say what is done from now on, such as "Reading the images"."""
        self._task = what
        self._show(f"{what} ...")

    def step(self, line: str) -> None:
        """Say how far the task has come."""
        self._show(f"{self._task}, {line}" if line else self._task)

    def stopping(self, when: str) -> None:
        """Say when the run will end, such as "after this step"; safe in a signal's handler."""
        self._task = f"Stopping {when} (Ctrl-C again: at once)"
        if self._live is not None:
            self._live.update(self._task)

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._show_live(line, now)
        elif now - self._shown >= self._pause:
            print(line, file=sys.stderr, flush=True)
            self._shown, self._pause = now, min(2.0 * self._pause, 300.0)

    def _show_live(self, line: str, now: float) -> None:
        from rich.console import Console
        from rich.status import Status
        from rich.text import Text

        text = Text(line, no_wrap=True, overflow="ellipsis")
        if self._live is None:
            if now - self._began < _DELAY:
                return
            self._live = Status(text, console=Console(stderr=True), spinner="line")
            try:
                self._live.start()
            except RuntimeError:  # the system gives it no thread: the work matters more
                self._live, self._quiet = None, True
                return
        self._live.update(text)


def _power(x: float) -> str:
    return f"{x:.0e}".replace("e-0", "e-") if x < 0.01 else f"{x:.1g}"
