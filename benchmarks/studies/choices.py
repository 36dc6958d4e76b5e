r"""Choices inside Newton's method, one at a time: what docs/solvers.md says of them.

    python benchmarks/studies/choices.py --data FOLDER [PART ...]

    patience           how much a fit has cost, in passes, before a stronger preconditioner is tried
    few_rows           the diagonal beside factors in the space of the rows, on sparse data
    stepping_stones    a fit at C = 100 beside rough fits at 0.1, 1, 10, each the start of the next
    together           factors class by class beside one for all classes
    few_columns        sparse data with few columns, preconditioned as dense ones or by the diagonal

Steps and passes do not depend on what else the machine does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import prepared, small
from benchmarks.harness.arguments import numbers, parser
from benchmarks.harness.internals import check_examples, choose_solver, formulate
from benchmarks.harness.timing import timed
from softlearn import SoftmaxRegression
from softlearn.solve import Newton

Said = Iterator[tuple[str, float, str, str]]
"""Of fits: the set, C, what was chosen, and how it went."""


def fit(X: Any, y: np.ndarray, C: float, solver: Any = "auto") -> str:
    """Fit and say how it went."""
    model, seconds = timed(lambda: SoftmaxRegression(C=C, solver=solver).fit(X, y))
    steps, passes = int(model.n_iter_[0]), model.trace_[-1].passes
    return f"{steps} steps, {passes:.0f} passes, {seconds:.2f} s, {model.status_.name}"


def some_of_kddcup99(folder: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 row in 25, but of each class 2,500 if it has as many."""
    X, y = prepared(folder, "kddcup99")
    codes = np.unique(y, return_inverse=True)[1]
    chance = np.minimum(1.0, np.maximum(0.04, 2500 / np.bincount(codes)[codes]))
    rows = np.flatnonzero(np.random.default_rng(0).random(len(y)) < chance)
    return X[rows], codes[rows]


def patience(folder: Path | None, Cs: list[float]) -> Said:
    X, y = small("digits")
    for C in Cs:
        model = SoftmaxRegression()
        J = formulate(model, check_examples(model, X, y), C).objective
        auto = choose_solver("auto", J)
        for times in (0.5, 1.0):
            solver = replace(auto, patience=times * auto.patience)
            yield "digits", C, f"{times:g} times auto's patience", fit(X, y, C, solver)


def few_rows(folder: Path | None, Cs: list[float]) -> Said:
    rng = np.random.default_rng(0)
    X = sp.random(960, 2048, 0.01, format="csr", random_state=1)
    Z = X @ rng.normal(size=(2048, 10))
    y = (2.0 * Z / Z.std() + rng.gumbel(size=Z.shape)).argmax(1)
    for C in Cs:
        for kind in ("diagonal", "rowspace"):
            yield "sparse 960 x 2048", C, kind, fit(X, y, C, Newton(kind))


def stepping_stones(folder: Path | None, Cs: list[float]) -> Said:
    for name in ("letter", "banking77", "clinc150"):
        X, y = prepared(folder, name)
        yield name, 100.0, "at once", fit(X, y, 100.0)
        model, passes = SoftmaxRegression(warm_start=True), []
        for C in (0.1, 1.0, 10.0, 100.0):
            model.set_params(C=C, tol=1e-6 if C == 100.0 else 0.3).fit(X, y)
            passes.append(model.trace_[-1].passes)
        each = " + ".join(f"{p:.0f}" for p in passes)
        yield name, 100.0, "by way of 0.1, 1 and 10", f"{each} = {sum(passes):.0f} passes"


def together(folder: Path | None, Cs: list[float]) -> Said:
    for name in ("letter", "covtype_kaggle", "mlbench_shuttle", "kddcup99, some rows"):
        some = name.startswith("kddcup99")
        X, y = some_of_kddcup99(folder) if some else prepared(folder, name)
        for C in Cs:
            for kind in ("classwise", "coupled"):
                yield name, C, kind, fit(X, y, C, Newton(kind))


def few_columns(folder: Path | None, Cs: list[float]) -> Said:
    for name in ("letter", "covtype_kaggle", "mnist"):
        X, y = prepared(folder, name)
        for C in Cs:
            for kind in ("diagonal", "auto"):
                solver = Newton(kind) if kind == "diagonal" else kind
                yield f"{name} as CSR", C, kind, fit(sp.csr_array(X), y, C, solver)


PARTS = {f.__name__: f for f in (patience, few_rows, stepping_stones, together, few_columns)}


def main() -> None:
    options = parser(__doc__, "data")
    options.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    options.add_argument("--C", type=numbers, default="0.01,1,100,10000")
    chosen = options.parse_args()
    for part in chosen.parts or PARTS:
        for name, C, what, how in PARTS[part](chosen.data, chosen.C):
            print(f"{name}, C = {C:g}, {what}: {how}", flush=True)


if __name__ == "__main__":
    main()
