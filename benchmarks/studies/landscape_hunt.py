r"""How often a verdict of the landscape is false: functions of known kind, drawn from seeds.

    python benchmarks/studies/landscape_hunt.py --count 3000 --out FILE.json

Seed by seed derivatives are differences of values, differences of an exact gradient, or exact.  A
verdict is right; undecided ("cannot tell", or "plateau", which says how little J changes around and
nothing of its kind); or false.  A minimum that is not strict, as x^2 y^2 has, counts as one.
`ends` looks at where `softlearn.minimize` stops: STATIONARY where the critical point is not, and
falls without end that are missed.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.landscape_functions import Case, draw
from benchmarks.harness.arguments import parser
from benchmarks.harness.results import write
from softlearn import Status, minimize
from softlearn.function import Function
from softlearn.landscape import classify

MODES = ("values", "gradient", "exact")


@dataclass(frozen=True)
class Outcome:
    """What was said of the function of a seed."""

    seed: int
    mode: str
    second: bool
    wanted: str
    said: str
    outcome: str
    text: str


def verdict_on(seed: int) -> Outcome:
    """Return what `classify` says of the function of a seed."""
    case, mode = draw(seed), MODES[seed % 3]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if mode == "exact":
                J = case.network or Function(
                    lambda w: (case.value(w), case.grad(w)), len(case.w), case.hvp
                )
                said = str(classify(J, case.w).kind)
            elif mode == "gradient" or case.network is not None:
                said = str(classify(case.value, case.w, grad=case.grad).kind)
            else:
                said = str(classify(case.value, case.w).kind)
    except Exception as error:
        said, outcome = repr(error), "exception"
    else:
        undecided = said in ("cannot tell", "plateau")
        outcome = "right" if said == case.kind else "undecided" if undecided else "false"
    return Outcome(seed, mode, case.second, case.kind, said, outcome, case.text)


FALLS = {
    "log(w)": (lambda w: np.log(w[0]), lambda w: 1 / w, [1.0]),
    "-log(w)": (lambda w: -np.log(w[0]), lambda w: -1 / w, [1.0]),
    "log(w - 3)": (lambda w: np.log(w[0] - 3), lambda w: 1 / (w - 3), [4.0]),
    "log|w|^2": (lambda w: np.log(w @ w), lambda w: 2 * w / (w @ w), [1.0, 2.0]),
    "w": (lambda w: w[0], lambda w: np.ones(1), [1.0]),
    "w^3": (lambda w: w[0] ** 3, lambda w: 3 * w**2, [1.0]),
    "-w^2": (lambda w: -(w[0] ** 2), lambda w: -2 * w, [1.0]),
    "-w^8": (lambda w: -(w[0] ** 8), lambda w: -8 * w**7, [1.0]),
    "-exp(w)": (lambda w: -np.exp(w[0]), lambda w: -np.exp(w), [1.0]),
    "-1/w": (lambda w: -1 / w[0], lambda w: 1 / w**2, [1.0]),
    "-sqrt(w)": (lambda w: -np.sqrt(w[0]), lambda w: -0.5 / np.sqrt(w), [1.0]),
    "x^2 - y^2": (lambda w: w[0] ** 2 - w[1] ** 2, lambda w: np.array([2, -2]) * w, [1.0, 0.1]),
    "x y": (lambda w: w[0] * w[1], lambda w: w[::-1].copy(), [1.0, 0.5]),
}


def beside(case: Case, rng: np.random.Generator) -> np.ndarray:
    """Return a place beside the critical point where the function is finite."""
    away = 0.1 * rng.normal(size=len(case.w))
    with np.errstate(all="ignore"):
        while not np.isfinite(case.value(case.w + away)):
            away *= 0.5
    return case.w + away


def ends(count: int) -> dict:
    """Return how the ends of `minimize` are told, from functions that fall and that do not."""
    tally: Counter[str] = Counter()
    failed = []
    rng = np.random.default_rng(0)
    for k in range(count):
        falls, options = k % 2 == 0, {"max_steps": 2000}
        if falls:
            name = list(FALLS)[k // 2 % len(FALLS)]
            value, grad, start = FALLS[name]
            unit = 10.0 ** rng.uniform(-6, 6)
            J, g = (
                (lambda w, f=value, c=unit: c * float(f(w))),
                (lambda w, f=grad, c=unit: c * np.asarray(f(w))),
            )
            w0, text = np.array(start), f"{unit:.1e} ({name})"
        else:
            case = draw(k)
            J, g, w0, text = case.value, case.grad, beside(case, rng), case.text
            if case.network is not None:  # without a penalty few of them have a minimum
                options = {"max_steps": 200, "hvp": case.hvp}
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = minimize(J, w0, grad=g, **options)
        except Exception as error:
            outcome = f"exception {error!r}"
        else:
            outcome = found.status.name
            if found.status is Status.STATIONARY and found.verdict is not None:
                outcome = f"STATIONARY, {found.verdict.kind}"
        tally[f"{'falls' if falls else 'others'}: {outcome}"] += 1
        known = "falls" if falls else case.kind  # all these minima are bounded from below
        wrong = (known, outcome == "UNBOUNDED") in (("falls", False), ("minimum", True))
        if wrong or "exception" in outcome or "not crit" in outcome:
            failed.append({"text": text, "outcome": outcome})
    return {"counts": dict(sorted(tally.items())), "to look at": failed}


def summary(found: list[Outcome], told: dict) -> dict:
    """Return the counts of verdicts, those that are false, and the ends."""
    table = Counter(
        (r.mode, "second order decides" if r.second else "higher", r.outcome) for r in found
    )
    counts = [
        {"mode": m, "order": o, "outcome": r, "count": n} for (m, o, r), n in sorted(table.items())
    ]
    bad = [asdict(r) for r in found if r.outcome in ("false", "exception")]
    return {"verdicts": counts, "false": bad, "ends": told}


def main() -> None:
    options = parser(__doc__, "out")
    options.add_argument("--count", type=int, default=3000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--ends", type=int, default=600)
    given = options.parse_args()
    found = [verdict_on(seed) for seed in range(given.first, given.first + given.count)]
    result = json.dumps(summary(found, ends(given.ends)), indent=1)
    print(result)
    if given.out:
        write(given.out, result)


if __name__ == "__main__":
    main()
