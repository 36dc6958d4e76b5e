"""Steps of a run, and why it stops by itself."""

from __future__ import annotations

from typing import Any

from ..networks.plan import NotFinite
from .settings import StopWhen
from .visit import Visit
from .workspace import Workspace, recorded

__all__ = ["NO_POINTS", "advanced"]

NO_POINTS = (
    "There are no points to train on: paint some.",
    "학습할 점이 없습니다. 점을 찍어 주세요.",
)
_DIVERGED = (
    "The cost is no longer a finite number, so training stopped before that step: take a smaller "
    "learning rate, and reset.",
    "비용이 유한한 수를 벗어나 그 반복 직전에 멈췄습니다. 학습률을 줄이고 다시 시작하세요.",
)


def advanced(visit: Visit, steps: int) -> list[dict[str, Any]]:
    """Make up to so many steps; return what ended them, if something did."""
    work, stop, end = visit.work, visit.stop_when, visit.step + steps
    while visit.step < end:
        until = end
        if stop.any:
            until = min(until, recorded(visit.step))
        if stop.steps is not None and visit.step < stop.steps:
            until = min(until, stop.steps)
        try:
            work.run(until - visit.step)
        except NotFinite:
            return [_stopped(visit, "diverged", *_DIVERGED)]
        if visit.step < until:
            return [_stopped(visit, "stopped", *NO_POINTS)]
        why = _why_to_stop(stop, work)
        if why:
            return [_stopped(visit, "stopped", *why)]
    return []


def _stopped(visit: Visit, kind: str, why: str, why_ko: str) -> dict[str, Any]:
    visit.running = False
    return {"type": "event", "kind": kind, "why": why, "why_ko": why_ko}


def _why_to_stop(stop: StopWhen, work: Workspace) -> tuple[str, str] | None:
    """Return why to stop now, in English and Korean, if there is a reason.

    Cost and accuracy are looked at where the curve has a point, so that it does not matter how many
    steps are made at once.
    """
    step = work.training.step
    if stop.steps == step:
        return f"Stopped after {step} steps, as asked.", f"{step}번째 반복에서 멈췄습니다."
    if not stop.any or work.history[-1][0] != step:
        return None
    now = work.measure()
    if stop.cost is not None and now.cost <= stop.cost:
        return (
            f"Stopped at step {step}: the cost is {now.cost:.4g}, at most {stop.cost:g}.",
            f"{step}번째 반복에서 멈췄습니다. 비용이 {now.cost:.4g}입니다.",
        )
    if stop.accuracy is not None and now.accuracy >= stop.accuracy:
        percent = f"{100 * now.accuracy:.4g} %"
        return (
            f"Stopped at step {step}: {percent} of the points are right.",
            f"{step}번째 반복에서 멈췄습니다. 정확도가 {percent}입니다.",
        )
    return None
