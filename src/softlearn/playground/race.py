"""Optimizers from one start, on a surface whose points are known or on the network itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..solve import Adam, GradientDescent, Momentum, RMSprop
from ..solve.rule import Rule
from .race_surfaces import SURFACES, size_of
from .reading import Refused, choice, fields, number, numbers, required, shown, whole
from .settings import Limits, Optimizer

__all__ = ["Run", "asked_optimizers", "label_of", "raced", "ran", "rule_of", "run_facts", "thinned"]

F64 = NDArray[np.float64]
_TINY = 1e-3  # a gradient this short calls for a nudge
_POINTS = 600  # of a path that is sent
_STEPS, _RUNNERS = 50_000, 8


def rule_of(o: Optimizer) -> Rule:
    """Return the library's rule for some settings."""
    rules: dict[str, Callable[[], Rule]] = {
        "descent": lambda: GradientDescent(o.lr),
        "momentum": lambda: Momentum(o.lr, o.beta, "average" if o.average else "sum"),
        "rmsprop": lambda: RMSprop(o.lr, o.beta2, o.eps),
        "adam": lambda: Adam(o.lr, o.beta, o.beta2, o.eps),
    }
    return rules[o.name]()


def label_of(o: Optimizer) -> str:
    """Return what a run is called."""
    names = {"descent": "gradient descent", "rmsprop": "RMSprop", "adam": "Adam"}
    form = "average" if o.average else "sum"
    return f"{names.get(o.name, f'momentum ({form})')}, rate {o.lr:g}"


@dataclass
class Run:
    """Where an optimizer went."""

    optimizer: Optimizer
    path: F64
    """(m, size)"""
    at: list[int]
    """The step of each point."""
    steps: int
    reached: int | None
    nudged: int | None
    """Before which step it was nudged, if it was."""
    finite: bool


def ran(
    grad: Callable[[F64], F64],
    start: F64,
    optimizer: Optimizer,
    steps: int,
    arrived: Callable[[F64], bool],
    nudge: F64 | None = None,
) -> Run:
    """Return the run of one optimizer, until it arrives, leaves the numbers, or has made all steps.

    Args:
        grad: w -> gradient.
        start: where it starts.
        optimizer: which.
        steps: how many at most.
        arrived: w -> whether this is the end.
        nudge: what is added once, where the gradient has become tiny; None for nothing.

    """
    rule, w = rule_of(optimizer), np.array(start)
    state, path, nudged = rule.init(w), [w], None
    for k in range(1, steps + 1):
        g = grad(w)
        if nudge is not None and nudged is None and size_of(g) < _TINY:
            w, nudged = w + nudge, k
            g = grad(w)
        with np.errstate(over="ignore", invalid="ignore"):
            step, state = rule.update(g, state, w)
            w = w + step
        if not (np.abs(w) < 1e100).all():
            return _run(optimizer, path, None, nudged, False)
        path.append(w)
        if arrived(w):
            return _run(optimizer, path, k, nudged, True)
    return _run(optimizer, path, None, nudged, True)


def _run(
    optimizer: Optimizer, path: list[F64], reached: int | None, nudged: int | None, finite: bool
) -> Run:
    whole_path = np.array(path)
    at = thinned(whole_path)
    return Run(optimizer, whole_path[at], at, len(path) - 1, reached, nudged, finite)


