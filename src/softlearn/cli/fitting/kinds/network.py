"""Networks: hidden layers, trained epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ...._internal.format import counted, duration
from ....protocol import Status
from ... import CommandError
from ...terminal.learning_curve import print_curve
from ...terminal.page import Page
from ...terminal.progress import EpochLine, ProgressDisplay
from ..report_schema import Count, FitReport, Part
from .kind import Facts, FittedModel, ModelKind, balanced

if TYPE_CHECKING:
    from ....estimators import SoftmaxNetwork
    from ..data_splits import DataSplits
    from ..fit_options import FitOptions

__all__ = ["KIND", "NetworkFitter"]

_FEW_STEPS = 500  # the default is 10,000


@dataclass(frozen=True)
class NetworkFitter:
    """How a network is trained; `parameters` of `SoftmaxNetwork` that the user chose."""

    hidden: tuple[int, ...]
    parameters: Mapping[str, Any]
    remedies: ClassVar[tuple[str, str]] = (
        "more --epochs, or a smaller --alpha or --dropout, may help",
        "--early-stopping, or a larger --alpha or --dropout, may help",
    )

    def fit(self, options: FitOptions, splits: DataSplits, display: ProgressDisplay) -> FittedModel:
        """Train on the training rows, and validate on those held out for it."""
        from ....estimators import SoftmaxNetwork
        from ....estimators.network.outcome import NOTHING
        from ....estimators.network.parameters import choose
        from ..pipeline import follow, prepare_features, transform
        from ..scaling import scaling

        train, held = splits.train, splits.validation
        net = SoftmaxNetwork(self.hidden, **self.parameters, **options.of_estimator)
        scaler, why = scaling(train)
        pipeline, X, names = prepare_features(train, net, display, scaler)
        validation = None
        if held is not None:
            validation = transform(pipeline, held.X), held.y, splits.validation_weights
        total = len(train) if splits.weights is None else float(splits.weights.sum())
        choices = choose(net, len(train), total)
        line, unit = EpochLine(), "step" if choices.rule is None else "epoch"
        display.task("Training")
        try:
            steps = net.iter_fit(X, train.y, splits.weights, validation)
            seconds = follow(steps, line, display, unit)
        except ValueError as error:  # what it has against its checkpoint
            if options.checkpoint is None:
                raise
            raise CommandError(str(error)) from error
        _require_trained(net)
        net.set_params(checkpoint=None, resume=False)  # a model file names no files of this machine
        facts = {
            "unit": unit,
            "resumed_after": net.n_iter_ if line.before is None else line.before,
            "epochs_at_most": choices.epochs,
            "batch_size": choices.batch_size,
            "scaler": None if scaler is None else type(scaler).__name__,
            "scaling": why,
        }
        warnings = [f"{NOTHING}: see the section on it."] if NOTHING in net.status_detail_ else []
        if choices.rule is not None:
            warnings.append(_few_steps(net.n_iter_, X, choices.batch_size))
        return FittedModel(pipeline, X, names, seconds, facts, warnings, [])


def _few_steps(epochs: int, X: Any, batch_size: int) -> str:
    """Return a sentence if a network has hardly been trained, else ""."""
    steps = -(-X.shape[0] // batch_size) * epochs
    if steps >= _FEW_STEPS:
        return ""
    return (
        f"The network made {steps} steps only; more --epochs or a smaller --batch-size may suit "
        "these data better."
    )


def _require_trained(net: SoftmaxNetwork) -> None:
    if net.status_ is Status.NOT_FINITE:
        rate = net.learning_rate_init
        raise CommandError(
            f"Epoch {net.n_iter_ + 1} of the training gave numbers that are not finite; give a "
            f"--learning-rate smaller than {rate:g}."
        )
    if not net.n_iter_:
        raise CommandError("Stopped before there was a model; nothing was written.")


def _summary(net: Any) -> dict[str, Any]:
    """Return what a fitted `SoftmaxNetwork` tells of its training."""
    named = isinstance(net.solver, str)
    schedule = net.learning_rate if isinstance(net.learning_rate, str) else None
    history = net.history_
    return {
        "layers": [int(net.n_features_in_), *(W.shape[1] for W in net.coefs_)],
        "parameters": sum(int(part.size) for part in (*net.coefs_, *net.intercepts_)),
        "activation": net.activation,
        "optimizer": net.solver if named else getattr(net.solver, "name", str(net.solver)),
        "learning_rate": float(net.learning_rate_init) if named else None,
        "schedule": schedule if named else None,
        "alpha": float(net.alpha),
        "dropout": float(net.dropout),
        "early_stopping": bool(net.early_stopping),
        "epochs": len(history["loss"]),
        "best_epoch": _best(history["val_loss"]),
        "curve": history,
    }


def _best(losses: list[float]) -> int | None:
    """Return the epoch, counted from 1, with the lowest validation loss; None without any."""
    known = [loss for loss in losses if np.isfinite(loss)]
    return 1 + losses.index(min(known)) if known else None


def _print(page: Page, facts: Facts) -> None:
    page.say(" ".join(filter(None, [facts["status_sentence"], facts["status_detail"]])))
    inputs, *hidden, classes = facts["layers"]
    units = " and ".join(f"{n:,}" for n in hidden)
    what = [
        f"A network of {counted(inputs, 'input', 'inputs')}, {units} {facts['activation']} "
        f"units and {classes:,} classes: {facts['parameters']:,} parameters",
        f"alpha = {facts['alpha']:g}",
        f"dropout {facts['dropout']:g}" if facts["dropout"] else "",
        balanced(facts),
    ]
    page.say(f"{', '.join(filter(None, what))}; {_work(facts)}.")
    if facts.get("scaling"):
        page.say(facts["scaling"])
    print_curve(page, facts)


def _work(facts: Facts) -> str:
    """Return how a network was trained, in words."""
    unit, n = facts.get("unit", "epoch"), facts["epochs"]
    spent = duration(facts["curve"]["seconds"][-1]) if n else "no time"
    work = f"trained in {spent} by {counted(n, unit, unit + 's')} of {facts['optimizer']}"
    how = []
    if unit == "epoch" and facts.get("batch_size"):
        how.append(f"{counted(facts['batch_size'], 'row', 'rows')} at a time")
    if unit == "epoch" and facts["learning_rate"]:
        how.append(f"learning rate {facts['learning_rate']:g}, {facts['schedule']}")
    work += f" ({', '.join(how)})" if how else ""
    before = facts.get("resumed_after")
    return work + (f", of which {before:,} before it was interrupted" if before else "")


class _Curve(Part):
    loss: list[float | None]
    accuracy: list[float | None]
    val_loss: list[float | None]
    val_accuracy: list[float | None]
    seconds: list[float]


class _Report(FitReport):
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
    def _fits(self) -> _Report:
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


KIND = ModelKind(_summary, _print, _Report)
