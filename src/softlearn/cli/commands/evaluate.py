"""softlearn evaluate: how good a model is on labelled rows."""

from __future__ import annotations

from ..options.common import Json, LabelledSource, LabelTarget, Model, Quiet, stoppable
from ..options.groups import option_groups
from ..options.reading import LabelledReading

__all__ = ["EXAMPLES", "evaluate"]

EXAMPLES = (
    "Examples:\n\n"
    "softlearn evaluate penguins.softlearn labelled.csv\n\n"
    "softlearn evaluate model.softlearn labelled.parquet --target truth --json"
)


@stoppable
@option_groups
def evaluate(
    model: Model,
    source: LabelledSource,
    target: LabelTarget = None,
    *,
    reading: LabelledReading,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print how good MODEL is on labelled rows."""
    options = reading.read_options()
    from ..saved.evaluation import evaluation
    from ..terminal.report import print_evaluation
    from ..terminal.stdout import print_facts

    facts = evaluation(model, source, target, options=options, quiet=quiet)
    print_facts(facts, None if as_json else print_evaluation)
