"""Whether a change of the code changed a bit or a time: two copies of softlearn, side by side.

    python benchmarks/studies/recorder.py BEFORE AFTER [--repeat 5] [--only dense,iris]

BEFORE and AFTER are folders with the package softlearn, compiled: `pip install --no-deps --target
BEFORE .` makes one.  For problems of every kind it compares the bits of value, gradient, product
and bound at two points, those of the fitted coefficients, the passes over the data, and times:
each copy in processes of its own, in turns, and of those the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

SECONDS = 0.7
"""How long a process measures one fit, at least once."""


def drawn(n: int, d: int, C: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of a softmax model."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (X @ rng.normal(size=(d, C)) + rng.gumbel(size=(n, C))).argmax(1)


def sparse(n: int, d: int, C: int, share: float) -> tuple[sp.csr_array, np.ndarray]:
    rng = np.random.default_rng(1)
    X = sp.csr_array(sp.random(n, d, share, "csr", random_state=1))
    return X, (X @ rng.normal(size=(d, C)) + 0.3 * rng.gumbel(size=(n, C))).argmax(1)


def iris(**options: Any) -> dict[str, Any]:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    return {"X": X, "y": y, **options}


def dense(n: int, d: int, classes: int, dtype: Any = float, **options: Any) -> dict[str, Any]:
    X, y = drawn(n, d, classes)
    return {"X": X.astype(dtype), "y": y, **options}


def with_weights() -> dict[str, Any]:
    weights = np.random.default_rng(2).exponential(size=5000)
    return dense(5000, 20, 3, sample_weight=weights)


def soft() -> dict[str, Any]:
    X, _ = drawn(3000, 20, 4)
    return {"X": X, "y": np.random.default_rng(3).dirichlet(np.ones(4), 3000)}


def repeated() -> dict[str, Any]:
    rng = np.random.default_rng(4)
    X = rng.integers(0, 3, size=(20_000, 6)).astype(float)
    return {"X": X, "y": (X @ rng.normal(size=(6, 3)) + rng.gumbel(size=(20_000, 3))).argmax(1)}


def one_hot() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 40, size=(8000, 6)) + 40 * np.arange(6)
    starts = np.arange(0, codes.size + 1, 6)
    X = sp.csr_array((np.ones(codes.size), codes.ravel(), starts), shape=(8000, 240))
    return {"X": X, "y": (X @ rng.normal(size=(240, 4)) + rng.gumbel(size=(8000, 4))).argmax(1)}


def of(pair: tuple[Any, np.ndarray], **options: Any) -> dict[str, Any]:
    return {"X": pair[0], "y": pair[1], **options}


PROBLEMS: dict[str, Callable[[], dict[str, Any]]] = {
    "iris": iris,
    "iris, no penalty": lambda: dense(150, 4, 3, C=np.inf),
    "iris, two classes": lambda: dense(150, 4, 2),
    "small, 300 x 10": lambda: dense(300, 10, 5),
    "dense, 20,000 x 50": lambda: dense(20_000, 50, 4),
    "dense float32": lambda: dense(20_000, 50, 4, np.float32),
    "dense, C = 10,000": lambda: dense(5_000, 100, 10, C=1e4),
    "no penalty, 5,000 x 20": lambda: dense(5_000, 20, 3, C=np.inf),
    "wide, 200 x 3,000": lambda: dense(200, 3_000, 3),
    "CSR, 5,000 x 3,000": lambda: of(sparse(5000, 3000, 3, 0.01)),
    "CSR, 1,000 x 8,000": lambda: of(sparse(1000, 8000, 8, 0.01)),
    "one-hot table": one_hot,
    "repeated rows": repeated,
    "weights": with_weights,
    "soft labels": soft,
    "1,000 classes": lambda: dense(4_000, 30, 1_000),
    "lbfgs by name": lambda: dense(5_000, 20, 3, solver="lbfgs"),
    "network, 16 units": lambda: dense(1_000, 10, 3, hidden=(16,)),
}


class Bits:
    """A solver that looks at J at two points, and ends."""

    name = "bits"

    def __init__(self) -> None:
        self.found: dict[str, np.ndarray] = {}

    def steps(self, J: Any, w0: Any, tol: float) -> Iterator[Any]:
        """Yield the second of the points."""
        from softlearn.protocol import Step

        rng = np.random.default_rng(6)
        for name, w in (("zero", np.zeros(J.size)), ("a point", 0.1 * rng.normal(size=J.size))):
            v, point = rng.normal(size=J.size), J.at(w)
            self.found[f"value at {name}"] = np.array(point.value)
            self.found[f"gradient at {name}"] = np.array(point.grad)
            self.found[f"product at {name}"] = np.array(point.hvp(v))
            self.found[f"bound at {name}"] = np.array(point.bound(1e-3 * v))
        yield Step(point, stuck=True)


def measure(name: str, out: str) -> None:
    """Measure one problem in this process; write arrays to `out` and print the rest."""
    from softlearn import SoftmaxNetwork, SoftmaxRegression

    warnings.simplefilter("ignore")
    given = PROBLEMS[name]()
    X, y, weights = given.pop("X"), given.pop("y"), given.pop("sample_weight", None)
    arrays: dict[str, np.ndarray] = {}
    if "hidden" in given:
        make = lambda: SoftmaxNetwork(given["hidden"], solver="lbfgs", random_state=0)  # noqa: E731
    else:
        bits = Bits()
        with np.errstate(all="ignore"):
            SoftmaxRegression(**{**given, "solver": bits}).fit(X, y, weights)
        arrays |= bits.found
        make = lambda: SoftmaxRegression(**given)  # noqa: E731
    seconds: list[float] = []
    while len(seconds) < 2 or sum(seconds) < SECONDS:
        start = time.perf_counter()
        model = make().fit(X, y, weights)
        seconds.append(time.perf_counter() - start)
    fitted = model.coefs_ if "hidden" in given else [model.coef_, model.intercept_]
    arrays["coefficients"] = np.concatenate([np.ravel(part) for part in fitted])
    np.savez(out, **{key: np.asarray(value) for key, value in arrays.items()})
    passes = "-" if "hidden" in given else f"{np.asarray(model._trace)[-1][1]:g}"
    print(json.dumps({"seconds": statistics.median(seconds), "passes": passes}))


def run(package: Path, name: str, out: Path) -> dict[str, Any]:
    """Measure in a process that imports that copy of softlearn."""
    program = (
        f"import sys; sys.path[:0] = [{str(package)!r}, {str(Path(__file__).parent)!r}]\n"
        # an editable install would come before the path
        "sys.meta_path[:] = [f for f in sys.meta_path if 'ScikitBuild' not in type(f).__name__]\n"
        "import recorder, softlearn\n"
        f"assert softlearn.__file__.startswith({str(package)!r}), softlearn.__file__\n"
        f"recorder.measure({name!r}, {str(out)!r})"
    )
    threads = {"OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | threads
    )
    if done.returncode:
        raise SystemExit(f"{name} with {package}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compared(before: Path, after: Path) -> str:
    """Say which arrays differ, and by how much of their size."""
    old, new = np.load(before), np.load(after)
    if set(old) != set(new):
        return "other arrays"
    differ = []
    for key in old:
        if old[key].tobytes() != new[key].tobytes():
            off = np.abs(new[key] - old[key]).max() if old[key].shape == new[key].shape else np.nan
            size = np.abs(old[key]).max()
            differ.append(f"{key} {off / size if size else off:.0e}")
    return "; ".join(differ) or "equal"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    copies = options.before.resolve(), options.after.resolve()
    lines = [
        "| problem | bits | passes | before, ms | time, after / before |",
        "|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "before.npz"), Path(folder, "after.npz")
        for name in PROBLEMS:
            if options.only and not any(word in name for word in options.only.split(",")):
                continue
            rounds = [
                [run(copy, name, file) for copy, file in zip(copies, files, strict=True)]
                for _ in range(options.repeat)
            ]
            times = [statistics.median(r[k]["seconds"] for r in rounds) for k in (0, 1)]
            old, new = (rounds[0][k]["passes"] for k in (0, 1))
            passes = str(old) if old == new else f"{old} -> {new}"
            ratio = times[1] / times[0]
            lines.append(
                f"| {name} | {compared(*files)} | {passes} | {1e3 * times[0]:.4g} | {ratio:.3f} |"
            )
            print(lines[-1], flush=True)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
