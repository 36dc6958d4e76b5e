"""The binary frames, byte by byte, in Python and in the page's JavaScript."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from softlearn.playground import wire
from softlearn.playground.wire import Frame, pack_frame, pack_units, to_json, unpack

STATIC = Path(wire.__file__).parent / "static"

PLANES = Frame(
    step=258,
    train_cost=0.5,
    train_acc=0.75,
    argmax=np.array([[0, 1], [1, 0]]),
    probabilities=np.array([[[1.0, 0.25], [0.1, 0.5]], [[0.0, 0.75], [0.9, 0.5]]]),
)
GOLDEN = (
    "53584631" "07000000" "02010000" "0200" "02" "00"
    "0000003f" "0000403f" "0000c07f" "0000c07f"
    "00010100"  # classes, row 0 first
    "ff401a80"  # round(255 p) of class 0; halves go to the even neighbour
    "00bfe680"
)  # fmt: skip
UNITS = Frame(
    1, 1.0, 0.5, 2.0, 0.25, units=np.array([[[0.5, -1.0], [0.0, 0.25]], np.zeros((2, 2))])
)
GOLDEN_UNITS = (
    "53584631" "ffffffff" "01000000" "0200" "03" "01"
    "0000803f" "0000003f" "00000040" "0000803e"
    "0200" "0200"
    "40810020"
    "00000000"
)  # fmt: skip


def test_planes_have_the_bytes_that_the_page_expects():
    assert pack_frame(PLANES, 7).hex() == GOLDEN


def test_unit_maps_have_the_bytes_that_the_page_expects():
    assert pack_units(UNITS, 2**32 - 1, 3).hex() == GOLDEN_UNITS


def test_what_is_packed_is_unpacked():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(6), size=(32, 32)).transpose(2, 0, 1)
    frame = Frame(9, 0.1, 0.9, 0.2, 0.8, argmax=p.argmax(0), probabilities=p)
    found = unpack(pack_frame(frame, 3))
    assert (found["seq"], found["step"], found["grid"], found["classes"]) == (3, 9, 32, 6)
    np.testing.assert_array_equal(found["argmax"], p.argmax(0))
    assert np.abs(found["probabilities"] / 255 - p).max() <= 0.5 / 255 + 1e-12


def test_packing_leaves_the_frame_as_it_is():
    before = PLANES.probabilities.copy()
    pack_frame(PLANES, 1)
    np.testing.assert_array_equal(PLANES.probabilities, before)


@pytest.mark.parametrize("cost", [math.inf, 1e300, -1e300, math.nan])
def test_a_cost_that_no_float32_holds_is_packed(cost):
    found = unpack(
        pack_frame(Frame(1, cost, 0.0, argmax=PLANES.argmax, probabilities=PLANES.probabilities), 1)
    )
    assert not math.isfinite(found["train_cost"])


def test_units_that_are_not_finite_are_packed():
    units = np.array([[[math.nan, math.inf], [-math.inf, 1.0]]])
    assert unpack(pack_units(Frame(1, 0.0, 0.0, units=units), 1, 2))["units"].shape == (1, 2, 2)


@pytest.mark.parametrize("cut", [0, 3, 31, 32, 40])
def test_bytes_that_are_no_frame_are_refused(cut):
    with pytest.raises(ValueError, match="frame"):
        unpack(pack_frame(PLANES, 7)[:cut])


def test_events_are_strict_json():
    event = {"type": "x", "cost": math.nan, "path": [[1, math.inf]], "text": "é"}
    assert json.loads(to_json(event)) == {
        "type": "x", "cost": None, "path": [[1, None]], "text": "é",
    }  # fmt: skip


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_page_unpacks_the_same_bytes(tmp_path):
    script = tmp_path / "unpack.mjs"
    script.write_text(
        f"import {{ decodeFrame }} from {json.dumps((STATIC / 'wire.js').as_uri())};\n"
        "const plain = (key, value) => ArrayBuffer.isView(value) ? [...value] : value;\n"
        "const seen = process.argv.slice(2).map((hex) => {\n"
        "  const bytes = Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));\n"
        "  return decodeFrame(bytes.buffer);\n"
        "});\n"
        "console.log(JSON.stringify(seen, plain));\n"
    )
    done = subprocess.run(
        ["node", "--no-warnings", str(script), GOLDEN, GOLDEN_UNITS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    planes, units = json.loads(done.stdout)
    assert planes == {
        "seq": 7,
        "step": 258,
        "grid": 2,
        "classes": 2,
        "kind": 0,
        "train": {"cost": 0.5, "accuracy": 0.75},
        "test": None,
        "argmax": [0, 1, 1, 0],
        "planes": [[255, 64, 26, 128], [0, 191, 230, 128]],
    }
    assert units == {
        "seq": 2**32 - 1,
        "step": 1,
        "grid": 2,
        "classes": 3,
        "kind": 1,
        "train": {"cost": 1.0, "accuracy": 0.5},
        "test": {"cost": 2.0, "accuracy": 0.25},
        "side": 2,
        "maps": [[64, -127, 0, 32], [0, 0, 0, 0]],
    }
