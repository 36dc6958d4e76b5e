"""Learning rates are the functions of the step that they say, held to PyTorch's."""

from collections.abc import Callable
from typing import Any

import pytest

from softlearn.function import Function
from softlearn.solve import (
    Constant,
    Cosine,
    Exponential,
    GradientDescent,
    InverseTime,
    Schedule,
    StepDecay,
    WarmUp,
    minimize,
)


def test_each_is_its_formula() -> None:
    assert [Constant(0.5)(k) for k in (0, 7)] == [0.5, 0.5]
    assert [StepDecay(1.0, every=3, gamma=0.5)(k) for k in range(7)] == [
        1,
        1,
        1,
        0.5,
        0.5,
        0.5,
        0.25,
    ]
    assert [Exponential(2.0, 0.5)(k) for k in range(4)] == [2.0, 1.0, 0.5, 0.25]
    assert [InverseTime(6.0, 0.5)(k) for k in (0, 2, 4)] == [6.0, 3.0, 2.0]
    assert [Cosine(1.0, 10, last=0.1)(k) for k in (0, 5, 10, 99)] == pytest.approx(
        [1.0, 0.55, 0.1, 0.1]
    )


def test_a_warm_up_grows_to_what_follows_and_starts_that_from_its_beginning() -> None:
    assert [WarmUp(4, 0.8)(k) for k in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    then = Exponential(0.8, 0.5)
    assert [WarmUp(2, then)(k) for k in range(5)] == pytest.approx([0.4, 0.8, 0.8, 0.4, 0.2])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (StepDecay(0.3, 7, 0.4), lambda s, o: s.StepLR(o, 7, 0.4)),
        (Exponential(0.3, 0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
        (Cosine(0.3, 30, 0.01), lambda s, o: s.CosineAnnealingLR(o, 30, 0.01)),
        (InverseTime(0.3, 0.2), lambda s, o: s.LambdaLR(o, lambda k: 1.0 / (1.0 + 0.2 * k))),
    ],
)
def test_they_are_pytorch_s(ours: Schedule, theirs: Callable[[Any, Any], Any]) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    schedule = theirs(torch.optim.lr_scheduler, optimizer)
    for k in range(30):
        assert ours(k) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        optimizer.step()
        schedule.step()


def test_any_function_of_the_step_is_a_schedule_and_steps_are_counted_from_zero() -> None:
    seen: list[int] = []

    def schedule(k: int) -> float:
        seen.append(k)
        return 0.1

    J = Function(lambda w: (1.0 + float(w @ w), 2.0 * w), 2)
    minimize(J, GradientDescent(schedule), max_steps=5, w0=J.at([3.0, 4.0]).w)
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: StepDecay(0.1, 0), "every must be above 0, but it is 0"),
        (lambda: Cosine(0.1, 0), "steps must be above 0"),
        (lambda: WarmUp(-1, 0.1), "steps must be above 0"),
    ],
)
def test_a_length_that_is_none_is_named(make: Callable[[], Schedule], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()
