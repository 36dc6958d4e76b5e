"""From the wheel alone: the page, the first picture, one painted point."""

import json
import os
import re
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import pytest
from browsing import Tab
from websockets.sync.client import connect

from softlearn.playground.wire import unpack

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # building takes a minute


def ran(*words, **more):
    """Run a command to its end; return how it ended, and all it said."""
    done = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        **more,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Build a wheel, install it and its extra into a new environment; return that one's Python."""
    folder = tmp_path_factory.mktemp("wheel")
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # of CMake
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check"]
    options = ["-Cwheel.cmake=false", "--outdir", str(folder)]
    status, said = ran(*build, *options, cwd=ROOT, env={**os.environ, "PATH": paths})
    assert status == 0, said
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    made = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    status, said = ran(str(made), "-m", "pip", "install", "-q", f"{wheel}[playground]")
    if status and re.search("No matching distribution|Connection|Temporary failure", said):
        pytest.skip(f"there is no package index: {said.splitlines()[-1]}")
    assert status == 0, said
    return made


@pytest.fixture(scope="module")
def address(python):
    """Serve the playground from that environment, in an empty folder."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SOFTLEARN"))}
    where = python.parents[2]
    status, said = ran(
        str(python), "-c", "import softlearn; print(softlearn.__file__)", cwd=where, env=own
    )
    assert status == 0, said
    assert Path(said.strip()).is_relative_to(where)
    program = python.with_name("softlearn")
    process = subprocess.Popen(
        [str(program), "playground", "--no-browser"],
        cwd=where,
        env=own,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.communicate()


def test_the_page_has_all_its_files(address):
    origin = address.partition("#")[0].rstrip("/")
    with urllib.request.urlopen(f"{origin}/") as answer:
        names = re.findall(r'(?:href|src)="(/[^"]+)"', answer.read().decode())
    assert len(names) == 5
    for name in names:
        with urllib.request.urlopen(origin + name) as answer:
            assert answer.status == 200
            assert answer.read()


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
    tab, asked = Tab(context.new_page()), []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.open(address)
    tab.pause()
    count = tab.ask("__pg.state.points.xy.length")
    tab.tap(0.03, 0.03)
    tab.until(f"__pg.state.points.xy.length === {count + 1}")
    assert tab.ask("__pg.errors") == []
    assert not [url for url in asked if not url.startswith(address.partition("#")[0])]
    assert not tab.said
    context.close()
