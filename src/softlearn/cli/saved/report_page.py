"""Pages about models: of a saved model and labelled rows, and of a fit."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline, make_pipeline

from ..._internal.addresses import as_given
from ...features.images import ImageReader
from ...features.pipeline import feature_names
from ...reporting import Context, Report, inference_report, report
from ...reporting.page import need_libraries
from .. import CommandError
from ..sources import Dataset, ReadOptions
from ..sources.reading_words import sentences
from ..terminal.progress import ProgressDisplay
from .model import SavedModel
from .output_files import check_output

if TYPE_CHECKING:
    from ...inference import InferenceResults
    from ..fitting.data_splits import DataSplits

__all__ = ["check_report", "write_fit_report", "write_inference_report", "write_report"]


def write_report(
    model_path: Path,
    source: Path,
    output: Path,
    target: str | None,
    *,
    options: ReadOptions,
    quiet: bool,
    words: Sequence[str],
) -> int:
    """Write a page on how good a model is on labelled rows; return how many there are."""
    check_report(output, [model_path, source])
    model = SavedModel.load(model_path, options)
    fit = model.report
    with ProgressDisplay(quiet) as display:
        display.task("Reading the data")
        data = model.read(source, target or model.metadata["target"])
        display.task("Writing the report")
        rows, read_as = _from(as_given(source), data.target), model.metadata.get("reading", {})
        context = _context(
            as_given(source), str(model_path), rows, fit, sentences(read_as), data.notes, words
        )
        title = f"{model_path.name} on {Path(as_given(source)).name}"
        names = feature_names(model.pipeline, data) if fit else None
        with model.refusing():
            page = _page(model.pipeline, data, context, title=title, features=names)
        _save(page, output)
    return len(data)


def write_fit_report(
    output: Path,
    pipeline: Pipeline,
    splits: DataSplits,
    facts: Mapping[str, Any],
    words: Sequence[str],
) -> None:
    """Write the page of a fit, on the test rows, or without any on the training rows."""
    data = splits.train if splits.test is None else splits.test
    rows = _from(facts["source"], facts["target"])
    source = facts["test"] or facts["source"]
    context = _context(
        source, facts["model"], rows, facts, facts["read_as"], facts["warnings"], words
    )
    if splits.test is not None and data.kind != "image":
        context = replace(context, training=splits.train.X)
    title = f"{Path(facts['model']).name}, fitted to {Path(facts['source']).name}"
    names, held_out = feature_names(pipeline, data), splits.test is not None
    page = _page(pipeline, data, context, title=title, held_out=held_out, features=names)
    _save(page, output, f"; the model is whole, in {facts['model']}")


def write_inference_report(
    output: Path,
    results: InferenceResults,
    source: Path,
    target: str,
    notes: Sequence[str],
    words: Sequence[str],
) -> None:
    """Write the page of `softlearn infer`."""
    page = inference_report(
        results,
        title=f"{target} in {Path(as_given(source)).name}",
        source=_from(as_given(source), target),
        notes=notes,
        lines=_command(words),
    )
    _save(page, output)


def check_report(output: Path, inputs: Iterable[Path], outputs: Iterable[Path | None] = ()) -> None:
    """Make sure, before any work is done, that a page can be made and written."""
    try:
        need_libraries()
    except ImportError as error:
        raise CommandError(str(error)) from error
    for other in outputs:
        if other is not None and os.path.realpath(other) == os.path.realpath(output):
            raise CommandError(f"{output} is named as two outputs; give the report another name.")
    check_output(output, inputs)


def _page(model: Pipeline, data: Dataset, context: Context, **more: Any) -> Report:
    rows = None if data.ids is None else data.ids.tolist()
    model, X, shape = _opened(model, data.X)
    if shape is not None:
        more["features"] = None
    return report(model, X, data.y, image_shape=shape, rows=rows, context=context, **more)


def _save(page: Report, output: Path, aside: str = "") -> None:
    try:
        page.save(output)
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"{output} cannot be written: {reason}{aside}.") from error


def _opened(model: Pipeline, X: Any) -> tuple[Pipeline, Any, tuple[int, ...] | None]:
    """Return the model and its rows; of image files the pixels, and their shape."""
    vectoriser, classifier = (step for _, step in model.steps)
    first, *others = (step for _, step in getattr(vectoriser, "steps", [("", vectoriser)]))
    if not isinstance(first, ImageReader):
        return model, X, None
    colours = (3,) if first.mode == "RGB" else ()
    shape = (first.height, first.width, *colours)
    return make_pipeline(*others, classifier), first.transform(X), shape


def _from(source: str, target: str | None) -> str:
    return f"{source}, classes in {target!r}" if target else source


def _context(
    source: str,
    model: str,
    rows: str,
    fit: Mapping[str, Any],
    read_as: Sequence[str],
    warnings: Sequence[str],
    words: Sequence[str],
) -> Context:
    """Return what the page cannot see in the model and the rows."""
    facts = {"model": model, "rows": rows}
    if fit:
        facts["fitted to"] = f"{fit['train_rows']:,} rows of {fit['source']}"
    if read_as:
        facts["columns read as"] = " ".join(read_as)
    return Context(
        source=source,
        facts=facts,
        warnings=warnings,
        seconds=fit.get("seconds", {}).get("fit"),
        class_rows=[entry["train_rows"] for entry in fit.get("classes", [])],
        lines=_command(words),
    )


def _command(words: Sequence[str]) -> str:
    """Return the line of a shell that runs a command again."""
    return shlex.join(["softlearn", *words])
