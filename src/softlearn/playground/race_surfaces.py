"""Where optimizers race: surfaces whose critical points are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..landscape.surfaces import Known, Surface, bowl, plateau, quadratic, saddle

__all__ = ["SURFACES", "Course", "size_of"]

F64 = NDArray[np.float64]

_round = Surface(
    "bowl",
    "(w1^2 + w2^2) / 2",
    lambda w: 0.5 * float(w @ w),
    lambda w: np.array(w),
    lambda w: np.eye(2),
    (Known((0.0, 0.0), "minimum", 0),),
)


@dataclass(frozen=True)
class Course:
    """A surface, where to start on it, and when a run has arrived."""

    J: Surface
    extent: tuple[float, ...]
    start: tuple[float, ...]
    rate: float
    arrived: Callable[[F64], bool]
    there: str
    there_ko: str
    note: dict[str, str]


def size_of(w: F64) -> float:
    """Return |w|."""
    return float(np.sqrt(w @ w))


SURFACES = {
    "bowl": Course(
        _round, (-3.0, 3.0, -3.0, 3.0), (-2.5, 2.0), 0.05, lambda w: size_of(w) < 0.01,
        "|w| < 0.01", "|w| < 0.01",
        {
            "en": "Curved alike in all directions: the gradient points at the minimum.",
            "ko": "어느 쪽으로나 똑같이 휘어 있어서, 기울기가 곧장 최솟값을 향합니다.",
        },
    ),
    "ellipse": Course(
        bowl, (-3.0, 3.0, -1.0, 1.0), (-2.5, 0.6), 0.015, lambda w: size_of(w) < 0.01,
        "|w| < 0.01", "|w| < 0.01",
        {
            "en": "A hundred times steeper along w2: above the rate 0.02 gradient descent flies "
            "out of the valley, below it creeps along w1.",
            "ko": "w2 쪽이 백 배 가파릅니다. 학습률이 0.02를 넘으면 경사 하강법은 골짜기 밖으로 "
            "튀어 나가고, 그보다 작으면 w1 쪽으로 느리게 기어갑니다.",
        },
    ),
    "saddle": Course(
        saddle, (-2.7, 2.7, -1.9, 1.9), (1.5, 0.001), 0.05, lambda w: abs(float(w[1])) > 1.3,
        "|w2| > 1.3", "|w2| > 1.3",
        {
            "en": "The gradient points at the saddle. RMSprop and Adam divide by its size, so the "
            "small slope to the side counts; averaged momentum is slower than plain descent here.",
            "ko": "기울기는 안장점을 향합니다. RMSprop과 Adam은 기울기의 크기로 나누므로 옆쪽의 "
            "작은 기울기도 힘을 씁니다. 평균을 쓰는 모멘텀은 여기서 경사 하강법보다 느립니다.",
        },
    ),
    "plateau": Course(
        plateau, (-4.2, 4.2, -4.2, 4.2), (3.5, 3.0), 0.05, lambda w: size_of(w) < 0.1,
        "|w| < 0.1", "|w| < 0.1",
        {
            "en": "Almost flat at the start: a step of gradient descent is as small as the slope, "
            "some 43,000 of them are needed; RMSprop takes 40, Adam 78.",
            "ko": "출발점은 거의 평평한 고원입니다. 경사 하강법은 기울기만큼만 움직이므로 4만 3천 "
            "번쯤 반복해야 하지만, RMSprop은 40번, Adam은 78번이면 됩니다.",
        },
    ),
    "quadratic": Course(
        quadratic, (-1.0, 11.0), (0.0,), 0.01, lambda w: abs(float(w[0]) - 5.0) < 1e-4,
        "|w - 5| < 0.0001", "|w - 5| < 0.0001",
        {
            "en": "Each step of gradient descent leaves 98 % of the way to w = 5: 0.1 after one "
            "step, 5.00000 after 1,000.",
            "ko": "경사 하강법을 한 번 반복할 때마다 w = 5까지 남은 거리의 98 %가 남습니다. 첫 "
            "반복 뒤 0.1, 1,000번 반복한 뒤 5.00000입니다.",
        },
    ),
}  # fmt: skip
