"""What is done with probabilities, and what decisions come to, printed for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._internal.format import nats, percent
from .page import Page

__all__ = ["print_decisions", "print_outcome"]

Facts = Mapping[str, Any]


def print_decisions(page: Page, facts: Facts | None) -> None:
    """Print the section on decisions, if there are any."""
    if not facts:
        return
    page.section("Decisions")
    calibration = facts.get("calibration")
    if calibration:
        low, high = calibration["interval"]
        interval = "" if high is None else f" (95 % from {low:.3g} to {high:.3g})"
        T = calibration["temperature"]
        page.say(
            f"Probabilities are calibrated out of fold by {calibration['method']}: the temperature "
            f"is {'infinite' if T is None else f'{T:.3g}'}{interval}, the log-loss of held-out "
            f"rows falls from {nats(calibration['log_loss_before'])} to "
            f"{nats(calibration['log_loss_after'])}."
        )
    if facts.get("costs"):
        page.say(f"What costs least is said, by the costs of {facts['costs']}.")
    if facts.get("none_of_these"):
        page.say(facts["none_of_these"]["guarantee"])


def print_outcome(page: Page, facts: Facts | None) -> None:
    """Print what decisions come to on labelled rows, if there are any."""
    if not facts:
        return
    rows = [
        ["rows of known classes that are answered", percent(facts["answered"])],
        ["accuracy of these", percent(facts["accuracy"])],
    ]
    if facts["strangers_found"] is not None:
        rows.append(["rows of other labels called none", percent(facts["strangers_found"])])
    if facts["mean_cost"] is not None:
        rows.append(["mean cost", f"{facts['mean_cost']:.4g}"])
        likeliest = facts["mean_cost_of_likeliest"]
        rows.append(["mean cost of the most probable class", f"{likeliest:.4g}"])
    page.table(["decisions", ">model"], rows)
