"""Whether a change of the code changed a bit or a time: two copies of softlearn, side by side.

    python benchmarks/studies/recorder.py BEFORE AFTER [--repeat 5] [--only dense,iris]

BEFORE and AFTER are folders with the package softlearn, compiled: `pip install --no-deps --target
BEFORE .` makes one.  For problems of every kind it compares the bits of value, gradient, product
and bound at two points, those of the fitted coefficients, the passes over the data, and times:
each copy in processes of its own, in turns, and of those the medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.kinds import PROBLEMS
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.processes import ROOT
from benchmarks.harness.results import markdown, write
from benchmarks.harness.timing import timed

SECONDS = 0.7
"""How long a process measures one fit, at least once."""


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
        model, took = timed(lambda: make().fit(X, y, weights))
        seconds.append(took)
    fitted = model.coefs_ if "hidden" in given else [model.coef_, model.intercept_]
    arrays["coefficients"] = np.concatenate([np.ravel(part) for part in fitted])
    np.savez(out, **{key: np.asarray(value) for key, value in arrays.items()})
    passes = "-" if "hidden" in given else f"{model.trace_[-1].passes:g}"
    print(json.dumps({"seconds": statistics.median(seconds), "passes": passes}))


def run(package: Path, name: str, out: Path) -> dict[str, Any]:
    """Measure in a process that imports that copy of softlearn."""
    program = (
        f"import sys; sys.path[:0] = [{str(package)!r}, {str(ROOT)!r}]\n"
        # an editable install would come before the path
        "sys.meta_path[:] = [f for f in sys.meta_path if 'ScikitBuild' not in type(f).__name__]\n"
        "from benchmarks.studies import recorder\nimport softlearn\n"
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
    options = parser(__doc__, "out")
    options.add_argument("before", type=Path)
    options.add_argument("after", type=Path)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--only", type=names, default="")
    chosen = options.parse_args()
    copies = chosen.before.resolve(), chosen.after.resolve()
    rows = [["problem", "bits", "passes", "before, ms", "time, after / before"]]
    print(markdown(rows))
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "before.npz"), Path(folder, "after.npz")
        for name in PROBLEMS:
            if chosen.only and not any(word in name for word in chosen.only):
                continue
            rounds = [
                [run(copy, name, file) for copy, file in zip(copies, files, strict=True)]
                for _ in range(chosen.repeat)
            ]
            times = [statistics.median(r[k]["seconds"] for r in rounds) for k in (0, 1)]
            old, new = (rounds[0][k]["passes"] for k in (0, 1))
            passes = str(old) if old == new else f"{old} -> {new}"
            ratio = f"{times[1] / times[0]:.3f}"
            rows.append([name, compared(*files), passes, f"{1e3 * times[0]:.4g}", ratio])
            print(markdown(rows).splitlines()[-1], flush=True)
    if chosen.out:
        write(chosen.out, markdown(rows))


if __name__ == "__main__":
    main()
