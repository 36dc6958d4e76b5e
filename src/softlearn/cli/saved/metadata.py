"""What `softlearn fit` writes into a model file beside the model, checked when it comes back.

Whoever made the file may have written anything; what is printed and what decides how rows are read
is what `fit` writes, or it is refused.  Entries that are not known here may stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from .. import CommandError
from ..fitting.kinds import kind_of
from ..fitting.report_schema import ColumnType, Count, InputKind, Part

__all__ = ["check_metadata", "written_by_fit"]


class _Cells(Part):
    """How the texts of a column were read."""

    decimal: Literal["", ".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    percent: bool = False
    currency: str = ""
    parentheses: bool = False
    assumed: bool = False
    times: bool = False
    utc: bool = False
    dates: list[str] = Field(default_factory=list)


class _Reading(_Cells):
    """How the texts of a table were read, and of which columns that differs."""

    missing: list[str] = Field(default_factory=list)
    columns: dict[str, _Cells] = Field(default_factory=dict)


class _Rows(Part):
    """What a layout may say of any source."""

    header: bool = True
    labels_as_written: bool = False
    zero_based: bool = False


class _Summary(Part):
    """What a training column was like."""

    missing: float
    mean: float | None = None
    quartiles: Annotated[list[float], Field(min_length=5, max_length=5)] | None = None
    categories: dict[str, float] | None = None


class _Input(Part):
    """What decides how rows are read."""

    kind: InputKind
    target: str | None
    columns: dict[str, ColumnType]
    n_features: Count | None
    label_type: Literal["int", "bool", "float", "str"] | None
    layout: dict[str, Any]
    reading: _Reading | None = None
    excluded: list[str] = Field(default_factory=list)
    summary: dict[str, _Summary] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> _Input:
        if self.kind == "table" and self.target is None:
            raise ValueError("target is missing, which a table needs")
        if self.kind in ("text", "image") and self.target is not None:
            raise ValueError("a folder has no target")
        if self.kind == "matrix" and self.n_features is None:
            raise ValueError("n_features is missing, which a matrix needs")
        for name, one in self.summary.items():
            if one.quartiles and (one.mean is None or self.columns.get(name, "number") != "number"):
                raise ValueError(f"summary gives quartiles of {name}, which has no numbers")
        _Rows.model_validate(self.layout)
        if self.kind == "image":
            _Layout.model_validate(self.layout)
        return self


class _Layout(Part):
    size: Annotated[list[Annotated[Count, Field(ge=1)]], Field(min_length=2, max_length=2)]
    mode: Literal["L", "RGB"]


def written_by_fit(metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata of a model claim to be what `softlearn fit` writes.

    What is saved from Python may have entries of the same names.
    """
    report = metadata.get("report")
    return metadata.keys() >= {"kind", "columns"} and isinstance(report, dict) and "kind" in report


def check_metadata(where: Any, metadata: Mapping[str, Any]) -> None:
    """Make sure that metadata that claim to be those of `fit` are."""
    report: Any = metadata["report"]
    schema = None if (kind := kind_of(report)) is None else kind.schema
    if schema is None:
        raise _refused(where, f"report.estimator is {report['estimator']!r}")
    try:
        _Input.model_validate(metadata)
        schema.model_validate(report)
    except ValidationError as error:
        raise _refused(where, _first(error)) from error
    if report["kind"] != metadata["kind"]:
        raise _refused(where, "report.kind is another than kind")


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in found["loc"])
    of = "report" if error.title != _Input.__name__ else ""
    return f"{'.'.join(filter(None, [of, place])) or 'metadata'}: {found['msg']}"


def _refused(where: Any, why: str) -> CommandError:
    return CommandError(
        f"{where} describes itself otherwise than softlearn fit does ({why}): fit it again, or use "
        "softlearn.load in Python."
    )
