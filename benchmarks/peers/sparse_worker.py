"""L1 fits of other libraries, one request after another: `sparse_penalties.py` runs this file.

    python sparse_worker.py FOLDER PEER

FOLDER has a set as the study writes it.  A request is a line "tol lambda lambda ... : keep keep",
a falling list of penalties and which of their solutions to keep.  The answer is a line with the
seconds of the fits, and FOLDER/found.bin has W (K, d) and b (K,) of each, one after the other.
It imports nothing of this repository, so that any Python that has the library can run it.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

Fit = Callable[[float, list[float]], list[tuple[Any, Any]]]


def read(folder: Path) -> tuple[Any, np.ndarray]:
    """Return X, in Fortran order or CSC, and y."""
    about = json.loads((folder / "about.json").read_text())
    n, d = about["shape"]
    y = np.fromfile(folder / "y.bin", np.int32).astype(np.int64)
    data = np.fromfile(folder / "data.bin")
    if not about["sparse"]:
        return data.reshape(n, d, order="F"), y
    indices, indptr = (np.fromfile(folder / f"{part}.bin", np.int32) for part in ("i", "p"))
    return sp.csc_matrix((data, indices, indptr), shape=(n, d)), y


def scikit_learn(X: Any, y: np.ndarray, solver: str, **more: Any) -> Fit:
    """Return a fit by LogisticRegression, at one penalty."""
    from sklearn.linear_model import LogisticRegression

    X = X.tocsr() if sp.issparse(X) else np.ascontiguousarray(X)

    def fit(tol: float, strengths: list[float]) -> list[tuple[Any, Any]]:
        C = 1.0 / (strengths[-1] * len(y))
        model = LogisticRegression(
            C=C, l1_ratio=1.0, solver=solver, tol=tol, max_iter=1_000_000, **more
        ).fit(X, y)
        return [(model.coef_, model.intercept_)]

    return fit


def skglm(X: Any, y: np.ndarray) -> Fit:
    """Return a fit by SparseLogisticRegression, each from the one before."""
    from skglm import SparseLogisticRegression

    def fit(tol: float, strengths: list[float]) -> list[tuple[Any, Any]]:
        model = SparseLogisticRegression(
            tol=tol, warm_start=True, max_iter=1000, max_epochs=100_000
        )
        found = []
        for strength in strengths:
            model.alpha = strength
            model.fit(X, y)
            found.append((model.coef_.copy(), np.array(model.intercept_)))
        return found

    return fit


def celer(X: Any, y: np.ndarray) -> Fit:
    """Return a fit without an intercept, which is all that celer has."""
    from celer import LogisticRegression

    def fit(tol: float, strengths: list[float]) -> list[tuple[Any, Any]]:
        C = 1.0 / (strengths[-1] * len(y))
        model = LogisticRegression(C=C, tol=tol, max_iter=1000).fit(X, y)
        return [(model.coef_, 0.0)]

    return fit


def adelie(X: Any, y: np.ndarray) -> Fit:
    """Return a fit: two classes as L1, more with the weights of each feature as a group."""
    import adelie as ad

    classes = int(y.max()) + 1
    matrix = (ad.matrix.sparse if sp.issparse(X) else ad.matrix.dense)(X, method="naive")
    if classes == 2:
        family, scale = ad.glm.binomial(y=y.astype(np.float64)), 1.0
    else:
        family, scale = ad.glm.multinomial(y=np.eye(classes)[y]), 1.0 / classes

    def fit(tol: float, strengths: list[float]) -> list[tuple[Any, Any]]:
        state = ad.solver.grpnet(
            matrix, family, penalty=np.ones(X.shape[1]), lmda_path=scale * np.array(strengths),
            tol=tol, irls_tol=tol, early_exit=False, progress_bar=False,
        )  # fmt: skip
        B, b = state.betas.toarray(), np.asarray(state.intercepts)
        if classes == 2:
            return [(B[k], b[k]) for k in range(len(strengths))]
        return [(B[k].reshape(X.shape[1], classes).T, b[k]) for k in range(len(strengths))]

    return fit


PEERS: dict[str, Callable[[Any, np.ndarray], Fit]] = {
    "saga": lambda X, y: scikit_learn(X, y, "saga"),
    "liblinear": lambda X, y: scikit_learn(X, y, "liblinear", intercept_scaling=1e2),
    "liblinear 1e4": lambda X, y: scikit_learn(X, y, "liblinear", intercept_scaling=1e4),
    "skglm": skglm,
    "celer": celer,
    "adelie": adelie,
}
COMPILED = ("skglm", "celer")
"""Those that compile at their first call, which is not timed."""


def main() -> None:
    """Answer requests until there are no more."""
    warnings.simplefilter("ignore")
    folder, peer = Path(sys.argv[1]), sys.argv[2]
    X, y = read(folder)
    fit = PEERS[peer](X, y)
    if peer in COMPILED:
        rows = np.random.default_rng(0).normal(size=(40, 10))
        rows = sp.csc_matrix(rows) if sp.issparse(X) else np.asfortranarray(rows)
        PEERS[peer](rows, np.arange(40) % 2)(1e-4, [0.01])
    print("ready", flush=True)
    for request in sys.stdin:
        numbers, kept = request.split(":")
        tol, *strengths = map(float, numbers.split())
        began = time.perf_counter()
        found = fit(tol, strengths)
        seconds = time.perf_counter() - began
        with (folder / "found.bin").open("wb") as file:
            for k in kept.split():
                for part in found[int(k) if len(found) > 1 else -1]:
                    np.asarray(part, np.float64).tofile(file)
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
