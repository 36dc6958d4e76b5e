"""Whatever a name or a text holds, a page shows it as text and stays the page it is."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import parse, section
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

import softlearn
from softlearn import SoftmaxRegression
from softlearn.reporting import Context
from softlearn.reporting.words import cleaned, short, short_names

DATE = datetime(2026, 1, 2)
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</svg></style><b>",
    "{{ 7 * 7 }}{% raw %}",
    "$\\frac{$ &amp;",
    "]]>--><!-- ",
]
TAME = [f"class {k} with a name as long" for k in range(len(HOSTILE))]


def rows(names, columns):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(90, len(columns))), columns=columns)
    return X, np.array(names, dtype=object)[np.arange(90) % len(names)]


def report(names, columns, **more):
    # all names in the order given, whatever they sort to: the classes are numbers to the model
    X, y = rows(sorted(names), columns)
    model = SoftmaxRegression().fit(X, y)
    return softlearn.report(model, X, y, date=DATE, **more).html


def tags(page):
    """The tags of a page; those of letters in pictures depend on the letters' widths alone."""
    return [node.tag for node in page.walk() if node.tag in ("script", "b", "img", "article", "td")]


@pytest.mark.parametrize("d", [2, 4])
def test_names_of_classes_and_features_add_no_element(d):
    hostile = parse(report(HOSTILE, HOSTILE[:d]))
    tame = parse(report(TAME, TAME[:d]))  # as many, as long
    assert tags(hostile) == tags(tame)
    assert {node.tag for node in hostile.walk()} == {node.tag for node in tame.walk()}
    shown = section(hostile, "classes").one("table").rows[1:]
    assert [row[0] for row in shown] == sorted(" ".join(name.split()) for name in HOSTILE)
    for column in HOSTILE[:d]:
        assert column in section(hostile, "data").text


def test_titles_sources_files_warnings_and_facts_are_text():
    X, y = rows(TAME, TAME[:2])
    model = SoftmaxRegression().fit(X, y)
    nasty = HOSTILE[0]
    context = Context(source=nasty, facts={nasty: nasty}, warnings=[nasty], lines=nasty)
    page = parse(
        softlearn.report(
            model, X, y, title=nasty, rows=[f"{nasty}{i}" for i in range(90)], context=context
        ).html
    )
    assert not page.all("script")
    assert page.one("h1").text == nasty
    assert page.one("title").text == nasty
    assert nasty in section(page, "warnings").text
    assert section(page, "redo").all("pre")[0].text == nasty
    assert all(nasty in card.text for card in section(page, "worst").all("article"))


def test_texts_are_text_and_cut_where_they_are_long():
    texts = [f"{name} {k} {'word ' * 500}" for k in range(5) for name in HOSTILE]
    y = [k % 2 for k in range(len(texts))]
    model = make_pipeline(TfidfVectorizer(), SoftmaxRegression()).fit(texts, y)
    page = parse(softlearn.report(model, texts, y).html)
    assert not page.all("script", "img")
    for card in section(page, "worst").all("article"):
        shown = card.one("blockquote").raw
        assert shown[:600] in {text[:600] for text in texts}
        assert "more characters" in shown


def test_long_names_do_not_make_a_long_page():
    names = [f"{k}{'x' * 50_000}" for k in range(6)]
    assert len(report(names, names[:4])) < 300_000


def test_control_and_bidirectional_characters_and_surrogates_are_shown_escaped():
    page = report(["a\x00b\x1b[31m", "lone\ud800", "evil\u202etxt.exe"], ["x\u2066", "y"])
    page.encode("utf-8")
    for shown in (r"a\x00b\x1b[31m", r"lone\ud800", r"evil\u202etxt.exe", r"x\u2066"):
        assert shown in page
    assert not set(page) & {"\u202e", "\u2066"}
    assert not set(page) & {chr(k) for k in range(32) if chr(k) not in "\n\t"}


def test_two_names_that_are_alike_when_cut_stay_apart_in_pictures():
    names = ["x" * 100 + "a", "x" * 100 + "b"]
    assert len(set(short_names(names))) == 2


@given(st.text())
def test_cleaned_text_can_be_written_and_parsed(text):
    shown = cleaned(text)
    shown.encode("utf-8")
    assert not any(c < " " and c not in "\n\t" for c in shown)
    assert cleaned(shown) == shown


@given(st.text(), st.integers(5, 80))
def test_a_short_name_is_one_line_and_never_empty(text, most):
    assert 0 < len(short(text, most)) <= max(most, 8)
    assert "\n" not in short(text, most)


@given(st.lists(st.text(), min_size=1, max_size=8, unique=True))
def test_names_in_pictures_are_as_many_as_classes_and_differ(names):
    assert len(set(short_names(names))) == len(names)
