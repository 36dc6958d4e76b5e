r"""Gap against time, from what benchopt measured: one panel per set and C, one curve per library.

    python benchmarks/studies/curves.py RESULT.parquet [MORE ...] --out FILE

RESULT is a parquet or csv file in benchmarks/benchopt_softmax/outputs/.  Writes FILE.png and
FILE.svg.  Of each library's settings the one is drawn that is first at a relative error of 1e-6, or
else comes closest.  "Gap" is the relative error (J - J*) / J*, J in float64, J* certified.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness import figures
from benchmarks.harness.arguments import parser

_GOAL, _FLOOR = 1e-6, 1e-11


def read(paths: list[Path]) -> pd.DataFrame:
    """Return the rows that are needed, from all files."""
    frames = [pd.read_parquet(p) if p.suffix == ".parquet" else pd.read_csv(p) for p in paths]
    rows = pd.concat(frames)
    rows["library"] = rows["solver_name"].str.split("[").str[0]
    rows["set"] = rows["dataset_name"].map(_set_name)
    rows["C"] = rows["p_obj_C"].astype(float)
    return rows


def _set_name(full: str) -> str:
    name, _, inside = full.partition("[")
    parts = dict(p.split("=", 1) for p in inside.rstrip("]").split(",") if "=" in p)
    if "set" in parts:
        return parts["set"]
    if name == "embeddings":
        return f"{name} {int(parts['n']):,} x {parts['d']}"
    return f"{name} {inside.rstrip(']')}" if inside else name


def best_curve(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return time and gap of a library's best settings, as the best point known so far."""
    curves = []
    for _, one in rows.groupby("solver_name"):
        by_step = one.groupby("stop_val")[["time", "objective_value"]].median()
        by_step = by_step.sort_values("time")
        times = by_step["time"].to_numpy()
        gaps = np.minimum.accumulate(by_step["objective_value"].to_numpy())
        there = np.flatnonzero(gaps <= _GOAL)
        rank = (0, times[there[0]]) if len(there) else (1, gaps[-1])
        curves.append((rank, times, gaps))
    _, times, gaps = min(curves, key=lambda c: c[0])
    return times, gaps


def draw(rows: pd.DataFrame) -> Any:
    """Return the figure."""
    sets, Cs = list(dict.fromkeys(rows["set"])), sorted(rows["C"].unique())
    columns = len(Cs) if len(Cs) > 1 else min(len(sets), 2)
    lines = -(-len(sets) * len(Cs) // columns)
    figure, panels = plt.subplots(
        lines,
        columns,
        figsize=(3.1 * columns + 2.0, 2.6 * lines + 0.5),
        squeeze=False,
        layout="constrained",
        sharey=True,
    )
    drawn: dict[str, Any] = {}
    for at, panel in enumerate(panels.flat):
        if at >= len(sets) * len(Cs):
            panel.remove()
            continue
        name, C = sets[at // len(Cs)], Cs[at % len(Cs)]
        here = rows[(rows["set"] == name) & (rows["C"] == C)]
        for library, theirs in here.groupby("library"):
            colour, dashes, width = figures.COLOURS.get(str(library), ("#999999", "-", 1.0))
            times, gaps = best_curve(theirs)
            (curve,) = panel.plot(
                np.maximum(times, 1e-4),
                np.maximum(gaps, _FLOOR),
                dashes,
                color=colour,
                lw=width,
                zorder=3 if library == "softlearn" else 2,
            )
            drawn[str(library)] = curve
        panel.set(xscale="log", yscale="log", title=f"{name}, C = {C:g}")
        panel.axhline(_GOAL, color="#999999", lw=0.8, zorder=1)
        if at >= len(sets) * len(Cs) - columns:
            panel.set_xlabel("seconds since fit was called")
        if at % columns == 0:
            panel.set_ylabel("relative error of J")
    order = [name for name in figures.COLOURS if name in drawn]
    figure.legend([drawn[n] for n in order], order, loc="outside right upper", frameon=False)
    return figure


def main() -> None:
    """Read, draw, write."""
    options = parser(__doc__, "out")
    options.add_argument("results", type=Path, nargs="+")
    chosen = options.parse_args()
    if chosen.out is None:
        options.error("--out is missing: where to write the figure, without a suffix.")
    figures.save(lambda: draw(read(chosen.results)), chosen.out)


if __name__ == "__main__":
    main()
