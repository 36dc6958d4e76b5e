"""What `false_proofs` found, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

__all__ = ["table"]

PROVEN = ("CONVERGED", "NO_FINITE_OPTIMUM")
FLOOR = 1e-15
WORST = (
    "false CONVERGED",
    "CONVERGED, no optimum",
    "false gap_",
    "false NO_FINITE_OPTIMUM",
    "objective_ is off",
)


_LEGEND = """\
How fits ended, by the kind of their table. *auto* are those with the default solver and as many
steps as it takes; *unproven* those of them that are neither proven nor shown to have no finite
optimum, where J is not zero to rounding; *farthest* is how far above the lowest J, relative to J,
the worst of these is."""


def table(records: list[dict[str, Any]], seed: int) -> tuple[str, dict[str, Any]]:
    """Return the Markdown, and the figures behind it with all fits that have a fault."""
    records = sorted(records, key=lambda r: r["number"])
    faults = Counter(fault for r in records for fault in r["faults"])
    statuses = Counter(r["status"] for r in records)
    undecided = [r for r in records if "undecided" in r]
    counted = {name: faults.pop(name, 0) for name in WORST}
    lines = [
        f"{len(records):,} fits (seed {seed}); {len(undecided)} could not be decided.",
        "",
        *_counts("false words", counted.items()),
        "",
        *_counts("other faults", faults.most_common()),
        "",
        _LEGEND,
        "",
        *_by_kind(records, [name for name, _ in statuses.most_common()]),
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
    return "\n".join(lines), summary


def _counts(title: str, pairs: Iterable[tuple[str, int]]) -> list[str]:
    rows = [f"| {_cell(name)} | {count} |" for name, count in pairs]
    return [f"| {title} | fits |", "|---|---|", *(rows or ["| none | 0 |"])]


def _by_kind(records: list[dict[str, Any]], statuses: list[str]) -> list[str]:
    """Return how fits of each kind ended."""
    more = ["auto", "unproven", "farthest", "most steps of auto", "median ms"]
    head = ["kind", "fits", *statuses, *more]
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
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
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return rows


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
