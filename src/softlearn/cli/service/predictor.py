"""What a service answers: requests that wait are predicted together where their columns agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator

from ...features.dataset import Dataset, SourceError
from ...features.images import ImageReader
from .. import CommandError
from ..inspect.measures import plain
from ..saved.model import Predictions, SavedModel
from ..sources import ReadOptions
from ..sources.matrices import reject_not_finite
from ..sources.tables import TableReader
from .bodies import WHERE, parse
from .limits import Limits, Refused

__all__ = ["Answer", "Predictor"]

_MOST_NUMBERS = 1 << 21  # of an answer: JSON takes fifty bytes and more for each while it is made

Rows: TypeAlias = Any  # an Arrow table, or an array whose first axis is the rows


class Answer(NamedTuple):
    """The body of an answer, and how many rows it is about."""

    body: bytes
    rows: int


class Predictor:
    """A model that answers requests.

    Args:
        model: as `softlearn predict` has it.
        limits: of a request; fewer rows where the model is too large for as many.

    Raises:
        CommandError: the model would open files of this machine by their names.

    """

    def __init__(self, model: SavedModel, limits: Limits) -> None:
        if _opens_files(model.pipeline, model.metadata["kind"]):
            raise CommandError(
                f"{model.path} takes names of files, and whoever sends one would have it opened "
                "here: fit a model that takes their content."
            )
        classes = model.classifier.classes_
        self._most_rows = min(model.batch_rows(), max(1, _MOST_NUMBERS // len(classes)))
        self.limits = replace(limits, rows=min(limits.rows, self._most_rows))
        self.model = replace(model, path=Path(model.path.name))  # not where it lies
        self._classes = [plain(k) for k in classes]
        target = model.metadata["target"]
        self._reader = TableReader(WHERE, target, False, ReadOptions(), model.metadata)

    def warm_up(self) -> None:
        """Predict a row of missing values, so that the first request need not wait for imports."""
        kind = self.model.metadata["kind"]
        if kind == "table":
            row: Any = dict.fromkeys(self.model.metadata["columns"])
        else:
            row = [0] * self.model.metadata["n_features"] if kind == "matrix" else ""
        self.answers([json.dumps([row]).encode()])

    def answers(self, bodies: Sequence[bytes]) -> list[Answer | Refused]:
        """Return an answer for each request.

        Requests whose columns have the same types are predicted together; if that fails, each by
        itself, so that nobody gets another's error.
        """
        found: list[Any] = [self._parsed(body) for body in bodies]
        groups: dict[Any, list[int]] = {}
        for i, rows in enumerate(found):
            if not isinstance(rows, Refused):
                groups.setdefault(_key(rows), []).append(i)
        for members in groups.values():
            rows = [found[i] for i in members]
            answers = self._together(rows)
            if answers is None:
                answers = [self._alone(one) for one in rows]
            for i, answer in zip(members, answers, strict=True):
                found[i] = answer
        return found

    def _parsed(self, body: bytes) -> Rows | Refused:
        try:
            return parse(body, self.model, self.limits)
        except Refused as error:
            return error
        except SourceError as error:
            return Refused(422, str(error))

    def _together(self, several: list[Rows]) -> list[Answer | Refused] | None:
        """Return an answer for each of several requests; None if one of them cannot be answered."""
        if len(several) == 1 or sum(map(len, several)) > self._most_rows:
            return None
        try:
            said, notes = self._predicted(_joined(several))
        except (CommandError, SourceError, MemoryError):
            return None
        answers: list[Answer | Refused] = []
        start = 0
        for rows in several:
            part = slice(start, start + len(rows))
            p = None if said.p_values is None else said.p_values[part]
            own = Predictions(said.labels[part], said.probabilities[part], p)
            answers.append(self._answer(own, notes))
            start = part.stop
        return answers

    def _alone(self, rows: Rows) -> Answer | Refused:
        try:
            return self._answer(*self._predicted(rows))
        except (CommandError, SourceError) as error:
            return Refused(422, str(error))
        except MemoryError:
            return Refused(413, "There is not enough memory for these rows; send fewer at a time.")

    def _predicted(self, rows: Rows) -> tuple[Predictions, tuple[str, ...]]:
        data = self.model.prepared(self._dataset(rows))
        return self.model.predict(data.X), data.notes

    def _dataset(self, rows: Rows) -> Dataset:
        kind = self.model.metadata["kind"]
        if kind == "table":
            return self._reader.dataset(rows)
        if kind == "matrix":
            reject_not_finite(WHERE, rows, rows)
        return Dataset(kind, rows)

    def _answer(self, said: Predictions, notes: tuple[str, ...]) -> Answer | Refused:
        if not np.isfinite(said.probabilities).all():
            row = int(np.argmin(np.isfinite(said.probabilities).all(1))) + 1
            return Refused(
                422, f"The probabilities of row {row} are no numbers: its values are too large."
            )
        facts: dict[str, Any] = {
            "classes": self._classes,
            "labels": said.labels.tolist(),
            "probabilities": said.probabilities.tolist(),
        }
        if said.p_values is not None:
            facts["p_values"] = said.p_values.tolist()
        if notes:
            facts["notes"] = notes
        return Answer(json.dumps(facts, separators=(",", ":")).encode(), len(said.labels))


def _opens_files(part: Any, kind: str) -> bool:
    """Tell whether a part of a model takes a text for the name of a file.

    Of a model of images the reader gets open images, no names.
    """
    if isinstance(part, list | tuple):
        return any(_opens_files(one, kind) for one in part)
    if not isinstance(part, BaseEstimator):
        return False
    by_name = getattr(part, "input", "content") != "content"
    by_name = by_name or (isinstance(part, ImageReader) and kind != "image")
    return by_name or any(_opens_files(one, kind) for one in vars(part).values())


def _key(rows: Rows) -> Any:
    """Return what two requests must have in common to be predicted together."""
    return rows.schema if isinstance(rows, pa.Table) else None


def _joined(several: list[Rows]) -> Rows:
    if isinstance(several[0], pa.Table):
        return pa.concat_tables(several)
    return np.concatenate(several)
