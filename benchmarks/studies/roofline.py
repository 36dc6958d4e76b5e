r"""How near to the machine's limits is one pass over the data?

    OMP_WAIT_POLICY=passive python benchmarks/studies/roofline.py --out FILE

Two limits are measured here and now: how fast all cores can read X once (the fastest of several
ways to do so little with it that only reading costs), and how fast NumPy's BLAS multiplies large
matrices in the dtype of X.  Beside them, for several shapes: one value and gradient, one product
with the Hessian (after them, at the same point) and one predict_proba of softlearn.  Columns give
each time over the time to read X, and the share of the matrix-multiply rate that its useful work
(two products with X, 4 n d C operations; one for predicting, 2 n d C) amounts to.

NumPy's ways to read are bounds from one side: another program might read faster still.  The best of
``--repeat`` repetitions counts, for limits and passes alike.  Writes FILE.json and FILE.md after
each shape; a second call goes on where the first ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import numbers, parser
from benchmarks.harness.internals import Linear, as_rows, engine_for, objective_of, one_blas_thread
from benchmarks.harness.machine import cores, line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import shortest
from softlearn import SoftmaxRegression


class Shape(NamedTuple):
    """A problem to pass over."""

    n: int
    d: int
    C: int
    dtype: str
    density: float = 1.0


SHAPES = [
    Shape(60_000, 784, 10, "float32"),
    Shape(60_000, 784, 10, "float64"),
    Shape(500_000, 54, 7, "float32"),
    Shape(500_000, 54, 7, "float64"),
    Shape(60_000, 784, 64, "float32"),
    Shape(60_000, 784, 256, "float32"),
    Shape(60_000, 784, 1000, "float32"),
    Shape(11_314, 130_107, 20, "float64", 0.00121),
]


def read_times(arrays: list[np.ndarray], repeat: int) -> dict[str, float]:
    """Return how long all cores take to read the arrays once, in several ways."""
    flat = [a.reshape(-1) for a in arrays]
    ways: dict[str, Callable[[np.ndarray], Any]] = {
        "sum": np.sum,
        "max": np.max,
        "any": lambda part: part.view(f"i{part.itemsize}").max(),
        "dot": lambda part: np.dot(part, part) if part.dtype.kind == "f" else part.max(),
    }
    found = {}
    with one_blas_thread(), ThreadPoolExecutor(cores()) as pool:
        for size in (1 << 18, 1 << 22):
            for name, way in ways.items():
                parts = [p for a in flat for p in np.array_split(a, max(1, a.nbytes // size))]
                share = [parts[k :: cores()] for k in range(cores())]

                def work(mine: list[np.ndarray], way: Callable[..., Any] = way) -> None:
                    for part in mine:
                        way(part)

                found[f"{name}, {size >> 10} KiB"] = shortest(
                    lambda share=share, work=work: list(pool.map(work, share)), repeat
                )
    return found


def gemm_rate(dtype: str, repeat: int, size: int = 2048) -> float:
    """Return operations per second of a large matrix product with all cores."""
    A = np.random.default_rng(0).normal(size=(size, size)).astype(dtype)
    out = np.empty_like(A)
    return 2.0 * size**3 / shortest(lambda: np.matmul(A, A, out=out), repeat)


def _data(shape: Shape) -> tuple[Any, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(shape.C, size=shape.n)
    if shape.density < 1.0:
        X = sp.random_array((shape.n, shape.d), density=shape.density, format="csr", rng=rng)
        return sp.csr_array(X.astype(shape.dtype)), y
    X = rng.standard_normal((shape.n, shape.d), dtype=np.float32)
    return X.astype(shape.dtype, copy=False), y


def passes(shape: Shape, X: Any, y: np.ndarray, repeat: int) -> dict[str, float]:
    """Return the times of value and gradient, Hessian product and predict_proba."""
    work = float(X.nnz if sp.issparse(X) else X.size) * shape.C
    model = Linear(shape.d, shape.C)
    J = objective_of(as_rows(X), y, model, 1e-4, engine=engine_for(None, work))
    rng = np.random.default_rng(1)
    w, v = 0.01 * rng.normal(size=(2, J.size))

    def evaluate() -> Any:
        point = J.at(w)
        return point.value, point.grad

    fitted = SoftmaxRegression()
    fitted.classes_, fitted.n_features_in_ = np.arange(shape.C), shape.d
    fitted.coef_, fitted.intercept_ = (part.copy() for part in model.split(w))
    with one_blas_thread():  # as in `fit`: BLAS leaves the threads to our own
        point = J.at(w)
        assert np.isfinite(point.value)
        found = {
            "value+gradient": shortest(evaluate, repeat),
            "Hessian product": shortest(lambda: point.hvp(v), repeat),
        }
    return found | {"predict_proba": shortest(lambda: fitted.predict_proba(X), repeat)}


def measure(shape: Shape, rates: dict[str, float], repeat: int) -> dict[str, Any]:
    """Return all of it for one shape."""
    X, y = _data(shape)
    arrays = [X.data, X.indices, X.indptr] if sp.issparse(X) else [X]
    reads = read_times(arrays, repeat)
    way = min(reads, key=lambda k: reads[k])
    if shape.dtype not in rates:
        rates[shape.dtype] = gemm_rate(shape.dtype, repeat)
    products = {"value+gradient": 2, "Hessian product": 2, "predict_proba": 1}
    entries = X.nnz if sp.issparse(X) else X.size
    times = passes(shape, X, y, repeat)
    return {
        "shape": shape._asdict(),
        "bytes": sum(a.nbytes for a in arrays),
        "read": reads[way],
        "read_by": way,
        "gemm": rates[shape.dtype],
        "times": times,
        "over_read": {k: t / reads[way] for k, t in times.items()},
        "of_gemm": {
            k: 2.0 * products[k] * entries * shape.C / t / rates[shape.dtype]
            for k, t in times.items()
        },
    }


def table(record: dict[str, Any]) -> str:
    """Return it as Markdown."""
    products = ["value+gradient", "Hessian product", "predict_proba"]
    heads = ["X", "C", "read X, ms (GB/s, by)", "multiply, Gflop/s"]
    rows = [heads + [f"{name}: ms, x read, % of multiply" for name in products]]
    for r in record["shapes"]:
        s = Shape(**r["shape"])
        cells = [
            f"{s.n:,} x {s.d:,} {s.dtype}" + (", CSR" if s.density < 1.0 else ""),
            str(s.C),
            f"{1e3 * r['read']:.3g} ({1e-9 * r['bytes'] / r['read']:.1f}, {r['read_by']})",
            f"{1e-9 * r['gemm']:.0f}",
        ]
        for name in products:
            ms, over, share = 1e3 * r["times"][name], r["over_read"][name], r["of_gemm"][name]
            cells.append(f"{ms:.3g}, {over:.2g}x, {100 * share:.0f} %")
        rows.append(cells)
    title = "# One pass over the data, and the machine's limits"
    return f"{title}\n\n{line(record['machine'])}\n\n{markdown(rows)}"


def main() -> None:
    """Measure shape after shape."""
    options = parser(__doc__, "out")
    add = options.add_argument
    every = ",".join(map(str, range(len(SHAPES))))
    add("--shapes", type=numbers, default=every, help="numbers of rows of the table, from 0")
    add("--scale", type=float, default=1.0, help="multiplies the numbers of rows")
    add("--repeat", type=int, default=5)
    chosen = options.parse_args()
    results = Results(chosen.out, table, "shapes")
    done = [Shape(**r["shape"]) for r in results["shapes"]]
    rates = {r["shape"]["dtype"]: r["gemm"] for r in results["shapes"]}
    for k in map(int, chosen.shapes):
        shape = SHAPES[k]._replace(n=max(1000, int(SHAPES[k].n * chosen.scale)))
        if shape not in done:
            results.add("shapes", measure(shape, rates, chosen.repeat), said=shape)
    print(table(results.record))


if __name__ == "__main__":
    main()
