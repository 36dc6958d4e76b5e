"""Classifiers with p-values hold others as scikit-learn's meta-estimators do."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from softlearn import SoftmaxRegression
from softlearn.decide import ConformalSets, NoneOfThese

BOTH = [NoneOfThese, ConformalSets]
both = pytest.mark.parametrize("kind", BOTH)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    k = rng.integers(3, size=120)
    X = pd.DataFrame({"up": k + rng.normal(size=120), "down": rng.normal(size=120) - k})
    return X, np.array(["cat", "chick", "dog"])[k]


def answers(fitted, X):
    return fitted.p_value(X) if isinstance(fitted, NoneOfThese) else fitted.predict_p(X)


@both
def test_a_clone_fits_to_the_same_and_shows_its_estimator(kind, table) -> None:
    X, y = table
    fitted = kind(make_pipeline(StandardScaler(), SoftmaxRegression()), alpha=0.2, cv=3).fit(X, y)
    again = clone(fitted).fit(X, y)
    np.testing.assert_array_equal(answers(fitted, X), answers(again, X))
    assert "StandardScaler" in estimator_html_repr(fitted)
    assert fitted.feature_names_in_.tolist() == ["up", "down"]


@both
def test_frames_go_through_to_the_steps_of_a_pipeline(kind, table) -> None:
    X, y = table
    seen = []

    class Watching(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            seen.append(list(X.columns))
            return super().fit(X, y, sample_weight)

    inner = make_pipeline(StandardScaler(), Watching())
    kind(inner, cv=2).set_output(transform="pandas").fit(X, y)
    assert seen == [["up", "down"]] * 3


@both
def test_texts_need_no_array(kind) -> None:
    texts = ["a cat purrs", "the cat sleeps", "a dog barks", "the dog runs"] * 10
    labels = ["cat", "cat", "dog", "dog"] * 10
    fitted = kind(make_pipeline(CountVectorizer(), SoftmaxRegression()), alpha=0.1, cv=2)
    fitted.fit(texts, labels)
    assert fitted.predict(["the cat purrs"]).tolist() == ["cat"]
    assert answers(fitted, ["the cat purrs"]).max() == 1.0


@both
def test_weights_and_groups_are_routed_to_the_folds(kind, table) -> None:
    X, y = table
    rng = np.random.default_rng(1)
    s, groups = rng.uniform(0.5, 2.0, size=120), rng.integers(6, size=120)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        fitted = kind(inner, cv=GroupKFold(3)).fit(X, y, sample_weight=s, groups=groups)
    for (train, _), model in zip(
        GroupKFold(3).split(X, y, groups), fitted.fold_estimators_, strict=True
    ):
        own = LogisticRegression().fit(X.iloc[train], y[train], s[train])
        np.testing.assert_allclose(own.coef_, model.coef_)
    np.testing.assert_allclose(fitted.estimator_.coef_, LogisticRegression().fit(X, y, s).coef_)


@both
def test_weights_need_no_routing(kind, table) -> None:
    X, y = table
    s = np.linspace(0.5, 2.0, 120)
    fitted = kind(make_pipeline(StandardScaler(), LogisticRegression()), cv=2).fit(X, y, s)
    own = make_pipeline(StandardScaler(), LogisticRegression())
    own.fit(X, y, logisticregression__sample_weight=s)
    np.testing.assert_allclose(fitted.predict_proba(X), own.predict_proba(X))


@both
def test_it_is_an_estimator_like_any_other_for_searches_and_scores(kind, table) -> None:
    X, y = table
    outer = make_pipeline(StandardScaler(), kind(SoftmaxRegression(), alpha=0.1, cv=2))
    search = GridSearchCV(outer, {f"{kind.__name__.lower()}__estimator__C": [0.01, 1.0]}, cv=2)
    assert search.fit(X, y).best_score_ > 0.4
    assert cross_val_score(outer, X, y, cv=2).shape == (2,)


@both
@pytest.mark.parametrize("alpha", [0.0, 1.0, 5, "few"])
def test_alpha_is_between_0_and_1(kind, alpha, table) -> None:
    with pytest.raises(ValueError, match="The 'alpha' parameter"):
        kind(SoftmaxRegression(), alpha=alpha).fit(*table)