def thinned(path: F64, most: int = _POINTS) -> list[int]:
    """Return which points show a path: half of them even in steps, half even in length."""
    last = len(path) - 1
    if last < most:
        return list(range(last + 1))
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))
    even = np.linspace(0, last, most // 2).round()
    if not (np.isfinite(length[-1]) and length[-1] > 0.0):
        return sorted({int(k) for k in even})
    along = np.searchsorted(length, np.linspace(0.0, length[-1], most // 2 - 2))
    return sorted({0, last, *(int(k) for k in even), *(int(k) for k in along)})


def asked_optimizers(value: Any, rate: float, limits: Limits) -> list[Optimizer]:
    """Return the optimizers a message names; those of the chapter if it names none.

    Raises:
        Refused: they cannot be read.

    """
    usual = Optimizer("descent", rate)
    if value is None:
        rest = [("momentum", True), ("momentum", False), ("rmsprop", True), ("adam", True)]
        beta2 = {"rmsprop": 0.9}
        made = (Optimizer(n, rate, beta2=beta2.get(n, 0.999), average=a) for n, a in rest)
        return [usual, *made]
    if not isinstance(value, list) or not 1 <= len(value) <= _RUNNERS:
        raise Refused(
            f"optimizers must be a list of 1 to {_RUNNERS}, but it is {shown(value)}.",
            "optimizers",
            korean=f"optimizers: 1개에서 {_RUNNERS}개까지의 목록을 주세요.",
        )  # fmt: skip
    found = []
    for one in value:
        if not isinstance(one, Mapping):
            raise Refused(
                f"An optimizer must be an object, but it is {shown(one)}.", "optimizers",
                korean="optimizers: 각 최적화기는 객체여야 합니다.",
            )  # fmt: skip
        name = choice(one.get("name"), "name", ("descent", "momentum", "rmsprop", "adam"))
        default = Optimizer(name, rate, beta2=0.9 if name == "rmsprop" else 0.999)
        found.append(default.changed(one, limits))
    return found


def raced(message: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Return the event `race` for a surface that is known.

    Raises:
        Refused: the message cannot be done.

    """
    given = fields(message, ("surface", "start", "optimizers", "steps", "nudge"))
    name = choice(required(given, "surface"), "surface", [*SURFACES, "network"])
    course = SURFACES[name]
    d = len(course.start)
    start = course.start
    if given.get("start") is not None:
        start = numbers(given["start"], "start", d, 100.0)
    steps = whole(given.get("steps", 200), "steps", 1, _STEPS)
    size = number(given.get("nudge", 0.0), "nudge", 0.0, 10.0)
    nudge = size * np.random.default_rng(0).normal(size=d) if size else None
    runs = [
        ran(lambda w: course.J.at(w).grad, np.array(start), o, steps, course.arrived, nudge)
        for o in asked_optimizers(given.get("optimizers"), course.rate, limits)
    ]
    return {
        "type": "race",
        "surface": {
            "name": name,
            "formula": course.J.formula,
            "extent": list(course.extent),
            "grid": _grid(name),
            "marks": [
                {"w": list(k.w), "kind": k.kind}
                for k in course.J.known
                if k.kind in ("minimum", "saddle", "plateau")
            ],
        },
        "start": list(start),
        "runs": [
            run_facts(run, run.path, [course.J(w) for w in run.path], course.there) for run in runs
        ],
        "note": _noted(course.note, runs, size),
    }


@cache
def _grid(name: str) -> dict[str, Any]:
    """Return the cost over the extent: rows from the smallest w2 on."""
    course = SURFACES[name]
    if len(course.extent) == 2:
        line = np.linspace(*course.extent, 201)
        return {"n": 201, "values": [[course.J(np.array([w])) for w in line]]}
    x0, x1, y0, y1 = course.extent
    x, y = np.linspace(x0, x1, 61), np.linspace(y0, y1, 61)
    return {"n": 61, "values": [[course.J(np.array([a, b])) for a in x] for b in y]}


def run_facts(run: Run, path: F64, cost: list[float], there: str) -> dict[str, Any]:
    """Return what an event says of a run."""
    label = label_of(run.optimizer)
    if run.reached is not None:
        text = f"{label}: {there} after {run.reached:,} steps."
    elif not run.finite:
        text = f"{label}: left the numbers after {run.steps:,} steps; the rate is too large."
    elif there:
        text = f"{label}: not at {there} after {run.steps:,} steps."
    else:
        text = f"{label}: cost {cost[-1]:.4g} after {run.steps:,} steps."
    facts = {
        "name": run.optimizer.name,
        "label": label,
        "settings": asdict(run.optimizer),
        "path": path.tolist(),
        "cost": [float(c) if np.isfinite(c) else None for c in cost],
        "reached": run.reached,
        "steps": run.steps,
        "nudged": run.nudged,
        "text": text,
    }
    return facts if len(run.at) == run.steps + 1 else {**facts, "at": run.at}


def _noted(note: dict[str, str], runs: list[Run], size: float) -> dict[str, str]:
    if not size:
        return note
    count = sum(run.nudged is not None for run in runs)
    return {
        "en": f"{note['en']} Where the gradient was shorter than {_TINY:g}, one random step of "
        f"about {size:g} was added: to {count} of {len(runs)} runs.",
        "ko": f"{note['ko']} 기울기가 {_TINY:g}보다 짧아진 곳에서 크기 {size:g}쯤으로 한 번 "
        f"무작위로 흔들었습니다({len(runs)}개 가운데 {count}개).",
    }
