"""What the page is told: the events that describe a visit."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import asdict
from typing import Any

from .. import __version__
from ..networks.plan import ACTIVATIONS
from .measures import finite
from .presets import PRESETS
from .reading import Refused
from .visit import Visit
from .workspace import Workspace

__all__ = [
    "PROTOCOL",
    "changed_event",
    "error_event",
    "points_event",
    "progress_event",
    "settings_event",
    "state_event",
]

Event = dict[str, Any]
PROTOCOL = 1


def settings_event(visit: Visit) -> Event:
    """Return a "state" without what is long, and without what steps change."""
    work, model = visit.work, visit.work.model
    return {
        "type": "state",
        "protocol": PROTOCOL,
        "version": __version__,
        "preset": work.data.preset,
        "data": {
            **{k: getattr(work.data, k) for k in ("n", "noise", "test", "seed")},
            "count": work.points.count,
            "given": work.edited,
            "extent": list(work.extent),
            "units": work.units,
        },
        "classes": {"count": model.classes, "names": list(work.names)},
        "model": {
            **asdict(model),
            "hidden": list(model.hidden),
            "parameters": len(work.w),
            "activations": list(ACTIVATIONS),
        },
        "optimizer": asdict(work.optimizer),
        "stop_when": asdict(visit.stop_when),
        "speed": visit.speed,
        "running": visit.running,
        "convex": not model.hidden,
        "undo": len(work.points.done),
        "redo": len(work.points.undone),
        "message": None,
    }


def changed_event(visit: Visit) -> Event:
    """Return a "state" with all that may change."""
    work = visit.work
    return {
        **settings_event(visit),
        "step": visit.step,
        "epoch": work.training.epoch,
        "points": work.points.facts(),
        "history": list(work.history),
        "pinned": list(visit.pins.kept),
        "solved": visit.solved,
    }


def state_event(visit: Visit) -> Event:
    """Return all there is to know."""
    return {
        **changed_event(visit),
        "begun": visit.begun,
        "presets": [p.facts() for p in PRESETS if p.classes <= visit.limits.classes],
        "limits": asdict(visit.limits),
    }


def points_event(work: Workspace) -> Event:
    """Return the points."""
    points = work.points
    return {
        "type": "points",
        "points": points.facts(),
        "undo": len(points.done),
        "redo": len(points.undone),
        "count": points.count,
        "given": work.edited,
    }


def progress_event(visit: Visit, since: int, seq: int) -> Event:
    """Return how far the training is, and the curve after a step."""
    work, train = visit.work, visit.work.measure()
    test = work.measure(test=True).facts() if len(work.held[1]) else None
    weights = None
    if visit.view.weights:
        layers = zip(*work.training.plan.split(work.w), strict=True)
        weights = [{"W": W.tolist(), "b": b.tolist()} for W, b in layers]
    return {
        "type": "progress",
        "seq": seq,
        "step": visit.step,
        "epoch": work.training.epoch,
        "running": visit.running,
        "train": train.facts(),
        "test": test,
        "loss_batch": finite(work.training.loss),
        "history": work.history[_after(work.history, since) :],
        "weights": weights,
        "gradient_norm": finite(train.gradient_norm),
    }


def _after(history: list[list[float | None]], step: int) -> int:
    """Return where the points of a curve after a step begin."""
    return bisect_right([int(point[0] or 0) for point in history], step)


def error_event(refused: Refused) -> Event:
    """Return what is told of a message that was not done."""
    event: Event = {
        "type": "error",
        "code": refused.code,
        "message": str(refused),
        "message_ko": refused.korean,
        "field": refused.field,
    }
    return {**event, "columns": list(refused.columns)} if refused.columns else event
