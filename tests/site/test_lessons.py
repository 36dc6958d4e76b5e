"""The course's notebooks: what they open with, their solutions, and their two languages."""

import re
import shlex
from pathlib import Path

import addresses
import lessons
import matplotlib
import notebooks
import pytest

from softlearn.cli.commands.playground import STOPS
from softlearn.playground.presets import PRESETS

each_page = pytest.mark.parametrize("page", lessons.pages(), ids=lambda page: page.stem)
PLAYGROUND = re.compile(r"`(softlearn playground [^`]+)`")


def languages(page: Path) -> tuple[Path, Path]:
    return page, page.with_suffix(".ko.md")


def test_there_are_twelve_in_two_languages() -> None:
    assert len(lessons.pages()) == 12
    assert {path.name for page in lessons.pages() for path in languages(page)} == {
        path.name for path in lessons.FOLDER.iterdir()
    }


def test_a_notebook_that_is_run_draws_and_is_compared_with_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    page = lessons.pages()[0]
    notebook = lessons.notebook_of(page)  # the others are run, and compared, by dev.py docs
    notebooks.execute(notebook)
    assert len(notebooks.pictures(notebook)) == 1
    lessons.check(page, notebook)
    other = tmp_path / page.name
    other.write_text(page.read_text(encoding="utf-8").replace("a = 0.842\n", "a = 0.843\n"))
    with pytest.raises(RuntimeError, match=r"a = 0\.843(.|\n)*prints(.|\n)*a = 0\.842"):
        lessons.check(other, notebook)


@each_page
def test_a_page_opens_with_the_playground_and_has_two_exercises_with_solutions(page: Path) -> None:
    for path in languages(page):
        text = path.read_text(encoding="utf-8")
        number, opening = int(page.stem[:2]), text.split("\n\n")[:2]
        assert opening[0].startswith(f"# {number}. ")
        assert PLAYGROUND.search(opening[1])
        assert len(re.findall(r"^## ", text, re.MULTILINE)) == 2
        folded = [cell for cell in lessons.notebook_of(path)["cells"] if cell["metadata"]]
        assert [cell["metadata"]["tags"] for cell in folded] == [["solution"]] * 2


@each_page
def test_the_playground_knows_what_a_page_opens(page: Path) -> None:
    said = [PLAYGROUND.findall(path.read_text(encoding="utf-8")) for path in languages(page)]
    assert said[0] == said[1]
    for command in said[0]:
        words = shlex.split(command)[2:]
        for option, value in zip(words[::2], words[1::2], strict=True):
            known = {"--preset": [p.id for p in PRESETS], "--course": map(str, range(1, STOPS + 1))}
            assert value in known[option]


@pytest.mark.parametrize("address", ["", "https://code.test/softlearn"])
def test_a_notebook_has_no_link_that_leads_nowhere_and_folds_solutions(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "REPOSITORY", address)
    notebook = lessons.notebook_of(lessons.pages()[0])
    texts = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(texts))
    assert bool(links) == bool(address)
    assert all(link.startswith(f"{address}/blob/main/docs/") for link in links)
    assert "From z to t to a" in texts[0]
    (first, _) = [text for text in texts if text.startswith("<details>")]
    assert first.endswith("\n\n</details>")


def test_pictures_are_shown_below_their_code(monkeypatch: pytest.MonkeyPatch) -> None:
    page = lessons.pages()[0]
    code = [cell for cell in lessons.notebook_of(page)["cells"] if cell["cell_type"] == "code"]
    code[1]["outputs"] = [{"data": {"image/png": ""}}]
    monkeypatch.setattr(lessons, "executed", lambda pages: [{"cells": code}])
    text = page.read_text(encoding="utf-8")
    shown = lessons.with_pictures("notebooks/01-softmax-by-hand.md", text)
    picture = shown.index("](01-softmax-by-hand-0.png)\n")
    assert shown.index("from softlearn.plots") < picture < shown.index("## Exercise 1")
    assert "](01-softmax-by-hand.ipynb){ .md-button download=" in shown.partition("\n## ")[0]
