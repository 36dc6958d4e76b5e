"""What sessions of the playground begin with: a preset, a table, a saved model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import CommandError

if TYPE_CHECKING:
    from ...playground.session import Session

__all__ = ["session_maker"]

_MAX_POINTS = 5000


def session_maker(
    preset: str | None,
    data: Path | None,
    target: str,
    model: Path | None,
    columns: tuple[str, ...] = (),
) -> tuple[Callable[[], Session], tuple[str, ...]]:
    """Return what makes a session, and sentences that the user should read.

    Args:
        preset: the name of one; None for the first.
        data: a source of points.
        target: its column of labels; "" for the one that looks like it.
        model: a model file.
        columns: the two columns of numbers in the data; those of the model, or the first two.

    Raises:
        CommandError: the model cannot be used.
        SourceError: the data cannot be used.

    """
    begin: dict[str, Any] = {} if preset is None else {"preset": preset}
    notes: tuple[str, ...] = ()
    if model is not None:
        from .model_files import load_model

        pipeline, metadata = load_model(model)
        begin["model"] = pipeline
        columns = columns or _columns(model, metadata)
        target = target or str(metadata.get("target") or "")
    if data is not None:
        from ..sources.plane import read_plane

        plane = read_plane(data, _MAX_POINTS, columns, target)
        names, axes = plane.names, plane.axes
        begin["points"] = {"xy": plane.xy, "label": plane.label, "names": names, "axes": axes}
        notes = plane.notes

    def make() -> Session:
        from ...playground.session import Session  # loads as long as all the rest together

        return Session(**begin)

    return make, notes


def _columns(path: Path, metadata: dict[str, Any]) -> tuple[str, ...]:
    """Return the two columns that a model of a table takes; none for other models."""
    if metadata.get("kind") != "table":
        return ()
    columns = tuple(str(name) for name in metadata["columns"])
    if len(columns) != 2:
        raise CommandError(f"{path} takes {len(columns)} columns; the playground has two.")
    return columns
