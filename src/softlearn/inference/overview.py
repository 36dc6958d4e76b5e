"""Of all `InferenceResults`, r: whether each column plays a part, and its mean effect."""

from __future__ import annotations

from typing import Any, NamedTuple

from .effects import Effect
from .terms import TermTest

__all__ = ["Overview", "overview"]


class Overview(NamedTuple):
    """Tests and effects of all columns that were given."""

    test: str
    """Of which kind the tests are."""
    terms: dict[str, TermTest]
    effects: dict[str, Effect]
    """By "x (slope)" and "a: level against reference"."""
    notes: list[str]
    """Sentences on what could not be tested."""


def overview(r: Any) -> Overview:
    """Return likelihood-ratio tests, or Wald tests where those mean nothing, and mean effects."""
    method = "lr" if r.has_ratios else "wald"
    terms: dict[str, TermTest] = {}
    effects: dict[str, Effect] = {}
    notes = []
    for name in r.design.given:
        try:
            terms |= r.test_terms([name], method)
        except ValueError as error:  # fewer clusters than hypotheses, for example
            notes.append(f"{name} was not tested: {error}")
        if name not in r.terms:
            effects[f"{name} (slope)"] = r.average_slopes([name])[name]
            continue
        low, *levels = r.design.factors[name]
        for level in levels:
            effects[f"{name}: {level} against {low}"] = r.average_comparisons({name: (low, level)})[
                name
            ]
    return Overview("likelihood ratio" if method == "lr" else "Wald", terms, effects, notes)
