"""softlearn minimize: the minimum of a formula, the way there, and what kind of point it is."""

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
from ...words import counted
from .. import CommandError
from ..terminal.outputs import print_json, writing_to_stdout
from ..terminal.page import Page, listed, new_table
from .expression import Formula, parse
from .limits import Patience

__all__ = ["run"]

_SHOWN = (1, 2, 5)  # steps whose number is one of these times a power of ten are shown


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    formula: str
    start: str
    method: str
    rate: float | None
    steps: int
    tol: float
    seconds: float


def run(asked: Request, *, as_json: bool) -> int:
    """Minimise a formula and print the way, the end and its kind; return the exit status.

    Raises:
        CommandError: one sentence.

    """
    try:
        solver = solver_named(asked.method, asked.rate, "--rate")
    except ValueError as error:
        raise CommandError(str(error)) from error
    formula = parse(asked.formula)
    w0 = _start(asked.start, formula.names)
    path, found, sentence = _walk(formula, w0, solver or "auto", asked)
    facts = {**_facts(formula, w0, asked, path, found), "status_sentence": sentence}
    with writing_to_stdout():
        if as_json:
            print_json(facts)
        else:
            _print(facts)
    return int(found.status is Status.STOPPED_BY_USER)


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
    formula: Formula, w0: dict[str, float], solver: str | Solver, asked: Request
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
        max_steps=asked.steps,
        tol=asked.tol,
    )
    path: list[Iterate] = []
    last: Iterate | None = None
    patience = Patience(asked.seconds)
    try:
        while True:
            last = next(run)
            if _is_shown(last.k):
                path.append(last)
            if patience.lost(last):
                run.throw(KeyboardInterrupt)  # the best point so far is returned
    except StopIteration as end:
        found: Minimum = end.value
    except ValueError as error:
        raise CommandError(str(error).replace("w0", "the start")) from error
    if last is not None and path[-1].k != last.k:
        path.append(last)
    if patience.status is not None and found.status is Status.STOPPED_BY_USER:
        return path, replace(found, status=patience.status), patience.sentence
    return path, found, found.sentence


def _is_shown(k: int) -> bool:
    return k == 0 or k / 10 ** int(math.log10(k)) in _SHOWN


def _facts(
    formula: Formula,
    w0: dict[str, float],
    asked: Request,
    path: list[Iterate],
    found: Minimum,
) -> dict[str, Any]:
    verdict, unknown = _kind(found)
    return {
        "formula": formula.text,
        "variables": list(formula.names),
        "start": w0,
        "method": asked.method,
        "rate": asked.rate,
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
    """Return what kind of point it is; None, and why, where nothing can be said."""
    if found.status in (Status.UNBOUNDED, Status.NOT_FINITE):
        return None, ""
    try:
        return found.classify(), ""
    except ValueError:  # and with it np.linalg.LinAlgError
        return None, "What kind of point this is cannot be told: its curvature is not finite."


def _print(facts: dict[str, Any]) -> None:
    page = Page()
    page.title(f"J = {facts['formula']}")
    page.section("Steps")
    names = facts["variables"]
    table = new_table(">step", *(f">{name}" for name in names), ">J", ">|gradient|")
    for at in facts["path"]:
        numbers = [*(at["w"][name] for name in names), at["value"]]
        table.add_row(
            f"{at['step']:,}", *(f"{x:.9g}" for x in numbers), f"{at['gradient_norm']:.2g}"
        )
    page.show(table)
    for note in facts["notes"]:
        page.say(note)
    page.section("Found")
    where = ", ".join(f"{name} = {facts['w'][name]:.9g}" for name in names)
    after = f"after {counted(facts['steps'], 'step', 'steps')}"
    page.say(f"J = {facts['value']:.9g} at {where}, {after}.")
    page.say(facts["status_sentence"])
    if facts["kind_sentence"]:
        page.say(facts["kind_sentence"])
