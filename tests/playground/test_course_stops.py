"""The course of the playground and the pages of the documentation lead to each other."""

import re
from pathlib import Path

import pytest

from softlearn.cli.commands import playground

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src/softlearn/playground/static"
STOPS = "".join(
    (STATIC / name).read_text(encoding="utf-8") for name in ("course_stops.js", "course_stops_2.js")
)
SECTIONS = re.findall(r'section: \{ en: "(.+?)", ko: "(.+?)" \}', STOPS)


def headings(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def test_there_are_fifteen_stops_in_two_languages() -> None:
    assert len(SECTIONS) == len(re.findall(r"^    id: ", STOPS, re.MULTILINE)) == 15
    assert playground.STOPS == 15
    for field in ("title", "ask", "hint", "answer"):
        assert len(re.findall(rf"^    {field}: {{", STOPS, re.MULTILINE)) == 15
    assert len(re.findall(r"\ben: ", STOPS)) == len(re.findall(r"\bko: ", STOPS)) > 6 * 15


@pytest.mark.parametrize(("page", "which"), [("course.md", 0), ("course.ko.md", 1)])
def test_each_stop_names_a_section_of_the_chapter(page: str, which: int) -> None:
    assert {section[which] for section in SECTIONS} <= set(headings(page))


@pytest.mark.parametrize("page", ["course.md", "course.ko.md"])
def test_the_chapter_names_every_stop(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    lines = re.findall(r"Try it: stops? (.+?) of|playground\.md#course\) (.+?)단계", text)
    named = [int(k) for line in lines for k in re.findall(r"\d+", "".join(line))]
    assert sorted(named) == list(range(1, 16))


def test_the_page_on_the_playground_lists_the_stops_in_their_order() -> None:
    text = (ROOT / "docs/playground.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| .+ \| \[(.+?)\]", text, re.MULTILINE)
    assert [int(k) for k, _ in rows] == list(range(1, 16))
    for (_, shown), (section, _) in zip(rows, SECTIONS, strict=True):
        assert section.startswith(shown)


def test_the_controls_that_stops_point_at_are_in_the_page() -> None:
    files = (p for p in STATIC.glob("*.js") if not p.name.startswith("course_stops"))
    scripts = "".join(p.read_text(encoding="utf-8") for p in files)
    for control in re.findall(r'move: "(.+?)"', STOPS):
        family = control.rpartition("-")[0] + "-${"  # of one of several, the name is put together
        assert f'"{control}"' in scripts or family in scripts, control
