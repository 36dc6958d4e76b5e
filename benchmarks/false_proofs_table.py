"""What `false_proofs` found, as a table."""

from __future__ import annotations

from collections import Counter
from typing import Any

__all__ = ["table"]

WORST = (
    "false CONVERGED",
    "CONVERGED, no optimum",
    "false gap_",
    "false NO_FINITE_OPTIMUM",
    "objective_ is off",
)


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
        "| false words | fits |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in counted.items()),
        "",
        "| other faults | fits |",
        "|---|---|",
        *(f"| {_cell(name)} | {count} |" for name, count in faults.most_common()),
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


def _by_kind(records: list[dict[str, Any]], statuses: list[str]) -> list[str]:
    """Return how fits of each kind ended."""
    head = "| kind | fits | " + " | ".join(statuses) + " | most steps | median s |"
    rows = [head, "|" + "---|" * (len(statuses) + 4)]
    for kind in dict.fromkeys(r["kind"] for r in records):
        part = [r for r in records if r["kind"] == kind]
        counts = Counter(r["status"] for r in part)
        times = sorted(r["seconds"] for r in part)
        cells = [kind, str(len(part)), *(str(counts[s] or "") for s in statuses)]
        cells += [str(max(r.get("steps", 0) for r in part)), f"{times[len(times) // 2]:.4f}"]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
