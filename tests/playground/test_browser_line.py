"""The page's line to its server, in a real browser: when it breaks, and who else may have it."""

import http.server
import threading

import pytest
from browsing import Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_page_whose_line_broke_goes_on_as_it_was(chromium, served):
    context = chromium.new_context()
    tab, lines = Tab(context.new_page()), []
    tab.page.route_web_socket("**/ws", lambda line: lines.append((line, line.connect_to_server())))
    tab.open(served.address())
    tab.pause()
    step = tab.ask("__pg.step")
    page, server = lines[-1]
    server.close(code=4000)
    page.close(code=4000)
    tab.until("document.querySelector('[data-testid=toast-notice]')")
    assert tab.at("toast-notice").text_content() == "Connected again: everything is as it was."
    assert not tab.at("banner").is_visible()
    assert not tab.ask("__pg.state.running")
    tab.click("step")
    tab.until(f"__pg.step === {step + 1}")
    assert not tab.said
    context.close()


def test_the_page_asks_for_nothing_from_elsewhere(chromium, served):
    context = chromium.new_context()
    asked = []
    tab = Tab(context.new_page())
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.open(served.address())
    home = f"http://127.0.0.1:{served.port}/"
    assert not [url for url in asked if not url.startswith((home, "blob:", "data:"))]
    context.close()


HOSTILE = """<!doctype html><title>hostile</title><pre id=log></pre>
<iframe src="http://127.0.0.1:PORT/"></iframe>
<script src="http://127.0.0.1:PORT/static/app.js"></script>
<script>
const got = [];
const note = (what) => got.push(what);
const socket = new WebSocket("ws://127.0.0.1:PORT/ws");
socket.onopen = () => { note("open"); socket.send(JSON.stringify({type: "hello", token: ""})); };
socket.onmessage = (event) => note("message");
window.ended = Promise.all([
  new Promise((done) => { socket.onclose = done; }),
  fetch("http://127.0.0.1:PORT/").then(() => note("page"), () => {}),
  fetch("http://127.0.0.1:PORT/healthz", {mode: "no-cors"}).then(
    (answer) => { if (answer.type !== "opaque") note("health"); }, () => {}),
]).then(() => got);
</script>"""


class Hostile(http.server.BaseHTTPRequestHandler):
    page = ""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *_):
        pass


def test_a_hostile_page_in_the_same_browser_gets_nothing(chromium, served):
    Hostile.page = HOSTILE.replace("PORT", str(served.port))
    with http.server.HTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = chromium.new_context()
        mine = context.new_page()
        mine.goto(served.address())  # the page's own tab is open beside it
        for name in ("127.0.0.1", "localhost"):
            page = context.new_page()
            statuses = {}
            page.on("response", lambda r, seen=statuses: seen.setdefault(r.url, r.status))
            page.goto(f"http://{name}:{server.server_port}/")
            assert page.evaluate("window.ended") == []
            foreign = {u: s for u, s in statuses.items() if f":{served.port}" in u}
            assert foreign
            assert set(foreign.values()) == {403}
        context.close()
        server.shutdown()
