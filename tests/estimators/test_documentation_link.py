"""The card of an estimator links to the page that documents it."""

from collections.abc import Iterator
from email.message import Message
from importlib.metadata import PackageNotFoundError

import pytest

import softlearn
from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV
from softlearn.estimators.sklearn import documentation

URLS = {"Documentation": "https://docs.test/", "Repository": "https://code.test/softlearn"}
ESTIMATORS = (SoftmaxRegression, SoftmaxRegressionCV, SoftmaxNetwork)

each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the installed package addresses."""
    message = Message()
    for label, address in URLS.items():
        message["Project-URL"] = f"{label}, {address}"
    monkeypatch.setattr(documentation, "metadata", lambda name: message)
    documentation._site.cache_clear()
    yield
    documentation._site.cache_clear()


@each_estimator
def test_a_card_links_to_its_estimator_in_the_reference(estimator: type) -> None:
    name = estimator.__name__
    link = f"{URLS['Documentation']}reference/softlearn/#softlearn.{name}"
    assert f'href="{link}"' in estimator()._repr_html_()
    assert name in softlearn.__all__  # what reference/softlearn/ holds


def test_an_estimator_derived_from_ours_is_not_said_to_be_documented() -> None:
    class Mine(SoftmaxRegression):
        pass

    assert URLS["Documentation"] not in Mine()._repr_html_()


@each_estimator
def test_a_package_without_addresses_shows_its_cards_without_links(
    estimator: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documentation, "metadata", lambda name: Message())
    documentation._site.cache_clear()
    card = estimator()._repr_html_()
    assert estimator.__name__ in card
    assert "reference/softlearn" not in card


@each_estimator
def test_a_copy_that_is_not_installed_shows_its_card_without_a_link(
    estimator: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Message:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(documentation, "metadata", missing)
    documentation._site.cache_clear()
    card = estimator()._repr_html_()
    assert estimator.__name__ in card
    assert "reference/softlearn" not in card
