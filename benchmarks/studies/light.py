r"""How light is softlearn: to import, in memory while it fits, and when it predicts?

    OMP_WAIT_POLICY=passive python benchmarks/studies/light.py --data FOLDER --out FILE

import    seconds of a fresh interpreter that imports and ends, less those of one that does nothing:
          medians, all take turns; and which heavy modules `import softlearn` has loaded
start     seconds of processor time, on one thread, of `softlearn fit` and `predict` on a small
          table, and of an interpreter that imports scikit-learn's linear models: the least of all
memory    the most that a process held during a fit of made data, less what it held before, X
          included; in a process of its own, where a few rows have been fitted before
predict   `predict_proba` beside that of scikit-learn's LogisticRegression with the same
          coefficients, in the dtype that its own fit on such X leaves: medians, in turns, and the
          largest difference of a probability.  mnist and newsgroups20 with ``--data``, a folder
          with load.py; made data without

Writes FILE.json and FILE.md as rows are done; a second call goes on where the first ended.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import any_set, embeddings, random_csr
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.contest import Contest, Limits
from benchmarks.harness.machine import line
from benchmarks.harness.one_fit import save
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import medians
from softlearn import SoftmaxRegression

PARTS = ("import", "start", "predict", "memory")
IMPORTS = (
    "import softlearn",
    "import numpy",
    "from softlearn import SoftmaxRegression",
    "import sklearn.linear_model",
)
HEAVY = ("sklearn", "scipy", "scipy.sparse.linalg", "matplotlib", "torch", "jax", "pandas")


class Shape(NamedTuple):
    """A made problem to fit."""

    n: int
    d: int
    C: int
    dtype: str


SHAPES = (
    Shape(60_000, 784, 10, "float32"),
    Shape(60_000, 784, 10, "float64"),
    Shape(100_000, 64, 1000, "float32"),
)

_REST = 0.2  # seconds


def _python(words: str) -> str:
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    return done.stdout


def imports(repeat: int) -> list[dict[str, Any]]:
    """Return what each import takes beyond a bare interpreter, and what it loads that is heavy."""
    words = ("pass", *IMPORTS)
    bare, *times = medians(repeat, *(partial(_python, w) for w in words), rest=_REST)
    tell = f"import sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    return [
        {"import": name, "seconds": t - bare, "bare": bare, "loaded": _python(f"{name}; {tell}")}
        for name, t in zip(IMPORTS, times, strict=True)
    ]


def _processor_seconds(words: list[str]) -> float:
    """Return the processor time of a process, its own and the system's, on one thread."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    subprocess.run(words, env=os.environ | one, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def starts(repeat: int) -> list[dict[str, Any]]:
    """Return what commands on iris take, and how many times what importing scikit-learn takes."""
    with tempfile.TemporaryDirectory(prefix="light-") as folder:
        table, model, out = (str(Path(folder) / name) for name in ("t.csv", "m.softlearn", "o.csv"))
        load_iris(as_frame=True).frame.to_csv(table, index=False)
        program = [sys.executable, "-m", "softlearn"]
        commands = {
            "import sklearn.linear_model": [sys.executable, "-c", "import sklearn.linear_model"],
            "softlearn fit": [*program, "fit", table, "-t", "target", "-o", model],
            "softlearn predict": [*program, "predict", model, table, "-o", out],
        }
        turns = [[_processor_seconds(w) for w in commands.values()] for _ in range(repeat)]
    least = np.min(turns, axis=0)
    return [
        {"command": name, "seconds": float(t), "ratio": float(t / least[0])}
        for name, t in zip(commands, least, strict=True)
    ]


def memory(shape: Shape, limit: float) -> dict[str, Any]:
    """Return the memory of one fit, which is ended after so many seconds."""
    with tempfile.TemporaryDirectory(prefix="light-") as folder:
        save(Path(folder), *embeddings(shape.n, shape.d, shape.C))
        contest = Contest("made", Path(folder), 1.0, Limits(limit, 1.0, limit, 1))
        (fit,) = contest.fit("softlearn", {"dtype": shape.dtype, "threads": "all"}, limit)
    facts = {k: fit.facts.get(k) for k in ("memory", "seconds", "finished", "gap", "passes")}
    return {"shape": shape._asdict()} | facts


def predictions(data: Path | None, scale: float) -> Iterator[tuple[str, Any, np.ndarray]]:
    """Yield the name, X and y of each set to predict."""
    if data is None:
        dense = "made", *embeddings(int(60_000 * scale), 784, 10)
        sparse = "made, CSR", *random_csr(int(16_000 * scale), 2048, 10, 0.01)
    else:
        dense = "mnist", *any_set("mnist", data)
        sparse = "newsgroups20, CSR", *any_set("newsgroups20", data)
    few = 1.0 if data is None else scale
    for (name, X, y), dtype in ((dense, "float32"), (dense, "float64"), (sparse, "float64")):
        rows = np.random.default_rng(0).permutation(len(y))[: int(len(y) * few)]
        yield f"{name}, {dtype}", X[rows].astype(dtype), y[rows]


