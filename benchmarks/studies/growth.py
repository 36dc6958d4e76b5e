r"""How cost grows: time and memory against n, d, classes, sparsity and condition number.

    OMP_WAIT_POLICY=passive python benchmarks/studies/growth.py --out FILE

One thing grows at a time, from the same problem in the middle; data are `datasets.embeddings` or,
for sparsity, random CSR matrices.  Each fit runs in a process of its own.  The time is that to a
relative error of 1e-6: for softlearn the whole fit that proves it, for scikit-learn's lbfgs the
first point that is so close.  Memory is the most that the process held during the fit, less what
it held before, X included.  An exponent is the slope of log cost against log size, by least
squares over all points; sizes at which a fit took all the time it had are left out.  Writes
FILE.json and FILE.md after each size (and goes on from there), FILE.png and FILE.svg after each
thing that grows.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullFormatter

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import embeddings, random_csr
from benchmarks.harness import figures
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.contest import Contest, Limits
from benchmarks.harness.machine import line
from benchmarks.harness.one_fit import save
from benchmarks.harness.results import Results, markdown
from benchmarks.peers import PEERS

_MIDDLE = {"n": 16_000, "d": 128, "classes": 10}
_TITLES = {
    "n": "rows n",
    "d": "columns d",
    "classes": "classes",
    "density": "share of entries stored (CSR)",
    "condition": "condition number of X'X",
}
_LIBRARIES = ("softlearn", "sklearn-lbfgs")
_ERROR = 1e-6
_LONG = 10.0  # seconds: a fit that takes longer is not repeated


def _grown(scale: float) -> dict[str, list[float]]:
    """Return the sizes of each thing that grows."""
    top = {"n": 128_000, "d": 1024, "classes": 320}
    grown = {
        key: sorted({max(4, int(v * scale)) for v in np.geomspace(most / 64, most, 7)})
        for key, most in top.items()
    }
    grown["density"] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
    return grown | {"condition": [1e0, 1e2, 1e4, 1e6, 1e8]}


def data(axis: str, size: float, scale: float) -> tuple[Any, np.ndarray]:
    """Return X and y with one thing of that size."""
    shape = {k: max(3, int(v * (scale if k == "n" else 1.0))) for k, v in _MIDDLE.items()}
    if axis in shape:
        shape[axis] = int(size)
    if axis == "density":
        return random_csr(shape["n"], 2048, shape["classes"], size)
    X, y = embeddings(**shape, exponent=0.0 if axis == "condition" else 1.0)
    if axis == "condition":
        X *= np.geomspace(1.0, size**-0.5, X.shape[1])
    return X, y


def measure(axis: str, size: float, chosen: Namespace, folder: Path) -> dict[str, Any]:
    """Return time and memory of each library at one size."""
    save(folder, *data(axis, size, chosen.scale))
    limits = Limits(chosen.seconds, 1e9, chosen.seconds, chosen.repeat)
    contest = Contest(axis, folder, 1.0, limits, near=0.9 * _ERROR)
    contest.find_reference()
    found: dict[str, Any] = {"axis": axis, "size": size}
    short = set(_LIBRARIES)
    for _ in range(chosen.repeat):
        for library in [name for name in _LIBRARIES if name in short]:
            fits = contest.fit(library, PEERS[library].settings[0], chosen.seconds)
            if any(fit.facts["seconds"] > _LONG for fit in fits):
                short.remove(library)
    for library in _LIBRARIES:
        fits = [fit for fit in contest.fits if fit.peer == library]
        times = [_time(contest, fit) for fit in fits]
        found[library] = {
            "seconds": statistics.median(times) if times and None not in times else None,
            "memory": max((fit.facts.get("memory", 0.0) for fit in fits), default=None),
            "passes": fits[0].facts.get("passes") if fits else None,
        }
    return found


def _time(contest: Contest, fit: Any) -> float | None:
    """Return what counts as the time of a fit, None where it did not get there."""
    if fit.peer == "softlearn":
        return fit.facts["seconds"] if fit.facts["finished"] else None
    return contest.reached(fit, _ERROR)


def exponent(points: list[tuple[float, float]]) -> float | None:
    """Return the slope of log cost against log size."""
    if len(points) < 3:
        return None
    sizes, costs = np.log(np.array(points)).T
    return float(np.polyfit(sizes, costs, 1)[0])


def series(record: dict[str, Any], axis: str, library: str, cost: str) -> list[tuple[float, float]]:
    """Return (size, cost) where there is a cost."""
    rows = [(r["size"], r[library][cost]) for r in record["points"] if r["axis"] == axis]
    return sorted((size, value) for size, value in rows if value)


def draw(record: dict[str, Any]) -> Any:
    """Return the figure: time above, memory below, one column per thing that grows."""
    axes = [a for a in _TITLES if any(r["axis"] == a for r in record["points"])]
    figure, panels = plt.subplots(
        2, len(axes), figsize=(2.7 * len(axes) + 0.6, 5.2), squeeze=False, layout="constrained"
    )
    for j, axis in enumerate(axes):
        for i, (cost, unit) in enumerate((("seconds", 1.0), ("memory", 2.0**-20))):
            panel = panels[i, j]
            for library in _LIBRARIES:
                points = series(record, axis, library, cost)
                slope, (colour, dashes, width) = exponent(points), figures.COLOURS[library]
                label = library if slope is None else f"{library}: {slope:.2f}"
                x, y = np.array(points).reshape(-1, 2).T
                panel.plot(
                    x, y * unit, dashes, color=colour, lw=width, marker="o", ms=3, label=label
                )
            panel.set(xscale="log", yscale="log")
            panel.xaxis.set_minor_formatter(NullFormatter())
            low, high = panel.get_ylim()
            panel.set_ylim(low, high * (high / low) ** 0.45)  # room for the legend
            panel.legend(
                frameon=False, fontsize=7.5, title="exponent", title_fontsize=7.5, loc="upper left"
            )
            panel.set_xlabel(_TITLES[axis] if i else "")
    panels[0, 0].set_ylabel("seconds to a relative error of 1e-6")
    panels[1, 0].set_ylabel("memory of the fit beyond X, MB")
    return figure


def table(record: dict[str, Any]) -> str:
    """Return the sizes, costs and exponents as Markdown."""
    slopes = [["grows", "library", "time", "memory"]]
    for axis in dict.fromkeys(r["axis"] for r in record["points"]):
        for library in _LIBRARIES:
            found = [exponent(series(record, axis, library, c)) for c in ("seconds", "memory")]
            told = ["-" if s is None else f"{s:.2f}" for s in found]
            slopes.append([_TITLES[axis], library, *told])
    heads = [f"{library}: {unit}" for library in _LIBRARIES for unit in ("s", "MB")]
    points = [["grows", "size", "passes", *heads]]
    for r in record["points"]:
        cells = []
        for library in _LIBRARIES:
            seconds, memory = r[library]["seconds"], r[library]["memory"]
            cells.append("not in time" if seconds is None else f"{seconds:.3g}")
            cells.append("-" if memory is None else f"{memory / 2**20:.1f}")
        passes = r["softlearn"]["passes"]
        told = "-" if passes is None else f"{passes:.1f}"
        points.append([_TITLES[r["axis"]], f"{r['size']:g}", told, *cells])
    parts = ["# How cost grows", line(record["machine"]), "## Exponents", markdown(slopes)]
    return "\n\n".join([*parts, "## Points", markdown(points)])


def main() -> None:
    """Measure size after size."""
    options, began = parser(__doc__, "out"), time.perf_counter()
    add = options.add_argument
    add("--axes", type=names, default=",".join(_TITLES))
    add("--scale", type=float, default=1.0, help="less than 1 makes all sizes smaller")
    add("--seconds", type=float, default=60.0, help="the most a fit is given")
    add("--repeat", type=int, default=3, help="times, where fits are short")
    add("--minutes", type=float, default=np.inf, help="after which no new size is begun")
    chosen = options.parse_args()
    results = Results(chosen.out, table, "points")
    done = {(r["axis"], r["size"]) for r in results["points"]}
    for axis in chosen.axes:
        for size in _grown(chosen.scale)[axis]:
            if (axis, size) in done or time.perf_counter() - began > 60.0 * chosen.minutes:
                continue
            with tempfile.TemporaryDirectory(prefix="growth-") as folder:
                results.add("points", measure(axis, size, chosen, Path(folder)))
        if chosen.out and results["points"]:
            figures.save(lambda: draw(results.record), chosen.out)
    print(table(results.record))


if __name__ == "__main__":
    main()
