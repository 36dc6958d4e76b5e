r"""Choices inside Newton's method, one at a time: what docs/solvers.md says of them.

    OMP_WAIT_POLICY=passive python benchmarks/choices.py --data FOLDER

First, how much of the slope a line search may leave, on rows of kddcup99 drawn so that rare
classes stay whole.  Second, factors class by class beside one for all classes together.  Third, the
diagonal beside factors in the space of the rows, on sparse data with fewer rows than columns.
Fourth, a fit at C = 100 beside fits at 0.1, 1, 10 and 100, each rough and the start of the next.
Fifth, how many rows are drawn for a feature, and how much a fit has cost, in units of its price,
before a stronger preconditioner is tried.  Sixth, kddcup99 with and without adding up repeated rows
and skipping zeros.  Seventh, sparse data with few columns, preconditioned as dense ones or by the
diagonal.  Eighth, hand signs (1,080 x 12,288) as they are and in the dimensions that they span.
Ninth, texts whose gradients are made in two blocks or feature by feature, and whose Hessian
products are made in float64 or float32.
Steps and passes do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from datasets import embeddings, prepared, small

from softlearn import SoftmaxRegression, preconditioner
from softlearn.data import repeats, rotate, zeros
from softlearn.estimators.regression import solvers
from softlearn.solve import Newton, newton

classwise = import_module("softlearn.preconditioner.classwise")  # a function has its name
storages = import_module("softlearn.data.sparse")


def fit(X: object, y: np.ndarray, C: float, solver: Newton | str = "auto") -> str:
    """Fit and say how it went."""
    began = time.perf_counter()
    model = SoftmaxRegression(C=C, solver=solver).fit(X, y)
    seconds = time.perf_counter() - began
    steps, passes = int(model.n_iter_[0]), model.trace_[-1].passes
    return f"{steps} steps, {passes:.0f} passes, {seconds:.2f} s, {model.status_.name}"


def some_of_kddcup99(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 row in 25, but of each class 2,500 if it has as many."""
    X, y = prepared(folder, "kddcup99")
    codes = np.unique(y, return_inverse=True)[1]
    chance = np.minimum(1.0, np.maximum(0.04, 2500 / np.bincount(codes)[codes]))
    rows = np.flatnonzero(np.random.default_rng(0).random(len(y)) < chance)
    return X[rows], codes[rows]


