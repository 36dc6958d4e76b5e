"""Every control of the page does what it says, in a real browser."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PRESETS = (
    "c3-linear", "c3-bows", "c3-arms", "c4-linear", "c5-linear", "c6-linear", "c2-logistic",
    "c3-hidden", "c6-hidden", "none-of-these", "spiral", "moons", "rings",
)  # fmt: skip
TRIED = set()
"""The controls that some test uses: the last test compares them with those there are."""


def tried(*names):
    TRIED.update(names)
    return names


# -- training


def test_run_pause_step_epoch_and_reset(still):
    tried("run", "pause", "step", "epoch", "reset")
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
    tried("speed")
    still.slide("speed", "Home")
    still.until("__pg.state.speed > 0 && __pg.state.speed < 1")
    still.slide("speed", "End")
    still.until("__pg.state.speed === 0")


@pytest.mark.parametrize(
    ("name", "value", "field", "kept"),
    [("cost", 0.25, "cost", 0.25), ("accuracy", 90, "accuracy", 0.9), ("steps", 777, "steps", 777)],
)
def test_stop_rules(still, name, value, field, kept):
    tried("stop-when", f"stop-{name}")
    still.click("stop-when")
    still.fill(f"stop-{name}", value)
    still.until(f"__pg.state.stop_when.{field} === {kept}")


def test_training_stops_by_its_rule(still):
    still.click("reset")
    still.click("stop-when")
    still.fill("stop-steps", 50)
    still.until("__pg.state.stop_when.steps === 50")
    still.page.keyboard.press("Escape")
    still.click("run")
    still.until("!__pg.state.running && __pg.step === 50")


# -- data


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_classes(still, count):
    tried(f"classes-{count}")
    still.choose(f"classes-{count}")
    still.until(f"__pg.state.model.classes === {count}")
    still.until(f"document.querySelectorAll('[data-testid^=paint-class-]').length === {count}")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_by_their_pictures(still, preset):
    tried(f"preset-{preset}")
    still.choose("preset-spiral" if preset != "spiral" else "preset-moons")
    still.choose(f"preset-{preset}")
    still.until(f"__pg.state.preset === '{preset}'")


def test_presets_by_their_names(still):
    tried("preset")
    still.at("preset").select_option("rings")
    still.until("__pg.state.preset === 'rings'")


def test_numbers_of_the_data(still):
    tried("noise", "test", "n", "seed", "seed-next")
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


@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_click_paints_a_point_of_the_chosen_class(still, label):
    tried(f"paint-class-{label}", "tool-brush", "region")
    before = count(still)
    still.choose(f"paint-class-{label}")
    still.choose("tool-brush")
    still.tap(0.03, 0.03)
    still.until(f"__pg.state.points.xy.length === {before + 1}")
    x, y = still.ask("__pg.state.points.xy.at(-1)")
    assert still.ask("__pg.state.points.label.at(-1)") == label
    assert x < -2.5
    assert y > 2.5


def test_painting_more_classes(still):
    tried("paint-class-3", "paint-class-4", "paint-class-5")
    still.choose("classes-6")
    still.until("__pg.state.model.classes === 6")
    for label in (3, 4, 5):
        before = count(still)
        still.choose(f"paint-class-{label}")
        still.tap(0.02, 0.1 + 0.2 * (label - 3))
        still.until(f"__pg.state.points.xy.length === {before + 1}")
        assert still.ask("__pg.state.points.label.at(-1)") == label


def test_erase_relabel_undo_redo_and_clear(still):
    tried("tool-erase", "tool-relabel", "radius", "undo", "redo", "clear")
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


def test_the_look_tool_paints_nothing(still):
    tried("tool-look")
    before = count(still)
    still.choose("tool-look")
    still.tap(0.03, 0.03)
    still.page.wait_for_timeout(200)
    assert count(still) == before


def test_points_from_a_table(still, tmp_path):
    tried("csv", "csv-current", "csv-text", "csv-import", "csv-file")
    still.click("csv")
    still.click("csv-current")
    still.page.wait_for_timeout(300)
    assert len(still.at("csv-text").input_value().splitlines()) >= 300
    still.at("csv-text").fill("x,y,label\n0,1,a\n1,0,b\n2,2,a\n")
    still.click("csv-import")
    still.until("__pg.state.points.xy.length === 3")
    table = tmp_path / "points.csv"
    table.write_text("x,y,label\n0,1,u\n1,0,v\n2,2,w\n1,1,w\n")
    if not still.at("csv-text").is_visible():
        still.click("csv")
    still.at("csv-file").set_input_files(table)
    still.until("document.querySelector('[data-testid=csv-text]').value.includes('1,1,w')")


# -- what is seen


@pytest.mark.parametrize("view", ["hardmax", "one", "entropy", "margin", "mix", "confidence"])
def test_views_of_the_plane_look_different(still, view):
    tried(f"view-{view}")
    other = "view-confidence" if view != "confidence" else "view-mix"
    still.choose(other)
    still.page.wait_for_timeout(200)
    before = still.at("region").screenshot()
    still.choose(f"view-{view}")
    still.page.wait_for_timeout(200)
    assert still.at("region").screenshot() != before


def test_one_class_of_several(still):
    tried("view-one-class")
    still.choose("view-one")
    still.page.wait_for_timeout(200)
    before = still.at("region").screenshot()
    still.at("view-one-class").select_option("1")
    still.page.wait_for_timeout(200)
    assert still.at("region").screenshot() != before


@pytest.mark.parametrize("mark", ["boundaries", "numerals", "points", "tests"])
def test_marks_on_the_plane_can_be_taken_away(still, mark):
    tried(f"view-{mark}")
    whole = still.page.locator(".pg-plane")
    before = whole.screenshot()
    still.choose(f"view-{mark}")
    still.page.wait_for_timeout(300)
    assert whole.screenshot() != before


# -- model and optimizer


def test_hidden_layers_and_activation(still):
    tried("hidden-add", "activation", "model-seed")
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 1")
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 2")
    still.at("activation").select_option("relu")
    still.until("__pg.state.model.activation === 'relu'")
    still.fill("model-seed", 7)
    still.until("__pg.state.model.seed === 7")


def test_the_size_of_hidden_layers(still):
    tried("hidden-1", "hidden-minus-1", "hidden-plus-1", "hidden-remove-1")
    still.click("hidden-add")
    still.until("__pg.state.model.hidden.length === 1")
    names = still.ask(
        "[...document.querySelectorAll('[data-testid^=hidden-]')].map(e => e.dataset.testid)"
    )
    assert len(names) > 1


OPTIMIZERS = ["descent", "momentum", "rmsprop", "adam"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(still, name):
    tried("optimizer-name")
    step = still.ask("__pg.step")
    still.at("optimizer-name").select_option(name)
    still.until(f"__pg.state.optimizer.name === '{name}'")
    assert still.ask("__pg.step") == step


def test_the_optimizers_numbers_change_without_a_reset(still):
    tried("lr", "l2", "beta", "beta2", "eps", "batch", "average")
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
    tried("solve")
    still.click("solve")
    still.until("__pg.state.solved && __pg.state.solved.proven")
    still.until("document.querySelector('[data-testid=solved]').textContent.length > 0")


def test_nudge_and_all_to_zero(still):
    tried("nudge", "zero")
    still.at("tab-network").click()
    still.click("zero")
    still.until("+document.querySelector('[data-testid=weight-value]').value === 0")
    still.click("nudge")
    still.until("+document.querySelector('[data-testid=weight-value]').value !== 0")


# -- results


def test_the_curve_in_logarithms_and_by_keyboard(still):
    tried("log", "curve")
    before = still.at("curve").screenshot()
    still.choose("log")
    still.page.wait_for_timeout(300)
    assert still.at("curve").screenshot() != before
    still.at("curve").press("ArrowLeft")
    still.until("document.querySelector('[data-testid=curve-readout]').textContent.trim()")


def test_runs_can_be_pinned_and_taken_away(still):
    tried("pin")
    still.click("pin")
    still.until("__pg.state.pinned.length === 1")
    names = still.ask(
        "[...document.querySelectorAll('button[data-testid^=unpin]')].map(e => e.dataset.testid)"
    )
    tried(*names)
    still.click(names[0])
    still.until("__pg.state.pinned.length === 0")


def test_confusion_on_test_and_train(still):
    tried("confusion-test", "confusion-train")
    still.choose("confusion-test")
    still.page.wait_for_timeout(200)
    on_test = still.at("confusion").inner_text()
    still.choose("confusion-train")
    still.page.wait_for_timeout(200)
    assert still.at("confusion").inner_text() != on_test
