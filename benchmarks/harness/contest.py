"""One cell of the headline: one set, one C, every library; who reached which error when?"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness.judge import first_reaching, objective
from benchmarks.harness.machine import cores
from benchmarks.harness.one_fit import load
from benchmarks.harness.processes import ROOT, environment, module
from benchmarks.harness.recording import Trajectory
from benchmarks.harness.settings import Choice, Settings, first
from benchmarks.peers import PEERS

__all__ = ["ERRORS", "Contest", "Limits"]

ERRORS = (1e-3, 1e-6, 1e-9)
_NEAR = 3e-10  # a peer that tells an objective so close to J* need not go on
_SHORT = 20.0  # seconds: fits shorter than this take turns again
_WITHIN = 5  # fits in one process, where they are very short
_OURS = "softlearn"


class Limits(NamedTuple):
    """How long a peer is given."""

    seconds: float
    factor: float
    floor: float
    repeat: int

    def of(self, ours: float) -> float:
        """Return the limit where we took `ours` seconds."""
        return max(min(self.seconds, self.factor * ours), self.floor)


@dataclass
class Fit:
    """One fit: what it told of itself, and its points."""

    peer: str
    settings: Settings
    facts: dict[str, Any]
    points: Trajectory
    values: dict[int, float]

    @property
    def last(self) -> int:
        """The index of the last point, -1 if there is none."""
        return len(self.points.times) - 1


class Contest:
    """Runs the fits of one cell and judges them.

    Args:
        folder: with its arrays, as `one_fit.save` writes them; points go beneath it.
        settings: which of a library's are tried, ours always at all.
        near: a peer whose point has so small an error need not go on.

    """

    def __init__(
        self,
        name: str,
        folder: Path,
        C: float,
        limits: Limits,
        settings: Choice = first,
        near: float = _NEAR,
    ) -> None:
        self.name, self.folder, self.C, self.limits = name, folder, C, limits
        self.settings, self.near = settings, near
        self.task = load(folder, "float64", C)
        self.fits: list[Fit] = []
        self.skipped: dict[str, str] = {}
        self.reference: dict[str, float] = {}
        self._count = 0

    # -- what is done

    def cell(self, peers: Iterable[str]) -> dict[str, Any]:
        """Return the record of the cell."""
        try:
            self.find_reference()
            for settings in PEERS[_OURS].settings:
                self.fit(_OURS, settings)
            for peer in peers:
                self._try_settings(peer)
            self._take_turns(peers)
            self.result = self._record()
        finally:
            shutil.rmtree(self.folder / "points", ignore_errors=True)
        return self.result

    def find_reference(self) -> None:
        """Find the optimum as well as can be, and how low it can lie at most."""
        for fit in self.fit(_OURS, {"dtype": "float64", "threads": "all", "tol": 1e-10}):
            if fit.last < 0 or "gap" not in fit.facts:
                continue
            value = self._judge(fit, fit.last)
            self.reference = {"J": value, "gap": fit.facts["gap"]}
            self.reference["lower"] = value - fit.facts["gap"] * abs(value)
        self.fits.clear()
        if not self.reference:
            raise RuntimeError(f"softlearn's own fit of {self.name} at C={self.C:g} failed.")

    def _try_settings(self, peer: str) -> None:
        """Try all settings; none longer than the best before it took for the smallest error."""
        for settings in self.settings(peer):
            known = [t for t in self._times(peer, ERRORS[-1]) if t is not None]
            own = [t for t in self._times(_OURS, ERRORS[-1]) if t is not None]
            limit = self.limits.of(min(own, default=self.limits.seconds))
            self.fit(peer, settings, min([limit, *known]))
            if peer in self.skipped:
                return

    def _take_turns(self, peers: Iterable[str]) -> None:
        """Let the best settings of each peer and ours take turns, where both are short."""
        ours = cycle(self._best(_OURS))
        for peer in peers:
            if peer in self.skipped:
                continue
            for settings, seconds in self._best(peer):
                for _ in range(self.limits.repeat - 1 if seconds < _SHORT else 0):
                    own, least = next(ours)
                    if least < _SHORT:
                        self.fit(_OURS, own)
                    self.fit(peer, settings, max(2.0 * seconds, self.limits.floor))

    def _best(self, peer: str) -> list[tuple[Settings, float]]:
        """Return the settings that are best for some error, each with its longest time."""
        found: dict[str, tuple[Settings, float]] = {}
        for error in ERRORS:
            times = [
                (t, fit)
                for fit, t in zip(self._of(peer), self._times(peer, error), strict=True)
                if t is not None
            ]
            if times:
                seconds, fit = min(times, key=lambda x: x[0])
                key = json.dumps(fit.settings)
                found[key] = (fit.settings, max(seconds, found.get(key, ({}, 0.0))[1]))
        return list(found.values())

    # -- one process

    def fit(self, peer: str, settings: Settings, limit: float = 1e9) -> list[Fit]:
        """Run one process; return its fits, which `self.fits` then has too."""
        self._count += 1
        out = self.folder / "points" / str(self._count)
        out.mkdir(parents=True)
        J, ours = self.reference.get("J"), peer == _OURS
        order = {
            "peer": peer,
            "settings": settings,
            "data": str(self.folder.resolve()),
            "C": self.C,
            "limit": limit,
            "goal": -1e300 if ours or J is None else J * (1.0 + self.near),
            "targets": [] if J is None else [J * (1.0 + error) for error in ERRORS],
            "repeat": _WITHIN if J is not None else 1,
        }
        most = 3600.0 if ours else 4.0 * _WITHIN * min(limit, 0.5) + 3.0 * limit + 300.0
        threads = cores() if settings["threads"] == "all" else int(settings["threads"])
        trouble = _process(out, order, most, threads)
        told = {"skipped": None, "fits": []}
        if (out / "facts.json").exists():
            told = json.loads((out / "facts.json").read_text())
        if told["skipped"] is not None:
            self.skipped[peer] = told["skipped"]
            return []
        fits = []
        for k, run in enumerate(sorted(out.glob("run*"))):
            facts = told["fits"][k] if k < len(told["fits"]) else {"finished": False}
            if trouble:
                facts["trouble"] = trouble
            points = Trajectory(run, self.task.classes, self.task.X.shape[1])
            if PEERS[peer].wholes and "longest" in facts:
                facts["seconds"] = facts["longest"]
            if "seconds" not in facts:
                facts["seconds"] = points.times[-1] if points.times else limit
            fits.append(Fit(peer, settings, facts, points, {}))
        if not fits and trouble:
            self.skipped.setdefault(peer, trouble)
        self.fits += fits
        return fits

    # -- judging

    def _judge(self, fit: Fit, k: int) -> float:
        if k not in fit.values:
            fit.values[k] = objective(self.task, *fit.points.weights(k))
        return fit.values[k]

    def reached(self, fit: Fit, error: float, lowest: float | None = None) -> float | None:
        """Return when a fit first had a point within `error` of the lowest, else the reference."""
        lowest = self.reference["J"] if lowest is None else lowest
        target = lowest + error * abs(lowest)
        k = first_reaching(target, fit.points.own, lambda i: self._judge(fit, i))
        return None if k is None else fit.points.times[k]

    def _of(self, peer: str) -> list[Fit]:
        return [fit for fit in self.fits if fit.peer == peer]

    def _times(self, peer: str, error: float) -> list[float | None]:
        return [self.reached(fit, error) for fit in self._of(peer)]

    def _record(self) -> dict[str, Any]:
        """Judge all against the lowest that anybody found."""
        finals = [(self._judge(f, f.last), f.peer) for f in self.fits if f.last >= 0]
        lowest, by = min([(self.reference["J"], _OURS), *finals])
        fits = [self._fit_record(fit, lowest) for fit in self.fits]
        peers = {fit["peer"] for fit in fits}
        n, d = self.task.X.shape
        return {
            "set": self.name,
            "C": self.C,
            "shape": [n, d, self.task.classes],
            "stored": self.task.X.nnz if self.task.sparse else n * d,
            "group": "sparse" if self.task.sparse else "dense" if n * d >= 1e6 else "small",
            "reference": self.reference | {"lowest": lowest, "lowest_by": by},
            "limits": self.limits._asdict(),
            "best": {p: [_best_of(fits, p, e) for e in ERRORS] for p in sorted(peers)},
            "ours": _ours(fits),
            "skipped": self.skipped,
            "fits": fits,
        }

    def _fit_record(self, fit: Fit, lowest: float) -> dict[str, Any]:
        record = {"peer": fit.peer, "settings": fit.settings, **fit.facts}
        record["reached"] = [self.reached(fit, e, lowest) for e in ERRORS]
        if fit.last >= 0:
            value = self._judge(fit, fit.last)
            record["excess"] = (value - lowest) / abs(lowest)
            told = fit.points.own[fit.last]
            record["told_off_by"] = None if told is None else told / value - 1.0
        return record

    def summary(self) -> str:
        """Return one line on the cell."""
        best = self.result["best"]
        parts = [f"{self.name} C={self.C:g}, seconds to {'/'.join(f'{e:g}' for e in ERRORS)}:"]
        for peer, times in sorted(best.items(), key=lambda x: x[0] != _OURS):
            told = (f"{'>' * t['at_least']}{t['seconds']:.3g}" for t in times)
            parts.append(f"{peer} {'/'.join(told)}")
        return ", ".join(parts)


def _best_of(fits: list[dict[str, Any]], peer: str, error: float) -> dict[str, Any]:
    """Return the best settings' median time to an error, or the longest that was in vain."""
    k = ERRORS.index(error)
    by: dict[str, list[float]] = {}
    longest = 0.0
    for fit in fits:
        if fit["peer"] == peer:
            longest = max(longest, fit["seconds"])
            if fit["reached"][k] is not None:
                by.setdefault(json.dumps(fit["settings"]), []).append(fit["reached"][k])
    if not by:
        return {"seconds": longest, "at_least": True, "settings": None, "fits": 0}
    key = min(by, key=lambda s: statistics.median(by[s]))
    times = by[key]
    return {
        "seconds": statistics.median(times),
        "at_least": False,
        "settings": json.loads(key),
        "fits": len(times),
    }


