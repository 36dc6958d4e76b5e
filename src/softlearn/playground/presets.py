"""Points in the plane for every picture of the chapter; NumPy's generator alone draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .settings import Data

__all__ = ["EXTENT", "PRESETS", "Drawn", "Preset", "points_of", "preset_of", "sibling"]

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]
EXTENT = (-3.0, 3.0, -3.0, 3.0)
"""x0, x1, y0, y1 of the plane that is shown."""
_SAMPLE = 60
_FAMILIES = ("clouds", "bows", "arms", "middle", "none", "spiral", "moons", "rings")


def _circle(C: int, radius: float, turn: float) -> F64:
    angle = 2.0 * np.pi * (np.arange(C) + turn) / C
    out: F64 = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return out


def _polar(r: F64, angle: F64) -> F64:
    out: F64 = r[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return out


def _clouds(y: Ints, C: int, rng: np.random.Generator) -> F64:
    return _circle(C, 1.8, 0.25)[y]


def _bows(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """C bows, one above the other."""
    x = rng.uniform(-2.3, 2.3, len(y))
    gap = 3.0 / max(C - 1, 1)
    return np.stack([x, gap * (y - (C - 1) / 2.0) + 0.35 * x**2 - 0.7], axis=1)


def _arms(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """C arms that bend a little on their way out."""
    r = rng.uniform(0.4, 2.5, len(y))
    return _polar(r, 2.0 * np.pi * y / C + 1.8 * r / 2.5)


def _middle(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """One cloud in the middle of the others."""
    return np.concatenate([np.zeros((1, 2)), _circle(C - 1, 2.0, 0.25)])[y]


def _none(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """Clouds of the classes 1, 2, ...; class 0 is what lies anywhere else."""
    centres = _circle(C - 1, 1.6, 0.25)
    xy = np.concatenate([np.zeros((1, 2)), centres])[y]
    for i in np.flatnonzero(y == 0):
        xy[i] = rng.uniform(-2.8, 2.8, 2)
        while np.linalg.norm(centres - xy[i], axis=1).min() < 1.1:
            xy[i] = rng.uniform(-2.8, 2.8, 2)
    return xy


def _spiral(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """C arms that go once around."""
    r = rng.uniform(0.2, 2.6, len(y))
    return _polar(r, 2.0 * np.pi * y / C + 2.2 * np.pi * r / 2.6)


def _moons(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """Half circles, every other one upside down."""
    t, up = rng.uniform(0.0, np.pi, len(y)), np.where(y % 2 == 0, 1.0, -1.0)
    size = 4.8 / (C + 1)
    x = size * (up * np.cos(t) + y - (C - 1) / 2.0)
    return np.stack([x, size * up * (np.sin(t) - 0.25)], axis=1)


def _rings(y: Ints, C: int, rng: np.random.Generator) -> F64:
    """A disc, and rings around it."""
    r = 2.5 * (y + rng.uniform(0.0, 0.6, len(y))) / C
    return _polar(r, rng.uniform(0.0, 2.0 * np.pi, len(y)))


_MAKERS: dict[str, Callable[[Ints, int, np.random.Generator], F64]] = dict(
    zip(_FAMILIES, (_clouds, _bows, _arms, _middle, _none, _spiral, _moons, _rings), strict=True)
)


@dataclass(frozen=True)
class Preset:
    """A picture of the chapter: points, and the network it is shown with."""

    id: str
    en: str
    ko: str
    family: str
    classes: int
    hidden: tuple[int, ...] = ()
    noise: float = 0.2
    activation: str = "tanh"
    class_names: tuple[str, ...] = ()

    def names(self, classes: int) -> list[str]:
        """Return what classes are called: from 1 on, as people count."""
        own = self.class_names[:classes]
        return [*own, *(str(k + 1) for k in range(len(own), classes))]

    @cache  # noqa: B019 - there are thirteen
    def facts(self) -> dict[str, Any]:
        """Return what the page is told of it, with some points scaled to the unit square."""
        drawn = points_of(Data(self.id, _SAMPLE, self.noise, 0.0, 0), self.classes)
        x0, x1, y0, y1 = EXTENT
        unit = np.clip((drawn.xy - (x0, y0)) / (x1 - x0, y1 - y0), 0.0, 1.0).round(3)
        return {
            "id": self.id,
            "title": {"en": self.en, "ko": self.ko},
            "classes": self.classes,
            "hidden": list(self.hidden),
            "sample": [[*p, k] for p, k in zip(unit.tolist(), drawn.label.tolist(), strict=True)],
        }


PRESETS = (
    Preset("c3-linear", "C = 3: three clouds", "C = 3: 세 무리", "clouds", 3, noise=0.8),
    Preset("c3-bows", "C = 3: bows", "C = 3: 활 모양", "bows", 3, noise=0.25),
    Preset("c3-arms", "C = 3: bent arms", "C = 3: 굽은 팔", "arms", 3, noise=0.15),
    Preset("c4-linear", "C = 4: one in the middle", "C = 4: 하나는 가운데", "middle", 4, noise=0.5),
    Preset("c5-linear", "C = 5: five arms", "C = 5: 다섯 팔", "arms", 5, noise=0.15),
    Preset("c6-linear", "C = 6: six clouds", "C = 6: 여섯 무리", "clouds", 6, noise=0.5),
    Preset("c2-logistic", "C = 2: logistic", "C = 2: 로지스틱", "clouds", 2, noise=1.0),
    Preset(
        "c3-hidden", "C = 3: bows, 8 hidden units", "C = 3: 활 모양, 은닉 유닛 8개",
        "bows", 3, (8,), 0.25,
    ),
    Preset(
        "c6-hidden", "C = 6: bent arms, 8 + 8 hidden units", "C = 6: 굽은 팔, 은닉 유닛 8 + 8개",
        "arms", 6, (8, 8), 0.1,
    ),
    Preset(
        "none-of-these", "None of these: a class of its own", "해당 없음: 따로 둔 클래스",
        "none", 4, (16,), 0.3, class_names=("none", "cat", "dog", "chick"),
    ),
    Preset("spiral", "Spiral", "나선", "spiral", 3, (16, 16), 0.05),
    Preset("moons", "Moons", "초승달", "moons", 2, (8,), 0.15),
    Preset("rings", "Rings", "고리", "rings", 3, (8,), 0.05),
)  # fmt: skip


def preset_of(name: str) -> Preset:
    """Return a preset by its id; the first where there is none."""
    return next((p for p in PRESETS if p.id == name), PRESETS[0])


def sibling(preset: Preset, classes: int, hidden: tuple[int, ...]) -> Preset:
    """Return the preset of the same family with so many classes, the same if there is none."""
    alike = [p for p in PRESETS if p.family == preset.family and p.classes == classes]
    if preset in alike:
        return preset
    alike.sort(key=lambda p: bool(p.hidden) != bool(hidden))
    return alike[0] if alike else preset


class Drawn(NamedTuple):
    """Points, their classes, and which are held out for testing."""

    xy: F64
    label: Ints
    test: NDArray[np.bool_]


def points_of(data: Data, classes: int) -> Drawn:
    """Return the points of a preset's family for some number of classes; the same for the same.

    Classes take turns, so that all have as many points, to within one.

    Args:
        data: preset, n, noise (the standard deviation of what is added to each coordinate), test
            (the share held out) and seed.
        classes: C.

    """
    family = preset_of(data.preset).family
    rng = np.random.default_rng((data.seed, _FAMILIES.index(family), classes))
    y = np.arange(data.n, dtype=np.int64) % classes
    xy = _MAKERS[family](y, classes, rng) + data.noise * rng.normal(size=(data.n, 2))
    test = np.zeros(data.n, dtype=np.bool_)
    test[rng.permutation(data.n)[: round(data.test * data.n)]] = True
    return Drawn(xy, y, test)
