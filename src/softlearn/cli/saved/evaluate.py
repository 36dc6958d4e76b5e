"""softlearn evaluate: how good a model is on labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..fitting.pipeline import transform
from ..inspect.measures import baseline, baseline_warning, measure, plain
from ..inspect.rows import split_warnings
from ..sources import ReadOptions, iter_source
from ..sources.columns import prepared
from ..sources.said import sentences
from ..sources.schema import told
from ..terminal.outputs import print_json, writing_to_stdout
from ..terminal.progress import Watch
from ..terminal.report import print_evaluation
from .model_files import load_model, refusing
from .predict import batch_rows

__all__ = ["run"]


def run(
    model_path: Path,
    source: Path,
    target: str | None,
    *,
    options: ReadOptions,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print accuracy, log-loss, calibration and confusions on a labelled source.

    Raises:
        CommandError: one sentence.

    """
    facts = _facts(model_path, source, target, options=options, quiet=quiet)
    facts = {"model": str(model_path), "source": str(source), **facts}
    with writing_to_stdout():
        if as_json:
            print_json(facts)
        else:
            print_evaluation(facts)


def _facts(
    model_path: Path, source: Path, target: str | None, *, options: ReadOptions, quiet: bool
) -> dict[str, Any]:
    model, metadata = load_model(model_path)
    metadata = told(metadata, options)
    target = target or metadata["target"]
    classifier = model.named_steps["classifier"]
    batches = iter_source(
        source,
        target,
        batch_rows(metadata["kind"], model),
        need_target=True,
        options=options,
        like=metadata,
    )
    log_P: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    notes: dict[str, None] = {}
    with Watch(quiet) as watch:
        for batch in batches:
            with refusing(model_path):
                batch = prepared(metadata, batch)
            notes.update(dict.fromkeys(batch.notes))
            with refusing(model_path):
                log_P.append(classifier.predict_log_proba(transform(model, batch.X)))
            assert batch.y is not None
            labels.append(batch.y)
            watch.task(f"{sum(map(len, labels)):,} rows evaluated")
    y = np.concatenate(labels)
    scores = measure(np.concatenate(log_P), y, classifier.classes_)
    base = None  # how frequent the classes were is not known of models saved from Python
    if "report" in metadata:
        counts = np.array([entry["train_rows"] for entry in metadata["report"]["classes"]])
        base = baseline(classifier.classes_, counts, y)
    worse = "" if base is None else baseline_warning(scores, base)
    return {
        "target": target,
        "read_as": sentences(metadata.get("reading", {})),
        **scores,
        "classes": [
            {"class": plain(label), "rows": int((y == label).sum())}
            for label in classifier.classes_
        ],
        "baseline": base,
        "warnings": list(filter(None, [worse, *notes, *split_warnings(classifier.classes_, y)])),
    }
