"""minimize says on the way what an update rule stands on."""

import numpy as np
import pytest

from softlearn.autodiff import minimize_steps
from softlearn.landscape import surfaces
from softlearn.solve import LBFGS, Adam, GradientDescent, Stochastic


def noted(method, w0, steps, **more):
    """Return the notes by step, and the end."""
    run = minimize_steps(
        surfaces.plateau, np.array(w0), method, grad=lambda w: surfaces.plateau.at(w).grad,
        max_steps=steps, **more,
    )  # fmt: skip
    notes = {}
    while True:
        try:
            at = next(run)
        except StopIteration as end:
            return notes, end.value
        if at.note:
            notes[at.k] = at.note


def test_a_rule_on_a_plateau_says_so_while_it_runs_and_at_the_end():
    notes, found = noted(GradientDescent(0.05), [3.5, 3.0], 900)
    first = min(notes)
    assert notes[first].startswith("Plateau since step 0: gradient 1 of its start")
    assert first < 900
    assert list(found.notes) == list(notes.values())


def test_a_rule_that_makes_progress_and_solvers_that_see_curvature_say_nothing():
    assert noted(Adam(0.05), [1.0, 0.5], 60)[1].notes == ()
    assert noted(LBFGS(), [1.0, 0.5], 900)[1].notes == ()


@pytest.mark.parametrize("batches", [[()], [(), ()]])
def test_epochs_are_watched_too(batches):
    method = Stochastic(GradientDescent(0.05), epochs=900)
    notes, _ = noted(method, [3.5, 3.0], 900, batches=batches)
    assert any("Plateau since step 0" in note for note in notes.values())
