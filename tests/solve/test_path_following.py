"""Following a family of objectives: guesses, a preconditioner that is kept, proofs everywhere."""

import numpy as np
import pytest
from problems import problem

from softlearn.function import Function
from softlearn.objective import SoftmaxPoint
from softlearn.protocol import Status
from softlearn.solve import Newton, PathFollowing, minimize
from softlearn.solve.path_predictor import PathPredictor
from softlearn.solve.recycled_preconditioner import RecycledPreconditioner

CS = np.logspace(-4, 4, 17)


def following(J, kind, Cs=CS, tol=1e-6, **choices):
    """Follow J over values of C; return the results and the work in passes."""
    follow, penalised = PathFollowing(Newton(kind, **choices), J.parameter_rms()), np.arange(J.size)
    out, start = [], J.passes
    for C in Cs:
        l2 = 1.0 / (C * J.problem.rows.n)
        J = J.with_penalty(l2)
        diagonal = l2 * (penalised < J.model.weights)
        out.append((J, follow.minimize(J, float(np.log(C)), diagonal, tol=tol)))
    return out, J.passes - start


@pytest.mark.parametrize("kind", ["exact", "classwise", "diagonal", "none"])
@pytest.mark.parametrize("variant", [{}, {"reference": True, "C": 2}, {"bias": False}])
def test_every_objective_of_a_family_is_proven_and_no_lower_than_its_minimum(kind, variant):
    J = problem(3, n=80, d=4, weighted=True, **variant)
    for there, result in following(J, kind)[0]:
        best = minimize(there, Newton("exact"), tol=1e-10)
        assert result.status is Status.CONVERGED
        assert result.gap <= 1e-6
        assert result.lower <= best.value
        assert best.lower <= result.value <= best.value * (1.0 + 1e-6)


def test_following_takes_far_fewer_passes_than_starting_anew():
    J = problem(5, n=300, d=8, C=4)
    results, passes = following(J, "exact")
    cold = [minimize(there, Newton("exact")).trace for there, _ in results]
    assert 2 * passes < sum(trace[-1].passes - trace[0].passes + 1.0 for trace in cold)


def test_values_far_apart_are_found_too():
    J = problem(7, n=100, d=5, C=3)
    for there, result in following(J, "exact", [1e-8, 1e7, 1e8])[0]:
        assert result.status is Status.CONVERGED
        assert result.value <= minimize(there, Newton("exact")).value * (1.0 + 1e-6)


def test_a_family_ends_with_its_limit():
    J = problem(7, n=100, d=3, C=3)
    results, _ = following(J, "exact", [1.0, 10.0, np.inf])
    assert results[-1][0].penalty.strength == 0.0
    assert results[-1][1].status is Status.CONVERGED


def test_a_family_without_a_limit_says_so_at_the_end():
    J = problem(7, n=60, d=4, C=3, separable=True)
    statuses = [r.status for _, r in following(J, "exact", [1.0, 10.0, np.inf])[0]]
    assert statuses == [Status.CONVERGED, Status.CONVERGED, Status.NO_FINITE_OPTIMUM]


def test_a_misleading_guess_from_outside_costs_work_but_no_proof():
    J = problem(9, n=80, d=4).with_penalty(1e-3)
    far = 1e3 * np.random.default_rng(0).normal(size=J.size)
    for near in (far, 1e200 * far):
        result = PathFollowing(Newton("exact"), J.parameter_rms()).minimize(J, 0.0, near=near)
        assert result.status is Status.CONVERGED


def test_an_objective_without_bounds_ends_where_its_gradient_vanishes():
    def bowl(w):
        return float(w @ w) + 1.0, 2.0 * w

    result = PathFollowing(Newton("none"), np.ones(2)).minimize(
        Function(bowl, 2), 0.0, near=np.ones(2)
    )
    assert result.status is Status.STATIONARY
    np.testing.assert_allclose(result.w, 0.0, atol=1e-6)


