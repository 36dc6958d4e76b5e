"""How many steps each rule needs to leave the saddle and to cross the plateau."""

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from softlearn.landscape import surfaces
from softlearn.landscape.surfaces import Surface
from softlearn.protocol import F64
from softlearn.solve import Adam, GradientDescent, Momentum, RMSprop, Rule


def steps(rule: Rule, J: Surface, w0: list[float], there: Callable[[F64], bool]) -> int:
    run = zip(count(), rule.steps(J, np.array(w0), 0.0), strict=False)
    return next(k for k, step in run if there(step.point.w))


@pytest.mark.parametrize(
    ("rule", "saddle", "plateau"),
    [
        (GradientDescent(0.05), 84, 43_466),
        (Momentum(0.05), 124, 43_535),
        (RMSprop(0.05), 15, 40),
        (Adam(0.05), 26, 78),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_the_course_s_comparison_comes_out(rule: Rule, saddle: int, plateau: int) -> None:
    left = steps(rule, surfaces.saddle, [1.5, 0.001], lambda w: abs(w[1]) > 1.3)
    crossed = steps(rule, surfaces.plateau, [3.5, 3.0], lambda w: float(np.linalg.norm(w)) < 0.1)
    assert (left, crossed) == (saddle, plateau)


def test_averaged_momentum_is_slower_than_descent_and_summed_momentum_faster() -> None:
    def there(w: F64) -> bool:
        return abs(float(w[1])) > 1.3

    averaged, summed = (
        steps(Momentum(0.05, form=form), surfaces.saddle, [1.5, 0.001], there)
        for form in ("average", "sum")
    )
    plain = steps(GradientDescent(0.05), surfaces.saddle, [1.5, 0.001], there)
    assert summed < plain < averaged
