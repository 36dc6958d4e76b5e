"""Networks for `softlearn fit`: hidden layers, trained epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ....estimators import SoftmaxNetwork
from ....estimators.network_end import NOTHING
from ....estimators.network_parameters import choose
from ....protocol import Status
from ... import CommandError
from ...terminal.progress import EpochLine, Watch
from ...vectorise import feature_names
from ..fit_summary import facts_on_fit
from ..options import FitOptions, Fitted
from ..pipeline import fit_vectoriser, follow, transform
from ..scaling import scaling

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ..data_splits import Parts

__all__ = ["Network"]

_FEW_STEPS = 500  # the default is 10,000


@dataclass(frozen=True)
class Network:
    """How a network is trained; of `parameters` of `SoftmaxNetwork` those that were asked for."""

    hidden: tuple[int, ...]
    parameters: Mapping[str, Any]
    remedies: ClassVar[tuple[str, str]] = (
        "more --epochs, or a smaller --alpha or --dropout, may help",
        "--early-stopping, or a larger --alpha or --dropout, may help",
    )

    def fit(self, options: FitOptions, parts: Parts, watch: Watch) -> Fitted:
        """Train on the training rows, and validate on those held out for it."""
        net = SoftmaxNetwork(
            self.hidden,
            **self.parameters,
            class_weight=options.class_weight,
            random_state=options.seed,
            n_jobs=options.threads,
        )
        train = parts.train
        scaler, why = scaling(train)
        watch.task("Reading the images" if train.kind == "image" else "Preparing the features")
        pipeline, X = fit_vectoriser(train, net, scaler)
        names = feature_names(pipeline, train)
        validation = _validation(parts, pipeline)
        total = len(train) if parts.weights is None else float(parts.weights.sum())
        choices = choose(net, len(train), total)
        line, unit = EpochLine(), "step" if choices.rule is None else "epoch"
        watch.task("Training")
        began = time.perf_counter()
        with _naming_checkpoint(options):
            follow(net.iter_fit(X, train.y, parts.weights, validation), line, watch, unit)
        seconds = time.perf_counter() - began
        _require_trained(net)
        net.set_params(checkpoint=None, resume=False)  # a model file names no files of this machine
        facts = {
            **facts_on_fit(net),
            "unit": unit,
            "resumed_after": net.n_iter_ if line.before is None else line.before,
            "epochs_at_most": choices.epochs,
            "batch_size": choices.batch_size,
            "scaler": None if scaler is None else type(scaler).__name__,
            "scaling": why,
        }
        found = [f"{NOTHING}: see the section on it."] if NOTHING in net.status_detail_ else []
        if choices.rule is not None:
            found.append(_few_steps(net.n_iter_, X, choices.batch_size))
        return Fitted(pipeline, X, names, seconds, facts, found, [])


def _validation(parts: Parts, pipeline: Pipeline) -> tuple[Any, Any, Any] | None:
    """Return the rows to validate on as the network sees them, their labels and weights."""
    held = parts.validation
    if held is None:
        return None
    return transform(pipeline, held.X), held.y, parts.validation_weights


@contextmanager
def _naming_checkpoint(options: FitOptions) -> Iterator[None]:
    """Turn what a training has against its checkpoint into a sentence for the user."""
    try:
        yield
    except ValueError as error:
        if options.checkpoint is None:
            raise
        raise CommandError(str(error)) from error


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
