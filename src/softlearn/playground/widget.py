"""The playground in a notebook: the same page and the same session, over the notebook's own line.

    from softlearn.playground import Widget
    Widget(preset="spiral")

`anywidget` brings it to JupyterLab, Notebook, VS Code, Colab and marimo.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .presets import PRESETS
from .runner import Runner
from .security import Refused, parse
from .session import Session

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise ImportError(
        f"The playground's widget needs {error.name}, which is not installed; run: "
        "pip install 'softlearn[widget]'"
    ) from None

__all__ = ["Widget", "page_module", "page_style"]

_STATIC = Path(__file__).parent / "static"
_STYLES = ("style.css", "panels.css", "tabs.css")
_IMPORT = re.compile(r'^(?:import|export)\b[^";]*"\./([\w-]+\.js)"', re.MULTILINE)

# The page's modules import each other by name.  Here each becomes a blob, after those it imports.
_HOST = """
const MODULES = %s;
const IMPORT = /^((?:import|export)\\b[^";]*)"\\.\\/([\\w-]+\\.js)"/gm;

let page = null;
function load() {
  const urls = {};
  for (const [name, text] of MODULES) {
    const linked = text.replace(IMPORT, (_, words, other) => `${words}"${urls[other]}"`);
    urls[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
  }
  return import(urls["app.js"]);
}

function transportOf(model) {
  const listeners = { message: () => {}, frame: () => {}, status: () => {} };
  const received = (text, buffers) => {
    if (text !== null) listeners.message(JSON.parse(text));
    for (const { buffer, byteOffset, byteLength } of buffers) {
      listeners.frame(buffer.slice(byteOffset, byteOffset + byteLength));
    }
  };
  model.on("msg:custom", received);
  return {
    send: (message) => model.send(message),
    onMessage(fn) { listeners.message = fn; },
    onFrame(fn) { listeners.frame = fn; },
    onStatus(fn) {
      listeners.status = fn;
      fn("open");
    },
    close: () => model.off("msg:custom", received),
  };
}

async function render({ model, el }) {
  page ??= load();
  const { start } = await page;
  const root = document.createElement("div");
  root.className = "pg";
  el.append(root);
  const transport = transportOf(model);
  transport.send({ type: "hello", protocol: 1 }); // first: what start sends comes after it
  start(root, transport, { widget: true, lang: model.get("lang") });
  return () => {
    transport.send({ type: "pause" });
    transport.close();
  };
}

export default { render };
"""


def _in_order(entry: str) -> list[Path]:
    """Return a module of the page and all it imports, each after those that it imports."""
    done: dict[str, Path] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"{name} imports itself by way of {', '.join(above)}"
        if name not in done:
            path = _STATIC / name
            for other in _IMPORT.findall(path.read_text(encoding="utf-8")):
                visit(other, (*above, name))
            done[name] = path

    visit(entry, ())
    return list(done.values())


def page_module() -> str:
    """Return the page as one JavaScript module, as anywidget takes it."""
    modules = [[path.name, path.read_text(encoding="utf-8")] for path in _in_order("app.js")]
    return _HOST % json.dumps(modules)


def page_style() -> str:
    """Return the page's style sheets as one."""
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in _STYLES)


class Widget(anywidget.AnyWidget):
    """The playground in a notebook's output.

    Args:
        preset: what to begin with, as in `Session`.
        points: as in `Session`.
        model: as in `Session`.
        lang: "en" or "ko"; None for the browser's language.

    Raises:
        ValueError: something of it does not fit; a sentence.
        ImportError: anywidget is not installed.

    """

    _esm = page_module()
    _css = page_style()
    lang = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    runner: Runner | None = None

    def __init__(
        self,
        preset: str = PRESETS[0].id,
        *,
        points: Mapping[str, Any] | None = None,
        model: Any = None,
        lang: str | None = None,
    ) -> None:
        session = Session(preset, points=points, model=model)
        super().__init__(lang=lang)
        self.runner = Runner(session, self._flush)
        self.on_msg(self._receive)

    def close(self) -> None:
        """End the session and take the widget away."""
        if self.runner is not None:  # it is None where the arguments were refused
            self.runner.close()
        super().close()

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        assert self.runner is not None
        try:
            self.runner.put(parse(json.dumps(content)))
        except Refused as error:
            self.runner.refuse(error.code, str(error))

    def _flush(self) -> None:
        assert self.runner is not None
        for message in self.runner.outbox.take():
            if isinstance(message, str):
                self.send(message)
            else:
                self.send(None, [message])
