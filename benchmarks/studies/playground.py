r"""How lively is the playground: pictures a second, steps a second, from a click to its picture?

    OMP_NUM_THREADS=1 python benchmarks/studies/playground.py --out FILE

A server in a process of its own and a Chromium of this machine (named by SOFTLEARN_CHROMIUM, or the
system's) that shows the page at 1280 x 800; the network is 2-8-8-6 on 300 points, 128 x 128 pixels.

start     seconds from the command to its address, and from there to the first picture painted
training  steps and painted pictures a second, while training as fast as it goes
clicks    milliseconds from a message to the picture that shows it: one step, while paused; another
          number of classes, while training.  Medians, and nine of ten
stalled   steps a second with a page that acknowledges its pictures, and with one that does not, or
          that reads nothing; how many pictures those get
memory    of the server and of the page, over `--soak` seconds of training

Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from softlearn.playground.wire import unpack

PRESET = "c6-hidden"
PARTS = ("training", "clicks", "memory", "stalled")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PAINTED = "window.__pg?.painted > 0 && __pg.state?.preset === '" + PRESET + "'"
_STEPS = """async (count) => {
  const frame = () => new Promise(requestAnimationFrame), took = [];
  for (let i = 0; i < count; i++) {
    await new Promise((done) => setTimeout(done, 40 + 30 * Math.random()));
    const step = __pg.step, from = performance.now();
    __pg.send({ type: 'step', n: 1 });
    while (__pg.step === step) await frame();
    took.push(performance.now() - from);
  }
  return took;
}"""
_CLASSES = """async (count) => {
  const frame = () => new Promise(requestAnimationFrame), took = [];
  for (let i = 0; i < count; i++) {
    await new Promise((done) => setTimeout(done, 300 + 200 * Math.random()));
    const classes = 2 + (i % 5), from = performance.now();
    __pg.send({ type: 'model', classes });
    while (__pg.classes !== classes) await frame();
    took.push(performance.now() - from);
  }
  return took;
}"""


class Served(NamedTuple):
    """A playground that runs."""

    process: subprocess.Popen[str]
    address: str
    seconds: float

    @property
    def memory(self) -> float:
        """MB that the server holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else float("nan")


