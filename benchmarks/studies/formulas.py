r"""Whether `softlearn minimize` takes or refuses any text in little time and in plain words.

    python benchmarks/studies/formulas.py --count 2000 --out FILE.json

Texts are drawn from a seed, each with a start, a method and a rate of its own:

    plain     sums, products, quotients and powers of up to three variables, and functions of them
    steep     the same with towers of powers, exponents to 1000, numbers from 1e-308 to 1e308
    deep      functions within functions, up to the depth that is allowed and beyond
    large     up to ten variables and 200 operations
    broken    formulas with characters left out, added and exchanged
    noise     any characters

Counted are runs that failed unexpectedly or showed a traceback, sentences of more than one line,
runs longer than 10 s (the command's own limit is 5 s), and how the others ended.  Time is that of a
run within one process, without the second that Python and the libraries take to start.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.internals import FUNCTIONS, METHODS
from benchmarks.harness.program import run
from benchmarks.harness.results import write
from benchmarks.harness.timing import time_limit, timed
from softlearn.protocol import Status

Rng = np.random.Generator
LONGEST, HOPELESS = 10.0, 30  # seconds: what is too long, and when a run is given up
SIGNS = ("+", "-", "*", "/", "**", "^")


@dataclass(frozen=True)
class Run:
    """One text, and what came of it."""

    kind: str
    words: list[str]
    ended: str
    seconds: float
    unexpected: bool
    said: str


def number(rng: Rng, steep: bool) -> str:
    if steep and rng.random() < 0.5:
        return f"{rng.choice(['', '-'])}{rng.uniform(1, 10):.3g}e{rng.integers(-308, 308)}"
    return str(rng.choice(["0", "1", "2", "3", "10", "25", "0.5", "1.5", "-1", "1e3", "e", "pi"]))


def formula(rng: Rng, depth: int, names: list[str], steep: bool = False) -> str:
    """Return a random formula."""
    if depth <= 0 or rng.random() < 0.1:
        return str(rng.choice(names)) if rng.random() < 0.7 else number(rng, steep)
    if rng.random() < 0.35:
        return f"{rng.choice(FUNCTIONS)}({formula(rng, depth - 1, names, steep)})"
    left, sign = formula(rng, depth - 1, names, steep), str(rng.choice(SIGNS))
    if sign in ("**", "^") and rng.random() < 0.8:
        powers = ["2", "3", "4", "0.5", "-1", "-0.5", "7"] + ["100", "333.3", "1000"] * steep
        return f"({left}){sign}{rng.choice(powers)}"
    return f"({left} {sign} {formula(rng, depth - 1, names, steep)})"


def large(rng: Rng) -> str:
    names = [f"x{i}" for i in range(rng.integers(5, 11))]
    parts = [formula(rng, 2, names) for _ in range(rng.integers(5, 30))]
    return " + ".join(parts)


def deep(rng: Rng) -> str:
    inside = formula(rng, 1, ["w"])
    for _ in range(rng.integers(5, 28)):
        inside = f"{rng.choice(FUNCTIONS)}({inside})" if rng.random() < 0.8 else f"({inside})**2"
    return inside


def broken(rng: Rng) -> str:
    text = list(formula(rng, 3, ["w", "v"]))
    for _ in range(rng.integers(1, 4)):
        k = int(rng.integers(len(text)))
        text[k] = str(rng.choice(["", *"()+-*/^.,=w1e;[]{}'\"%&|<>!~@:_ \n\\", text[k] * 2]))
    return "".join(text)


def noise(rng: Rng) -> str:
    return "".join(chr(c) for c in rng.integers(1, 0x300, rng.integers(1, 40)))


KINDS: dict[str, Callable[[Rng], str]] = {
    "plain": lambda rng: formula(rng, int(rng.integers(1, 5)), ["w", "x", "y"]),
    "steep": lambda rng: formula(rng, int(rng.integers(1, 5)), ["w", "v"], steep=True),
    "deep": deep,
    "large": large,
    "broken": broken,
    "noise": noise,
}
SHARES = {"plain": 0.4, "steep": 0.25, "deep": 0.1, "large": 0.05, "broken": 0.1, "noise": 0.1}


def drawn(seed: int, k: int) -> tuple[str, list[str]]:
    """Return the kind of text k, and the words of its command line."""
    rng = np.random.default_rng((seed, k))
    kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    text = KINDS[kind](rng)
    words = ["minimize", text, "--start", start(rng, text)]
    if rng.random() < 0.5:
        words += ["--method", str(rng.choice(METHODS))]
    if rng.random() < 0.2:
        method = rng.choice(["adam", "gradient-descent", "momentum", "rmsprop"])
        words += ["--method", str(method), "--rate", f"{10.0 ** rng.uniform(-6, 3):.3g}"]
    return kind, words + ["--json"] * bool(rng.random() < 0.3)


def start(rng: Rng, text: str) -> str:
    """Return a start for the variables of a formula: mostly of ordinary size."""
    count = len(set(re.findall(r"\b(?:[wvxy]|x\d)\b", text))) or 1
    size = rng.choice([1.0, 3.0, 0.0, 1e-10, 1e10, 1e300], p=[0.6, 0.2, 0.05, 0.05, 0.05, 0.05])
    values = size * (rng.random(count) if rng.random() < 0.7 else rng.normal(size=count))
    return ",".join(f"{x:.4g}" for x in values)


def ran(kind: str, words: list[str]) -> Run:
    """Run one command line in this process."""
    with time_limit(HOPELESS):
        ended, seconds = timed(partial(run, words))
    how = f"raised {type(ended.status).__name__}"
    if isinstance(ended.status, int):
        how = ending(ended.status, words, ended.out)
    bad = ended.unexpected
    bad |= how != "wrong usage" and ended.err.count("\n") > 1  # typer shows that in a box
    return Run(kind, words, how, seconds, bad, ended.err)


def ending(status: int, words: list[str], out: str) -> str:
    """Return in a few words how a run ended."""
    if status:
        return {1: "refused in a sentence", 2: "wrong usage"}[status]
    if "--json" in words:
        return str(json.loads(out)["status"])
    text = " ".join(out.split())
    if "Stopped at the limit of time" in text:
        return "TIME"
    return next((status.name for status in Status if status.value in text), "otherwise")


def summary(runs: list[Run]) -> dict[str, Any]:
    """Return the counts."""
    seconds = np.array([run.seconds for run in runs])
    return {
        "texts": len(runs),
        "failed unexpectedly": sum(run.unexpected for run in runs),
        f"longer than {LONGEST:.0f} s": int((seconds > LONGEST).sum()),
        "longest, s": round(float(seconds.max()), 2),
        "median, s": round(float(np.median(seconds)), 4),
        "by kind": dict(Counter(run.kind for run in runs)),
        "ended": dict(Counter(run.ended for run in runs).most_common()),
    }


def main() -> None:
    options = parser(__doc__, "out")
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    runs = []
    for k in range(given.count):
        runs.append(ran(*drawn(given.seed, k)))
        if runs[-1].unexpected or runs[-1].seconds > LONGEST:
            print(k, asdict(runs[-1]), flush=True)
    found = summary(runs)
    print(json.dumps(found, indent=1))
    if given.out is not None:
        found |= {"seed": given.seed}
        found["bad"] = [asdict(run) for run in runs if run.unexpected or run.seconds > LONGEST]
        found["slowest"] = [asdict(run) for run in sorted(runs, key=lambda run: -run.seconds)[:10]]
        write(given.out, json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
