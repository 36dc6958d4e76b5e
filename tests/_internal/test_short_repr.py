"""Records of arrays print on a line."""

from dataclasses import dataclass, field

import numpy as np

from softlearn import Status, minimize, regularization_path
from softlearn._internal.short_repr import ShortRepr


@dataclass(repr=False)
class Record(ShortRepr):
    short: np.ndarray
    long: np.ndarray
    names: list
    text: str
    hidden: float = field(default=0.0, repr=False)


def test_long_arrays_and_lists_show_their_size_alone():
    record = Record(np.arange(3), np.zeros((2, 5)), ["a"] * 7, "x" * 200)
    assert repr(record).startswith(
        "Record(short=array([0, 1, 2]), long=<float64 array of shape (2, 5)>, names=<list of 7>, "
    )
    assert len(repr(record)) < 250
    assert "hidden" not in repr(record)


def test_what_a_minimisation_found_prints_on_a_line():
    found = minimize(lambda w: (w**2).sum(), w0=np.ones(100))
    assert "w=<float64 array of shape (100,)>" in repr(found)
    assert "status=STATIONARY" in repr(found)
    assert repr(found.verdict).startswith("<minimum: A minimum")
    path = regularization_path(np.arange(9.0)[:, None], np.arange(9) % 2)
    assert "\n" not in repr(path)
    assert len(repr(path)) < 1000


def test_a_status_prints_its_sentence():
    assert f"{Status.CONVERGED}" == Status.CONVERGED.value
