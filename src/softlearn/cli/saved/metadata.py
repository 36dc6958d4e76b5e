"""What `softlearn fit` writes into a model file beside the model, checked when it comes back.

Whoever made the file may have written anything; what is printed and what decides how rows are read
is what `fit` writes, or it is refused.  Entries that are not known here may stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .. import CommandError

__all__ = ["check_metadata", "written_by_fit"]

Count = Annotated[int, Field(ge=0, lt=2**53)]
Label = str | bool | Annotated[int, Field(gt=-(2**64), lt=2**64)] | float
Kind = Literal["table", "matrix", "text", "image"]
Type = Literal["number", "bool", "date", "text"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Class(_Part):
    label: Label = Field(alias="class")
    train_rows: Annotated[Count, Field(ge=1)]
    validation_rows: Count = 0
    test_rows: Count


class _ClassScore(_Part):
    label: Label = Field(alias="class")
    precision: float | None
    recall: float | None
    f1: float | None
    support: Count


class _Confusion(_Part):
    true: Label
    predicted: Label
    rows: Count
    share_of_true: float | None


class _Feature(_Part):
    feature: str
    effect: float


class _Influence(_Part):
    label: Label = Field(alias="class")
    features: list[_Feature]


class _Baseline(_Part):
    label: Label
    accuracy: float
    log_loss: float | None


class _Seconds(_Part):
    fit: float


class _CrossValidation(_Part):
    C: list[float]


class _Curve(_Part):
    loss: list[float | None]
    accuracy: list[float | None]
    val_loss: list[float | None]
    val_accuracy: list[float | None]
    seconds: list[float]


class _Report(_Part):
    """What every fit says."""

    softlearn: str
    source: str
    kind: Kind
    target: str | None
    test: str | None
    train_rows: Count
    validation_rows: Count = 0
    test_rows: Count
    columns: Count | None
    columns_by_type: dict[Type, Count]
    layout: dict[str, Any]
    read_as: list[str] = []
    classes: Annotated[list[_Class], Field(min_length=2)]
    n_features: Count
    class_weight: str | None
    status: str
    status_sentence: str
    status_detail: str
    seconds: _Seconds
    train_accuracy: float
    train_log_loss: float | None
    test_accuracy: float | None
    test_log_loss: float | None
    calibration_error: float | None
    mean_confidence: float | None
    baseline: _Baseline | None
    per_class: list[_ClassScore]
    confusions: list[_Confusion]
    influential_features: list[_Influence]
    warnings: list[str]

    @model_validator(mode="after")
    def _agrees(self) -> _Report:
        if self.test_rows and self.test_accuracy is None:
            raise ValueError("test_rows were measured and have no accuracy")
        known = {entry.label for entry in self.classes}
        if len(known) < len(self.classes):
            raise ValueError("classes has one of them twice")
        if self.per_class and {entry.label for entry in self.per_class} != known:
            raise ValueError("per_class has other classes")
        return self


class _Regression(_Report):
    C: float | None
    solver: str
    gap: Annotated[float, Field(ge=0.0)] | None
    steps: Count
    cross_validation: _CrossValidation | None = None


class _Network(_Report):
    layers: Annotated[list[Count], Field(min_length=2)]
    parameters: Count
    activation: str
    optimizer: str
    learning_rate: float | None
    schedule: str | None
    alpha: float
    dropout: float
    early_stopping: bool
    epochs: Annotated[Count, Field(ge=1)]
    best_epoch: Count | None
    curve: _Curve
    unit: Literal["epoch", "step"] = "epoch"
    resumed_after: Count | None = None
    batch_size: Count | None = None
    scaling: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> _Network:
        if self.best_epoch is not None and not 1 <= self.best_epoch <= self.epochs:
            raise ValueError("best_epoch is none of the epochs")
        curve = self.curve
        for losses in (curve.loss, curve.accuracy, curve.seconds):
            if len(losses) != self.epochs:
                raise ValueError("curve has not an entry per epoch")
        for losses in (curve.val_loss, curve.val_accuracy):
            if len(losses) not in (0, self.epochs):
                raise ValueError("curve has not an entry per epoch")
        return self


class _Cells(_Part):
    """How the texts of a column were read."""

    decimal: Literal["", ".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    percent: bool = False
    currency: str = ""
    parentheses: bool = False
    assumed: bool = False
    times: bool = False
    utc: bool = False
    dates: list[str] = []


class _Reading(_Cells):
    """How the texts of a table were read, and of which columns that differs."""

    missing: list[str] = []
    columns: dict[str, _Cells] = {}


class _Rows(_Part):
    """What a layout may say of any source."""

    header: bool = True
    labels_as_written: bool = False
    zero_based: bool = False


class _Input(_Part):
    """What decides how rows are read."""

    kind: Kind
    target: str | None
    columns: dict[str, Type]
    n_features: Count | None
    label_type: Literal["int", "bool", "float", "str"] | None
    layout: dict[str, Any]
    reading: _Reading | None = None
    excluded: list[str] = []

    @model_validator(mode="after")
    def _whole(self) -> _Input:
        if self.kind == "table" and self.target is None:
            raise ValueError("target is missing, which a table needs")
        if self.kind in ("text", "image") and self.target is not None:
            raise ValueError("a folder has no target")
        if self.kind == "matrix" and self.n_features is None:
            raise ValueError("n_features is missing, which a matrix needs")
        _Rows.model_validate(self.layout)
        if self.kind == "image":
            _Layout.model_validate(self.layout)
        return self


class _Layout(_Part):
    size: Annotated[list[Annotated[Count, Field(ge=1)]], Field(min_length=2, max_length=2)]
    mode: Literal["L", "RGB"]


_REPORTS: dict[Any, type[_Report]] = {
    "SoftmaxRegression": _Regression,
    "SoftmaxNetwork": _Network,
}


def written_by_fit(metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata of a model claim to be what `softlearn fit` writes.

    What is saved from Python may have entries of the same names.
    """
    report = metadata.get("report")
    return metadata.keys() >= {"kind", "columns"} and isinstance(report, dict) and "kind" in report


def check_metadata(where: Any, metadata: Mapping[str, Any]) -> None:
    """Make sure that metadata that claim to be those of `fit` are.

    Args:
        where: the file, for the sentence.
        metadata: what it says.

    Raises:
        CommandError: they are not; one sentence.

    """
    report: Any = metadata["report"]
    # before there were networks, files did not say which
    kind = report.get("estimator", "SoftmaxRegression")
    schema = _REPORTS.get(kind) if isinstance(kind, str) else None
    if schema is None:
        raise _refused(where, f"report.estimator is {kind!r}")
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
