"""The way to a minimum of a formula, and its end, as a user reads them."""

from __future__ import annotations

from typing import Any

from ..._internal.format import counted
from .page import Page, new_table

__all__ = ["print_minimum"]


def print_minimum(facts: dict[str, Any]) -> None:
    """Print what `softlearn minimize` found."""
    page = Page()
    page.title(f"J = {facts['formula']}")
    page.section("Steps")
    names = facts["variables"]
    table = new_table(">step", *(f">{name}" for name in names), ">J", ">|gradient|")
    for at in facts["path"]:
        numbers = [*(at["w"][name] for name in names), at["value"]]
        table.add_row(
            f"{at['step']:,}", *(f"{x:.9g}" for x in numbers), f"{at['gradient_norm']:.2g}"
        )
    page.show(table)
    for note in facts["notes"]:
        page.say(note)
    page.section("Found")
    where = ", ".join(f"{name} = {facts['w'][name]:.9g}" for name in names)
    after = f"after {counted(facts['steps'], 'step', 'steps')}"
    page.say(f"J = {facts['value']:.9g} at {where}, {after}.")
    page.say(facts["status_sentence"])
    if facts["kind_sentence"]:
        page.say(facts["kind_sentence"])
