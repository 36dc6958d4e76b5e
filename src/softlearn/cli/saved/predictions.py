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
    classifier = model.classifier
    rows, noted = 0, set[str]()
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
                writer.write(said.labels, said.probabilities, batch.ids, said.p_values)
                rows += len(batch)
                display.task(f"{rows:,} rows predicted")
    except KeyboardInterrupt:
        if output != "-":
            raise
        raise CommandError(stopped("standard output has the rows that were done")) from None
    return rows