def predict(name: str, X: Any, y: np.ndarray, repeat: int) -> dict[str, Any]:
    """Return the times of both libraries for all rows of X, and how far they differ."""
    ours = SoftmaxRegression(tol=1e-3).fit(X[:5000], y[:5000])
    peer = LogisticRegression()
    peer.classes_, peer.n_features_in_ = ours.classes_, ours.n_features_in_
    peer.coef_ = np.asfortranarray(ours.coef_, dtype=X.dtype)  # so its own fits leave them
    peer.intercept_ = ours.intercept_.astype(X.dtype)
    calls = (partial(library.predict_proba, X) for library in (ours, peer))
    times = medians(repeat, *calls, rest=_REST)
    apart = np.abs(ours.predict_proba(X) - peer.predict_proba(X)).max()
    told = {"set": name, "shape": [*X.shape, len(ours.classes_)], "apart": float(apart)}
    return told | {"softlearn": times[0], "sklearn": times[1], "ratio": times[1] / times[0]}


def memory_row(r: dict[str, Any]) -> list[str]:
    """Return a fit's row: its memory beside what the problem's arrays would take."""
    s = Shape(**r["shape"])
    X = s.n * s.d * np.dtype(s.dtype).itemsize
    vector, blocks, table = 8 * s.C * (s.d + 1), 8 * s.C * (s.d + 1) ** 2, 8 * s.n * s.C
    end = f"{r['seconds']:.3g} s" + ("" if r["finished"] else ", not ended")
    sizes = [f"{b / 2**20:,.1f}" for b in (X, r["memory"], vector, blocks, table)]
    share = f"{100 * r['memory'] / X:.0f} %"
    return [f"{s.n:,} x {s.d:,} {s.dtype}, {s.C:,} classes", end, share, *sizes]


def table(record: dict[str, Any]) -> str:
    """Return all parts as Markdown."""
    imports = [["", "seconds beyond a bare interpreter", "heavy modules loaded"]]
    for r in record["import"]:
        imports.append([f"`{r['import']}`", f"{r['seconds']:.3f}", r["loaded"].strip() or "none"])
    starts = [["", "seconds of processor time", "times the first"]]
    for r in record["start"]:
        starts.append([f"`{r['command']}`", f"{r['seconds']:.3f}", f"{r['ratio']:.2f}"])
    heads = ["made data", "fit", "share of X", "X", "most beyond it", "the parameters"]
    memory = [[*heads, "C matrices d x d", "an array n x C"], *map(memory_row, record["memory"])]
    predict = [
        ["set (rows x columns, classes)", "softlearn", "scikit-learn", "ratio", "apart at most"]
    ]
    for r in record["predict"]:
        n, d, C = r["shape"]
        told = [f"{1e3 * r[k]:.3g}" for k in ("softlearn", "sklearn")]
        told += [f"{r['ratio']:.2f}", f"{r['apart']:.0e}"]
        predict.append([f"{r['set']} ({n:,} x {d:,}, {C})", *told])
    parts = ["# How light softlearn is", line(record["machine"]), "## Import", markdown(imports)]
    parts += ["## Commands on a small table (iris)", markdown(starts)]
    parts += ["## Memory of a fit beyond X, MB", markdown(memory)]
    return "\n\n".join([*parts, "## predict_proba, all rows, ms", markdown(predict)])


def main() -> None:
    """Measure row after row."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--parts", type=names, default=",".join(PARTS))
    add("--scale", type=float, default=1.0, help="multiplies the numbers of rows")
    add("--repeat", type=int, default=15, help="turns of what takes turns")
    add("--seconds", type=float, default=120.0, help="the most that a fit is given")
    chosen = options.parse_args()
    results, parts = Results(chosen.out, table, *PARTS), chosen.parts
    if "import" in parts and not results["import"]:
        for row in imports(chosen.repeat):
            results.add("import", row)
    if "start" in parts and not results["start"]:
        for row in starts(chosen.repeat):
            results.add("start", row)
    if "predict" in parts and len(results["predict"]) < 3:
        for one in islice(predictions(chosen.data, chosen.scale), len(results["predict"]), None):
            results.add("predict", predict(*one, chosen.repeat))
    for shape in SHAPES[len(results["memory"]) :] if "memory" in parts else ():
        made = shape._replace(n=int(shape.n * chosen.scale))
        results.add("memory", memory(made, chosen.seconds))


if __name__ == "__main__":
    main()
