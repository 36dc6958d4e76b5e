"""The predictions of a saved model for a source, written batch by batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..._internal.atomic_write import writing_whole
from .. import CommandError
from ..inspect.drift import Drift
from ..sources import ReadOptions
from ..terminal.progress import ProgressDisplay
from ..terminal.signals import stopped
from ..terminal.stdout import note, print_facts, strict
from .model import SavedModel
from .output_files import check_output
from .prediction_writer import PredictionWriter

__all__ = ["write_predictions"]


def write_predictions(
    model_path: Path,
    source: Path,
    output: str,
    *,
    options: ReadOptions,
    quiet: bool,
    drift: str | None = None,
) -> int:
    """Write the predictions for a source, and what drifted; return how many rows there were."""
    for file in (output, drift):
        if file is not None and file != "-":
            check_output(Path(file), [model_path, source])
    model = SavedModel.load(model_path, options)
    classifier = model.classifier
    rows, noted = 0, set[str]()
    known = model.metadata.get("columns", ())
    trained = {k: one for k, one in model.metadata.get("summary", {}).items() if k in known}
    if drift is not None and not trained:
        raise CommandError(
            f"{model_path} has no summary of its training columns to compare with: it is no model "
            "of a table, or older than --drift; fit it again, or leave --drift out."
        )
    compared = Drift(trained)
    writing = PredictionWriter(output, classifier.classes_)
    try:
        with writing as writer, ProgressDisplay(quiet) as display:
            for batch in model.batches(source, model.metadata["target"]):
                for sentence in batch.notes:
                    if sentence not in noted:
                        note(sentence)
                    noted.add(sentence)
                if not len(batch):  # a table without rows has a file of predictions without rows
                    writer.write_nothing(hasattr(classifier, "p_value"))
                    continue
                said = model.predict(batch.X)
                compared.add(batch.X)
                writer.write(said.labels, said.probabilities, batch.ids, said.p_values)
                rows += len(batch)
                display.task(f"{rows:,} rows predicted")
    except KeyboardInterrupt:
        if output != "-":
            raise
        raise CommandError(stopped("standard output has the rows that were done")) from None
    for sentence in compared.notes():
        note(sentence)
    if drift is not None:
        _tell(drift, {"rows": rows, "columns": compared.facts()})
    return rows


def _tell(drift: str, facts: dict[str, Any]) -> None:
    """Print a table of what drifted, or write it as JSON."""
    if drift == "-":
        from ..terminal.drift import print_drift

        print_facts(facts, print_drift)
        return
    with writing_whole(Path(drift)) as handle:
        handle.write(json.dumps(strict(facts), indent=2, ensure_ascii=False).encode())
