"""Why a run stops by itself."""

from __future__ import annotations

from .settings import StopWhen
from .workspace import Workspace

__all__ = ["why_to_stop"]


def why_to_stop(stop: StopWhen, work: Workspace) -> tuple[str, str] | None:
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
