r"""Are the words of fits true?  Ten thousand hard problems, judged in exact and ball arithmetic.

    python benchmarks/studies/false_proofs.py --fits 10000 --jobs 2 --out FILE
    python benchmarks/studies/false_proofs.py --sample 500 --seed 7     # prints, keeps nothing
    python benchmarks/studies/false_proofs.py --sparse --fits 2000 --out FILE

Problems are drawn by `cases.hard_problems`; `harness.exact` finds J at the coefficients returned
and the lowest J, and lists what each fit said that is not so:

    false CONVERGED            J - J* > tol J*
    CONVERGED, no optimum      the classes can be separated, and nothing is penalised
    false gap_                 gap_ < (J - J*) / J
    false NO_FINITE_OPTIMUM    there is one
    objective_ is off          by more than rounding the logits can explain
    false zero                 a weight of zeros_proven_ is not zero at a minimum
    silent                     not proven to tol, and no ConvergenceWarning
    ok without a proof         status_.ok, but not CONVERGED
    refused / raised / warned  an error or a warning, though the data are as they may be
    over 200 steps, out of time

With --sparse the penalty has an L1 part, alone or in an elastic net, over weights or features as
groups, and features may have factors, 0 among them.

Below the floor, J < 1e-15 here, J is zero to rounding: no gap should be claimed at all.
Records are kept in FILE.jsonl as it goes on, and a second call goes on where the first ended.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.exact.words import FLOOR, judge
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown

PROVEN = ("CONVERGED", "NO_FINITE_OPTIMUM")
WORST = (
    "false CONVERGED",
    "CONVERGED, no optimum",
    "false gap_",
    "false NO_FINITE_OPTIMUM",
    "false zero",
    "objective_ is off",
)
_LEGEND = """\
How fits ended, by the kind of their table. *auto* are those with the default solver and as many
steps as it takes; *unproven* those of them that are neither proven nor shown to have no finite
optimum, where J is not zero to rounding; *farthest* is how far above the lowest J, relative to J,
the worst of these is."""


def run(numbers: list[int], seed: int, jobs: int, sparse: bool) -> Iterator[dict[str, Any]]:
    """Yield a record of each, in any order."""
    one = partial(judge, seed=seed, sparse=sparse)
    if jobs == 1:
        yield from map(one, numbers)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(one, numbers, chunksize=4)


def main() -> None:
    """Draw, fit, judge, and write a table."""
    options = parser(__doc__, "out")
    options.add_argument("--fits", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=1, help="processes")
    options.add_argument("--sparse", action="store_true", help="penalties with an L1 part")
    options.add_argument("--sample", type=int, help="so many of them; nothing is kept")
    chosen = options.parse_args()
    numbers = list(range(chosen.sample or chosen.fits))
    records: list[dict[str, Any]] = []
    kept = None
    if chosen.out and not chosen.sample:
        kept = chosen.out.with_suffix(".jsonl")
        records = [json.loads(row) for row in kept.open()] if kept.exists() else []
        done = {r["number"] for r in records}
        numbers = [k for k in numbers if k not in done]
    for k, record in enumerate(run(numbers, chosen.seed, chosen.jobs, chosen.sparse)):
        records.append(record)
        if kept:
            with kept.open("a") as file:
                file.write(json.dumps(record) + "\n")
        for fault in record["faults"]:
            print(record["number"], record["kind"], record["status"], fault, flush=True)
        if "undecided" in record:
            print(record["number"], record["kind"], "UNDECIDED", record["undecided"], flush=True)
        if k % 500 == 499:
            print(f"{k + 1} of {len(numbers)}", flush=True)
    text, summary = table(records, chosen.seed)
    print(text)
    if kept:
        page = lambda record: f"{text}\n\n{line(record['machine'])}"  # noqa: E731
        Results(chosen.out, page, **summary).save()


def table(records: list[dict[str, Any]], seed: int) -> tuple[str, dict[str, Any]]:
    """Return the Markdown, and the figures behind it with all fits that have a fault."""
    records = sorted(records, key=lambda r: r["number"])
    faults = Counter(fault for r in records for fault in r["faults"])
    statuses = Counter(r["status"] for r in records)
    undecided = [r for r in records if "undecided" in r]
    counted = {name: faults.pop(name, 0) for name in WORST}
    parts = [
        f"{len(records):,} fits (seed {seed}); {len(undecided)} could not be decided.",
        markdown(_counts("false words", counted.items())),
        markdown(_counts("other faults", faults.most_common())),
        _LEGEND,
        markdown(_by_kind(records, [name for name, _ in statuses.most_common()])),
    ]
    summary = {
        "seed": seed,
        "fits": len(records),
        "undecided": undecided,
        "false": counted,
        "faults": dict(faults),
        "statuses": dict(statuses),
        "with_faults": [r for r in records if r["faults"]],
    }
    return "\n\n".join(parts), summary


def _counts(title: str, pairs: Iterable[tuple[str, int]]) -> list[list[Any]]:
    rows = [[name.replace("|", "\\|").replace("\n", " "), count] for name, count in pairs]
    return [[title, "fits"], *(rows or [["none", 0]])]


def _by_kind(records: list[dict[str, Any]], statuses: list[str]) -> list[list[Any]]:
    """Return how fits of each kind ended."""
    more = ["auto", "unproven", "farthest", "most steps of auto", "median ms"]
    rows: list[list[Any]] = [["kind", "fits", *statuses, *more]]
    for kind in dict.fromkeys(r["kind"] for r in records):
        part = [r for r in records if r["kind"] == kind]
        counts = Counter(r["status"] for r in part)
        times = sorted(r["seconds"] for r in part)
        auto = [r for r in part if "solver" not in r["options"] and not r["network"]]
        left = [r for r in auto if r["status"] not in PROVEN and r.get("J", 1.0) >= FLOOR]
        worst = max((r.get("excess") or 0.0 for r in left), default=0.0)
        cells = [kind, len(part), *(counts[s] or "" for s in statuses), len(auto), len(left)]
        cells += [f"{worst:.0e}" if worst > 0.0 else ""]
        cells += [max((r.get("steps", 0) for r in auto), default=0)]
        cells += [f"{1e3 * times[len(times) // 2]:.1f}"]
        rows.append(cells)
    return rows


if __name__ == "__main__":
    main()
