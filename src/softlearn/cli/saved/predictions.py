"""The predictions of a saved model for a source, written batch by batch."""

from __future__ import annotations

from pathlib import Path

from .. import CommandError
from ..sources import ReadOptions
from ..terminal.progress import ProgressDisplay
from ..terminal.signals import stopped
from ..terminal.stdout import note
from .model import SavedModel
from .output_files import check_output
from .prediction_writer import PredictionWriter

__all__ = ["write_predictions"]


def write_predictions(
    model_path: Path, source: Path, output: str, *, options: ReadOptions, quiet: bool
) -> int:
    """Write the predictions for a source; return how many rows there were."""
    if output != "-":
        check_output(Path(output), [model_path, source])
    model = SavedModel.load(model_path, options)
    try:
        return _write(model, source, output, quiet)
    except KeyboardInterrupt:
        if output != "-":
            raise
        raise CommandError(stopped("standard output has the rows that were done")) from None


def _write(model: SavedModel, source: Path, output: str, quiet: bool) -> int:
    classifier = model.classifier
    batches = model.batches(source, model.metadata["target"])
    rows, noted = 0, set[str]()
    with PredictionWriter(output, classifier.classes_) as writer, ProgressDisplay(quiet) as display:
        for batch in batches:
            for sentence in batch.notes:
                if sentence not in noted:
                    note(sentence)
                noted.add(sentence)
            with model.refusing():
                X = model.matrix(batch.X)
                labels, probabilities = classifier.predict(X), classifier.predict_proba(X)
            writer.write(labels, probabilities, batch.ids)
            rows += len(batch)
            display.task(f"{rows:,} rows predicted")
    return rows
