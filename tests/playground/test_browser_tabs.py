"""The tabs, the course, sharing and exports of the page, in a real browser."""

import ast
import json
import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ANSWERS = "document.querySelector('[data-testid={}]').textContent"


def text(tab, name):
    return tab.ask(f"document.querySelector('[data-testid={name}]').textContent")


def test_weights_can_be_edited(still):
    still.click("tab-network")
    still.at("weight-layer").select_option(index=0)
    still.at("weight-from").select_option(index=1)
    still.at("weight-to").select_option(index=2)
    still.fill("weight-value", 1.25)
    value = "+document.querySelector('[data-testid=weight-value]').value"
    still.until(f"{value} === 1.25")
    still.slide("weight-drag", "ArrowRight")
    still.until(f"{value} !== 1.25")
    still.click("weight-zero")
    still.until(f"{value} === 0")


def test_softmax_step_by_step_shows_the_chapters_numbers(still):
    still.click("tab-steps")
    still.click("softmax-chapter")
    still.until("document.querySelector('[data-testid=softmax-sum]').textContent.includes('176.3')")
    table = text(still, "softmax-table")
    for shown in ("148.4", "7.389", "0.3679", "20.09", "0.842", "0.114"):
        assert shown in table
    for change in ("softmax-shift", "softmax-double", "softmax-zero"):
        before = text(still, "softmax-table")
        still.click(change)
        still.until(f"{ANSWERS.format('softmax-table')} !== {json.dumps(before)}")
    for count in (2, 3, 5, 6, 4):
        still.click(f"softmax-classes-{count}")
        still.until(f"document.querySelectorAll('[data-testid^=softmax-z-]').length === {count}")
    for k in range(4):
        before = text(still, "softmax-table")
        still.slide(f"softmax-z-{k}", "ArrowRight")
        still.until(f"{ANSWERS.format('softmax-table')} !== {json.dumps(before)}")
        still.fill(f"softmax-number-{k}", 2.5)
        still.until(f"+document.querySelector('[data-testid=softmax-z-{k}]').value === 2.5")
        still.at(f"softmax-y-{k}").check()
        assert still.at(f"softmax-y-{k}").is_checked()


def test_the_passes_through_the_network_go_step_by_step(still):
    still.click("tab-steps")
    still.until("document.querySelectorAll('[data-testid^=pass-stage-]').length > 3")
    titles = {text(still, "pass-title")}
    for _ in range(3):
        still.click("pass-next")
        titles.add(text(still, "pass-title"))
    still.click("pass-previous")
    still.at("pass-stage-0").click()
    assert len(titles) > 2
    about = text(still, "pass-about")
    still.click("pass-point-next")
    still.until(f"{ANSWERS.format('pass-about')} !== {json.dumps(about)}")
    still.click("pass-point-previous")
    still.until(f"{ANSWERS.format('pass-about')} === {json.dumps(about)}")
    still.fill("pass-point", 7)
    still.until(f"{ANSWERS.format('pass-about')} !== {json.dumps(about)}")


def test_races_on_every_surface(still):
    still.click("tab-race")
    still.until("document.querySelectorAll('[data-testid^=race-run-]').length === 5")
    first = text(still, "race-note")  # of the saddle, which the tab begins with
    for name in ("quadratic", "ellipse", "plateau", "network", "saddle"):
        before = text(still, "race-note")
        still.click(f"surface-{name}")
        still.until(f"{ANSWERS.format('race-note')} !== {json.dumps(before)}")
        still.until("document.querySelectorAll('[data-testid^=race-run-]').length === 5")
    assert text(still, "race-note") == first


def test_a_race_is_run_anew_and_played(still):
    still.click("tab-race")
    still.click("surface-saddle")
    runs = "document.querySelectorAll('[data-testid^=race-run-]').length"
    still.until(f"{runs} === 5")
    for racer in ("momentum-average", "momentum-sum", "rmsprop"):
        still.at(f"racer-{racer}").uncheck()
    still.fill("race-lr-descent", 0.1)
    still.fill("race-lr-adam", 0.2)
    for name, value in (("race-start-1", 1), ("race-start-2", 0.01), ("race-steps", 60)):
        still.fill(name, value)
    still.fill("race-nudge", 0.001)
    still.click("race-run")
    still.until(f"{runs} === 2")
    for name in ("race-lr-momentum-average", "race-lr-momentum-sum", "race-lr-rmsprop"):
        assert still.at(name).is_visible()
    still.slide("race-scrub", "Home")
    first = text(still, "race-step")
    still.click("race-on")
    still.until(f"{ANSWERS.format('race-step')} !== {json.dumps(first)}")
    still.click("race-back")
    still.until(f"{ANSWERS.format('race-step')} === {json.dumps(first)}")
    still.click("race-play")
    still.until(f"{ANSWERS.format('race-step')} !== {json.dumps(first)}")
    before = still.at("race-cost").screenshot()
    still.at("race-log").check()
    still.page.wait_for_timeout(200)
    assert still.at("race-cost").screenshot() != before
    before = still.at("race-surface").screenshot()
    still.at("race-surface").press("ArrowLeft")
    still.page.wait_for_timeout(300)
    assert still.at("race-surface").screenshot() != before
    assert still.at("race-contour").is_visible()
    still.click("surface-quadratic")
    still.at("race-curve").wait_for()


