"""The textbook multinomial logit: prog ~ ses + write, without a penalty.

hsbdemo.csv holds the three columns of the 200 rows that UCLA's statistics pages publish (its
licence is beside it), and the coefficients here are those of the pages, base outcome academic.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import MNLogit

from softlearn import SoftmaxRegression, Status

FILE = Path(__file__).parents[2] / "examples" / "data" / "hsbdemo.csv"
PUBLISHED = {  # intercept, ses middle, ses high, write
    "general": [2.852198, -0.5332810, -1.1628226, -0.0579287],
    "vocation": [5.218260, 0.2913859, -0.9826649, -0.1136037],
}


@pytest.fixture(scope="module")
def hsbdemo():
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    X = [[r["ses"] == "middle", r["ses"] == "high", float(r["write"])] for r in rows]
    return np.array(X, dtype=float), np.array([r["prog"] for r in rows])


@pytest.fixture(scope="module")
def model(hsbdemo):
    return SoftmaxRegression(C=np.inf).fit(*hsbdemo)


def relative_to_academic(model, outcome):
    k, base = (model.classes_.tolist().index(name) for name in (outcome, "academic"))
    coefficients = np.column_stack([model.intercept_, model.coef_])
    return coefficients[k] - coefficients[base]


@pytest.mark.parametrize("outcome", PUBLISHED)
def test_the_published_coefficients_are_found(model, outcome):
    found = relative_to_academic(model, outcome)
    np.testing.assert_allclose(found, PUBLISHED[outcome], rtol=0, atol=1e-4)


def test_the_published_deviance_is_found_and_proven(hsbdemo, model):
    assert 2 * len(hsbdemo[0]) * model.objective_ == pytest.approx(359.9635, abs=5e-5)
    assert model.status_ is Status.CONVERGED
    assert model.gap_ <= 1e-6


@pytest.mark.parametrize("solver", ["newton-cg", "newton-cholesky", "lbfgs", "saga"])
def test_every_solver_finds_it(hsbdemo, solver):
    model = SoftmaxRegression(C=np.inf, solver=solver).fit(*hsbdemo)
    for outcome, published in PUBLISHED.items():
        found = relative_to_academic(model, outcome)
        np.testing.assert_allclose(found, published, rtol=0, atol=1e-4)


def test_statsmodels_finds_the_same(hsbdemo, model):
    X, y = hsbdemo
    codes = np.searchsorted(model.classes_, y)  # academic comes first, as MNLogit's base
    theirs = MNLogit(codes, np.column_stack([np.ones(len(X)), X])).fit(disp=0, tol=1e-12)
    for column, outcome in enumerate(["general", "vocation"]):
        found = relative_to_academic(model, outcome)
        np.testing.assert_allclose(found, theirs.params[:, column], rtol=0, atol=1e-6)
    assert -theirs.llf / len(X) == pytest.approx(model.objective_, rel=1e-10)
