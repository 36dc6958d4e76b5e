"""A page is one file that needs nothing else, is read by everyone, and is the same each time."""

import os
import re
from datetime import datetime
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from pages import parse, section, sections
from reported import each_case, made

import softlearn

_ADDRESS = {"href", "src", "srcset", "action", "data", "poster", "xlink:href"}


@each_case
def test_a_page_asks_for_nothing(name):
    case = made(name)
    for node in case.page.walk():
        assert node.tag not in ("script", "link", "iframe", "object", "embed", "base", "form")
        for name, value in node.attributes.items():
            assert not name.startswith("on"), f"<{node.tag} {name}>"
            assert name not in _ADDRESS or value.startswith(("#", "data:image/png;base64,"))
            assert "url(" not in value or "url(#" in value
    style = case.page.one("style").raw
    assert "url(" not in style
    assert "@import" not in style


@each_case
def test_the_browser_is_told_to_let_it_ask_for_nothing(name):
    case = made(name)
    (policy,) = [n for n in case.page.all("meta") if "http-equiv" in n.attributes]
    rules = policy.attributes["content"]
    assert "default-src 'none'" in rules
    assert "script" not in rules
    assert "http" not in rules


@each_case
def test_a_page_is_small(name):
    case = made(name)
    assert len(case.html.encode()) < 400_000


@each_case
def test_headings_go_down_one_step_at_a_time_from_one_title(name):
    case = made(name)
    levels = [int(n.tag[1]) for n in case.page.walk() if re.fullmatch(r"h\d", n.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@each_case
def test_ids_are_unique_and_all_that_point_to_one_find_it(name):
    case = made(name)
    ids = [n.attributes["id"] for n in case.page.walk() if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    pointers = re.findall(r'(?:href="#|url\(#|labelledby=")([^")]+)', case.html)
    assert pointers
    assert set(pointers) <= set(ids)
    links = [a.attributes["href"][1:] for a in case.page.one("nav").all("a")]
    assert links == [name for name in sections(case.page) if name != "warnings"]


@each_case
def test_pictures_have_alternative_text_and_tables_have_heads(name):
    case = made(name)
    for svg in case.page.all("svg"):
        if svg.attributes.get("role") == "img":
            assert len(svg.attributes["aria-label"]) > 20
    assert all(f.one("figcaption").text for f in case.page.all("figure"))
    assert all(len(img.attributes["alt"]) > 10 for img in case.page.all("img"))
    for table in case.page.all("table"):
        heads = table.one("thead").all("th")
        assert heads
        assert all(th.attributes["scope"] == "col" for th in heads)
        assert all(
            r.all("th")[0].attributes["scope"] == "row" for r in table.one("tbody").all("tr")
        )


@each_case
def test_the_language_and_the_width_are_said(name):
    case = made(name)
    assert case.page.one("html").attributes["lang"] == "en"
    (viewport,) = [m for m in case.page.all("meta") if m.attributes.get("name") == "viewport"]
    assert viewport.attributes["content"].startswith("width=device-width")


def luminance(colour):
    """The relative luminance of WCAG 2.2."""
    channels = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize(
    ("letters", "ground"),
    [
        *(
            (letters, ground)
            for letters in ("ink", "quiet", "accent")
            for ground in ("paper", "ground")
        ),
        ("good", "paper"),
        ("doubt", "doubt-paper"),
        ("ink", "doubt-paper"),
    ],
)
def test_letters_stand_out_by_day_and_by_night(night, letters, ground):
    style = made("regression").page.one("style").raw
    of_day, of_night, _ = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", of_night if night else of_day))
    light, deep = sorted((luminance(found[letters]), luminance(found[ground])), reverse=True)
    assert (light + 0.05) / (deep + 0.05) >= 4.5


def test_it_prints_by_day():
    style = made("regression").page.one("style").raw
    assert "@media print" in style
    assert "@media screen and (prefers-color-scheme: dark)" in style


def test_the_same_model_and_rows_give_the_same_page_but_for_the_date():
    case, later = made("plane"), datetime(2026, 1, 2, 3, 5)
    again = softlearn.report(case.model, case.X, case.y, held_out=True, date=later)
    assert again.html != case.html
    assert again.html.replace("03:05", "03:04") == case.html


def test_a_report_without_a_date_is_dated_now_and_changes_nothing_of_matplotlib():
    case, settings = made("plane"), dict(mpl.rcParams)
    before = datetime.now().astimezone().replace(second=0, microsecond=0)
    page = parse(softlearn.report(case.model, case.X, case.y).html)
    assert dict(mpl.rcParams) == settings
    assert plt.get_fignums() == []
    made_at = datetime.fromisoformat(page.one("time").attributes["datetime"])
    assert before <= made_at <= datetime.now().astimezone()


def test_save_writes_the_page_whole(tmp_path):
    report = made("plane").report
    report.save(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == report.html
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_save_that_fails_leaves_the_older_page(tmp_path, monkeypatch):
    report = made("plane").report
    path = tmp_path / "report.html"
    path.write_text("older")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*report.html'"):
        report.save(path)
    assert path.read_text() == "older"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_notebooks_show_it_in_a_frame_that_runs_nothing():
    report = made("plane").report
    frame = parse(report._repr_html_()).one("iframe")
    assert frame.attributes["sandbox"] == ""
    assert frame.attributes["srcdoc"] == report.html


def test_the_certificate_is_told_and_drawn_step_by_step():
    case = made("regression")
    fit = section(case.page, "fit")
    assert "The optimum is proven." in fit.text
    assert len(fit.all("figure")) == 2
