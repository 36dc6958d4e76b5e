r"""The extreme curvatures of a network of 100,000 parameters, and how rare minima are.

    OMP_WAIT_POLICY=passive python benchmarks/studies/landscape.py --data FOLDER --out FILE.json

    extremes    784-128-10, relu, on mnist: 10 eigenvalues in at most 90 products with the Hessian,
                their errors as stated and as a long run from another vector shows them
    verdicts    `classify` in float64 and in float32, with tanh
    minima      the share of critical points that are minima, of random functions of d variables:
                found, expected (Kac and Rice), and 2^-d

The points are the initial parameters, those after three epochs of Adam, and for verdicts, which use
fewer rows, where L-BFGS ends from there, and the saddle where all weights are zero and the last
biases give the classes their shares.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import prepared
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.internals import Network, as_rows, initial_parameters, objective_of
from benchmarks.harness.results import Results
from benchmarks.harness.timing import timed
from softlearn.landscape import Spectrum, classify, spectrum
from softlearn.landscape.experiments import Share, expected_share, share_of_minima
from softlearn.solve import LBFGS, Adam, Stochastic, minimize

L2 = 1e-3


def objective(given: Namespace, rows: int, activation: str) -> objective_of:
    X, y = prepared(given.data, "mnist")
    model = Network((X.shape[1], given.hidden, 10), activation)
    return objective_of(as_rows(X[:rows]), y[:rows].astype(int), model, L2)


def points(J: objective_of) -> dict[str, np.ndarray]:
    start = initial_parameters(J.model, np.random.default_rng(0))
    run = Stochastic(Adam(1e-3), 128, epochs=3).steps(J, start, 0.0)
    return {"start": start, "trained": [step.point.w for step in run][-1]}


def extremes(given: Namespace) -> list[dict]:
    J, out = objective(given, given.rows, "relu"), []
    for name, w in points(J).items():
        if name not in given.points:
            continue
        short, seconds = timed(lambda w=w: spectrum(J, w, 10))
        long, _ = timed(
            lambda w=w: spectrum(J, w, 10, max_products=given.long, accuracy=1e-9, seed=1)
        )
        out.append(compared(name, short, long) | {"parameters": J.size, "seconds": seconds})
        print(f"{name}: {short.products} products, {seconds:.0f} s", flush=True)
        for key in ("eigenvalues", "stated", "nearest", "in_order", "long_stated"):
            print(f"  {key:12}", " ".join(f"{x:10.3g}" for x in out[-1][key]), flush=True)
    return out


def compared(name: str, short: Spectrum, long: Spectrum) -> dict:
    """Return what was stated and what was true, relative to the largest eigenvalue.

    Stated is how far the nearest eigenvalue is at most.  That the i-th value found is the i-th of
    all is not: one may have been missed.
    """
    size = np.abs(long.eigenvalues).max()
    nearest = np.abs(short.eigenvalues[:, None] - long.nodes).min(axis=1)
    return {
        "point": name,
        "products": short.products,
        "long_products": long.products,
        "largest": float(size),
        "eigenvalues": short.eigenvalues.tolist(),
        "stated": (short.errors / size).tolist(),
        "nearest": (nearest / size).tolist(),
        "in_order": (np.abs(short.eigenvalues - long.eigenvalues) / size).tolist(),
        "long_stated": (long.errors / size).tolist(),
    }


def verdicts(given: Namespace) -> list[dict]:
    J, out = objective(given, given.part, "tanh"), []  # without kinks, L-BFGS gets there
    coarse = objective_of(J.problem.rows, J.problem.Y, replace(J.model, dtype="float32"), L2)
    at = points(J)
    at["ended"] = minimize(J, LBFGS(), at["trained"], tol=1e-8, max_steps=given.steps).w
    at["no weights"] = np.zeros(J.size)
    J.model.split(at["no weights"])[1][2][:] = np.log(np.bincount(J.problem.Y) / len(J.problem.Y))
    for name, w in at.items():
        for precision, K in (("float64", J), ("float32", coarse)):
            v = classify(K, w, tol=given.tol)
            print(f"{name}, {precision}: {v}", flush=True)
            out.append(
                {
                    "point": name,
                    "precision": precision,
                    "kind": str(v.kind),
                    "index": v.index,
                    "gradient": v.gradient_norm,
                    "products": v.products,
                    "ends": v.eigenvalues[[0, -1]].tolist(),
                    "errors": v.errors[[0, -1]].tolist(),
                    "flat": v.flat,
                }
            )
    return out


def minima(given: Namespace) -> list[dict]:
    out = []
    print(" d      2^-d  expected (interval)              found (interval), of how many points")
    for d in range(1, 11):
        functions = given.functions * (2 if d < 5 else 4)
        expected, found = expected_share(d, given.draws), share_of_minima(d, functions, 20)
        out.append({"d": d, "expected": asdict(expected), "found": asdict(found)})
        text = (
            f"{d:2} {2.0**-d:9.6f} {expected.value:9.6f} ({expected.low:.6f} to "
            f"{expected.high:.6f}) {_share(found)}"
        )
        if d <= given.near:  # further up too few are close
            near = share_of_minima(d, 6 * functions, 40, within=0.5)
            out[-1]["near"] = asdict(near)
            text += f"; close to a start {_share(near)}"
        print(text, flush=True)
    return out


def _share(s: Share) -> str:
    return f"{s.value:.4f} ({s.low:.4f} to {s.high:.4f}) of {s.points}"


PARTS = {f.__name__: f for f in (minima, extremes, verdicts)}


def main() -> None:
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    add("--points", type=names, default="start,trained", help="for the extremes")
    add("--hidden", type=int, default=128)
    add("--rows", type=int, default=60_000, help="for the extremes")
    add("--long", type=int, default=400, help="products of the long run")
    add("--part", type=int, default=3000, help="rows for the verdicts")
    add("--steps", type=int, default=2000, help="of L-BFGS")
    add("--tol", type=float, default=1e-5, help="of the verdicts")
    add("--functions", type=int, default=25)
    add("--near", type=int, default=4, help="dimensions with a fair sample")
    add("--draws", type=int, default=50_000)
    given = options.parse_args()
    results = Results(given.out, None, *PARTS)
    for part in given.parts:
        results.record[part] = PARTS[part](given)
        results.save()


if __name__ == "__main__":
    main()