def test_critical_points_are_counted(still):
    still.click("tab-race")
    still.click("count-run")
    still.until("document.querySelector('[data-testid=count-text]').textContent.length > 20")


def test_python_lines_are_shown_and_copied(still):
    still.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    still.click("tab-python")
    still.until(f"{ANSWERS.format('python-code')}.includes('softlearn')")
    still.click("python-refresh")
    still.page.wait_for_timeout(300)
    still.click("python-copy")
    still.until("navigator.clipboard.readText()")
    assert still.ask("navigator.clipboard.readText()") == text(still, "python-code")
    still.click("python-copy-short")
    still.until(
        f"navigator.clipboard.readText().then((t) => t === {ANSWERS.format('python-short')})"
    )


def test_tasks_are_listed_with_hints(still):
    still.click("tab-cards")
    hint = still.at("card-fail").locator("summary")
    hint.click()
    assert still.at("card-fail").locator("details").get_attribute("open") is not None
    assert text(still, "cards-total")


def test_the_course_is_walked_through(still):
    still.click("course-open")
    titles, answer = set(), ANSWERS.format("course-answer")
    for stop in range(1, 16):
        still.click(f"course-stop-{stop}")
        for choice in (0, 1):
            still.click(f"course-choice-{choice}")
            assert still.at(f"course-choice-{choice}").get_attribute("aria-pressed") == "true"
        still.click("course-set")
        still.click("course-reveal")
        still.until(f"{answer}.length > 5")
        titles.add(text(still, "course-title"))
    assert len(titles) == 15
    for name in ("course-previous", "course-next"):
        before = text(still, "course-title")
        still.click(name)
        assert text(still, "course-title") != before
    still.click("course-close")
    assert not still.at("course-title").is_visible()


def test_a_shared_address_opens_the_same_state(opened):
    tab = opened()
    tab.pause()
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.choose("preset-c4-linear")
    tab.until("__pg.state.preset === 'c4-linear'")
    tab.tap(0.02, 0.02)
    tab.until("__pg.state.points.xy.length === 301")
    tab.click("share")
    tab.until("document.querySelector('[data-testid=share-link]').value.includes('#')")
    address = tab.at("share-link").input_value()
    tab.click("share-copy")
    tab.until("navigator.clipboard.readText()")
    assert tab.ask("navigator.clipboard.readText()") == address
    other = opened()
    other.click("share")
    other.at("share-paste").fill(address)
    other.click("share-open")
    other.until("__pg.state.preset === 'c4-linear' && __pg.state.points.xy.length === 301")
    points = "JSON.stringify(__pg.state.points)"
    assert other.ask(points) == tab.ask(points)


@pytest.mark.parametrize(
    ("what", "begins"),
    [
        ("json", b"{"),
        ("csv", b"x,y,label"),
        ("python", b""),
        ("weights", b""),
        ("model", b""),
        ("report", b"<!"),
        ("png", b"\x89PNG"),
        ("svg", b"<?xml"),
    ],
)
def test_exports_are_files(still, what, begins):
    still.click("export")
    with still.page.expect_download(timeout=60_000) as waiting:
        still.click(f"export-{what}")
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(begins)
    assert len(content) > 50


def test_help_theme_and_language(still):
    still.click("help")
    assert still.page.locator("dialog[open]").count() == 1
    still.page.keyboard.press("Escape")
    theme = still.ask("document.querySelector('.pg').dataset.theme")
    still.click("theme")
    still.until(f"document.querySelector('.pg').dataset.theme !== '{theme}'")
    still.click("lang")
    still.until("document.querySelector('[data-testid=run]').textContent.includes('실행')")
    assert still.ask("document.documentElement.lang") == "ko"
    still.click("lang")
    still.until("document.querySelector('[data-testid=run]').textContent.includes('Run')")


CONTROLS = """[...document.querySelectorAll(
  'button, input, select, textarea, summary, canvas[tabindex], [role=tab]'
)].map(e => (e.closest('[data-testid]') ?? e).dataset.testid).filter(Boolean)"""


def any_digits(text):
    return re.sub(r"\d+", r"\\d+", re.escape(text))


def named_in_tests():
    """Return patterns of all the strings that these tests name; digits stand for any."""
    patterns = set()
    here = Path(__file__).parent
    for path in (here / "browsing.py", *here.glob("test_browser_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                patterns.add(any_digits(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = (
                    any_digits(part.value) if isinstance(part, ast.Constant) else "[a-z0-9-]+"
                    for part in node.values
                )
                patterns.add("".join(parts))
    return {pattern for pattern in patterns if len(pattern) < 60}


def test_every_control_of_the_page_is_in_a_test(still):
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 1")
    still.click("pin")
    still.until("document.querySelectorAll('[data-testid^=unpin]').length === 1")
    known = re.compile("|".join(named_in_tests()))
    names = set(still.ask(CONTROLS))
    left = {name for name in names if not known.fullmatch(name)}
    assert {name for name in left if not name.startswith(("unpin-", "card-"))} == set()  # alike
    assert len(names) > 120
