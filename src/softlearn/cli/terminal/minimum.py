"""The way to a minimum of a formula, and its end, as a user reads them."""

from __future__ import annotations

from typing import Any

from ..._internal.format import counted
from .page import Page

__all__ = ["print_minimum"]


def print_minimum(facts: dict[str, Any]) -> None:
    """Print what `softlearn minimize` found."""
    page = Page()
    page.title(f"J = {facts['formula']}")
    page.section("Steps")
    names = facts["variables"]
    rows = []
    for at in facts["path"]:
        numbers = [*(at["w"][name] for name in names), at["value"]]
        shown = (f"{x:.9g}" for x in numbers)
        rows.append([f"{at['step']:,}", *shown, f"{at['gradient_norm']:.2g}"])
    page.table([">step", *(f">{name}" for name in names), ">J", ">|gradient|"], rows)
    for note in facts["notes"]:
        page.say(note)
    page.section("Found")
    where = ", ".join(f"{name} = {facts['w'][name]:.9g}" for name in names)
    after = f"after {counted(facts['steps'], 'step', 'steps')}"
    page.say(f"J = {facts['value']:.9g} at {where}, {after}.")
    page.say(facts["status_sentence"])
    if facts["kind_sentence"]:
        page.say(facts["kind_sentence"])
