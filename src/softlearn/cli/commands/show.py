"""softlearn show: what a model file says of itself."""

from __future__ import annotations

from ..options.common import Json, Model, stoppable

__all__ = ["EXAMPLES", "show"]

EXAMPLES = (
    "Examples:\n\nsoftlearn show penguins.softlearn\n\nsoftlearn show penguins.softlearn --json"
)


@stoppable
def show(model: Model, as_json: Json = False) -> None:
    """Describe a model file: its classes, certificate, versions, data and test figures."""
    from ..fitting.kinds import print_section
    from ..saved.description import description
    from ..terminal.report import print_model
    from ..terminal.stdout import print_facts

    facts = description(model)
    print_facts(facts, None if as_json else lambda facts: print_model(facts, print_section))
