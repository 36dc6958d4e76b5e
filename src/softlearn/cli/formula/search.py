"""The minimum of a formula, the way there, and what kind of point it is."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...autodiff import Iterate, Minimum, minimize_steps
from ...autodiff.methods import solver_named
from ...landscape import Verdict
from ...protocol import F64, Solver, Status
from .. import CommandError
from ..terminal.page import listed
from .expression import Formula, parse
from .limits import Limits

__all__ = ["Request", "search"]

_SHOWN = (1, 2, 5)  # steps whose number is one of these times a power of ten are shown


@dataclass(frozen=True)
class Request:
    """What to minimise, and how."""

    formula: str
    start: str
    method: str
    rate: float | None
    steps: int
    tol: float
    seconds: float


def search(request: Request) -> dict[str, Any]:
    """Minimise a formula; return the way, the end and its kind."""
    try:
        solver = solver_named(request.method, request.rate, "--rate")
    except ValueError as error:
        raise CommandError(str(error)) from error
    formula = parse(request.formula)
    w0 = _start(request.start, formula.names)
    path, found, sentence = _walk(formula, w0, solver or "auto", request)
    return {**_facts(formula, w0, request, path, found), "status_sentence": sentence}


def _start(text: str, names: tuple[str, ...]) -> dict[str, float]:
    """Return where each variable starts."""
    parts = [part.strip() for part in text.split(",")]
    given = [part.partition("=") for part in parts]
    if any(sign for _, sign, _ in given):
        pairs = [(name.strip(), value) if sign else ("", name) for name, sign, value in given]
    else:
        if len(parts) > len(names):
            raise CommandError(
                f"--start has {len(parts)} values, but the variables are {listed(names)}."
            )
        pairs = list(zip(names, parts, strict=False))
    w0 = dict.fromkeys(names, 0.0)
    for name, value in pairs:
        if name not in w0:
            close = difflib.get_close_matches(name, names, 1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise CommandError(
                f"--start names {name!r}{hint}, but the variables are {listed(names)}."
            )
        w0[name] = _number(name, value)
    return w0


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CommandError(f"--start says {text.strip()!r} for {name}, which is no finite number.")
    return value


def _walk(
    formula: Formula, w0: dict[str, float], solver: str | Solver, request: Request
) -> tuple[list[Iterate], Minimum, str]:
    """Return the steps to show, the end, and how it came to it."""

    def flat(w: dict[str, float]) -> F64:
        return np.array([w[name] for name in formula.names])

    def named(values: F64) -> dict[str, float]:
        return dict(zip(formula.names, values.tolist(), strict=True))

    run = minimize_steps(
        lambda w: formula.value(flat(w)),
        w0,
        solver,
        grad=lambda w: named(formula.grad(flat(w))),
        hvp=lambda w, v: named(formula.hessian(flat(w)) @ flat(v)),
        max_steps=request.steps,
        tol=request.tol,
    )
    path: list[Iterate] = []
    last: Iterate | None = None
    limits = Limits(request.seconds)
    try:
        while True:
            last = next(run)
            if last.k == 0 or last.k / 10 ** int(math.log10(last.k)) in _SHOWN:
                path.append(last)
            if limits.exceeded(last):
                run.throw(KeyboardInterrupt)  # the best point so far is returned
    except StopIteration as end:
        found: Minimum = end.value
    except ValueError as error:
        raise CommandError(str(error).replace("w0", "the start")) from error
    if last is not None and path[-1].k != last.k:
        path.append(last)
    if limits.status is not None and found.status is Status.STOPPED_BY_USER:
        return path, replace(found, status=limits.status), limits.sentence
    return path, found, found.sentence


def _facts(
    formula: Formula,
    w0: dict[str, float],
    request: Request,
    path: list[Iterate],
    found: Minimum,
) -> dict[str, Any]:
    verdict, unknown = _kind(found)
    return {
        "formula": formula.text,
        "variables": list(formula.names),
        "start": w0,
        "method": request.method,
        "rate": request.rate,
        "status": found.status.name,
        "w": found.w,
        "value": found.value,
        "gradient_norm": found.gradient_norm,
        "steps": found.n_steps,
        "notes": list(found.notes),
        "kind": None if verdict is None else verdict.kind.value,
        "index": None if verdict is None else verdict.index,
        "eigenvalues": [] if verdict is None else verdict.eigenvalues.tolist(),
        "kind_sentence": unknown or None if verdict is None else verdict.sentence,
        "path": [
            {"step": at.k, "w": at.w, "value": at.value, "gradient_norm": at.gradient_norm}
            for at in path
        ],
    }


def _kind(found: Minimum) -> tuple[Verdict | None, str]:
    """Return what kind of point it is; None, and why, where that is unknown."""
    if found.status in (Status.UNBOUNDED, Status.NOT_FINITE):
        return None, ""
    try:
        return found.classify(), ""
    except ValueError:  # and with it np.linalg.LinAlgError
        return None, "What kind of point this is cannot be told: its curvature is not finite."
