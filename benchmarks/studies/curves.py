r"""Gap against time, from what benchopt measured: one panel per set and C, one curve per library.

    python benchmarks/studies/curves.py RESULT.parquet [MORE ...] --out FILE

RESULT is a parquet or csv file in benchmarks/benchopt_softmax/outputs/.  Writes FILE.png and
FILE.svg.  Of each library's settings the one is drawn that is first at a relative error of 1e-6, or
else comes closest.  "Gap" is the relative error (J - J*) / J*, J in float64, J* certified.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

_GOAL, _FLOOR = 1e-6, 1e-11
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "svg.fonttype": "none",
}
COLOURS = {  # ours stands out; each library keeps its colour and its dashes in every figure
    "softlearn": ("#c1121f", "-", 2.4),
    "sklearn-lbfgs": ("#1f5fa8", "-", 1.3),
    "sklearn-newton-cg": ("#1f5fa8", "--", 1.3),
    "sklearn-newton-cholesky": ("#1f5fa8", ":", 1.6),
    "sklearn-saga": ("#1f5fa8", "-.", 1.3),
    "sklearnex": ("#3aa6a0", "-", 1.3),
    "cyanure": ("#7a5195", "-", 1.3),
    "torch-lbfgs": ("#e08214", "-", 1.3),
    "jax-lbfgs": ("#5d8233", "-", 1.3),
    "statsmodels": ("#777777", "-", 1.3),
}


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
            colour, dashes, width = COLOURS.get(str(library), ("#999999", "-", 1.0))
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
    order = [name for name in COLOURS if name in drawn]
    figure.legend([drawn[n] for n in order], order, loc="outside right upper", frameon=False)
    return figure


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="without a suffix")
    chosen = parser.parse_args()
    with mpl.rc_context(STYLE):
        figure = draw(read(chosen.results))
        for suffix in (".png", ".svg"):
            figure.savefig(chosen.out.with_suffix(suffix), dpi=160)


if __name__ == "__main__":
    main()
