"""What every fit reports, as it stands in a model file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Count", "FitReport", "InputKind", "ColumnType", "Part"]

Count = Annotated[int, Field(ge=0, lt=2**53)]
Label = str | bool | Annotated[int, Field(gt=-(2**64), lt=2**64)] | float
InputKind = Literal["table", "matrix", "text", "image"]
ColumnType = Literal["number", "bool", "date", "text"]


class Part(BaseModel):
    """A part of the metadata of a model file."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Class(Part):
    label: Label = Field(alias="class")
    train_rows: Annotated[Count, Field(ge=1)]
    validation_rows: Count = 0
    test_rows: Count


class _ClassScore(Part):
    label: Label = Field(alias="class")
    precision: float | None
    recall: float | None
    f1: float | None
    support: Count


class _Confusion(Part):
    true: Label
    predicted: Label
    rows: Count
    share_of_true: float | None


class _Feature(Part):
    feature: str
    effect: float


class _Influence(Part):
    label: Label = Field(alias="class")
    features: list[_Feature]


class _Baseline(Part):
    label: Label
    accuracy: float
    log_loss: float | None


class _Seconds(Part):
    fit: float


class _Calibration(Part):
    method: str
    temperature: float | None
    interval: Annotated[list[float | None], Field(min_length=2, max_length=2)]
    log_loss_before: float
    log_loss_after: float
    gap: float | None


class _NoneOfThese(Part):
    alpha: float
    rows: Count
    guarantee: str


class _Outcome(Part):
    answered: float | None
    accuracy: float | None
    strangers_found: float | None
    mean_cost: float | None
    mean_cost_of_likeliest: float | None


class _Decisions(Part):
    calibration: _Calibration | None = None
    costs: str | None = None
    none_of_these: _NoneOfThese | None = None
    test: _Outcome | None = None


class FitReport(Part):
    """What a fit of any kind reports."""

    softlearn: str
    source: str
    kind: InputKind
    target: str | None
    test: str | None
    train_rows: Count
    validation_rows: Count = 0
    test_rows: Count
    columns: Count | None
    columns_by_type: dict[ColumnType, Count]
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
    decisions: _Decisions | None = None
    warnings: list[str]

    @model_validator(mode="after")
    def _agrees(self) -> FitReport:
        if self.test_rows and self.test_accuracy is None:
            raise ValueError("test_rows were measured and have no accuracy")
        known = {entry.label for entry in self.classes}
        if len(known) < len(self.classes):
            raise ValueError("classes has one of them twice")
        if self.per_class and {entry.label for entry in self.per_class} != known:
            raise ValueError("per_class has other classes")
        return self
