"""The options of `softlearn fit` that only networks have, and what is wrong with their use."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .common import option

__all__ = ["NetworkOptions"]

_PANEL = "Networks (these need --hidden)"
_FULL_BATCH = ("lbfgs", "newton-cg")  # optimizers that take all rows at each step


class Activation(StrEnum):
    """What hidden units do."""

    relu = "relu"
    tanh = "tanh"
    sigmoid = "sigmoid"
    gelu = "gelu"
    identity = "identity"


class Optimizer(StrEnum):
    """How the weights are changed."""

    adam = "adam"
    adamw = "adamw"
    momentum = "momentum"
    rmsprop = "rmsprop"
    sgd = "sgd"
    lbfgs = "lbfgs"
    newton_cg = "newton-cg"


class Schedule(StrEnum):
    """How the learning rate changes."""

    cosine = "cosine"
    constant = "constant"
    invscaling = "invscaling"
    adaptive = "adaptive"


_option = partial(option, panel=_PANEL)


_PARAMETERS = {
    "--activation": "activation",
    "--optimizer": "solver",
    "--learning-rate": "learning_rate_init",
    "--schedule": "learning_rate",
    "--epochs": "max_iter",
    "--batch-size": "batch_size",
    "--alpha": "alpha",
    "--dropout": "dropout",
    "--early-stopping": "early_stopping",
    "--checkpoint": "checkpoint",
    "--checkpoint-every": "checkpoint_every",
    "--resume": "resume",
}
_OF_BATCHES = {
    *("--learning-rate", "--schedule", "--batch-size", "--dropout"),
    *("--checkpoint", "--checkpoint-every", "--resume"),
}
_ON_DISK = {"--checkpoint", "--resume"}
_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "--learning-rate": (lambda x: 0.0 < x < math.inf, "a number above 0"),
    "--alpha": (lambda x: 0.0 <= x < math.inf, "a number of at least 0"),
    "--dropout": (lambda x: 0.0 <= x < 1.0, "a chance of at least 0 and below 1"),
    "--validation": (lambda x: 0.0 < x < 1.0, "a share between 0 and 1"),
}


@dataclass(frozen=True)
class NetworkOptions:
    """The options as they were given; None or False where they were not."""

    hidden: Annotated[
        str | None,
        _option("Units of each hidden layer, such as 128,64: train a network.", "UNITS"),
    ] = None
    activation: Annotated[
        Activation | None,
        _option(
            "relu, tanh, sigmoid, gelu or identity: what hidden units do. [default: relu]", "NAME"
        ),
    ] = None
    optimizer: Annotated[
        Optimizer | None,
        _option(
            "adam, adamw, momentum, rmsprop or sgd; or lbfgs or newton-cg, which take all rows at "
            "each step. [default: adam]",
            "NAME",
        ),
    ] = None
    learning_rate: Annotated[
        float | None, _option("The size of the first steps. [default: 0.003]", "RATE")
    ] = None
    schedule: Annotated[
        Schedule | None,
        _option(
            "How the rate changes: cosine (to 0 over all epochs), constant, invscaling or "
            "adaptive. [default: cosine]",
            "NAME",
        ),
    ] = None
    epochs: Annotated[
        int | None,
        _option(
            "How often to go through the rows. [default: 10,000 steps, in 20 to 200 epochs]",
            "N",
            min=1,
        ),
    ] = None
    batch_size: Annotated[int | None, _option("Rows in a step. [default: 128]", "N", min=1)] = None
    alpha: Annotated[
        float | None,
        _option(
            "scikit-learn's alpha, the strength of the penalty on the weights; for adamw their "
            "decay. [default: 0.0001]",
            "STRENGTH",
        ),
    ] = None
    dropout: Annotated[
        float | None,
        _option("The chance that a hidden unit is left out of a step. [default: 0]", "CHANCE"),
    ] = None
    early_stopping: Annotated[
        bool,
        _option(
            "End where the log-loss on validation rows falls no more, and keep the weights where "
            "it was lowest.",
            "",
            "--early-stopping",
        ),
    ] = False
    validation: Annotated[
        float | None,
        _option(
            "Share of each class of the training rows to validate on after each epoch. "
            "[default: 0.1 with --early-stopping, else none]",
            "SHARE",
        ),
    ] = None
    checkpoint: Annotated[
        Path | None, _option("Write the training to this file as it goes on.", "FILE")
    ] = None
    checkpoint_every: Annotated[int | None, _option("Epochs between. [default: 1]", "N", min=1)] = (
        None
    )
    resume: Annotated[
        bool,
        _option(
            "Go on from the checkpoint, if it is there, as if nothing had happened.", "", "--resume"
        ),
    ] = False

    @property
    def layers(self) -> tuple[int, ...]:
        """The units of each hidden layer: "128,64" is (128, 64)."""
        parts = [part.strip() for part in (self.hidden or "").split(",")]
        if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
            raise typer.BadParameter(
                f"--hidden {self.hidden!r} is not whole numbers above 0 with commas between, such "
                "as 128,64."
            )
        return tuple(int(part) for part in parts)

    def parameters(self, on_disk: bool = False) -> dict[str, Any]:
        """Return the parameters of `SoftmaxNetwork` that the options stand for.

        Args:
            on_disk: whether softmax regression is fitted to rows on disk, which has checkpoints.

        """
        values = {f"--{f.name.replace('_', '-')}": getattr(self, f.name) for f in fields(self)}
        given = {name: x for name, x in values.items() if x is not None and x is not False}
        if on_disk and "--hidden" not in given and ("--checkpoint" in given or not self.resume):
            given = {name: x for name, x in given.items() if name not in _ON_DISK}
        if "--hidden" not in given and given:
            verb = "is" if len(given) == 1 else "are"
            raise typer.BadParameter(
                f"{' and '.join(given)} {verb} for networks; give --hidden too, such as "
                "--hidden 128,64."
            )
        for name, (fits, what) in _RANGES.items():
            if name in given and not fits(given[name]):
                raise typer.BadParameter(f"{name} {given[name]} is not {what}.")
        optimizer = str(given.get("--optimizer", Optimizer.adam))
        unused = [name for name in given if name in _OF_BATCHES]
        if optimizer in _FULL_BATCH and unused:
            raise typer.BadParameter(
                f"{unused[0]} does not go with --optimizer {optimizer}, which takes all rows at "
                "each step; leave it out."
            )
        for name in ("--resume", "--checkpoint-every"):
            if name in given and "--checkpoint" not in given:
                raise typer.BadParameter(f"{name} needs --checkpoint, the file of the training.")
        return {
            _PARAMETERS[name]: str(value) if isinstance(value, StrEnum | Path) else value
            for name, value in given.items()
            if name in _PARAMETERS
        }
