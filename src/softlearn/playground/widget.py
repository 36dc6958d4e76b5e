"""The playground in a notebook: the same page and the same session, over the notebook's own line.

    from softlearn.playground import Widget
    Widget(preset="spiral")

`anywidget` brings it to JupyterLab, Notebook, VS Code, Colab and marimo.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .bundle import STATIC, bundled
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

_STYLES = ("style.css", "panels.css", "tabs.css")
_HOST = """
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

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "pg";
  el.append(root);
  const transport = transportOf(model);
  transport.send({ type: "hello", protocol: 1 }); // first: what start sends comes after it
  $app.start(root, transport, { widget: true, lang: model.get("lang") });
  return () => {
    transport.send({ type: "pause" });
    transport.close();
  };
}

export default { render };
"""


def page_module() -> str:
    """Return the page as one JavaScript module, as anywidget takes it."""
    return bundled("app") + _HOST


def page_style() -> str:
    """Return the page's style sheets as one."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in _STYLES)


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
            self.runner.refuse(error.code, str(error), error.korean)

    def _flush(self) -> None:
        assert self.runner is not None
        for message in self.runner.outbox.take():
            if isinstance(message, str):
                self.send(message)
            else:
                self.send(None, [message])
