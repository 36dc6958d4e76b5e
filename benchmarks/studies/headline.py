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

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import MORE, NAMES, SMALL, any_set
from benchmarks.harness.contest import ERRORS, Contest, Limits
from benchmarks.harness.headline_table import render
from benchmarks.harness.machine import describe
from benchmarks.harness.one_fit import save
from benchmarks.harness.settings import WAYS, choice
from benchmarks.peers.registry import PEERS

_SETTINGS = "of each peer; best: as was best on the set where all were tried, in the same FILE"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, help="folder with load.py; the small sets need none")
    add("--sets", default=",".join([*SMALL, *NAMES, *MORE]))
    add("--C", default="0.01,1,100,10000")
    add("--peers", default=",".join(p for p in PEERS if p != "softlearn"))
    add("--settings", choices=WAYS, default="all", help=_SETTINGS)
    add("--seconds", type=float, default=600.0, help="the most any fit is given")
    add("--factor", type=float, default=100.0, help="or so many times our time")
    add("--floor-seconds", type=float, default=5.0, help="but at least so long")
    add("--repeat", type=int, default=3, help="turns, where fits are short")
    add("--scratch", type=Path, help="folder for arrays and points, else a temporary one")
    add("--out", type=Path, help="JSON to write; FILE.md beside it holds the tables")
    return parser.parse_args()


def write(path: Path | None, record: dict[str, Any]) -> None:
    """Write the JSON and the tables, each under another name first."""
    if path is None:
        return
    for target, text in (
        (path, json.dumps(record, indent=1)),
        (path.with_suffix(".md"), render(record)),
    ):
        new = target.with_name(target.name + ".new")
        new.write_text(text)
        new.replace(target)


def main() -> None:
    """Measure cell after cell; keep what is done."""
    chosen = options()
    record: dict[str, Any] = {"cells": []}
    if chosen.out and chosen.out.exists():
        record = json.loads(chosen.out.read_text())
    record |= {"machine": describe(), "errors": list(ERRORS)}
    done = {(c["set"], c["C"]) for c in record["cells"]}
    limits = Limits(chosen.seconds, chosen.factor, chosen.floor_seconds, chosen.repeat)
    peers = [p for p in chosen.peers.split(",") if p]
    scratch = Path(tempfile.mkdtemp(prefix="headline-", dir=chosen.scratch))
    try:
        for name in chosen.sets.split(","):
            todo = [C for C in map(float, chosen.C.split(",")) if (name, C) not in done]
            if todo:
                save(scratch / name, *any_set(name, chosen.data))
            for C in todo:
                settings, tried = choice(chosen.settings, record["cells"], name)
                contest = Contest(name, scratch / name, C, limits, settings)
                try:
                    record["cells"].append(contest.cell(peers) | {"tried": tried})
                except RuntimeError as error:  # ours failed: say so, and go on with the next
                    print(error, flush=True)
                    continue
                write(chosen.out, record)
                print(contest.summary(), flush=True)
            shutil.rmtree(scratch / name, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(render(record))


if __name__ == "__main__":
    main()
