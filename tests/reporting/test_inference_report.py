"""The page of a multinomial logit: complete, escaped, and asking for nothing."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from pages import parse, sections

from softlearn.inference import mnlogit
from softlearn.reporting import inference_report

DATE = datetime(2026, 1, 2, 3, 4)
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"<b>": RNG.choice(["s & s", "m"], 200), "income": RNG.normal(size=200) * 1e4})
Y = np.array(["a", "<i>", "c"])[RNG.integers(0, 3, 200)]
R = mnlogit(TABLE, Y, base="c")


@pytest.fixture(scope="module")
def html() -> str:
    return inference_report(R, title="A <title>", notes=["Mind & see."], date=DATE).html


def test_a_page_has_all_tables_and_pictures_and_asks_for_nothing(html: str) -> None:
    page = parse(html)
    assert sections(page) == [
        "warnings", "fit", "coefficients", "terms", "effects", "redo"
    ]  # fmt: skip
    assert [n.text for n in page.all("h3")][:2] == ["<i> against c", "a against c"]
    assert len([n for n in page.all("svg") if n.attributes.get("role") == "img"]) == 3
    assert not [n for n in page.walk() if n.tag in ("script", "link", "iframe", "img")]
    assert "<b>" not in html
    assert "<i>" not in html
    assert len(html.encode()) < 200_000


def test_its_numbers_are_those_of_the_results(html: str) -> None:
    page = parse(html)
    cells = [td.text for td in page.all("td")]
    for value in R.params.to_numpy().ravel():
        assert any(
            c.startswith(f"{value:.4g}".replace("-", "−").replace("e−0", "e-")) for c in cells
        )
    assert f"{R.overview.terms['income'].statistic:.2f}" in cells
    assert "1e4" in cells  # the unit of the ratio: about a standard deviation
    assert "standard errors away from these estimates" in html
    assert "is compared with" in html


def test_the_same_results_make_the_same_page_but_for_the_date(html: str) -> None:
    again = inference_report(R, title="A <title>", notes=["Mind & see."], date=DATE)
    assert again.html == html


def test_many_columns_and_classes_make_a_page_with_fewer_pictures() -> None:
    X, y = RNG.normal(size=(600, 45)), RNG.integers(0, 2, 600)
    wald = mnlogit(X, y, cov_type="HC0")  # whose tests need no fits
    assert "5 more columns are not drawn" in inference_report(wald).html
    many = inference_report(mnlogit(X[:, :1], np.arange(600) % 12, method="firth")).html
    assert "<svg" not in many
    assert "bias-reduced estimates" in many
