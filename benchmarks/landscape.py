r"""The extreme curvatures of a network of 100,000 parameters, and how rare minima are.

    OMP_WAIT_POLICY=passive python benchmarks/landscape.py --data FOLDER --out FILE.json

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

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from datasets import prepared
from machine import describe, line

from softlearn.data import as_rows
from softlearn.landscape import Spectrum, classify, spectrum
from softlearn.landscape.experiments import Share, expected_share, share_of_minima
from softlearn.networks import Network, initial_parameters
from softlearn.objective import SoftmaxObjective
from softlearn.solve import LBFGS, Adam, Stochastic, minimize

L2 = 1e-3


def objective(given: argparse.Namespace, rows: int, activation: str) -> SoftmaxObjective:
    X, y = prepared(given.data, "mnist")
    model = Network((X.shape[1], given.hidden, 10), activation)
    return SoftmaxObjective(as_rows(X[:rows]), y[:rows].astype(int), model, L2)


def points(J: SoftmaxObjective) -> dict[str, np.ndarray]:
    start = initial_parameters(J.model, np.random.default_rng(0))
    run = Stochastic(Adam(1e-3), 128, epochs=3).steps(J, start, 0.0)
    return {"start": start, "trained": [step.point.w for step in run][-1]}


def extremes(given: argparse.Namespace) -> list[dict]:
    J, out = objective(given, given.rows, "relu"), []
    for name, w in points(J).items():
        if name not in given.points:
            continue
        short, seconds = timed(lambda w=w: spectrum(J, w, 10))
        long, _ = timed(lambda w=w: spectrum(J, w, 10, most=given.long, accuracy=1e-9, seed=1))
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


def verdicts(given: argparse.Namespace) -> list[dict]:
    J, out = objective(given, given.part, "tanh"), []  # without kinks, L-BFGS gets there
    coarse = SoftmaxObjective(J.rows, J.Y, replace(J.model, dtype="float32"), L2)
    at = points(J)
    at["ended"] = minimize(J, LBFGS(), at["trained"], tol=1e-8, max_steps=given.steps).w
    at["no weights"] = np.zeros(J.size)
    J.model.split(at["no weights"])[1][2][:] = np.log(np.bincount(J.Y) / len(J.Y))
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


def minima(given: argparse.Namespace) -> list[dict]:
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


def timed(f) -> tuple[Spectrum, float]:
    began = time.perf_counter()
    return f(), time.perf_counter() - began


PARTS = {f.__name__: f for f in (minima, extremes, verdicts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--data", type=Path, required=True, help="a folder with load.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--points", default="start,trained", help="for the extremes")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--rows", type=int, default=60_000, help="for the extremes")
    parser.add_argument("--long", type=int, default=400, help="products of the long run")
    parser.add_argument("--part", type=int, default=3000, help="rows for the verdicts")
    parser.add_argument("--steps", type=int, default=2000, help="of L-BFGS")
    parser.add_argument("--tol", type=float, default=1e-5, help="of the verdicts")
    parser.add_argument("--functions", type=int, default=25)
    parser.add_argument("--near", type=int, default=4, help="dimensions with a fair sample")
    parser.add_argument("--draws", type=int, default=50_000)
    given = parser.parse_args()
    out = json.loads(given.out.read_text()) if given.out.exists() else {}
    out["machine"] = describe()
    print(line(out["machine"]))
    for part in given.parts:
        out[part] = PARTS[part](given)
        given.out.write_text(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
