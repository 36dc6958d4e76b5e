"""softlearn minimize: the minimum of a formula that is typed in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ..options.common import Json, option, stoppable

__all__ = ["EXAMPLES", "SETTINGS", "minimize"]

EXAMPLES = (
    "Examples:\n\n"
    'softlearn minimize "w**2 - 10*w + 25" --start 0\n\n'
    'softlearn minimize "w1^2 - w2^2 + w2^4/4" --start w1=1.5,w2=0.001 --method adam\n\n'
    'softlearn minimize "1 - exp(-(x^2 + y^2)/2)" --start 3.5,3 --json'
)
SETTINGS = {"ignore_unknown_options": True}
"""Let a formula begin with a minus."""


class Method(StrEnum):
    """How to minimise."""

    auto = "auto"
    adam = "adam"
    gradient_descent = "gradient-descent"
    lbfgs = "lbfgs"
    momentum = "momentum"
    newton_cg = "newton-cg"
    perturbed = "perturbed-gradient-descent"
    rmsprop = "rmsprop"
    saddle_free = "saddle-free-newton"


@stoppable
def minimize(
    formula: Annotated[
        str,
        typer.Argument(
            metavar="FORMULA",
            show_default=False,
            help=(
                "Such as 'w**2 - 10*w + 25': numbers, e and pi, names, + - * / ** ^ ( ), and abs, "
                "acos, asin, atan, cos, cosh, exp, log, sigmoid, sin, sinh, sqrt, tan, tanh."
            ),
        ),
    ],
    start: Annotated[
        str,
        option(
            "Where from: w1=1.5,w2=0.001, or values in the order of the names; the rest at 0.",
            "VALUES",
        ),
    ] = "0",
    method: Annotated[Method, option("auto: second-order steps that leave saddles.")] = Method.auto,
    rate: Annotated[
        float | None,
        option(
            "The learning rate of the methods that have one. [default: the method's own]", "ALPHA"
        ),
    ] = None,
    steps: Annotated[int, option("The most steps.", "N", min=0)] = 10_000,
    tol: Annotated[
        float, option("The gradient to reach, relative to the start.", "T", min=0.0)
    ] = 1e-9,
    seconds: Annotated[float, option("The most seconds.", "S", min=0.0)] = 5.0,
    as_json: Json = False,
) -> None:
    """Minimise FORMULA, and say whether what was found is a minimum, a saddle or a plateau.

    Derivatives are exact.  Nothing in FORMULA is run as a program.
    """
    if formula.startswith("--"):
        raise typer.BadParameter(
            f"No such option: {formula} (a formula may begin with one minus, not two)."
        )
    from ...protocol import Status
    from ..formula.search import Request, search
    from ..terminal.minimum import print_minimum
    from ..terminal.stdout import print_facts

    facts = search(Request(formula, start, method.value, rate, steps, tol, seconds))
    print_facts(facts, None if as_json else print_minimum)
    raise typer.Exit(int(facts["status"] == Status.STOPPED_BY_USER.name))
