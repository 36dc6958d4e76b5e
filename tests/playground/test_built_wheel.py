"""From the wheel alone: the page, the first picture, one painted point."""

import json
import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest
from browsing import Tab
from websockets.sync.client import connect

from softlearn.playground.wire import unpack

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # building takes a minute


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Build a wheel, and serve the playground from it, in an empty folder, without the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check"]
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # of CMake
    done = subprocess.run(
        [*build, "-Cwheel.cmake=false", "--outdir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (wheel,) = folder.glob("*.whl")
    unpacked = folder / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    others = [path for path in sys.path if Path(path) not in (ROOT, ROOT / "src")]
    process = subprocess.Popen(
        [sys.executable, "-S", "-m", "softlearn", "playground", "--no-browser"],  # -S: no .pth
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(unpacked), *others]),
            "SOFTLEARN_KERNELS": "auto",
        },
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process.stdout.readline().split()[-1]
        loaded = Path(f"/proc/{process.pid}/maps")
        assert not loaded.exists() or str(ROOT / "src") not in loaded.read_text()
    finally:
        process.terminate()
        process.communicate()


def test_the_page_has_all_its_files(address):
    origin = address.partition("#")[0].rstrip("/")
    seen, left = set(), ["/"]
    while left:
        path = left.pop()
        seen.add(path)
        with urllib.request.urlopen(origin + path) as answer:
            assert answer.status == 200
            text = answer.read().decode()
        names = re.findall(r'(?:from|import) "\./([\w.-]+)"|"/static/([\w.-]+)"', text)
        found = {f"/static/{one or other}" for one, other in names}
        left += sorted(found - seen - set(left))
    assert len(seen) > 20


def test_a_session_gives_a_first_picture_and_takes_a_point(address):
    origin, token = address.split("/#token=")
    with connect(origin.replace("http", "ws") + "/ws", origin=origin, max_size=None) as socket:
        socket.send(json.dumps({"type": "hello", "protocol": 1, "token": token}))
        state, picture = None, None
        while state is None or picture is None:
            message = socket.recv(timeout=60)
            if isinstance(message, bytes):
                picture = unpack(message)
            elif json.loads(message)["type"] == "state":
                state = json.loads(message)
        assert picture["classes"] == state["model"]["classes"]
        count = len(state["points"]["xy"])
        socket.send(json.dumps({"type": "points", "op": "add", "xy": [[0, 0]], "label": 1}))
        while not isinstance(message, str) or json.loads(message)["type"] != "points":
            message = socket.recv(timeout=60)
        assert len(json.loads(message)["points"]["xy"]) == count + 1


def test_in_a_browser_too(address, chromium):
    context = chromium.new_context()
    tab = Tab(context.new_page()).open(address)
    tab.pause()
    count = tab.ask("__pg.state.points.xy.length")
    tab.tap(0.03, 0.03)
    tab.until(f"__pg.state.points.xy.length === {count + 1}")
    assert tab.ask("__pg.errors") == []
    assert not tab.said
    context.close()
