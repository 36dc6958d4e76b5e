"""A model that was read from a file, and rows brought to the form it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...protocol import F64
from .. import CommandError
from ..fitting.pipeline import transform
from ..sources import Dataset, ReadOptions, SourceError, iter_source, read_source
from ..sources.schema import prepared, stored_options
from .model_files import load_model

__all__ = ["Predictions", "SavedModel"]

_MAX_NUMBERS = 1 << 24  # in the matrix of one batch
_MAX_ROWS, _MAX_TEXTS = 1 << 16, 1 << 12


class Predictions(NamedTuple):
    """What a model says of n rows."""

    labels: NDArray[Any]
    """(n,) what is said, which may be another label than that of a class."""
    probabilities: F64
    """(n, C), a column for each of `classes_`."""
    p_values: F64 | None
    """(n,) how like the rows that were set aside, of a model that may say none."""


@dataclass(frozen=True)
class SavedModel:
    """A fitted pipeline, what its file says of its input, and what the user says of reading."""

    path: Path
    pipeline: Any
    metadata: Mapping[str, Any]
    options: ReadOptions

    @classmethod
    def load(cls, path: Path, options: ReadOptions) -> SavedModel:
        """Read a model file."""
        pipeline, metadata = load_model(path)
        return cls(path, pipeline, stored_options(metadata, options), options)

    @property
    def classifier(self) -> Any:
        """The last step of the pipeline."""
        return self.pipeline.named_steps["classifier"]

    @property
    def report(self) -> Mapping[str, Any]:
        """What `softlearn fit` reported; nothing of models saved from Python."""
        report: Mapping[str, Any] = self.metadata.get("report", {})
        return report

    def batches(
        self, source: Path, target: str | None, *, need_target: bool = False
    ) -> Iterator[Dataset]:
        """Read a source in batches that fit into memory."""
        batches = iter_source(
            source,
            target,
            self.batch_rows(),
            need_target=need_target,
            options=self.options,
            like=self.metadata,
        )
        for batch in batches:
            yield self.prepared(batch)

    def read(self, source: Path, target: str | None) -> Dataset:
        """Read a whole source with its labels, as the model takes it."""
        data = read_source(
            source,
            target,
            need_target=True,
            train=False,
            options=self.options,
            like=self.metadata,
        )
        return self.prepared(data)

    def matrix(self, X: Any) -> Any:
        """Return rows as the classifier sees them."""
        return transform(self.pipeline, X)

    def predict(self, X: Any) -> Predictions:
        """Return what the model says of rows.

        Raises:
            CommandError, SourceError: the rows cannot be used; a sentence.

        """
        with self.refusing():
            X = self.matrix(X)
            own = self.classifier
            p = np.asarray(own.p_value(X)) if hasattr(own, "p_value") else None
            return Predictions(own.predict(X), own.predict_proba(X), p)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Turn what a part of the model has against the rows it is given into a sentence."""
        try:
            yield
        except (CommandError, SourceError, MemoryError):
            raise
        except ValueError as error:
            reason = (str(error).strip().splitlines() or ["no reason was given"])[0].rstrip(".:")
            raise CommandError(f"{self.path} cannot take these rows: {reason}.") from error
        except Exception as error:  # a file put together by hand can make its parts raise anything
            raise CommandError(
                f"{self.path} cannot take these rows: its parts, or what it says of itself, do not "
                f"fit them ({type(error).__name__}: {error})."
            ) from error

    def prepared(self, data: Dataset) -> Dataset:
        """Return a dataset as the model takes it.

        Raises:
            CommandError, SourceError: it cannot; a sentence.

        """
        with self.refusing():
            try:
                return prepared(self.metadata, data)
            except SourceError as error:
                if not data.part:
                    raise
                raise SourceError(f"{data.part}: {error}") from error

    def batch_rows(self) -> int:
        """Return how many rows fit into memory comfortably, as features and as probabilities."""
        is_text = self.metadata["kind"] == "text"
        features = 1 if is_text else self.classifier.n_features_in_  # texts give sparse rows
        rows = _MAX_NUMBERS // max(features, len(self.classifier.classes_))
        return int(min(max(rows, 64), _MAX_TEXTS if is_text else _MAX_ROWS))