@contextmanager
def served() -> Iterator[Served]:
    """Start the playground; end it after the block."""
    began = time.perf_counter()
    words = ["-m", "softlearn", "playground", "--no-browser", "--preset", PRESET]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split()[-1]
        yield Served(process, address, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait()


def until(page: Page, expression: str, seconds: float = 60.0) -> None:
    """Wait until some JavaScript is true."""
    end = time.perf_counter() + seconds
    while not page.evaluate(expression):
        if time.perf_counter() > end:
            raise TimeoutError(expression)
        time.sleep(0.005)


def start(page: Page, server: Served) -> dict[str, float]:
    """Open the page; return how long that took."""
    began = time.perf_counter()
    page.goto(server.address)
    until(page, _PAINTED)
    return {"address": server.seconds, "picture": time.perf_counter() - began}


def training(page: Page, seconds: float) -> dict[str, float]:
    """Train as fast as it goes; return steps and pictures a second."""
    page.evaluate("__pg.send({type: 'speed', steps_per_frame: 0}); __pg.send({type: 'run'})")
    time.sleep(3.0)
    read = "[__pg.step, __pg.painted, performance.now()]"
    before = page.evaluate(read)
    time.sleep(seconds)
    steps, pictures, ms = (b - a for a, b in zip(before, page.evaluate(read), strict=True))
    return {"steps": 1e3 * steps / ms, "pictures": 1e3 * pictures / ms}


def clicks(page: Page, count: int) -> list[dict[str, Any]]:
    """Return how long a step and a change of the classes take until they are painted."""
    rows = []
    for name, script, running in (("one step", _STEPS, False), ("classes", _CLASSES, True)):
        page.evaluate(f"__pg.send({{type: '{'run' if running else 'pause'}'}})")
        until(page, f"__pg.state.running === {str(running).lower()}")
        time.sleep(0.5)
        took = page.evaluate(script, count)
        ninety = statistics.quantiles(took, n=10)[-1]
        rows.append({"what": name, "median": statistics.median(took), "nine of ten": ninety})
    return rows


def stalled(server: Served, how: str, seconds: float) -> dict[str, Any]:
    """Train with a page that acknowledges, that does not, or that does not even read."""
    origin, token = server.address.split("/#token=")
    address = origin.replace("http", "ws") + "/ws"
    with connect(address, origin=origin, compression=None, max_size=None, max_queue=1) as socket:  # type: ignore[arg-type]
        for message in (
            {"type": "hello", "protocol": 1, "token": token},
            {"type": "view", "planes": True, "grid": 128},
            {"type": "run"},
        ):
            socket.send(json.dumps(message))
        _listen(socket, 2.0, "acknowledges")
        first, _ = _listen(socket, 1.0, how)
        begun = time.perf_counter()
        if how == "reads nothing":
            time.sleep(seconds)
        pictures = 0 if how == "reads nothing" else _listen(socket, seconds, how)[1]
        took = time.perf_counter() - begun
        socket.send(json.dumps({"type": "pause"}))
        last, _ = _listen(socket, 1.0, "reads")
    return {
        "page": how,
        "steps": (last - first) / took,
        "pictures": pictures,
        "memory": server.memory,
    }


def _listen(socket: ClientConnection, seconds: float, how: str) -> tuple[int, int]:
    """Read for some seconds; return the last step that was told, and how many pictures came."""
    end, step, pictures = time.perf_counter() + seconds, 0, 0
    while (left := end - time.perf_counter()) > 0:
        try:
            message = socket.recv(timeout=left)
        except TimeoutError:
            break
        if isinstance(message, bytes):
            pictures += 1
            if how == "acknowledges":
                socket.send(json.dumps({"type": "ack", "seq": unpack(message)["seq"]}))
        else:
            event = json.loads(message)
            step = event["step"] if event["type"] == "progress" else step
    return step, pictures


def memory(page: Page, server: Served, seconds: float) -> Iterator[dict[str, float]]:
    """Train; yield what server and page hold, ten times."""
    page.evaluate("__pg.send({type: 'data', preset: '" + PRESET + "'})")
    page.evaluate("__pg.send({type: 'speed', steps_per_frame: 0}); __pg.send({type: 'run'})")
    devtools = page.context.new_cdp_session(page)
    began = time.perf_counter()
    for i in range(11):
        time.sleep(max(began + i * seconds / 10 - time.perf_counter(), 0.0))
        devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"] / 2**20
        spent = time.perf_counter() - began
        step = page.evaluate("__pg.step")
        yield {"seconds": spent, "server": server.memory, "page": heap, "step": step}


def table(record: dict[str, Any]) -> str:
    """Return all parts as Markdown."""
    parts = ["# How lively the playground is", line(record["machine"])]
    for r in record["start"]:
        parts.append(
            f"From the command to its address {r['address']:.2f} s, from there to the first "
            f"picture {r['picture']:.2f} s."
        )
    for r in record["training"]:
        parts.append(
            f"While training 2-8-8-6 on 300 points: {r['steps']:,.0f} steps and "
            f"{r['pictures']:.1f} painted pictures of 128 x 128 a second."
        )
    rows = [["from a message to its picture", "median, ms", "nine of ten within, ms"]]
    for r in record["clicks"]:
        rows.append([r["what"], f"{r['median']:.1f}", f"{r['nine of ten']:.1f}"])
    parts.append(markdown(rows))
    rows = [["a page that", "steps a second", "pictures", "server, MB"]]
    for r in record["stalled"]:
        rows.append([r["page"], f"{r['steps']:,.0f}", r["pictures"], f"{r['memory']:.1f}"])
    parts.append(markdown(rows))
    rows = [["seconds of training", "steps", "server, MB", "page, MB"]]
    for r in record["memory"]:
        rows.append(
            [f"{r['seconds']:,.0f}", f"{r['step']:,}", f"{r['server']:.1f}", f"{r['page']:.1f}"]
        )
    return "\n\n".join([*parts, markdown(rows)])


def main() -> None:
    """Measure part after part."""
    options = parser(__doc__, "out")
    add = options.add_argument
    add("--seconds", type=float, default=10.0, help="of each measurement of a rate")
    add("--count", type=int, default=40, help="clicks of each kind")
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="which parts")
    add("--soak", type=float, default=120.0, help="seconds over which memory is watched")
    chosen = options.parse_args()
    path = os.environ.get("SOFTLEARN_CHROMIUM") or next(filter(None, map(shutil.which, _CHROMIUM)))
    results = Results(chosen.out, table, "start", *PARTS)
    with sync_playwright() as playwright, served() as server:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        results.add("start", start(page, server))
        if "training" in chosen.parts:
            results.add("training", training(page, chosen.seconds))
        if "clicks" in chosen.parts:
            for row in clicks(page, chosen.count):
                results.add("clicks", row)
        if "memory" in chosen.parts:
            for row in memory(page, server, chosen.soak):
                results.add("memory", row)
        page.close()
        if "stalled" in chosen.parts:
            for how in ("acknowledges", "acknowledges nothing", "reads nothing"):
                results.add("stalled", stalled(server, how, chosen.seconds))
        browser.close()


if __name__ == "__main__":
    main()
