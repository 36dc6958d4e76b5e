r"""The headline: how many times longer does every other library take to reach the same error?

    python benchmarks/studies/headline.py --data FOLDER --out FILE.json

For each set and each C: the time at which each library first had a point whose relative error

    (J(W, b) - J*) / J*

is at most 1e-3, 1e-6 and 1e-9, over the time that softlearn took.  J is evaluated in float64 by
`judge.objective`, from the points themselves, after the fits.  J* is the lowest objective that
anybody found, softlearn at tol=1e-10 among them, whose proven lower bound says how sure it is.

Every fit runs in a process of its own, with a time limit, on arrays written beforehand, and first
fits a few rows untimed, so that imports and threads are there (JAX also compiles before its clock
starts).  Each library is tried at all its settings in `peers.PEERS` (solver, dtype, threads, ...),
or, to save time, its first, or those that were best on the same set at another C (``--settings``);
then the best for each error takes turns with ours, ``--repeat`` times where fits are short, and
medians are compared.  Clocks start when `fit` is called: validation is included.  A library that
does not reach the error within ``--seconds``, or ``--factor`` times our time, counts with the time
it had, marked ">".  Cells that FILE.json already has are not measured again.
"""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import MORE, NAMES, SMALL, any_set
from benchmarks.harness.arguments import names, numbers, parser
from benchmarks.harness.contest import ERRORS, Contest, Limits
from benchmarks.harness.machine import line
from benchmarks.harness.one_fit import save
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.settings import WAYS, choice
from benchmarks.peers import PEERS

_OURS = "softlearn"
GROUPS = {
    "dense": ("dense, n d >= 1e6", 10.0),
    "sparse": ("sparse text", 5.0),
    "small": ("small", 2.0),
}
_GOAL_ERROR = 1e-6
_SETTINGS = "of each peer; best: as was best on the set where all were tried, in the same FILE"


def main() -> None:
    """Measure cell after cell; keep what is done."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--sets", type=names, default=",".join([*SMALL, *NAMES, *MORE]))
    add("--C", type=numbers, default="0.01,1,100,10000")
    add("--peers", type=names, default=",".join(p for p in PEERS if p != _OURS))
    add("--settings", choices=WAYS, default="all", help=_SETTINGS)
    add("--seconds", type=float, default=600.0, help="the most any fit is given")
    add("--factor", type=float, default=100.0, help="or so many times our time")
    add("--floor-seconds", type=float, default=5.0, help="but at least so long")
    add("--repeat", type=int, default=3, help="turns, where fits are short")
    add("--scratch", type=Path, help="folder for arrays and points, else a temporary one")
    chosen = options.parse_args()
    results = Results(chosen.out, render, "cells", errors=list(ERRORS))
    done = {(c["set"], c["C"]) for c in results["cells"]}
    limits = Limits(chosen.seconds, chosen.factor, chosen.floor_seconds, chosen.repeat)
    with tempfile.TemporaryDirectory(prefix="headline-", dir=chosen.scratch) as scratch:
        for name in chosen.sets:
            folder = Path(scratch, name)
            todo = [C for C in chosen.C if (name, C) not in done]
            if todo:
                save(folder, *any_set(name, chosen.data))
            for C in todo:
                settings, tried = choice(chosen.settings, results["cells"], name)
                contest = Contest(name, folder, C, limits, settings)
                try:
                    cell = contest.cell(chosen.peers)
                except RuntimeError as error:  # ours failed: say so, and go on with the next
                    print(error, flush=True)
                else:
                    results.add("cells", cell | {"tried": tried}, said=contest.summary())
            shutil.rmtree(folder, ignore_errors=True)
    print(render(results.record))


# -- the tables


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
    peers = [p for p in cell["best"] if p != _OURS]
    return min(((*r, p) for p in peers if (r := ratio(cell, p, k)) is not None), default=None)


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
    return markdown(rows)


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
    return markdown(rows)


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
    return title + (markdown(rows) if len(rows) > 1 else "None.")


def _absent(cells: list[dict[str, Any]]) -> str:
    reasons: dict[tuple[str, str], list[str]] = {}
    for c in cells:
        for peer, why in c["skipped"].items():
            reasons.setdefault((peer, why), []).append(c["set"])
    rows = [["library", "why", "sets"]]
    rows += [[p, why, ", ".join(dict.fromkeys(sets))] for (p, why), sets in reasons.items()]
    return markdown(rows) if len(rows) > 1 else "All took part."


def _proof(proof: dict[str, Any]) -> str:
    proven = proof["gap"] is not None and proof["gap"] <= proof["error"]
    return _short(proof["seconds"]) + ("" if proven else f" (gap {proof['gap']:.0e})")


def _ratio(r: tuple[float, bool] | None) -> str:
    return "-" if r is None else f"{'> ' if r[1] else ''}{_short(r[0])}"


def _short(x: float) -> str:
    return f"{x:,.0f}" if x >= 100.0 else f"{x:.3g}"


if __name__ == "__main__":
    main()
