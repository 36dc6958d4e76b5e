"""The pictures of docs/course.md: their mathematics, that their scripts run, and what pages say."""

import re
import runpy
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import ConvexHull
from scipy.special import expit

from softlearn.plots.boundaries import boundary_segments

ROOT = Path(__file__).resolve().parents[1]
COURSE = ROOT / "examples/course"
PAGES = {"course.md": "course.ko.md", "../README.md": "../README.ko.md"}
PICTURE = re.compile(r"!\[([^\]]*)\]\(images/course/(\w+)\.png\)")
SLOW = ("costs", "held_out", "network", "paths")  # made once, for their numbers and their picture

Course = Callable[[str], ModuleType]


def read(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


SHOWN = {name: text for text, name in PICTURE.findall(read("course.md"))}


@pytest.fixture(scope="module")
def course() -> Iterator[Course]:
    """Return what imports a script of the course by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(COURSE))
        matplotlib.use("Agg")

        @cache
        def imported(name: str) -> ModuleType:
            module = import_module(name)
            for slow in SLOW:
                if hasattr(module, slow):
                    patch.setattr(module, slow, cache(getattr(module, slow)))
            return module

        yield imported


# -- regions


def intruders(display: object, k: int) -> int:
    """Return how many points of the grid lie within the hull of region k without being of it."""
    grid = np.stack(np.meshgrid(display.x, display.y), axis=-1)  # type: ignore[attr-defined]
    own = display.winners == k  # type: ignore[attr-defined]
    hull = ConvexHull(grid[own])
    others = grid[~own]
    inside = (others @ hull.equations[:, :2].T + hull.equations[:, 2] < -1e-9).all(1)
    return int(inside.sum())


def test_without_a_hidden_layer_borders_are_straight_and_regions_convex(course: Course) -> None:
    counts = []
    for _, model, display in course("regions").fits():
        C = len(display.classes)
        counts.append(C)
        cell = min(display.x[1] - display.x[0], display.y[1] - display.y[0])
        borders = boundary_segments(display.x, display.y, display.P)
        assert len(borders) >= C - 1
        for (i, j), segments in borders.items():
            points = segments.reshape(-1, 2)
            along = points - points.mean(0)
            normal = np.linalg.svd(along, full_matrices=False)[2][-1]
            assert np.abs(along @ normal).max() < cell / 2
            w = model.coef_[i] - model.coef_[j]
            off = points @ w + model.intercept_[i] - model.intercept_[j]
            assert np.abs(off).max() / np.linalg.norm(w) < cell / 2
        assert [intruders(display, k) for k in range(C)] == [0] * C
    assert counts == [3, 3, 3, 4, 5, 6]


def test_with_a_hidden_layer_a_region_need_not_be_convex(course: Course) -> None:
    worst = {
        title: max(intruders(display, k) for k in range(len(display.classes)))
        for title, _, display in course("regions").fits(course("hidden").make)
    }
    assert list(worst) == list(course("points").SIX)
    assert max(worst.values()) > 1000, worst  # of 40,000 points


# -- softmax and loss


def test_the_numbers_of_the_chapter_come_out(course: Course) -> None:
    steps = course("steps")
    display = steps.SoftmaxStepsDisplay.from_logits(steps.Z, ax=False)
    np.testing.assert_allclose(display.t, [148.4, 7.4, 0.4, 20.1], atol=0.05)
    np.testing.assert_allclose(display.a, [0.842, 0.042, 0.002, 0.114], atol=0.0005)
    loss = course("loss")
    assert float(loss.cross_entropy(loss.Z, loss.CAT)) == pytest.approx(-np.log(0.2))
    np.testing.assert_allclose(loss.residual(loss.Z, loss.CAT), [0.3, -0.8, 0.1, 0.4])


def test_the_softmax_of_two_classes_is_the_logistic_curve(course: Course) -> None:
    logistic = course("logistic")
    found, want = logistic.softmax_of_two(), expit(logistic.Z)
    np.testing.assert_allclose(found, want, rtol=0, atol=logistic.EPS)


def test_softmax_approaches_the_step_that_hardmax_makes(course: Course) -> None:
    hardmax = course("hardmax")
    Z = hardmax.logits()
    hard = hardmax.hardmax(Z)
    np.testing.assert_array_equal(hard[:, 3], hardmax.Z4 > 5.0)
    apart = [np.abs(hardmax.softmax(s * Z) - hard)[hardmax.Z4 != 5.0].mean() for s in (1, 4, 16)]
    assert apart[0] > 3 * apart[1] > 9 * apart[2]


# -- learning


def test_small_rates_fall_at_every_step_and_a_large_one_does_not(course: Course) -> None:
    found, minimum = course("curves").costs()
    falls = {rate: bool((np.diff(cost) < 0.0).all()) for rate, cost in found.items()}
    assert falls == {0.03: True, 0.3: True, 3.0: True, 10.0: False}
    assert min(min(cost) for cost in found.values()) > minimum


def test_a_network_that_learns_by_heart_grows_worse_on_other_rows(course: Course) -> None:
    history = course("curves").network().history_
    lowest = int(np.argmin(history["val_loss"]))
    assert lowest < 20
    assert history["val_loss"][-1] > 2.0 * history["val_loss"][lowest]
    assert history["loss"][-1] < 0.5 * history["loss"][lowest]


@pytest.mark.parametrize(
    ("surface", "steps"), [("saddle", (84, 124, 15, 26)), ("plateau", (43_466, 43_535, 40, 78))]
)
def test_averaged_momentum_is_slower_than_plain_descent_and_adam_is_not(
    course: Course, surface: str, steps: tuple[int, ...]
) -> None:
    paths = course(surface).paths()
    rules = ("gradient descent", "momentum", "RMSprop", "Adam")
    assert {name: len(w) - 1 for name, w in paths.items()} == dict(zip(rules, steps, strict=True))


def test_gradient_descent_on_the_parabola_is_a_geometric_series(course: Course) -> None:
    w: NDArray[np.float64] = course("parabola").path()
    np.testing.assert_allclose(w, 5.0 * (1.0 - 0.98 ** np.arange(1001)), rtol=1e-12)
    w32 = np.float32(0.0)
    for _ in range(1000):
        w32 -= np.float32(0.01) * (np.float32(2.0) * w32 - np.float32(10.0))
    assert f"{w32:.5f}" == "4.99999"


# -- photographs


def test_a_model_tells_photographs_it_has_not_seen_better_than_a_constant_guess(
    course: Course,
) -> None:
    photos, truth, P = course("photographs").held_out()
    assert len(photos) == 19
    assert (P.argmax(1) == truth).sum() > np.bincount(truth).max()


def test_the_page_of_the_data_names_author_and_licence_of_every_photograph() -> None:
    page = (ROOT / "examples/data/README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+/[\w-]+\.jpg)` \| (.+) \|$", page, re.MULTILINE))
    folder = ROOT / "examples/data/objects"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")}
    assert files == set(rows)
    for row in rows.values():
        what, author, licence = row.split(" | ")
        assert what
        assert author
        assert licence.startswith(("CC0", "[CC BY", "public domain"))
    for file in files:
        with Image.open(folder / file) as image:
            assert max(image.size) <= 160


def test_signs_are_read_from_a_folder_of_photographs(course: Course, tmp_path: Path) -> None:
    for part, n in (("train_signs", 12), ("test_signs", 4)):
        (tmp_path / part).mkdir()
        for i in range(n):
            for k, colour in enumerate(("red", "green", "blue")):
                image = Image.new("RGB", (80, 80), colour)
                image.paste("white", (i, 2 * i, 30 + i, 40))
                image.save(tmp_path / part / f"{k}_{i}.jpg")
    _, text = course("signs").draw(tmp_path)
    assert text.endswith("Trained on 36 photographs, it is right on 12 of 12 others.")


def test_others_are_found_where_their_kind_was_learned(course: Course) -> None:
    module = course("others")
    images, whose, part = module.pieces()
    X, new = module.features(images), part == 3
    found = {}
    for told, kinds in module.EXAMPLES.items():
        none = module.judge(X, whose, part, kinds).predict(X) == "none"
        own = none[new & ~np.isin(whose, module.OTHERS)]
        assert own.mean() <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 * 2.0 / len(own))
        found[told] = [none[new & (whose == name)].mean() for name in module.OTHERS]
    assert found["coffee"][0] > 0.5 > 0.2 > found["coffee"][1]
    assert min(found["both"]) > 0.5


# -- scripts and pages


def without_digits(text: str) -> str:
    """Numbers may differ in their last digits from one machine to another."""
    return re.sub(r"-?\d[\d.,e-]*", "#", text)


@pytest.mark.parametrize("name", SHOWN)
def test_a_script_draws_its_picture_and_the_page_says_what_it_says(
    course: Course,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = COURSE / f"{name}.py"
    assert script.read_text(encoding="utf-8").endswith("\n    save(__file__, *draw())\n")
    monkeypatch.setattr("sys.argv", [str(script), str(tmp_path)])
    module = course(name)
    module.save(script, *module.draw())
    picture = tmp_path / f"{name}.png"
    assert list(tmp_path.iterdir()) == [picture]
    said = capsys.readouterr().out
    assert without_digits(said) == without_digits(f"{picture.name}: {SHOWN[name]}\n")
    assert (ROOT / "docs/images/course" / picture.name).stat().st_size < 64_000
    with Image.open(picture) as image:
        assert image.width == 700


def test_one_script_runs_all_those_that_draw(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, ran = runpy.run_path, []
    monkeypatch.setattr(runpy, "run_path", lambda path, run_name: ran.append(path))
    run(str(COURSE / "all.py"), run_name="__main__")
    assert ran == [str(COURSE / f"{name}.py") for name in sorted(SHOWN)]


def without_words(text: str) -> str:
    """Words within formulas are translated, and stand where the language puts them."""
    return re.sub(r"\\text\{[^{}]*\}| ", "", text)


@pytest.mark.parametrize("page", PAGES)
def test_the_korean_page_shows_the_same_commands_and_pictures(page: str) -> None:
    korean, english = (without_words(read(name)) for name in (PAGES[page], page))
    for shared in (r"images/course/\w+\.png", r"`python[^`]+`", r"\$[^$\n]+\$"):
        assert sorted(re.findall(shared, korean)) == sorted(re.findall(shared, english))
