"""What the page's modules work out, asked under Node: boundaries, colours, numbers, words."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from softlearn.playground.bundle import STATIC

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
MODULES = sorted(STATIC.glob("*.js"))
SIDE = 64


def answer(tmp_path, module, expression, given=None):
    """Return the JSON of an expression in which `m` is a module and `given` some data."""
    script = tmp_path / "ask.mjs"
    script.write_text(
        f"import * as m from {json.dumps((STATIC / module).as_uri())};\n"
        f"const given = {json.dumps(given)};\n"
        f"console.log(JSON.stringify({expression}));\n"
    )
    done = subprocess.run(
        ["node", "--no-warnings", str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def middles():
    t = (np.arange(SIDE) + 0.5) / SIDE
    return np.meshgrid(t, t)


def frame_of(z):
    """Return a frame as the page has it, of logits (C, SIDE, SIDE)."""
    e = np.exp(z - z.max(0))
    planes = np.rint(255 * e / e.sum(0)).astype(int)
    return {
        "grid": SIDE, "classes": len(z), "argmax": z.argmax(0).ravel().tolist(),
        "planes": planes.reshape(len(z), -1).tolist(),
    }  # fmt: skip


def linear(sharpness):
    """Return logits whose boundaries are straight, and meet in (0.55, 0.4)."""
    x, y = middles()
    W = np.array([[1.0, 0.2], [-0.7, 0.9], [-0.1, -1.0]])
    return sharpness * np.einsum("ki,irc->krc", W, np.stack([x - 0.55, y - 0.4])), W


@needs_node
@pytest.mark.parametrize("sharpness", [3.0, 40.0, 3000.0])
def test_linear_boundaries_are_drawn_straight(tmp_path, sharpness):
    z, W = linear(sharpness)
    pieces = answer(tmp_path, "boundaries.js", "m.boundaryPieces(given)", frame_of(z))
    points = np.array(pieces).reshape(-1, 2) / SIDE - (0.55, 0.4)
    normals = [W[i] - W[j] for i, j in ((0, 1), (0, 2), (1, 2))]
    far = np.min([np.abs(points @ n) / np.linalg.norm(n) for n in normals], axis=0)
    # Half a cell off where bytes say little (soft), or nothing (sharp) of where the line is.
    assert far.max() * SIDE < 0.8
    assert np.median(far) * SIDE < 0.15


@needs_node
def test_boundaries_part_cells_of_different_classes_only(tmp_path):
    x, y = middles()
    z = np.stack([np.sin(7 * x) * 9, np.cos(6 * y) * 9, 8 * (x - y)])
    frame = frame_of(z)
    pieces = np.array(answer(tmp_path, "boundaries.js", "m.boundaryPieces(given)", frame))
    argmax = np.array(frame["argmax"]).reshape(SIDE, SIDE)
    parted = set()
    for px, py in pieces.reshape(-1, 2) - 0.5:
        (fx, cx), (fy, cy) = divmod(px, 1), divmod(py, 1)
        row, column = int(fy), int(fx)
        if cy < 1e-9 and cx > 1e-9:
            assert argmax[row, column] != argmax[row, column + 1]
            parted.add((row, column, 0))
        elif cx < 1e-9:
            assert argmax[row, column] != argmax[row + 1, column]
            parted.add((row, column, 1))
    apart = np.sum(argmax[:, 1:] != argmax[:, :-1]) + np.sum(argmax[1:] != argmax[:-1])
    assert len(parted) == apart


def colours(tmp_path, mode, planes, one=0):
    """Return RGBA of pixels with the given probabilities (C, pixels), in bytes."""
    planes = np.array(planes)
    given = {"argmax": planes.argmax(0).tolist(), "planes": planes.tolist(), "classes": len(planes)}
    ask = (
        "(() => { const out = new Uint32Array(given.argmax.length);"
        f"m.fillPixels(out, given, '{mode}', {one}, {{ rampRgb: [10, 20, 30] }});"
        "return [...new Uint8Array(out.buffer)]; })()"
    )
    return np.array(answer(tmp_path, "fills.js", ask, given)).reshape(-1, 4)


@needs_node
def test_colour_fades_with_confidence_on_one_scale(tmp_path):
    seen = colours(tmp_path, "confidence", [[85, 255, 0], [85, 0, 255], [85, 0, 0]])
    np.testing.assert_allclose(seen[:, 3] / 255, [0.15, 0.6, 0.6], atol=0.005)
    assert seen[1, :3].tolist() == [0x57, 0x90, 0xFC]
    assert seen[2, :3].tolist() == [0xF8, 0x9C, 0x20]


@needs_node
def test_hardmax_is_flat_and_one_class_is_a_ramp(tmp_path):
    planes = [[255, 130, 0], [0, 125, 255]]
    assert len(set(colours(tmp_path, "hardmax", planes)[:, 3])) == 1
    alpha = colours(tmp_path, "one", planes, one=1)[:, 3]
    assert alpha[0] == 0
    assert alpha[0] < alpha[1] < alpha[2]


@needs_node
def test_entropy_and_margin_are_dark_where_nothing_is_known(tmp_path):
    planes = [[255, 200, 128], [0, 55, 127]]
    for mode in ("entropy", "margin"):
        alpha = colours(tmp_path, mode, planes)[:, 3]
        assert alpha[0] == 0
        assert alpha[0] < alpha[1] < alpha[2]


@needs_node
def test_colours_are_mixed_in_linear_light(tmp_path):
    def to_linear(byte):
        return np.where(byte <= 10, byte / 255 / 12.92, ((byte / 255 + 0.055) / 1.055) ** 2.4)

    blue, amber, half = colours(tmp_path, "mix", [[255, 0, 128], [0, 255, 128]])[:, :3]
    mean = (to_linear(blue) + to_linear(amber)) / 2
    np.testing.assert_allclose(to_linear(half), mean, atol=0.01)


@needs_node
def test_a_number_stands_in_its_region_and_beside_the_points(tmp_path):
    z, _ = linear(20.0)
    frame = frame_of(z)
    argmax = np.array(frame["argmax"]).reshape(SIDE, SIDE)
    taken = [[0.8, 0.5], [0.85, 0.5], [0.8, 0.55]]
    given = {"frame": frame, "taken": taken}
    ask = "m.placeNumerals(given.frame, given.taken, [])"
    places = answer(tmp_path, "numerals.js", ask, given)
    assert sorted(place["class"] for place in places) == [0, 1, 2]
    for place in places:
        x, y = place["x"], place["y"]
        assert argmax[int(y * SIDE), int(x * SIDE)] == place["class"]
        assert min(np.hypot(x - u, y - v) for u, v in taken) > 0.05


@needs_node
def test_numbers_are_written_for_people(tmp_path):
    values = [0, 1, -0.5, 0.0123, 12.345, 123.4, 54321, 2.5e7, -3e-9, None]
    shown = answer(tmp_path, "format.js", "given.map((v) => m.number(v))", values)
    assert shown == [
        "0.00", "1.00", "\u22120.50", "0.012", "12.3", "123", "54\u202f321",
        "2.5\u00d710\u2077", "\u22123.0\u00d710\u207b\u2079", "\u2013",
    ]  # fmt: skip


@needs_node
def test_both_languages_have_the_same_words(tmp_path):
    english = answer(tmp_path, "text_en.js", "Object.entries(m.EN)")
    korean = dict(answer(tmp_path, "text_ko.js", "Object.entries(m.KO)"))
    assert [key for key, _ in english] == list(korean)
    for key, text in english:
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", korean[key])), key


@needs_node
def test_words_that_are_used_are_there(tmp_path):
    known = set(answer(tmp_path, "text_en.js", "Object.keys(m.EN)"))
    asked = re.compile(r"""(?:\b(?:text|label|tip): |\bt\()"([a-z][\w.]*)\"""")
    for module in MODULES:
        source = module.read_text()
        if "tabs_dom.js" in source or module.name == "tabs_dom.js":
            continue  # those bring their own words
        missing = set(asked.findall(source)) - known
        assert not missing, f"{module.name} says {missing}"


def test_modules_import_each_other_without_circles():
    needs = {
        module.name: re.findall(r'from "\./([\w.]+)"', module.read_text()) for module in MODULES
    }

    def visit(name, path):
        assert name in needs, f"{path[-1]} imports {name}, which is not there"
        assert name not in path, f"a circle: {[*path, name]}"
        for needed in needs[name]:
            visit(needed, [*path, name])

    visit("main.js", [])


@pytest.mark.parametrize(
    "word",
    ["innerHTML", "outerHTML", "eval(", "new Function", "document.write", "http://", "//cdn"],
)
def test_the_page_needs_nothing_that_its_policy_forbids(word):
    for file in [*MODULES, STATIC / "index.html"]:
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert word not in text, file.name
