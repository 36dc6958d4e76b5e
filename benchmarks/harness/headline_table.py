"""The tables of `headline.py`, in Markdown: who takes how many times our time?"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.harness.machine import line

__all__ = ["render"]

_OURS = "softlearn"
GROUPS = {
    "dense": ("dense, n d >= 1e6", 10.0),
    "sparse": ("sparse text", 5.0),
    "small": ("small", 2.0),
}
_GOAL_ERROR = 1e-6


def render(record: dict[str, Any]) -> str:
    """Return the whole page."""
    cells = record["cells"]
    peers = sorted({p for c in cells for p in c["best"] if p != _OURS})
    parts = [
        "# Times to the same error, softlearn's = 1\n",
        line(record["machine"]) + "\n",
        "A ratio is a library's time to the relative error over ours, each at the best of the "
        "settings that were tried: all, its first, or those that were best on the set at another "
        "C; `>` where it did not get there in the time it had; `-` where it took no part.\n",
    ]
    for k, error in enumerate(record["errors"]):
        parts += [f"## Relative error {error:.0e}\n", _table(cells, peers, k) + "\n"]
    parts += ["## Geometric means\n", _means(cells, peers, record["errors"]) + "\n"]
    parts += [_misses(cells, record["errors"]), "", "## Who did not take part\n", _absent(cells)]
    return "\n".join(parts) + "\n"


def ratio(cell: dict[str, Any], peer: str, k: int) -> tuple[float, bool] | None:
    """Return a peer's time over ours and whether it is a lower bound; None where there is none."""
    ours, theirs = cell["best"].get(_OURS, [None] * 9)[k], cell["best"].get(peer, [None] * 9)[k]
    if ours is None or theirs is None or ours["at_least"]:
        return None
    return theirs["seconds"] / ours["seconds"], theirs["at_least"]


def fastest(cell: dict[str, Any], k: int) -> tuple[float, bool, str] | None:
    """Return the smallest ratio, whether it is only a lower bound, and whose it is."""
    all_of = [(r, p) for p in cell["best"] if p != _OURS and (r := ratio(cell, p, k)) is not None]
    if not all_of:
        return None
    (least, bound), peer = min(all_of)
    return least, bound, peer


def _table(cells: list[dict[str, Any]], peers: list[str], k: int) -> str:
    heads = ["set (rows x columns, classes)", "C", "ours, s", "ours with proof, s", "J* sure to"]
    rows = [[*heads, *peers, "fastest", "settings"]]
    for c in cells:
        n, d, classes = c["shape"]
        ours = c["best"][_OURS][k]
        proof = next((o for o in c["ours"] if o["error"] == (1e-3, 1e-6, 1e-9)[k]), None)
        sure = (c["reference"]["lowest"] - c["reference"]["lower"]) / c["reference"]["lowest"]
        row = [
            f"{c['set']} ({n:,} x {d:,}, {classes})",
            f"{c['C']:g}",
            "never" if ours["at_least"] else _short(ours["seconds"]),
            "" if proof is None else _proof(proof),
            f"{max(sure, 0.0):.0e}",
        ]
        row += [_ratio(ratio(c, p, k)) for p in peers]
        best = fastest(c, k)
        row.append("-" if best is None else f"**{_ratio(best[:2])}** {best[2]}")
        rows.append([*row, c["tried"]])
    return _markdown(rows)


def _means(cells: list[dict[str, Any]], peers: list[str], errors: list[float]) -> str:
    """Return geometric means; those that include lower bounds are lower bounds."""
    rows = [["group", "error", "cells", "fastest peer", *peers]]
    for group, (title, _) in GROUPS.items():
        those = [c for c in cells if c["group"] == group]
        for k, error in enumerate(errors):
            if those:
                best = [f[:2] for c in those if (f := fastest(c, k)) is not None]
                each = [[r for c in those if (r := ratio(c, p, k)) is not None] for p in peers]
                means = [_ratio(_mean(x)) for x in (best, *each)]
                rows.append([title, f"{error:.0e}", str(len(those)), *means])
    return _markdown(rows)


def _mean(ratios: list[tuple[float, bool]]) -> tuple[float, bool] | None:
    if not ratios:
        return None
    mean = math.exp(sum(math.log(r) for r, _ in ratios) / len(ratios))
    return mean, any(bound for _, bound in ratios)


def _misses(cells: list[dict[str, Any]], errors: list[float]) -> str:
    """Return every cell in which somebody was faster, or the group's aim was missed."""
    k = errors.index(_GOAL_ERROR)
    rows = [["set", "C", "aim of the group", "fastest peer", "slower than a peer"]]
    for c in cells:
        best, aim = fastest(c, k), GROUPS[c["group"]][1]
        if best is None or best[0] < aim:
            told = "we did not get there" if best is None else f"{_ratio(best[:2])} {best[2]}"
            slower = best is None or best[0] < 1.0
            rows.append([c["set"], f"{c['C']:g}", f"{aim:g}", told, "yes" if slower else "no"])
    title = f"## Cells below the aim at relative error {_GOAL_ERROR:.0e}\n\n"
    return title + (_markdown(rows) if len(rows) > 1 else "None.")


def _absent(cells: list[dict[str, Any]]) -> str:
    reasons: dict[tuple[str, str], list[str]] = {}
    for c in cells:
        for peer, why in c["skipped"].items():
            reasons.setdefault((peer, why), []).append(c["set"])
    rows = [["library", "why", "sets"]]
    rows += [[p, why, ", ".join(dict.fromkeys(sets))] for (p, why), sets in reasons.items()]
    return _markdown(rows) if len(rows) > 1 else "All took part."


def _proof(proof: dict[str, Any]) -> str:
    proven = proof["gap"] is not None and proof["gap"] <= proof["error"]
    return _short(proof["seconds"]) + ("" if proven else f" (gap {proof['gap']:.0e})")


def _ratio(r: tuple[float, bool] | None) -> str:
    return "-" if r is None else f"{'> ' if r[1] else ''}{_short(r[0])}"


def _short(x: float) -> str:
    return f"{x:,.0f}" if x >= 100.0 else f"{x:.3g}"


def _markdown(rows: list[list[str]]) -> str:
    rule = "|" + "---|" * len(rows[0])
    first, *rest = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([first, rule, *rest])