def slopes(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name in ("kddcup99, some rows", "mlbench_shuttle"):
        for left in (0.9, 0.5, 0.25, 0.1):
            newton._SLOPE = left
            print(f"{name}, {len(sets[name][1])} rows, slope left {left}: {fit(*sets[name], 1.0)}")
    newton._SLOPE = 0.5


def together(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name, (X, y) in sets.items():
        for C in (0.01, 1.0, 100.0, 1e4):
            for kind in ("classwise", "coupled"):
                print(f"{name}, C = {C:g}, {kind}: {fit(X, y, C, Newton(kind))}", flush=True)


def few_rows() -> None:
    rng = np.random.default_rng(0)
    X = sp.random(960, 2048, 0.01, format="csr", random_state=1)
    Z = X @ rng.normal(size=(2048, 10))
    y = (2.0 * Z / Z.std() + rng.gumbel(size=Z.shape)).argmax(1)
    for C in (0.01, 1.0, 100.0, 1e4):
        for kind in ("diagonal", "rowspace"):
            print(f"sparse 960 x 2048, C = {C:g}, {kind}: {fit(X, y, C, Newton(kind))}")


def stepping_stones(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name, (X, y) in sets.items():
        print(f"{name}, C = 100: {fit(X, y, 100.0)}")
        model, passes = SoftmaxRegression(warm_start=True), []
        for C in (0.1, 1.0, 10.0, 100.0):
            model.set_params(C=C, tol=1e-6 if C == 100.0 else 0.3).fit(X, y)
            passes.append(model.trace_[-1].passes)
        told = " + ".join(f"{p:.0f}" for p in passes)
        print(f"{name}, by way of 0.1, 1 and 10: {told} = {sum(passes):.0f} passes", flush=True)


def rows_per_feature(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name, (X, y) in sets.items():
        for rows in (2, 3, 4):
            preconditioner.ROWS_PER_FEATURE = classwise.ROWS_PER_FEATURE = rows
            print(f"{name}, C = 1, {rows} rows a feature: {fit(X, y, 1.0)}", flush=True)
    preconditioner.ROWS_PER_FEATURE = classwise.ROWS_PER_FEATURE = 3


def patience() -> None:
    for C in (0.01, 1.0, 100.0, 1e4):
        for times in (1.5, 3.0):
            solvers._PATIENCE = times
            print(f"digits, C = {C:g}, {times:g} times the price: {fit(*small('digits'), C)}")
    solvers._PATIENCE = 3.0


def lean(X: np.ndarray, y: np.ndarray) -> None:
    fewest, small = repeats._FEWEST, zeros._SMALL
    for what, rows, entries in (
        ("as it is", len(y) + 1, np.inf),
        ("repeated rows added up", fewest, np.inf),
        ("zeros skipped", len(y) + 1, small),
        ("both", fewest, small),
    ):
        repeats._FEWEST, zeros._SMALL = rows, entries
        print(f"kddcup99, C = 1, {what}: {fit(X, y, 1.0)}", flush=True)
    repeats._FEWEST, zeros._SMALL = fewest, small


def few_columns(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name, (X, y) in sets.items():
        for C in (0.01, 1.0, 100.0):
            for kind in ("diagonal", "auto"):
                solver = Newton(kind) if kind == "diagonal" else kind
                told = fit(sp.csr_array(X), y, C, solver)
                print(f"{name} as CSR, C = {C:g}, {kind}: {told}", flush=True)


def spanned(X: np.ndarray, y: np.ndarray) -> None:
    least = rotate._LEAST
    for C in (0.01, 1.0, 100.0, 1e4):
        for what, entries in (("as they are", np.inf), ("in the dimensions they span", least)):
            rotate._LEAST = entries
            print(f"signs, C = {C:g}, {what}: {fit(X, y, C)}", flush=True)
    rotate._LEAST = least


def gradients(
    folder: Path, names: tuple[str, ...] = ("newsgroups20", "clinc150", "banking77")
) -> None:
    for name in names:
        for C in (0.01, 1.0, 100.0):
            for blocks, rough in product((True, False), repeat=2):
                with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                    # a process each: memory that one left helps none
                    told = alone.submit(gradients_of, folder, name, C, blocks, rough).result()
                how = "2 blocks" if blocks else "by feature"
                digits = 32 if rough else 64
                print(f"{name}, C = {C:g}, {how}, products in float{digits}: {told}", flush=True)


def gradients_of(folder: Path, name: str, C: float, blocks: bool, rough: bool) -> str:
    """Return the fit of median duration, gradients in blocks or not, products in float32 or not."""
    storages.SparseRows.by_feature = lambda self, classes: not blocks
    storages.cores = lambda: 2
    if not rough:
        storages.SparseRows.turns = lambda self, classes: False
    X, y = prepared(folder, name)
    every = [fit(X, y, C) for _ in range(6)][1:]
    return sorted(every, key=lambda told: float(told.split(", ")[2][:-2]))[2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with load.py")
    folder = parser.parse_args().data
    some = {
        **{
            name: prepared(folder, name) for name in ("letter", "covtype_kaggle", "mlbench_shuttle")
        },
        "kddcup99, some rows": some_of_kddcup99(folder),
    }
    patience()
    few_rows()
    stepping_stones({s: prepared(folder, s) for s in ("letter", "banking77", "clinc150")})
    together(some)
    slopes(some)
    made = {"16,000 x 512, made": embeddings(16_000, 512, 10)}
    mnist = {"mnist": prepared(folder, "mnist")}
    rows_per_feature(mnist | made)
    few_columns({s: some[s] for s in ("letter", "covtype_kaggle")} | mnist)
    spanned(*prepared(folder, "signs"))
    gradients(folder)
    lean(*prepared(folder, "kddcup99"))
