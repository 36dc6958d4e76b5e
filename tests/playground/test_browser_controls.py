"""Every control of the page does what it says, in a real browser."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PRESETS = (
    "c3-linear", "c3-bows", "c3-arms", "c4-linear", "c5-linear", "c6-linear", "c2-logistic",
    "c3-hidden", "c6-hidden", "none-of-these", "spiral", "moons", "rings",
)  # fmt: skip
# -- training


def test_run_pause_step_epoch_and_reset(still):
    step = still.ask("__pg.step")
    still.click("step")
    still.until(f"__pg.step === {step + 1}")
    still.click("epoch")
    still.until(f"__pg.step > {step + 1}")
    still.click("run")
    still.until("__pg.state.running")
    still.until(f"__pg.step > {step + 20}")
    still.pause()
    still.click("reset")
    still.until("__pg.step === 0")


def test_speed(still):
    still.slide("speed", "Home")
    still.until("__pg.state.speed > 0 && __pg.state.speed < 1")
    still.slide("speed", "End")
    still.until("__pg.state.speed === 0")


def test_stop_rules(still):
    still.click("stop-when")
    for name, value, kept in (("cost", 0.25, 0.25), ("accuracy", 90, 0.9), ("steps", 777, 777)):
        still.fill(f"stop-{name}", value)
        still.until(f"__pg.state.stop_when.{name} === {kept}")


def test_training_stops_by_its_rule(still):
    still.click("reset")
    still.click("stop-when")
    still.fill("stop-steps", 50)
    still.until("__pg.state.stop_when.steps === 50")
    still.page.keyboard.press("Escape")
    still.click("run")
    still.until("!__pg.state.running && __pg.step === 50")


# -- data


def test_classes(still):
    for count in (2, 4, 5, 6, 3):
        name = f"classes-{count}"
        still.choose(name)
        still.until(f"__pg.state.model.classes === {count}")
        still.until(f"document.querySelectorAll('[data-testid^=paint-class-]').length === {count}")


def test_presets_by_their_pictures(still):
    for preset in reversed(PRESETS):
        name = f"preset-{preset}"
        still.choose(name)
        still.until(f"__pg.state.preset === '{preset}'")


def test_presets_by_their_names(still):
    still.at("preset").select_option("rings")
    still.until("__pg.state.preset === 'rings'")


def test_numbers_of_the_data(still):
    still.slide("noise", "Home")
    still.until("__pg.state.data.noise === 0")
    still.slide("test", "End")
    still.until("__pg.state.data.test === 0.9")
    still.fill("n", 120)
    still.until("__pg.state.points.xy.length === 120")
    still.fill("seed", 5)
    still.until("__pg.state.data.seed === 5")
    still.click("seed-next")
    still.until("__pg.state.data.seed === 6")


def count(tab):
    return tab.ask("__pg.state.points.xy.length")


def test_a_click_paints_a_point_of_the_chosen_class(still):
    still.choose("classes-6")
    still.until("__pg.state.model.classes === 6")
    still.choose("tool-brush")
    x0, x1, y0, y1 = still.ask("__pg.state.data.extent")
    for label in range(6):
        name = f"paint-class-{label}"
        before, share = count(still), 0.1 + 0.15 * label
        still.choose(name)
        still.tap(0.02, share)
        still.until(f"__pg.state.points.xy.length === {before + 1}")
        assert still.ask("__pg.state.points.label.at(-1)") == label
        x, y = still.ask("__pg.state.points.xy.at(-1)")
        assert x == pytest.approx(x0 + 0.02 * (x1 - x0), abs=0.02)
        assert y == pytest.approx(y1 - share * (y1 - y0), abs=0.02)


def test_erase_relabel_undo_redo_and_clear(still):
    still.choose("paint-class-0")
    before = count(still)
    still.tap(0.03, 0.03)
    still.until(f"__pg.state.points.xy.length === {before + 1}")
    still.choose("paint-class-1")
    still.choose("tool-relabel")
    still.slide("radius", "Home")
    still.tap(0.03, 0.03)
    still.until("__pg.state.points.label.at(-1) === 1")
    still.choose("tool-erase")
    still.tap(0.03, 0.03)
    still.until(f"__pg.state.points.xy.length === {before}")
    still.click("undo")
    still.until(f"__pg.state.points.xy.length === {before + 1}")
    still.click("redo")
    still.until(f"__pg.state.points.xy.length === {before}")
    still.click("clear")
    still.until("__pg.state.points.xy.length === 0")


def test_a_stroke_is_undone_at_once(still):
    still.choose("paint-class-0")
    before = count(still)
    still.hover(0.05, 0.05)
    still.page.mouse.down()
    for share in (0.1, 0.15, 0.2):
        still.hover(share, 0.05)
    still.page.mouse.up()
    still.until(f"__pg.state.points.xy.length === {before + 4}")
    still.click("undo")
    still.until(f"__pg.state.points.xy.length === {before}")


def test_the_look_tool_paints_nothing(still):
    before = count(still)
    still.choose("tool-look")
    still.tap(0.03, 0.03)
    still.page.wait_for_timeout(200)
    assert count(still) == before


def test_points_from_a_table(still, tmp_path):
    still.click("csv")
    still.click("csv-current")
    still.until("document.querySelector('[data-testid=csv-text]').value.split('\\n').length > 300")
    still.at("csv-text").fill("x,y,label\n0,1,a\n1,0,b\n2,2,a\n")
    still.click("csv-import")
    still.until("__pg.state.points.xy.length === 3")
    table = tmp_path / "points.csv"
    table.write_text("x,y,label\n0,1,u\n1,0,v\n2,2,w\n1,1,w\n")
    if not still.at("csv-text").is_visible():
        still.click("csv")
    still.at("csv-file").set_input_files(table)
    still.until("document.querySelector('[data-testid=csv-text]').value.includes('1,1,w')")


def test_of_a_table_with_more_columns_two_are_chosen(still):
    still.click("csv")
    still.at("csv-text").fill("id,height,width,kind\n0,1,5,a\n1,0,6,b\n2,2,9,a\n")
    still.click("csv-import")
    still.until("document.querySelector('[data-testid=csv-x]').offsetParent")
    still.at("csv-x").select_option("1")
    still.at("csv-y").select_option("2")
    still.click("csv-import")
    still.until("__pg.state.points.xy.length === 3")
    assert still.ask("Object.values(__pg.state.data.units).map((axis) => axis.name)") == [
        "height",
        "width",
    ]


# -- what is seen


def test_views_of_the_plane_look_different(still):
    seen = set()
    for view in ("hardmax", "one", "entropy", "margin", "mix", "confidence"):
        name = f"view-{view}"
        still.choose(name)
        seen.add(still.picture())
        if view == "one":
            still.at("view-one-class").select_option("1")
            seen.add(still.picture())
    assert len(seen) == 7


def test_marks_on_the_plane_can_be_taken_away(still):
    seen = {still.picture()}
    for mark in ("tests", "points", "numerals", "boundaries"):
        name = f"view-{mark}"
        still.choose(name)
        seen.add(still.picture())
    assert len(seen) == 5


# -- model and optimizer


def test_hidden_layers_and_activation(still):
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 1")
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 2")
    still.at("activation").select_option("relu")
    still.until("__pg.state.model.activation === 'relu'")
    still.fill("model-seed", 7)
    still.until("__pg.state.model.seed === 7")


def test_optimizers(still):
    step = still.ask("__pg.step")
    for name in ("descent", "momentum", "rmsprop", "adam"):
        still.at("optimizer-name").select_option(name)
        still.until(f"__pg.state.optimizer.name === '{name}'")
    assert still.ask("__pg.step") == step


def test_the_size_of_hidden_layers(still):
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 1")
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 2")
    still.fill("hidden-2", 3)
    still.until("__pg.state.model.hidden[1] === 3")
    still.click("hidden-remove-1")
    still.until("__pg.state.model.hidden.join() === '3'")


def test_the_optimizers_numbers_change_without_a_reset(still):
    step = still.ask("__pg.step")
    assert step > 0
    before = still.ask("({...__pg.state.optimizer})")
    for name in ("lr", "l2", "beta", "beta2", "eps"):
        still.slide(name, "ArrowUp")
        still.until(f"__pg.state.optimizer.{name} !== {before[name]}")
    still.at("batch").select_option("32")
    still.until("__pg.state.optimizer.batch === 32")
    still.at("optimizer-name").select_option("momentum")
    still.until("__pg.state.optimizer.name === 'momentum'")
    still.choose("average")
    still.until("__pg.state.optimizer.average === false")
    assert still.ask("__pg.step") == step


def test_solve_exactly_shows_the_bound(still):
    still.click("solve")
    still.until("__pg.state.solved")
    still.until("document.querySelector('[data-testid=gap]').textContent.length > 0")
    assert still.at("gap").is_visible()
    still.click("solve-apply")
    still.until("document.querySelector('[data-testid=train-accuracy]').textContent.length > 0")


def test_nudge_and_all_to_zero(still):
    still.at("tab-network").click()
    still.click("zero")
    still.until("+document.querySelector('[data-testid=weight-value]').value === 0")
    still.click("nudge")
    still.until("+document.querySelector('[data-testid=weight-value]').value !== 0")


# -- results


def test_the_curve_in_logarithms_and_by_keyboard(still):
    before = still.at("curve").screenshot()
    still.choose("log")
    still.page.wait_for_timeout(300)
    assert still.at("curve").screenshot() != before
    still.at("curve").press("ArrowLeft")
    still.until("document.querySelector('[data-testid=curve-readout]').textContent.trim()")


def test_runs_can_be_pinned_and_taken_away(still):
    still.click("pin")
    still.until("document.querySelectorAll('[data-testid^=unpin]').length === 1")
    still.page.locator("[data-testid^=unpin-]").click()
    still.until("document.querySelectorAll('[data-testid^=unpin]').length === 0")


def test_confusion_on_test_and_train(still):
    still.choose("confusion-test")
    still.page.wait_for_timeout(200)
    on_test = still.at("confusion").inner_text()
    still.choose("confusion-train")
    still.page.wait_for_timeout(200)
    assert still.at("confusion").inner_text() != on_test
