"""What can be set, as frozen records; each knows how a message changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..networks.initial import SCHEMES
from ..networks.plan import ACTIVATIONS, Update
from .reading import Refused, choice, fields, flag, number, shown, whole

__all__ = ["GRIDS", "RULES", "Data", "Limits", "Model", "Optimizer", "StopWhen", "View"]

RULES = ("descent", "momentum", "rmsprop", "adam")
GRIDS = (32, 64, 128, 192, 256)
_SEEDS = 2**32 - 1
Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Limits:
    """How much may be asked; `classes` up to 10."""

    points: int = 5000
    classes: int = 6
    layers: int = 4
    units: int = 32
    steps: int = 1000
    """Of one `step` message."""

    def __post_init__(self) -> None:
        if not 2 <= self.classes <= 10:
            raise ValueError(f"classes must be from 2 to 10, but it is {self.classes}.")
        for name in ("points", "layers", "units", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but it is {getattr(self, name)}.")


@dataclass(frozen=True)
class Data:
    """Which points there are at first: `presets.points_of` makes them."""

    preset: str
    n: int = 300
    noise: float = 0.2
    test: float = 0.3
    seed: int = 0

    def changed(self, message: Mapping[str, Any], limits: Limits) -> Data:
        """Return the settings after a `data` message, all but its preset."""
        given = fields(message, ("preset", "n", "noise", "test", "seed"))
        given.pop("preset", None)
        readers: dict[str, Reader] = {
            "n": lambda v: whole(v, "n", 1, limits.points),
            "noise": lambda v: number(v, "noise", 0.0, 1.0),
            "test": lambda v: number(v, "test", 0.0, 0.9),
            "seed": lambda v: whole(v, "seed", 0, _SEEDS),
        }
        return replace(self, **{k: readers[k](v) for k, v in given.items()})


@dataclass(frozen=True)
class Model:
    """A network of two features: no hidden layer, or some."""

    classes: int = 3
    hidden: tuple[int, ...] = ()
    activation: str = "tanh"
    seed: int = 0
    init: str = "auto"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features, hidden units, classes."""
        return (2, *self.hidden, self.classes)

    def changed(self, message: Mapping[str, Any], limits: Limits) -> Model:
        """Return the settings after a `model` message."""
        given = fields(message, asdict(self))
        readers: dict[str, Reader] = {
            "classes": lambda v: whole(v, "classes", 2, limits.classes),
            "hidden": lambda v: _hidden(v, limits),
            "activation": lambda v: choice(v, "activation", ACTIVATIONS),
            "seed": lambda v: whole(v, "seed", 0, _SEEDS),
            "init": lambda v: choice(v, "init", SCHEMES),
        }
        return replace(self, **{k: readers[k](v) for k, v in given.items()})


def _hidden(value: Any, limits: Limits) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) > limits.layers:
        raise Refused(
            f"hidden must be a list of at most {limits.layers} layers, but it is {shown(value)}.",
            "hidden",
            korean=f"hidden: 은닉층은 {limits.layers}개까지의 목록으로 주세요.",
        )
    return tuple(whole(units, "hidden", 1, limits.units) for units in value)


@dataclass(frozen=True)
class Optimizer:
    """How steps are made.

    What falls is the mean cross-entropy + l2 / 2 ||W||^2, biases left out.  `SoftmaxRegression`
    writes the same penalty as ||W||^2 / (2 C n) over n points: C = 1 / (l2 n), and with two
    classes, where it has one row of weights in place of two, C = 2 / (l2 n).
    """

    name: str = "adam"
    lr: float = 0.03
    beta: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    average: bool = True
    """Momentum: v = beta v + (1 - beta) g, the course's; else v = beta v + g."""
    batch: int = 0
    """Rows of a batch; 0 for all of them."""
    l2: float = 0.0

    @property
    def update(self) -> Update:
        """What the library's trainer calls it."""
        return Update(self.name, self.beta, self.beta2, self.eps, average=self.average)

    def changed(self, message: Mapping[str, Any], limits: Limits) -> Optimizer:
        """Return the settings after an `optimizer` message."""
        given = fields(message, asdict(self))
        return replace(self, **{k: _optimizer_field(k, v, limits) for k, v in given.items()})


def _optimizer_field(name: str, value: Any, limits: Limits) -> Any:
    if name == "name":
        return choice(value, "name", RULES)
    if name == "lr":
        return number(value, "lr", 0.0, 1e6)
    if name in ("beta", "beta2"):
        return number(value, name, 0.0, 0.999999)
    if name == "eps":
        return number(value, "eps", 1e-300, 1.0)
    if name == "average":
        return flag(value, "average")
    if name == "batch":
        return whole(value, "batch", 0, limits.points)
    return number(value, "l2", 0.0, 1e3)


@dataclass(frozen=True)
class StopWhen:
    """When a run stops by itself; None for never."""

    cost: float | None = None
    accuracy: float | None = None
    steps: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is a rule that needs looking at the model."""
        return self.cost is not None or self.accuracy is not None

    def changed(self, message: Mapping[str, Any]) -> StopWhen:
        """Return the settings after a `stop_when` message."""
        given = fields(message, asdict(self))
        readers: dict[str, Reader] = {
            "cost": lambda v: number(v, "cost", 0.0, 1e9),
            "accuracy": lambda v: number(v, "accuracy", 0.0, 1.0),
            "steps": lambda v: whole(v, "steps", 1, 2**53),
        }
        return replace(self, **{k: None if v is None else readers[k](v) for k, v in given.items()})


@dataclass(frozen=True)
class View:
    """Which pictures are wanted."""

    planes: bool = True
    units: bool = False
    weights: bool = False
    grid: int = 128

    def changed(self, message: Mapping[str, Any]) -> View:
        """Return the settings after a `view` message."""
        given = fields(message, asdict(self))
        made: dict[str, Any] = {k: flag(v, k) for k, v in given.items() if k != "grid"}
        if "grid" in given:
            made["grid"] = whole(given["grid"], "grid", GRIDS[0], GRIDS[-1])
            if made["grid"] not in GRIDS:
                raise Refused(
                    f"grid must be one of {', '.join(map(str, GRIDS))}, but it is {made['grid']}.",
                    "grid",
                    korean=f"grid: 다음 가운데 하나를 주세요: {', '.join(map(str, GRIDS))}.",
                )
        return replace(self, **made)
