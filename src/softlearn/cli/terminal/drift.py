"""The table that `softlearn predict --drift -` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import Page, short

__all__ = ["print_drift"]

_HEADS = ["column", ">missing", ">mean", ">far outside", ">unseen"]


def print_drift(facts: Mapping[str, Any]) -> None:
    """Print one line per column: training -> new rows."""
    page = Page()
    page.title(f"{facts['rows']:,} new rows beside the training rows (training -> new)")
    page.table(_HEADS, [_row(column) for column in facts["columns"]])


def _row(column: Mapping[str, Any]) -> list[str]:
    old, new = column["training"], column["new"]
    mean = ""
    if "mean" in new:
        now = "none" if new["mean"] is None else f"{new['mean']:.4g}"
        mean = f"{old['mean']:.4g} -> {now}"
    unseen = f"{sum(new['unseen'].values()):,}" if "unseen" in new else ""
    far = f"{new['far_outside']:,}" if "far_outside" in new else ""
    missing = f"{100 * old['missing']:.1f} % -> {100 * new['missing']:.1f} %"
    return [short(column["column"]), missing, mean, far, unseen]
