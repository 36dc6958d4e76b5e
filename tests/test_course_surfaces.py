"""The course's comparison of update rules on a saddle and a plateau, as the docs state it."""

from importlib import import_module
from typing import Any

import pytest

STEPS = {
    "gradient descent": (84, 43_466),
    "momentum, averaged (the course's)": (124, 43_535),
    "momentum, summed (PyTorch's)": (29, 4_419),
    "RMSprop": (15, 40),
    "Adam": (26, 78),
}


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return vars(import_module("benchmarks.studies.course_surfaces"))


@pytest.mark.parametrize("name", STEPS)
def test_a_rule_takes_the_steps_that_the_docs_state(name: str, script: dict[str, Any]) -> None:
    rule = script["RULES"][name]
    assert (script["leave_the_saddle"](rule), script["cross_the_plateau"](rule)) == STEPS[name]


def test_second_order_steps_leave_at_once(script: dict[str, Any]) -> None:
    rule = script["RULES"]["saddle-free Newton"]
    assert script["leave_the_saddle"](rule) <= 3
    assert script["cross_the_plateau"](rule) <= 3