def _ours(fits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each error, what the whole fit takes that proves it, and what it proves."""
    found = []
    for error in ERRORS:
        by: dict[str, list[dict[str, Any]]] = {}
        for fit in fits:
            if fit["peer"] == _OURS and fit["settings"]["tol"] == error and "gap" in fit:
                by.setdefault(json.dumps(fit["settings"]), []).append(fit)
        medians = {s: statistics.median(f["seconds"] for f in fs) for s, fs in by.items()}
        best = min(medians, key=lambda s: medians[s], default=None)
        if best is not None:
            fit = by[best][0]
            kept = {k: fit.get(k) for k in ("gap", "status", "solver", "steps", "passes")}
            found.append({"error": error, "seconds": medians[best], **kept})
    return found


def _process(out: Path, order: dict[str, Any], most: float, threads: int) -> str | None:
    """Run `one_fit`; return what went wrong, or None."""
    more = {}
    if order["peer"].startswith("jax") and threads == 1:
        more["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    try:
        done = subprocess.run(
            module("one_fit", str(out.resolve())),
            input=json.dumps(order),
            text=True,
            capture_output=True,
            timeout=most,
            env=environment(threads) | more,
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"ended from outside after {most:.0f} s"
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    return f"exit status {done.returncode}: {lines[-1] if lines else 'killed'}"
