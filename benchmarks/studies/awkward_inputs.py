"""What softlearn says of inputs that it, or a library of its kind, once said something false about.

    python benchmarks/studies/awkward_inputs.py --out FILE.md

The tests hold each of these; this prints what a user sees.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris, load_wine

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.results import markdown, write
from softlearn import SoftmaxNetwork, SoftmaxRegression, cross_entropy, loss, minimize
from softlearn.function import Function
from softlearn.landscape import classify, gradient_check

Say = Callable[[], str]
Case = tuple[str, str, Say]
"""What is asked, what was said of it once, and who says it now."""

warnings.simplefilter("ignore")
RNG = np.random.default_rng(0)
Z = RNG.normal(size=(40, 3))
Y = (Z @ [1.0, -1.0, 0.5] + RNG.logistic(size=40) > 0).astype(int)
FOUR = np.array([[1e9], [1e9 + 1], [1e9 + 2], [1e9 + 3]])
IRIS = load_iris(return_X_y=True)


def said(f: Say) -> str:
    try:
        return f()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def later(f: Callable[..., str]) -> Callable[..., Say]:
    """Return f, which then answers only when it is asked."""
    return lambda *given, **options: partial(f, *given, **options)


@later
def fitted(X: Any, y: Any, C: float = np.inf, weights: Any = None, **options: Any) -> str:
    model = SoftmaxRegression(C=C, **options).fit(X, y, weights)
    detail = model.status_detail_.split(". ")[0]
    text = f"{model.status_.name}, J = {model.objective_:.6g}, gap {model.gap_:.1e}"
    return text if model.status_.ok else f"{text}; {detail}"


@later
def network(X: Any, y: Any, hidden: tuple[int, ...], **options: Any) -> str:
    model = SoftmaxNetwork(hidden, random_state=0, **options).fit(X, y)
    text = f"{model.status_.name}, loss {model.loss_:.6g}"
    return f"{text}; {model.status_detail_}" if model.status_detail_ else text


def events() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    seconds = rng.uniform(0.0, 1.0, 200)
    y = (rng.uniform(size=200) < 1 / (1 + np.exp(-8 * (seconds - 0.5)))).astype(int)
    return (1.7e12 + np.rint(1000 * seconds))[:, None], y


def years() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    year = rng.integers(2000, 2011, 80).astype(float)
    y = (rng.uniform(size=80) < 1 / (1 + np.exp(-0.4 * (year - 2005)))).astype(int)
    return np.c_[year, year**2, year**3], y


def proofs() -> Iterator[Case]:
    nearly = np.c_[Z[:, :1], Z[:, :1] + 1e-9 * Z[:, 1:2]]
    scaled = Z * np.array([1e-200, 1.0, 1.0])
    right = SoftmaxRegression(C=np.inf).fit(Z, Y).objective_
    yield (
        "four rows at 1e9, y = 0,1,0,1, no penalty",
        "CONVERGED, J = 0.693",
        fitted(FOUR, [0, 1, 0, 1]),
    )
    yield "the same, y = 0,0,1,1 (separable)", "CONVERGED, J = 0.693", fitted(FOUR, [0, 0, 1, 1])
    for offset in (1e9, 1e12, 1e15):
        yield (
            f"40 rows + {offset:.0e}; J = {right:.6f} without",
            "CONVERGED far above",
            fitted(Z + offset, Y),
        )
    yield (
        "the same + 1e9, without intercept",
        "CONVERGED above",
        fitted(Z + 1e9, Y, fit_intercept=False),
    )
    yield "milliseconds since 1970 within a second", "CONVERGED, J = 0.692", fitted(*events())
    yield "a year, its square and its cube", "CONVERGED above", fitted(*years())
    yield "columns a and a + 1e-9 z", "CONVERGED above", fitted(nearly, Y)
    yield (
        f"a column times 1e-200; J = {right:.6f} without",
        "CONVERGED, coefficient 0",
        fitted(scaled, Y),
    )
    yield (
        "a network without hidden layers, rows + 1e9",
        "CONVERGED above",
        network(Z + 1e9, Y, (), alpha=0.0, solver="newton-cg"),
    )
    yield "a column twice, C = 1e12", "no word above tol", fitted(np.c_[Z, Z[:, 0]], Y, C=1e12)
    yield "iris, C = 1e30", "no word above tol", fitted(*IRIS, C=1e30)
    yield "weights of 1e308", "weights must be finite", fitted(Z, Y, 1.0, [1e308] * 40)
    yield "weights of 1e-320", "strength must be a finite number", fitted(Z, Y, 1.0, [1e-320] * 40)


@later
def classes(y: Any) -> str:
    found = SoftmaxRegression().fit(Z, y).classes_
    return f"classes_ {found.tolist()} ({found.dtype})"


def labels() -> Iterator[Case]:
    big = pd.Series(2**53 + Y, dtype="Int64")
    names = pd.Series(np.where(Y, "a", "b"), dtype=object)
    mixed = np.array(["a" if label else 1 for label in Y], dtype=object)
    times = pd.Series(pd.to_datetime(np.where(Y, "2026-01-01", "2026-01-02")))
    two = np.eye(3)[Y] + np.eye(3)[[2] * 40]
    wide = pd.get_dummies(names)
    yield "y of pandas Int64 beyond 2^53", "merged silently", classes(big)
    yield "y of pandas boolean", "classes_ [0.0, 1.0]", classes(pd.Series(Y == 1, dtype="boolean"))
    yield (
        "pd.NA among strings",
        "boolean value of NA is ambiguous",
        classes(names.where(np.arange(40) != 3, pd.NA)),
    )
    yield "NaN among strings", "no row", classes(names.where(np.arange(40) != 3, np.nan))
    yield "NaT among times", "a class", classes(times.where(np.arange(40) != 3, pd.NaT))
    yield "words and numbers mixed", "'<' not supported", classes(mixed)
    yield "one-hot y of pandas.get_dummies", "probabilities, names lost", classes(wide)
    yield "a row with two ones", "probabilities", classes(two)
    p, one = np.array([[0.3, 0.2, 0.1, 0.4]]), np.array([1])
    yield (
        "cross_entropy of probabilities (1.609)",
        "another number",
        warned(lambda: cross_entropy(p, one)),
    )
    yield "loss(y_hat, y)", "did not exist", lambda: f"{float(loss(p, one)[0]):.4g}"
    yield (
        "minimize(J(w, b), (0., 0.))",
        "TypeError",
        lambda: str(minimize(lambda w, b: (w - 5) ** 2 + (b + 1) ** 2, (0.0, 0.0)).w),
    )


@later
def warned(f: Callable[[], Any]) -> str:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = f()
    return f"{float(np.mean(found)):.4g}; warns: {told[0].message}" if told else f"{found}"


def landscape() -> Iterator[Case]:
    @later
    def kind(J: Any, at: Any, grad: Any = None) -> str:
        found = classify(J, np.asarray(at, dtype=float), grad=grad)
        return f"{found.kind}: {str(found).splitlines()[0]}"

    @later
    def end(J: Any, start: Any) -> str:
        found = minimize(J, np.asarray(start, dtype=float))
        return f"{found.status.name} at {np.array2string(np.asarray(found.w), precision=6)}"

    yield "sum w^4 at 0", "a maximum", kind(lambda w: (w**4).sum(), [0.0, 0.0])
    yield "-sum w^4 at 0", "a minimum", kind(lambda w: -(w**4).sum(), [0.0, 0.0])
    yield (
        "w^6 at 0, exact gradient",
        "a maximum",
        kind(lambda w: (w**6).sum(), [0.0], lambda w: 6 * w**5),
    )
    yield (
        "cosh(w) - w^2/2 at 0, exact gradient",
        "a maximum",
        kind(lambda w: float(np.cosh(w[0]) - w[0] ** 2 / 2), [0.0], lambda w: np.sinh(w) - w),
    )
    yield "x^2 - 1e-6 y^2", "cannot tell", kind(lambda w: w[0] ** 2 - 1e-6 * w[1] ** 2, [0.0, 0.0])
    yield (
        "1e8 x^2 - 1e-3 y^2",
        "cannot tell",
        kind(lambda w: 1e8 * w[0] ** 2 - 1e-3 * w[1] ** 2, [0.0, 0.0]),
    )
    yield (
        "minimize 1e12 (x - 3)^2 + (y + 1)^2",
        "cannot tell",
        end(lambda w: 1e12 * (w[0] - 3) ** 2 + (w[1] + 1) ** 2, [0.0, 0.0]),
    )
    yield "minimize log(w) from 1", "STATIONARY", end(lambda w: float(np.log(w[0])), [1.0])
    yield (
        "minimize log(w0^2 + w1^2)",
        "LinAlgError",
        end(lambda w: float(np.log(w @ w)), [1.0, 2.0]),
    )
    yield (
        "minimize 1e-300 (w - 3)^2",
        "STATIONARY at the start",
        end(lambda w: float(1e-300 * (w[0] - 3) ** 2), [0.0]),
    )

    def steep(w: Any) -> float:
        return float(1e6 * w[0] ** 2 + w[1] ** 2)

    yield (
        "a gradient 2.5 times too large in one coordinate",
        "3e-13",
        verdict(steep, lambda w: np.array([2e6 * w[0], 5.0 * w[1]])),
    )
    yield (
        "a right gradient of J + 1e9",
        "1.5e-3",
        verdict(lambda w: float(w @ w) + 1e9, lambda w: 2.0 * w),
    )
    yield (
        "wine as it comes, 8 units, newton-cg",
        "STATIONARY",
        network(*load_wine(return_X_y=True), (8,), solver="newton-cg"),
    )


@later
def verdict(J: Any, grad: Any) -> str:
    found = gradient_check(Function(lambda w: (J(w), grad(w)), 2), np.array([1.0, 1.0]))
    return str(found).splitlines()[0]


def tables() -> Iterator[Case]:
    def price(k: int) -> str:
        return f"{500 + 40 * k:,}"

    rows = [(price(k), "dear" if k > 19 else "cheap") for k in range(40)]

    def table(lines: list[str], *options: str, name: str = "t.csv") -> Say:
        return command(name, "\n".join(lines) + "\n", *options)

    prices = ["price\tclass", *(f"{p}\t{c}" for p, c in rows)]
    ambiguous = [
        "price\tclass",
        *(f"{k + 1},{500 + k}\t{'a' if k % 2 else 'b'}" for k in range(40)),
    ]
    yield (
        "tab-separated prices 500 to 2,060",
        "1.020 to 2.060, no word",
        table(prices, name="t.tsv"),
    )
    yield "1,500 to 40,539 alone", "1.5 to 40.539, no word", table(ambiguous, name="t.tsv")
    cells = ["a,class", *(f"{'n.d.' if k == 7 else k},{'u' if k > 20 else 'v'}" for k in range(40))]
    yield "n.d. in a column of numbers", "a category per row", table(cells)
    money = ["a;class", *(f"€ {k},50;{'u' if k > 20 else 'v'}" for k in range(40))]
    yield "€ 3,50 and its like", "text", table(money, name="t.csv")
    headless = [f"{k},{k % 7},{'u' if k > 20 else 'v'}" for k in range(40)]
    yield "no header", "no word", table(["1,2,u", *headless], "-t", "u")
    yield (
        "a ZIP file named .csv",
        "failed unexpectedly",
        command("t.csv", b"PK\x03\x04" + bytes(60)),
    )


@later
def command(name: str, text: str | bytes, *options: str) -> str:
    """Return the first lines of what `softlearn fit` says of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        words = options or ("-t", "class")
        run = subprocess.run(
            [sys.executable, "-m", "softlearn", "fit", name, *words, "-o", "m.softlearn", "--json"],
            cwd=folder, capture_output=True, text=True, env={**os.environ, "COLUMNS": "400"},
        )  # fmt: skip
    if run.returncode:
        return run.stderr.strip()
    facts = json.loads(run.stdout)
    return "; ".join([*facts["read_as"], *facts["warnings"]]) or "read"


SECTIONS: dict[str, Callable[[], Iterator[Case]]] = {
    "Proofs": proofs,
    "Labels and scores": labels,
    "Verdicts": landscape,
    "Tables": tables,
}


def main() -> None:
    out = parser(__doc__, "out").parse_args().out
    parts = ["# Awkward inputs", "Made by `benchmarks/studies/awkward_inputs.py`."]
    for title, cases in SECTIONS.items():
        rows = [["input", "said once", "says now"]]
        for what, before, say in cases():
            rows.append([what, before, " ".join(said(say).replace("|", "\\|").split())])
            print(markdown([rows[-1]]).splitlines()[0], flush=True)
        parts += [f"## {title}", markdown(rows)]
    if out:
        write(out, "\n\n".join(parts))


if __name__ == "__main__":
    main()
