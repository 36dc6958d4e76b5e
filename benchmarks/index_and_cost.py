r"""Do the critical points of a network that lie high curve down in more directions?

    OMP_WAIT_POLICY=passive python benchmarks/index_and_cost.py --data FOLDER --out FILE.json

Dauphin et al. (NeurIPS 2014, figure 1) on mnist at 10 x 10 pixels: the 20 x 20 pixels in the middle
of the images, averages of 2 x 2.  Starts lie beside the paths of training from several initial
parameters; from each Newton's method goes on to a critical point, if it does, and of that
all eigenvalues of the Hessian are computed.  Cost is J, penalty included; index the
share of eigenvalues surely below zero, directions that are flat by symmetry left out.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from datasets import prepared
from machine import describe, line

from softlearn.data import as_rows
from softlearn.landscape.experiments import index_and_cost
from softlearn.networks import Network, initial_parameters
from softlearn.objective import SoftmaxObjective
from softlearn.solve import Adam

STEPS = (0, 20, 50, 100, 200, 400)


def objective(folder: Path, rows: int, hidden: int, l2: float) -> SoftmaxObjective:
    X, y = images(folder)
    return SoftmaxObjective(as_rows(X[:rows]), y[:rows], Network((100, hidden, 10), "tanh"), l2)


def images(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    X, y = prepared(folder, "mnist")
    squares = X.reshape(-1, 28, 28)[:, 4:24, 4:24].reshape(-1, 10, 2, 10, 2)
    return squares.mean(axis=(2, 4)).reshape(-1, 100), y.astype(int)


def starts(J: SoftmaxObjective, runs: int, seed: int) -> np.ndarray:
    """Return points beside the paths of Adam, noise of random size added."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(runs):
        w = initial_parameters(J.model, rng, "sklearn")
        for k, step in enumerate(Adam(0.02).steps(J, w, 0.0)):
            if k in STEPS:
                size = 10.0 ** rng.uniform(-2.0, 0.0)
                found.append(step.point.w + size * rng.normal(size=J.size))
            if k == max(STEPS):
                break
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with load.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hidden", default="5,10", help="units, several by commas")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--runs", type=int, default=8, help="training runs that starts come from")
    parser.add_argument("--l2", type=float, default=1e-3)
    parser.add_argument("--max-steps", type=int, default=80)
    given = parser.parse_args()
    out = {"machine": describe(), "rows": given.rows, "l2": given.l2, "networks": {}}
    print(line(out["machine"]))
    for hidden in map(int, given.hidden.split(",")):
        J, began = objective(given.data, given.rows, hidden, given.l2), time.perf_counter()
        tried = starts(J, given.runs, seed=hidden)
        found = index_and_cost(J, tried, max_steps=given.max_steps)
        out["networks"][hidden] = {
            "parameters": J.size,
            "starts": len(tried),
            "cost": found.cost.tolist(),
            "index": found.index.tolist(),
            "spearman": [found.correlation, found.low, found.high],
            "seconds": time.perf_counter() - began,
        }
        given.out.write_text(json.dumps(out, indent=1))
        print(
            f"{hidden:3} units, {J.size:5,} parameters, {len(tried)} starts: {found} "
            f"Minima: {(found.index == 0.0).sum()}; index {found.index.min():.3f} to "
            f"{found.index.max():.3f}; J {found.cost.min():.3f} to {found.cost.max():.3f}.",
            flush=True,
        )


if __name__ == "__main__":
    main()
