"""The checks of the built site find what is wrong with it."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import addresses
import checks
import pytest
import reference


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small site without faults."""
    monkeypatch.setattr(reference, "PUBLIC", {"softlearn": ""})
    ids = "".join(f'<h2 id="softlearn.{name}"></h2>' for name in reference.names("softlearn"))
    write(tmp_path, "reference/softlearn/index.html", f'<a href="../../#top">up</a>{ids}')
    write(tmp_path, "index.html", '<h1 id="top"></h1><a href="reference/softlearn/">r</a>')
    write(tmp_path, "style.css", "a { background: url(data:image/png;base64,) }")
    places = ["", "ko/", "reference/softlearn/#softlearn.SoftmaxRegression"]
    index = {"docs": [{"location": place} for place in places]}
    write(tmp_path, "search/search_index.json", json.dumps(index))
    return tmp_path


def write(site: Path, uri: str, text: str) -> None:
    (site / uri).parent.mkdir(parents=True, exist_ok=True)
    (site / uri).write_text(text, encoding="utf-8")


def test_a_site_without_faults_has_none(site: Path) -> None:
    assert list(checks.faults(site)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<a href="gone/">x</a>', "page.html links to gone/, which is not there."),
        (
            '<a href="index.html#gone">x</a>',
            "page.html links to index.html#gone, which is not there.",
        ),
        ('<a href="#gone">x</a>', "page.html links to #gone, which is not there."),
        ('<img src="gone.png">', "page.html links to gone.png, which is not there."),
        (
            '<script src="https://cdn.example/x.js"></script>',
            "page.html loads https://cdn.example/x.js.",
        ),
        (
            '<link rel="stylesheet" href="//fonts.example/x.css">',
            "page.html loads //fonts.example/x.css.",
        ),
    ],
)
def test_a_link_that_leads_nowhere_and_a_thing_fetched_are_faults(
    site: Path, text: str, fault: str
) -> None:
    write(site, "page.html", text)
    assert list(checks.faults(site)) == [fault]


@pytest.mark.parametrize("address", ["", "https://docs.test/softlearn/"])
def test_the_page_of_what_is_missing_links_from_the_root_of_the_site(
    site: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "SITE", address)
    root = urlsplit(address).path or "/"
    links = [root, f"{root}reference/softlearn/", f"{root}gone/"]
    write(site, "404.html", "".join(f'<a href="{link}">x</a>' for link in links))
    assert list(checks.faults(site)) == [f"404.html links to {links[-1]}, which is not there."]


def test_a_link_to_another_site_is_none_of_ours(site: Path) -> None:
    write(site, "page.html", '<a href="https://elsewhere.example/gone">x</a>')
    assert list(checks.faults(site)) == []


def test_a_style_sheet_that_fetches_a_font_is_a_fault(site: Path) -> None:
    write(site, "style.css", "@import url('https://fonts.example/x');")
    assert list(checks.faults(site)) == ["style.css loads something over the network."]


def test_a_public_name_that_is_missing_is_a_fault(site: Path) -> None:
    page = site / "reference/softlearn/index.html"
    page.write_text(page.read_text().replace("softlearn.hardmax", "softlearn.hidden"))
    assert list(checks.faults(site)) == ["softlearn.hardmax is not in the reference."]
