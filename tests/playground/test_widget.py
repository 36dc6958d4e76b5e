"""The widget: the page's code as one module, and the session over the notebook's line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playing import until

from softlearn.playground.wire import unpack

pytest.importorskip("anywidget", reason="anywidget is not installed")

from softlearn.playground import Widget
from softlearn.playground import widget as module

STATIC = Path(module.__file__).parent / "static"


class Notebook:
    """A widget, and what it sent."""

    def __init__(self, monkeypatch, **given):
        self.events, self.pictures = [], []
        monkeypatch.setattr(Widget, "send", self.send)
        self.widget = Widget(**given)

    def send(self, content, buffers=()):
        if content is not None:
            self.events.append(json.loads(content))
        self.pictures += [unpack(bytes(buffer)) for buffer in buffers]

    def say(self, kind, **more):
        self.widget._receive(self.widget, {"type": kind, **more}, [])

    def kinds(self):
        return [event["type"] for event in self.events]


@pytest.fixture
def notebook(monkeypatch):
    made = Notebook(monkeypatch, preset="moons", lang="ko")
    yield made
    made.widget.close()


def test_a_widget_answers_like_the_server(notebook):
    notebook.say("hello", protocol=1)
    until(lambda: "state" in notebook.kinds())
    state = next(event for event in notebook.events if event["type"] == "state")
    assert state["preset"] == "moons"
    until(lambda: notebook.pictures)
    notebook.say("run")
    until(lambda: notebook.pictures[-1]["step"] > 0)
    assert len(notebook.pictures) <= 3


def test_a_widget_refuses_what_the_server_refuses(notebook):
    notebook.say("optimizer", lr=float("nan"))
    until(lambda: "error" in notebook.kinds())
    assert notebook.events[-1]["message"] == "A message can only hold finite numbers."


def test_closing_a_widget_ends_its_session(notebook):
    notebook.widget.close()
    until(lambda: not notebook.widget.runner.alive)


def test_the_style_holds_every_style_sheet():
    style = module.page_style()
    assert len(style) > sum(path.stat().st_size for path in STATIC.glob("*.css")) / 2
    for path in STATIC.glob("*.css"):
        assert path.read_text(encoding="utf-8").strip() in style


def test_without_anywidget_a_sentence_names_the_extra():
    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "try:\n    from softlearn.playground import Widget\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "The playground's widget needs anywidget, which is not installed; run: "
        "pip install 'softlearn[widget]'\n"
    )


def test_importing_the_playground_imports_no_widget_and_no_server():
    code = (
        "import sys, softlearn.playground as p; p.Session\n"
        "print(*{'anywidget', 'starlette', 'uvicorn', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
