"""A few fitted models and their reports, made once."""

import functools
from datetime import datetime

import matplotlib
import numpy as np
import pytest
from pages import parse
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import softlearn
from softlearn import SoftmaxNetwork, SoftmaxRegression

matplotlib.use("Agg")

DATE = datetime(2026, 1, 2, 3, 4)


class Case:
    """A fitted model, rows it was not fitted to, and the page about it."""

    def __init__(self, model, X, y, **more):
        self.model, self.X, self.y = model.fit(X[::2], y[::2]), X[1::2], y[1::2]
        self.report = softlearn.report(self.model, self.X, self.y, held_out=True, date=DATE, **more)
        self.html = self.report.html
        self.page = parse(self.html)


@functools.cache
def made(name):
    """Return the case of a name."""
    iris, species = load_iris(return_X_y=True)
    labels = np.array(["setosa", "versicolor", "virginica"])[species]
    if name == "regression":
        return Case(SoftmaxRegression(), iris, labels)
    if name == "plane":
        return Case(SoftmaxRegression(), iris[:, 2:], species)
    if name == "logistic":
        return Case(make_pipeline(StandardScaler(), LogisticRegression()), iris, labels)
    if name == "forest":
        return Case(RandomForestClassifier(20, random_state=0), iris, labels)
    if name == "binary":
        X, y = make_classification(300, random_state=0)
        return Case(SoftmaxRegression(), X, y)
    X, y = load_digits(return_X_y=True)
    return Case(SoftmaxNetwork((16,), random_state=0, max_iter=20), X / 16.0, y, image_shape=(8, 8))


NAMES = ["regression", "plane", "logistic", "forest", "binary", "network"]
each_case = pytest.mark.parametrize("name", NAMES)
