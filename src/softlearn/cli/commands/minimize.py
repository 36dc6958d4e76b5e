"""softlearn minimize: the minimum of a formula, the way there, and what kind of point it is."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...autodiff import Iterate, Minimum, minimize_steps
from ...protocol import F64, Solver, Status
from ...solve import (
    LBFGS,
    Adam,
    GradientDescent,
    Momentum,
    Newton,
    PerturbedGradientDescent,
    RMSprop,
    SaddleFreeNewton,
)
from ...words import counted
from .. import CommandError
from ..expression import Formula, parse
from ..layout import Page, listed, new_table
from ..outputs import print_json, writing_to_stdout

__all__ = ["run"]

_RATED: dict[str, Callable[..., Solver]] = {
    "adam": Adam,
    "gradient-descent": GradientDescent,
    "momentum": Momentum,
    "perturbed-gradient-descent": PerturbedGradientDescent,
    "rmsprop": RMSprop,
}
_OTHERS: dict[str, Callable[..., Solver]] = {
    "lbfgs": LBFGS,
    "newton-cg": Newton,
    "saddle-free-newton": SaddleFreeNewton,
}
_SHOWN = (1, 2, 5)  # steps whose number is one of these times a power of ten are shown


def run(
    text: str, start: str, method: str, rate: float | None, steps: int, tol: float, *, as_json: bool
) -> int:
    """Minimise a formula and print the way, the end and its kind; return the exit status.

    Raises:
        CommandError: one sentence.

    """
    formula, solver = parse(text), _solver(method, rate)
    w0 = _start(start, formula.names)
    path, found = _walk(formula, w0, solver, steps, tol)
    facts = _facts(formula, w0, method, rate, path, found)
    with writing_to_stdout():
        if as_json:
            print_json(facts)
        else:
            _print(facts)
    return int(found.status is Status.STOPPED_BY_USER)


def _solver(method: str, rate: float | None) -> str | Solver:
    if method in _RATED:
        if rate is None:
            return _RATED[method]()
        if not 0.0 < rate < math.inf:
            raise CommandError(f"--rate {rate:g} is no learning rate; give a number above 0.")
        return _RATED[method](rate)
    if rate is not None:
        raise CommandError(f"{method} takes no --rate; those that do are {listed(_RATED)}.")
    return _OTHERS[method]() if method in _OTHERS else method


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
    formula: Formula, w0: dict[str, float], solver: str | Solver, steps: int, tol: float
) -> tuple[list[Iterate], Minimum]:
    """Return the steps to show, and the end."""

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
        max_steps=steps,
        tol=tol,
    )
    path: list[Iterate] = []
    last: Iterate | None = None
    try:
        while True:
            last = next(run)
            if _is_shown(last.k):
                path.append(last)
    except StopIteration as end:
        found: Minimum = end.value
    except ValueError as error:
        raise CommandError(str(error).replace("w0", "the start")) from error
    if last is not None and path[-1].k != last.k:
        path.append(last)
    return path, found


def _is_shown(k: int) -> bool:
    return k == 0 or k / 10 ** int(math.log10(k)) in _SHOWN


def _facts(
    formula: Formula,
    w0: dict[str, float],
    method: str,
    rate: float | None,
    path: list[Iterate],
    found: Minimum,
) -> dict[str, Any]:
    somewhere = found.status not in (Status.UNBOUNDED, Status.NOT_FINITE)
    verdict = found.classify() if somewhere else None
    return {
        "formula": formula.text,
        "variables": list(formula.names),
        "start": w0,
        "method": method,
        "rate": rate,
        "status": found.status.name,
        "status_sentence": found.sentence,
        "w": found.w,
        "value": found.value,
        "gradient_norm": found.gradient_norm,
        "steps": found.n_steps,
        "notes": list(found.notes),
        "kind": None if verdict is None else verdict.kind.value,
        "index": None if verdict is None else verdict.index,
        "eigenvalues": [] if verdict is None else verdict.eigenvalues.tolist(),
        "kind_sentence": None if verdict is None else verdict.sentence,
        "path": [
            {"step": at.k, "w": at.w, "value": at.value, "gradient_norm": at.gradient_norm}
            for at in path
        ],
    }


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
