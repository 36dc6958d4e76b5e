"""softlearn predict: a label and the probabilities of all classes for each row."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import CommandError
from ..fitting.pipeline import transform
from ..sources import Dataset, ReadOptions, iter_source
from ..sources.columns import prepared
from ..sources.schema import told
from ..terminal.outputs import check_output, note
from ..terminal.progress import Watch
from ..terminal.signals import stopped
from .model_files import load_model, refusing
from .prediction_writer import PredictionWriter

__all__ = ["batch_rows", "run"]

_NUMBERS = 1 << 24  # in the matrix of one batch, at most
_MOST_ROWS = 1 << 16


def batch_rows(kind: str, model: Any) -> int:
    """Return how many rows fit into memory comfortably, as features and as probabilities."""
    classifier = model.named_steps["classifier"]
    features = 1 if kind == "text" else classifier.n_features_in_  # texts give sparse rows
    rows = _NUMBERS // max(features, len(classifier.classes_))
    return int(min(max(rows, 64), 1 << 12 if kind == "text" else _MOST_ROWS))


def run(model_path: Path, source: Path, output: str, *, options: ReadOptions, quiet: bool) -> None:
    """Write the predictions for a source, batch by batch.

    Raises:
        CommandError: one sentence.

    """
    if output != "-":
        check_output(Path(output), [model_path, source])
    model, metadata = load_model(model_path)
    metadata = told(metadata, options)
    batches = iter_source(
        source,
        metadata["target"],
        batch_rows(metadata["kind"], model),
        options=options,
        like=metadata,
    )
    try:
        rows = _predict(model_path, model, metadata, batches, output, quiet)
    except KeyboardInterrupt:
        if output != "-":
            raise
        raise CommandError(stopped("standard output has the rows that were done")) from None
    if not quiet and output != "-":
        print(f"{rows:,} rows predicted, in {output}.", file=sys.stderr)


def _predict(
    model_path: Path,
    model: Any,
    metadata: Mapping[str, Any],
    batches: Iterable[Dataset],
    output: str,
    quiet: bool,
) -> int:
    """Write the predictions of all batches; return how many rows there were."""
    classifier = model.named_steps["classifier"]
    rows, said = 0, set[str]()
    with PredictionWriter(output, classifier.classes_) as writer, Watch(quiet) as watch:
        for batch in batches:
            with refusing(model_path):
                batch = prepared(metadata, batch)
            for sentence in batch.notes:
                if sentence not in said:
                    note(sentence)
                said.add(sentence)
            with refusing(model_path):
                X = transform(model, batch.X)
                labels, probabilities = classifier.predict(X), classifier.predict_proba(X)
            writer.write(labels, probabilities, batch.ids)
            rows += len(batch)
            watch.task(f"{rows:,} rows predicted")
    return rows
