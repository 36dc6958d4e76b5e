"""The learning curve of a network, as a table of a few epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._internal.format import nats, percent
from .page import Page

__all__ = ["chosen_epochs", "print_curve"]

_ROWS = 8
_WHERE = {"epoch": "the mean over the epoch", "step": "that of all rows after the step"}
_COLUMN = 12  # characters that a column of numbers needs


def chosen_epochs(n: int, best: int | None = None) -> list[int]:
    """Return the first of n epochs, the last, the best, and others spread evenly between."""
    even = {round(k) for k in np.linspace(1, n, min(_ROWS, n))}
    return sorted(even if best is None else even | {best})


def print_curve(page: Page, facts: Mapping[str, Any]) -> None:
    """Print loss and accuracy of some epochs, and those on validation rows if there are any."""
    n, best, unit = facts["epochs"], facts["best_epoch"], facts.get("unit", "epoch")
    rows = chosen_epochs(n, best)
    columns = _columns(facts["curve"], rows)
    others = 1 + (best is not None)
    while len(columns) > 1 and page.width < _COLUMN * (others + len(columns)):
        columns.pop(list(columns)[1])  # on a narrow page the first loss stays, and the last figure
    page.section("Learning curve")
    if best is not None:
        what = "kept" if facts["early_stopping"] else "lowest"
        columns[""] = [what if k == best else "" for k in rows]
    cells = zip((f"{k:,}" for k in rows), *columns.values(), strict=True)
    page.table([f">{unit}", *columns], cells)
    page.say(
        f"The training loss, penalty included, is {_WHERE[unit]}; the other figures are measured "
        f"after the {unit}, training accuracy on 5,000 rows where there are more.",
        style="dim",
    )


def _columns(curve: Mapping[str, Sequence[float]], rows: Sequence[int]) -> dict[str, list[str]]:
    """Return the heads of the columns and their cells."""
    heads = {
        "loss": (">training\nloss", nats),
        "accuracy": (">training\naccuracy", percent),
        "val_loss": (">validation\nlog-loss", nats),
        "val_accuracy": (">validation\naccuracy", percent),
    }
    return {
        head: [form(curve[key][k - 1]) for k in rows]
        for key, (head, form) in heads.items()
        if curve[key]
    }
