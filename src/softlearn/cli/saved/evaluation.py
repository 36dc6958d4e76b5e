"""How good a saved model is on labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.addresses import as_given
from ...decide.meta import MetaClassifier
from ..fitting.decisions import outcome_facts
from ..inspect.measures import baseline, measure, plain, scores_of
from ..inspect.rows import split_warnings
from ..sources import ReadOptions
from ..sources.reading_words import sentences
from ..terminal.progress import ProgressDisplay
from .model import SavedModel

__all__ = ["evaluation"]


def evaluation(
    model_path: Path, source: Path, target: str | None, *, options: ReadOptions, quiet: bool
) -> dict[str, Any]:
    """Return accuracy, log-loss, calibration and confusions on a labelled source."""
    model = SavedModel.load(model_path, options)
    classifier, target = model.classifier, target or model.metadata["target"]
    log_P: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    said: list[NDArray[Any]] = []
    notes: dict[str, None] = {}
    with ProgressDisplay(quiet) as display:
        for batch in model.batches(source, target, need_target=True):
            notes.update(dict.fromkeys(batch.notes))
            with model.refusing():
                X = model.matrix(batch.X)
                log_P.append(classifier.predict_log_proba(X))
                if isinstance(classifier, MetaClassifier):
                    said.append(classifier.predict(X))
            assert batch.y is not None
            labels.append(batch.y)
            display.task(f"{sum(map(len, labels)):,} rows evaluated")
    y = np.concatenate(labels)
    scores = scores_of(np.concatenate(log_P), y, classifier.classes_)
    decisions = None
    if said:
        decisions = outcome_facts(classifier, np.concatenate(said), scores)
    base, worse = None, ""  # how frequent the classes were is not known of models saved from Python
    if model.report:
        counts = [entry["train_rows"] for entry in model.report["classes"]]
        base, worse = baseline(scores, counts, classifier.classes_)
    return {
        "model": str(model_path),
        "source": as_given(source),
        "target": target,
        "read_as": sentences(model.metadata.get("reading", {})),
        **measure(scores, y, classifier.classes_),
        "classes": [
            {"class": plain(label), "rows": int((y == label).sum())}
            for label in classifier.classes_
        ],
        "baseline": base,
        "decisions": decisions,
        "warnings": list(filter(None, [worse, *notes, *split_warnings(classifier.classes_, y)])),
    }