def test_the_limit_of_steps_holds():
    J = problem(9, n=80, d=4).with_penalty(1e-6)
    result = PathFollowing(Newton("exact"), J.parameter_rms()).minimize(J, 0.0, max_steps=1)
    assert (result.status, result.n_steps) == (Status.LIMIT_REACHED, 1)


def test_a_preconditioner_serves_several_objectives(monkeypatch):
    made = []
    build = SoftmaxPoint.preconditioner

    def counted(self, *arguments):
        made.append(self)
        return build(self, *arguments)

    monkeypatch.setattr(SoftmaxPoint, "preconditioner", counted)
    results, _ = following(problem(5, n=300, d=8, C=4), "exact", np.logspace(-4, 4, 45))
    assert len(made) < len(results)


# ---------------------------------------------------------------- guesses


def test_a_course_that_is_a_polynomial_is_foreseen_exactly():
    course, w = PathPredictor(np.ones(2)), lambda t: np.array([1.0 + t * t, t**3 - 2.0 * t])
    for t in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5):
        course.add(t, w(t))
    np.testing.assert_allclose(course.guess(3.0), w(3.0), rtol=1e-12)


def test_a_course_that_jumps_about_is_not_extrapolated():
    course = PathPredictor(np.ones(1))
    for t in range(8):
        course.add(float(t), np.array([float((-1) ** t)]))
    assert np.abs(course.guess(8.0)).max() <= 3.0


def test_far_from_all_that_is_known_the_last_minimiser_is_the_guess():
    course = PathPredictor(np.ones(1))
    for t in (0.0, 1.0, 2.0):
        course.add(t, np.array([t]))
    np.testing.assert_array_equal(course.guess(100.0), [2.0])


def test_a_course_near_another_is_foreseen_from_their_difference():
    course, other = PathPredictor(np.ones(1)), lambda t: np.array([np.sin(9.0 * t)])
    assert course.guess(0.0) is None
    np.testing.assert_array_equal(course.guess(0.0, other(0.0)), other(0.0))
    for t in (0.0, 0.4, 0.8, 1.2):
        course.add(t, other(t) + 0.1 * t, other(t))
    np.testing.assert_allclose(course.guess(1.6, other(1.6)), other(1.6) + 0.16, rtol=1e-12)


# ---------------------------------------------------------------- products made before


def test_products_made_before_make_the_inverse_exact_where_they_reached():
    J = problem(11, n=60, d=3).with_penalty(0.1)
    point, rng = J.at(np.zeros(J.size)), np.random.default_rng(0)
    kept = RecycledPreconditioner("none", 0)
    product = kept.recorded(point.hvp)
    V = rng.normal(size=(4, J.size))
    M = [product(v) for v in V] and kept.at(point)
    for v in V:
        np.testing.assert_allclose(M(point.hvp(v)), v, rtol=1e-8, atol=1e-10)


def test_the_mended_inverse_is_symmetric_and_positive_definite_even_from_another_point():
    J = problem(11, n=60, d=3).with_penalty(0.1)
    rng = np.random.default_rng(0)
    kept = RecycledPreconditioner("exact", 0)
    first = J.at(np.zeros(J.size))
    kept.at(first)
    product = kept.recorded(J.at(rng.normal(size=J.size)).hvp)
    for _ in range(5):
        product(rng.normal(size=J.size))
    kept.move(0.5)
    M = kept.at(first)
    A = np.array([M(e) for e in np.eye(J.size)])
    np.testing.assert_allclose(A, A.T, atol=1e-10 * np.abs(A).max())
    assert np.linalg.eigvalsh(A).min() > 0.0


def test_what_is_added_to_the_diagonal_is_added_to_the_products():
    J = problem(11, n=60, d=3, bias=False).with_penalty(0.1)
    kept, v = RecycledPreconditioner("none", 0), np.ones(J.size)
    kept.recorded(J.at(0.0 * v).hvp)(v)
    kept.move(0.4)
    M = kept.at(J.at(0.0 * v))
    stronger = J.with_penalty(0.5).at(0.0 * v)
    np.testing.assert_allclose(M(stronger.hvp(v)), v, rtol=1e-8)
