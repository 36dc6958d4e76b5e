"""The page as a whole, in a real browser: what it draws, the keyboard, access."""

import json
import os
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from test_browser_controls import PRESETS

import softlearn

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CLASSES = ("5790fc", "f89c20", "e42536", "964a8b", "75bf81", "7a21dd")
COLOURS = np.array([[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in CLASSES])


CELLS = """(grid) => {
  const canvas = document.querySelector('.pg-fill');
  const {width, height} = canvas;
  const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
  const middle = (i, size) => Math.floor((i + 0.5) * size / grid);
  const seen = [];
  for (let r = 0; r < grid; r++) for (let c = 0; c < grid; c++) {
    const at = 4 * (middle(r, height) * width + middle(c, width));
    seen.push(...data.slice(at, at + 3));
  }
  return seen;
}"""


def exported(tab, what):
    """Return the content of a file that the page hands out."""
    if not tab.at(f"export-{what}").is_visible():
        tab.click("export")
    with tab.page.expect_download(timeout=60_000) as waiting:
        tab.click(f"export-{what}")
    return Path(waiting.value.path()).read_bytes()


def drawn_classes(tab, grid):
    """Return the class whose colour each cell of the plane has, row 0 at the top."""
    rgba = tab.ask(CELLS, grid)
    seen = np.reshape(rgba, (grid, grid, 1, 3))
    return np.abs(seen - COLOURS).sum(axis=3).argmin(axis=2)


@pytest.mark.parametrize("preset", ["c3-linear", "c6-hidden"])
def test_the_drawn_boundary_is_predict_and_the_hover_is_predict_log_proba(opened, tmp_path, preset):
    tab = opened(preset=preset)
    tab.until(f"__pg.state.preset === '{preset}' && __pg.step > 20")
    tab.pause()
    tab.choose("view-hardmax")
    tab.choose("view-boundaries")
    tab.choose("view-numerals")
    tab.page.wait_for_timeout(300)
    (tmp_path / "model").write_bytes(exported(tab, "model"))
    model = softlearn.load(tmp_path / "model")
    x0, x1, y0, y1 = tab.ask("__pg.state.data.extent")
    grid = 64  # cells of 2 by 2 pixels of the picture: their middles lie on its corners
    x = x0 + (np.arange(grid) + 0.5) / grid * (x1 - x0)
    y = y1 - (np.arange(grid) + 0.5) / grid * (y1 - y0)
    rows = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    wanted = np.searchsorted(model.classes_, model.predict(rows)).reshape(grid, grid)
    inside = np.zeros((grid, grid), dtype=bool)
    inside[2:-5, 5:-2] = True  # the axes have their numbers at the edges
    same = wanted[1:-1, 1:-1]
    for by in ((0, 1), (2, 1), (1, 0), (1, 2)):  # a pixel of the picture may lie across a boundary
        near = wanted[by[0] : grid - 2 + by[0], by[1] : grid - 2 + by[1]]
        inside[1:-1, 1:-1] &= near == same
    assert inside.sum() > 0.6 * grid**2
    end = time.monotonic() + 10  # the last picture may still be on its way
    while (drawn_classes(tab, grid) != wanted)[inside].any() and time.monotonic() < end:
        time.sleep(0.1)
    np.testing.assert_array_equal(drawn_classes(tab, grid)[inside], wanted[inside])

    tab.hover(0.31, 0.62)
    tab.until(f"Math.abs(__pg.lastProbe?.xy?.[0] - {x0 + 0.31 * (x1 - x0)}) < 0.05")
    probe = tab.ask("__pg.lastProbe")
    point = np.array([probe["xy"]])
    assert probe["log_a"] == model.predict_log_proba(point)[0].tolist()
    assert probe["argmax"] == np.searchsorted(model.classes_, model.predict(point))[0]


def test_exported_python_runs_to_the_same_bits(opened):
    tab = opened(preset="c3-hidden")
    tab.until("__pg.state.preset === 'c3-hidden' && __pg.step > 30")
    tab.pause()
    tab.tap(0.05, 0.05)
    tab.click("step")
    tab.hover(0.4, 0.4)
    tab.page.wait_for_timeout(500)
    layers = tab.ask("__pg.lastProbe.layers")
    names = {}
    exec(compile(exported(tab, "python"), "playground.py", "exec"), names)
    for number, layer in enumerate(layers, start=1):
        np.testing.assert_array_equal(names["W"][number], layer["W"])
        np.testing.assert_array_equal(names["b"][number], layer["b"])


def test_a_painted_point_appears(still):
    canvas = still.at("region")
    still.choose("paint-class-2")
    still.hover(0.5, 0.98)
    still.page.mouse.move(5, 5)
    still.page.wait_for_timeout(200)
    before = canvas.screenshot()
    count = still.ask("__pg.state.points.xy.length")
    still.tap(0.04, 0.96)
    still.page.mouse.move(5, 5)
    still.until(f"__pg.state.points.xy.length === {count + 1}")
    still.page.wait_for_timeout(200)
    assert canvas.screenshot() != before


def test_a_stroke_paints_several_points(still):
    count = still.ask("__pg.state.points.xy.length")
    still.hover(0.1, 0.95)
    still.page.mouse.down()
    for share in np.linspace(0.1, 0.4, 8):
        still.hover(share, 0.95)
    still.page.mouse.up()
    still.until(f"__pg.state.points.xy.length >= {count + 5}")


def test_pause_pauses(tab):
    tab.until("__pg.step > 10")
    tab.pause()
    tab.page.wait_for_timeout(2000)  # the last picture, and the finer one of a plane that is still
    step, frames = tab.ask("[__pg.step, __pg.frames]")
    tab.page.wait_for_timeout(500)
    assert tab.ask("[__pg.step, __pg.frames]") == [step, frames]


def test_the_page_goes_by_keyboard(still):
    keys = still.page.keyboard
    still.page.locator("body").click(position={"x": 3, "y": 3})
    step = still.ask("__pg.step")
    keys.press("ArrowRight")
    still.until(f"__pg.step === {step + 1}")
    keys.press("Space")
    still.until("__pg.state.running")
    keys.press("Space")
    still.until("!__pg.state.running")
    keys.press("r")
    still.until("__pg.step === 0")
    keys.press("3")
    still.until("document.querySelector('[data-testid=paint-class-2]').checked")
    count = still.ask("__pg.state.points.xy.length")
    still.at("region").focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        keys.press(key)
    still.until(f"__pg.state.points.xy.length === {count + 1}")
    assert still.ask("__pg.state.points.label.at(-1)") == 2
    keys.press("z")
    still.until(f"__pg.state.points.xy.length === {count}")
    keys.press("PageDown")
    still.until("__pg.lastProbe && __pg.lastProbe.label !== null")


def test_every_control_can_be_reached_by_tab(still):
    reached = set()
    still.page.locator("body").click(position={"x": 3, "y": 3})
    for _ in range(120):
        still.page.keyboard.press("Tab")
        reached.add(still.ask("document.activeElement?.dataset.testid ?? ''"))
    assert {"preset", "run", "speed", "region", "lr", "solve", "n", "csv", "pin"} <= reached


def test_a_line_for_screen_readers_says_where_it_stands(tab):
    said = "document.querySelector('[aria-live]#aria-live, #aria-live')?.textContent ?? ''"
    first = tab.until(f"({said}).trim()")
    tab.until(f"({said}).trim() !== {json.dumps(first)}")


@pytest.mark.parametrize(
    ("width", "height", "colours", "lang"),
    [(1280, 800, "light", "en"), (1280, 800, "dark", "ko"), (360, 740, "light", "ko")],
)
def test_axe_finds_nothing_serious(opened, width, height, colours, lang):
    tab = opened(width, height, colours, lang=lang)
    tab.pause()
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    tab.ask(axe)
    for name in ("tab-network", "tab-steps", "tab-race", "tab-python", "tab-cards"):
        tab.click(name)
        tab.page.wait_for_timeout(500)
        found = tab.ask("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [
            (v["id"], v["help"], [node["target"] for node in v["nodes"]][:5])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert serious == []


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_is_wider_than_the_window(opened, width):
    tab = opened(width, 800)
    assert tab.ask("document.documentElement.scrollWidth") <= width


def test_the_address_says_language_and_preset(opened):
    tab = opened(lang="ko", preset="rings")
    tab.until("__pg.state.preset === 'rings'")
    assert tab.ask("document.documentElement.lang") == "ko"


def test_the_page_finds_its_session_again_when_it_is_loaded_anew(tab):
    tab.page.reload()
    tab.until("window.__pg && __pg.painted > 0")


@pytest.mark.skipif(
    "SOFTLEARN_SCREENSHOTS" not in os.environ,
    reason="SOFTLEARN_SCREENSHOTS names no folder for pictures",
)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_picture_of_each_preset(opened, preset):
    folder = Path(os.environ["SOFTLEARN_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    for width, height, colours in (
        (1280, 800, "light"),
        (1280, 800, "dark"),
        (360, 740, "light"),
        (1920, 1080, "dark"),
    ):
        tab = opened(width, height, colours, preset=preset)
        tab.until(f"__pg.state.preset === '{preset}'")
        tab.slide("speed", "End")
        time.sleep(3)
        tab.page.screenshot(path=folder / f"{preset}-{width}-{colours}.png", full_page=width < 1280)
        tab.click("pause")
