r"""Do the critical points of a network that lie high curve down in more directions?

    python benchmarks/studies/index_and_cost.py --data FOLDER --out FILE.json

Dauphin et al. (NeurIPS 2014, figure 1) on mnist at 10 x 10 pixels: the 20 x 20 pixels in the middle
of the images, averages of 2 x 2.  Starts lie beside the paths of training from several initial
parameters; from each Newton's method goes on to a critical point, if it does, and of that
all eigenvalues of the Hessian are computed.  Cost is J, penalty included; index the
share of eigenvalues surely below zero, directions that are flat by symmetry left out.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import prepared
from benchmarks.harness.arguments import numbers, parser
from benchmarks.harness.internals import Network, as_rows, initial_parameters, objective_of
from benchmarks.harness.results import Results
from benchmarks.harness.timing import timed
from softlearn.landscape.experiments import index_and_cost
from softlearn.solve import Adam

STEPS = (0, 20, 50, 100, 200, 400)


def images(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    X, y = prepared(folder, "mnist")
    squares = X.reshape(-1, 28, 28)[:, 4:24, 4:24].reshape(-1, 10, 2, 10, 2)
    return squares.mean(axis=(2, 4)).reshape(-1, 100), y.astype(int)


def starts(J: objective_of, runs: int, seed: int) -> np.ndarray:
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
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--hidden", type=numbers, default="5,10", help="units, several by commas")
    add("--rows", type=int, default=500)
    add("--runs", type=int, default=8, help="training runs that starts come from")
    add("--l2", type=float, default=1e-3)
    add("--max-steps", type=int, default=80)
    given = options.parse_args()
    networks: dict[int, Any] = {}
    results = Results(given.out, None, rows=given.rows, l2=given.l2, networks=networks)
    X, y = (part[: given.rows] for part in images(given.data))
    for hidden in map(int, given.hidden):
        J = objective_of(as_rows(X), y, Network((100, hidden, 10), "tanh"), given.l2)
        tried = starts(J, given.runs, seed=hidden)
        try:
            find = partial(index_and_cost, J, tried, max_steps=given.max_steps)
            found, seconds = timed(find)
        except ValueError as error:  # too few critical points were found
            sys.exit(f"{hidden} units: {error}")
        networks[hidden] = {
            "parameters": J.size,
            "starts": len(tried),
            "cost": found.cost.tolist(),
            "index": found.index.tolist(),
            "spearman": [found.correlation, found.low, found.high],
            "seconds": seconds,
        }
        results.save()
        print(
            f"{hidden:3} units, {J.size:5,} parameters, {len(tried)} starts: {found} "
            f"Minima: {(found.index == 0.0).sum()}; index {found.index.min():.3f} to "
            f"{found.index.max():.3f}; J {found.cost.min():.3f} to {found.cost.max():.3f}.",
            flush=True,
        )


if __name__ == "__main__":
    main()
