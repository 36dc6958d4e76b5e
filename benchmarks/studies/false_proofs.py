r"""Are the words of fits true?  Ten thousand hard problems, judged in exact and ball arithmetic.

    python benchmarks/studies/false_proofs.py --fits 10000 --jobs 2 --out FILE
    python benchmarks/studies/false_proofs.py --sample 500 --seed 7     # prints, keeps nothing

Problems are drawn by `hard_problems`, J at the coefficients returned and the lowest J are found by
`exact_judge` and `exact_optimum`, and `false_words` lists what each fit said that is not so:

    false CONVERGED            J - J* > tol J*
    CONVERGED, no optimum      the classes can be separated, and nothing is penalised
    false gap_                 gap_ < (J - J*) / J
    false NO_FINITE_OPTIMUM    there is one
    objective_ is off          by more than rounding the logits can explain
    silent                     not proven to tol, and no ConvergenceWarning
    ok without a proof         status_.ok, but not CONVERGED
    refused / raised / warned  an error or a warning, though the data are as they may be
    over 200 steps, out of time

Below the floor, J < 1e-15 here, J is zero to rounding: no gap should be claimed at all.
Records are kept in FILE.jsonl as it goes on, and a second call goes on where the first ended.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.exact.words import judge


def _judged(task: tuple[int, int]) -> dict[str, Any]:
    return judge(*task)


def run(numbers: list[int], seed: int, jobs: int) -> Iterator[dict[str, Any]]:
    """Yield a record of each, in any order."""
    tasks = [(k, seed) for k in numbers]
    if jobs == 1:
        yield from map(_judged, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(_judged, tasks, chunksize=4)


def main() -> None:
    """Draw, fit, judge, and write a table."""
    from benchmarks.harness.false_proofs_table import table

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--fits", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--sample", type=int, help="so many of them, evenly; nothing is kept")
    parser.add_argument("--out", type=Path, help="FILE.json and FILE.md to write; FILE.jsonl too")
    options = parser.parse_args()
    numbers = list(range(options.sample or options.fits))
    records: list[dict[str, Any]] = []
    kept = None
    if options.out and not options.sample:
        kept = options.out.with_suffix(".jsonl")
        records = [json.loads(row) for row in kept.open()] if kept.exists() else []
        done = {r["number"] for r in records}
        numbers = [k for k in numbers if k not in done]
    for k, record in enumerate(run(numbers, options.seed, options.jobs)):
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
    text, summary = table(records, options.seed)
    print(text)
    if kept:
        from benchmarks.harness.machine import describe, line
        from benchmarks.harness.results import keep

        facts = describe()
        keep(options.out, {"machine": facts, **summary}, f"{text}\n\n{line(facts)}")


if __name__ == "__main__":
    main()
