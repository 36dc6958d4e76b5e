"""What a model file says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...model_file import load
from ..fitting.kinds import fit_summary
from ..inspect.measures import plain
from ..terminal.stdout import strict
from .metadata import written_by_fit
from .model_files import header

__all__ = ["description"]


def description(path: Path) -> dict[str, Any]:
    """Return what is known of a model; the model itself is loaded only if its file does not say."""
    head = header(path)
    metadata = head["metadata"]
    by_fit = written_by_fit(metadata)
    report = metadata["report"] if by_fit else _from_model(path)
    described = ("columns", "excluded", "label_type")
    own = {
        "format_version": head["format_version"],
        "softlearn_version": head["softlearn_version"],
        "versions": head["versions"],
        "bytes": path.stat().st_size,
        "input": {key: metadata.get(key) if by_fit else None for key in described},
    }
    return {**own, **report, **own, "model": str(path)}


def _from_model(path: Path) -> dict[str, Any]:
    """Return what a model saved from Python tells of itself."""
    model = load(path)
    classifier = model[-1] if hasattr(model, "named_steps") else model
    return {
        "source": None,
        "classes": [{"class": plain(label)} for label in classifier.classes_],
        "n_features": int(classifier.n_features_in_),
        **strict(fit_summary(classifier)),
    }
