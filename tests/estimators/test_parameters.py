"""Parameters are those of LogisticRegression: names, meanings, precedence, errors and warnings."""

import inspect

import numpy as np
import pytest
from peers import since
from sklearn.datasets import load_iris, make_classification
from sklearn.linear_model import LogisticRegression

from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, Status

EXTRA = {"penalty_groups", "penalty_factors", "precision", "device", "engine"}
IRIS = load_iris(return_X_y=True)
NOISY = make_classification(
    300, 8, n_informative=5, n_redundant=0, n_classes=4, flip_y=0.4, random_state=1
)


@since(8)
def test_parameters_have_their_names_order_and_kinds():
    ours = inspect.signature(SoftmaxRegression).parameters
    theirs = inspect.signature(LogisticRegression).parameters
    own = [(p.name, p.kind) for p in ours.values() if p.name not in EXTRA]
    assert own == [(p.name, p.kind) for p in theirs.values()]
    differ = {name for name in theirs if ours[name].default != theirs[name].default}
    assert differ == {"tol", "solver", "max_iter"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"C": 0.0},
        {"C": -1.0},
        {"C": "big"},
        {"tol": -1.0},
        {"max_iter": -1},
        {"max_iter": 1.5},
        {"l1_ratio": 2.0},
        {"penalty": "l3"},
        {"solver": "bfgs"},
        {"dual": "yes"},
        {"fit_intercept": "no"},
        {"intercept_scaling": 0.0},
        {"class_weight": "unbalanced"},
        {"random_state": "seed"},
        {"verbose": -1},
        {"warm_start": None},
        {"n_jobs": 1.5},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_an_impossible_parameter_gets_the_sentence_scikit_learn_has(wrong):
    with pytest.raises(ValueError, match="parameter of LogisticRegression") as theirs:
        LogisticRegression(**wrong).fit(*IRIS)
    with pytest.raises(ValueError, match="parameter of SoftmaxRegression") as ours:
        SoftmaxRegression(**wrong).fit(*IRIS)
    said = str(theirs.value).replace("LogisticRegression", "SoftmaxRegression")
    assert str(ours.value).startswith(said.partition(" must be ")[0] + " must be ")
    assert str(ours.value).endswith(" Got" + said.rpartition(" Got")[2])


@pytest.mark.parametrize("solver", ["lbfgs", "auto", "sag"])
def test_dual_is_for_liblinear(solver):
    with pytest.raises(ValueError, match=f"Solver {solver} supports only dual=False"):
        SoftmaxRegression(dual=True, solver=solver).fit(*IRIS)


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_the_number_of_threads_changes_nothing(n_jobs):
    X = np.random.default_rng(0).normal(size=(9000, 80))
    y = np.random.default_rng(1).integers(4, size=9000)
    one = SoftmaxRegression(n_jobs=1).fit(X, y)
    np.testing.assert_allclose(
        SoftmaxRegression(n_jobs=n_jobs).fit(X, y).coef_, one.coef_, atol=1e-9
    )


@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
def test_without_a_penalty_its_share_of_l1_does_not_matter(l1_ratio):
    ours = SoftmaxRegression(C=np.inf, l1_ratio=l1_ratio).fit(*NOISY)
    assert ours.status_ is Status.CONVERGED


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"penalty": "l2", "C": 0.5}, {"C": 0.5}),
        ({"penalty": "elasticnet", "C": 0.5}, {"C": 0.5}),
        ({"penalty": None}, {"C": np.inf}),
    ],
)
def test_the_older_penalty_means_what_it_meant_and_warns(older, newer):
    with pytest.warns(FutureWarning, match="penalty is deprecated"):
        ours = SoftmaxRegression(**older).fit(*NOISY)
    np.testing.assert_array_equal(ours.coef_, SoftmaxRegression(**newer).fit(*NOISY).coef_)


@pytest.mark.filterwarnings("ignore:penalty is deprecated:FutureWarning")
def test_contradicting_penalties_warn_or_fail_as_in_scikit_learn():
    with pytest.warns(UserWarning, match="will ignore the C"):
        SoftmaxRegression(penalty=None, C=0.5).fit(*NOISY)
    with pytest.warns(UserWarning, match="Inconsistent values: penalty=l2"):
        SoftmaxRegression(penalty="l2", l1_ratio=0.5).fit(*NOISY)
    with (
        pytest.warns(FutureWarning, match="l1_ratio=None"),
        pytest.raises(ValueError, match="l1_ratio must be specified"),
    ):
        SoftmaxRegression(penalty="elasticnet", l1_ratio=None).fit(*NOISY)


def test_l1_ratio_none_is_deprecated_and_means_l2():
    with pytest.warns(FutureWarning, match="l1_ratio=None is deprecated"):
        ours = SoftmaxRegression(l1_ratio=None).fit(*NOISY)
    np.testing.assert_array_equal(ours.coef_, SoftmaxRegression().fit(*NOISY).coef_)


@pytest.mark.parametrize("random_state", [None, 3, np.random.RandomState(3)])
def test_the_seed_changes_nothing_but_rounding(random_state):
    ours = SoftmaxRegression(random_state=random_state).fit(*IRIS)
    np.testing.assert_allclose(ours.coef_, SoftmaxRegression().fit(*IRIS).coef_, atol=1e-9)


@pytest.mark.parametrize("Estimator", [SoftmaxRegression, SoftmaxRegressionCV, SoftmaxNetwork])
def test_no_threads_at_all_are_one_clear_sentence(Estimator):
    with pytest.raises(ValueError, match=r"^n_jobs must not be 0: .* one per core, or None\.$"):
        Estimator(n_jobs=0).fit(*IRIS)
