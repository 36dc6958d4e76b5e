"""The widget's module in a real browser, with a notebook's line that is played by the test."""

import base64
import http.server
import threading

import pytest
from browsing import Tab

pytest.importorskip("anywidget", reason="anywidget is not installed")

from softlearn.playground import Widget
from softlearn.playground.widget import page_module, page_style

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PAGE = """<!doctype html><meta charset="utf-8"><title>notebook</title>
<link rel="stylesheet" href="style.css">
<div id="cell"></div>
<script type="module">
import host from "./host.js";
const heard = [];
const model = {
  get: () => "en",
  send: (content) => toPython(content),
  on: (_, fn) => heard.push(fn),
  off: (_, fn) => heard.splice(heard.indexOf(fn), 1),
};
window.fromPython = (content, buffers) => {
  const views = buffers.map((text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new DataView(bytes.buffer);
  });
  for (const fn of [...heard]) fn(content, views);
};
window.leave = await host.render({ model, el: document.getElementById("cell") });
</script>"""


class Cell(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        files = {
            "/": ("text/html", PAGE),
            "/host.js": ("text/javascript", page_module()),
            "/style.css": ("text/css", page_style()),
        }
        kind, text = files.get(self.path, ("text/plain", ""))
        self.send_response(200)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def test_the_widget_shows_the_page_and_trains(chromium, monkeypatch):
    sent = []
    monkeypatch.setattr(
        Widget, "send", lambda self, content, buffers=(): sent.append((content, [*buffers]))
    )
    widget = Widget("c4-linear")
    context = chromium.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.expose_function("toPython", lambda content: widget._receive(widget, content, []))
    tab = Tab(page)

    def hand_over():
        for _ in range(len(sent)):
            content, buffers = sent.pop(0)
            texts = [base64.b64encode(bytes(buffer)).decode() for buffer in buffers]
            tab.ask("([content, buffers]) => fromPython(content, buffers)", [content, texts])
        return True

    with http.server.HTTPServer(("127.0.0.1", 0), Cell) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        tab.until("!!window.fromPython")
        tab.until_with(hand_over, "window.__pg && __pg.painted > 3 && __pg.step > 3")
        assert tab.ask("__pg.state.preset") == "c4-linear"
        count = tab.ask("__pg.state.points.xy.length")
        tab.tap(0.03, 0.03)
        tab.until_with(hand_over, f"__pg.state.points.xy.length === {count + 1}")
        tab.ask("leave()")
        tab.until_with(hand_over, "true")
        assert tab.ask("__pg.errors") == []
        assert not tab.said
        server.shutdown()
    context.close()
    widget.close()
