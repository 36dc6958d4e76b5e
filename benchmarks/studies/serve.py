"""How much `softlearn serve` answers, how fast, and what it does under too much.

    python benchmarks/studies/serve.py --data FOLDER --out FILE

load       rows a second, and the median and 99th percentile of the seconds from a request to its
           answer, of 1, 8 and 64 clients that each send the next request when the last is answered,
           on a connection of their own; for the penguins (a table with text and missing values) and
           mnist (784 pixels: 784-128-10 behind a scaler), and several rows a request
overload   600 clients, beyond what the queue takes: how many are answered 200 and 503, how fast,
           and the memory of the service before and after
malformed  1,000 damaged bodies: the statuses
ends       SIGTERM and SIGKILL amid 32 clients: what becomes of the requests that were sent
threads    the same requests in one thread, in two threads at a time, and together

Clients run in a process of their own, on the same machine.  Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import images
from benchmarks.harness.arguments import parser
from benchmarks.harness.http_load import Load, loaded, memory, service
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown

_PENGUINS = Path(__file__).parents[2] / "examples" / "data" / "penguins.csv"
_CLIENTS = (1, 8, 64)
_SIZES = {"penguins": (1, 100, 1000), "mnist": (1, 20, 200)}


def penguins(folder: Path) -> tuple[Path, list[Any]]:
    """Return a model file, and rows for it."""
    import pandas as pd

    from softlearn.__main__ import main

    path = folder / "penguins.softlearn"
    main(["fit", str(_PENGUINS), "-t", "species", "-o", str(path), "-q"])
    table = pd.read_csv(_PENGUINS).drop(columns="species")
    return path, json.loads(table.to_json(orient="records"))


def mnist(folder: Path, data: Path | None) -> tuple[Path, list[Any]]:
    """Return a model file, and rows for it, as whole numbers from 0 to 255."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    from softlearn import SoftmaxNetwork, save

    X, y, Xt, _ = images(data)
    model = make_pipeline(MaxAbsScaler(), SoftmaxNetwork((128,), max_iter=3, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(np.rint(255.0 * X[:20_000].astype(np.float64)), y[:20_000])
    path = folder / "mnist.softlearn"
    save(model, path)
    return path, np.rint(255.0 * Xt[:2000]).astype(int).tolist()


def requests(rows: list[Any], size: int, count: int = 50) -> list[bytes]:
    """Return bodies of so many rows."""
    rng = random.Random(0)
    return [json.dumps([rng.choice(rows) for _ in range(size)]).encode() for _ in range(count)]


def damaged(rows: list[Any], count: int) -> list[bytes]:
    """Return bodies with a few bytes changed, lost or doubled, and as many of odd JSON."""
    rng = random.Random(1)
    pieces = [b"null", b"1e999", b"NaN", b"[[", b'"', b"{}", b"-0", b"\xff", b'"\\ud800"', b","]
    bodies = []
    for _ in range(count):
        body = bytearray(json.dumps(rng.sample(rows, 2)).encode())
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(max(1, len(body)))
            change = rng.randrange(4)
            if change == 0:
                body[place : place + 1] = bytes([rng.randrange(256)])
            elif change == 1:
                del body[place : place + rng.randint(1, 40)]
            elif change == 2:
                body[place:place] = body[place : place + rng.randint(1, 40)]
            else:
                body[place : place + rng.randint(0, 4)] = rng.choice(pieces)
        bodies.append(bytes(body))
    return bodies[::2] + [odd(rng, rows) for _ in bodies[1::2]]


def odd(rng: random.Random, rows: list[Any]) -> bytes:
    """Return JSON whose values, names or rows are not what they should be."""
    values = [None, True, -1e308, 1e999, 10**30, "", "x", "1,5", "NaN", "2024-01-01", [], {}]
    row = rng.choice(rows).copy()
    for place in rng.sample(list(row) if isinstance(row, dict) else range(len(row)), 2):
        row[place] = rng.choice(values)
    kinds = [row, rng.choice(rows), [row], None, "x", rng.choice(values), row]
    return json.dumps(rng.sample(kinds, 2)).encode()


def ended(model: Path, bodies: list[bytes], number: int) -> dict[str, Any]:
    """Return what becomes of requests when a signal ends the service amid them."""
    with service(model) as (port, process):
        load = Load(port, bodies, 32, 3.0)
        thread = threading.Thread(target=load.run)
        thread.start()
        time.sleep(1.0)
        began = time.perf_counter()
        process.send_signal(number)
        status = process.wait(60)
        seconds = time.perf_counter() - began
        thread.join()
    facts = load.facts()
    return {
        "signal": signal.Signals(number).name,
        "exit": status,
        "seconds": seconds,
        "answered": facts["statuses"],
        "ends": facts["ends"],
    }


def in_threads(model: Path, bodies: list[bytes], repeat: int) -> dict[str, float]:
    """Return the seconds for some requests one by one, in two threads, and together."""
    from softlearn.cli.saved.model import SavedModel
    from softlearn.cli.service.limits import Limits
    from softlearn.cli.service.predictor import Predictor
    from softlearn.cli.sources import ReadOptions

    predictor = Predictor(SavedModel.load(model, ReadOptions()), Limits())

    def one_by_one(part: list[bytes]) -> None:
        for body in part:
            predictor.answers([body])

    def two_threads() -> None:
        threads = [threading.Thread(target=one_by_one, args=(bodies[i::2],)) for i in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def seconds(f: Callable[[], Any]) -> float:
        began = time.perf_counter()
        f()
        return time.perf_counter() - began

    ways = {
        "one thread": lambda: one_by_one(bodies),
        "two threads": two_threads,
        "together": lambda: predictor.answers(bodies),
    }
    predictor.warm_up()
    times = [{way: seconds(f) for way, f in ways.items()} for _ in range(repeat)]
    return {way: float(np.median([t[way] for t in times])) for way in ways}


def page(record: dict[str, Any]) -> str:
    """Return FILE.md."""
    loads: list[list[Any]] = [
        ["model", "rows a request", "clients", "requests/s", "rows/s", "p50, ms", "p99, ms"]
    ]
    for row in record["load"]:
        rate = row["answered_per_second"]
        numbers = (f"{rate:,.0f}", f"{rate * row['rows']:,.0f}")
        times = (f"{1e3 * row['p50']:.1f}", f"{1e3 * row['p99']:.1f}")
        loads.append([row["model"], row["rows"], row["clients"], *numbers, *times])
    head = ["model", "200", "503", "p99 of 200, ms", "p99 of 503, ms", "MB before", "MB after"]
    over: list[list[Any]] = [[*head, "other"]]
    for row in record["overload"]:
        counts = row["statuses"]
        own = [f"{1e3 * row[key]:.0f}" for key in ("p99", "busy_p99")]
        held = [f"{row[key]:.0f}" for key in ("before", "after")]
        rest = {k: v for k, v in counts.items() if k not in ("200", "503")} | row["ends"]
        over.append(
            [row["model"], counts.get("200", 0), counts.get("503", 0), *own, *held, rest or "-"]
        )
    ends: list[list[Any]] = [
        ["signal", "exit status", "seconds to the end", "answers", "no answer"]
    ]
    for row in record["ends"]:
        said = [f"{row['seconds']:.2f}", row["answered"], row["ends"]]
        ends.append([row["signal"], row["exit"], *said])
    ways: list[list[Any]] = [["model", "one thread", "two threads", "together"]]
    for row in record["threads"]:
        ways.append([row["model"], *(f"{1e3 * row[way]:.0f}" for way in ways[0][1:])])
    wrong = [f"{row['model']}: {row['statuses']}" for row in record["malformed"]]
    parts = [
        "# How much `softlearn serve` answers",
        f"{line(record['machine'])} Clients ran on the same cores.",
        markdown(loads),
        "## Overload: 600 clients, 128 places",
        markdown(over),
        "## 1,000 damaged bodies: how many of each status",
        "; ".join(wrong) + ".",
        "## A signal amid 32 clients",
        markdown(ends),
        "## 64 requests of one row, in milliseconds",
        markdown(ways),
    ]
    return "\n\n".join(parts)


def main() -> None:
    arguments = parser(__doc__, "data", "out")
    arguments.add_argument("--seconds", type=float, default=10.0, help="of each load")
    given = arguments.parse_args()
    lists = ("load", "overload", "malformed", "ends", "threads")
    results = Results(given.out, page, *lists)
    known = {(r["model"], r["rows"], r["clients"]) for r in results["load"]}
    folder = Path(tempfile.mkdtemp())
    for name, (model, rows) in {
        "penguins": penguins(folder),
        "mnist": mnist(folder, given.data),
    }.items():
        with service(model) as (port, process):
            for size in _SIZES[name]:
                for clients in _CLIENTS:
                    if (name, size, clients) in known:
                        continue
                    facts = loaded(port, requests(rows, size), clients, given.seconds)
                    row = {"model": name, "rows": size, "clients": clients}
                    results.add("load", row | facts)
            if not any(r["model"] == name for r in results["overload"]):
                before = memory(process)
                facts = loaded(port, requests(rows, 10), 600, given.seconds)
                held = {"before": before, "after": memory(process)}
                results.add("overload", {"model": name} | facts | held)
            if not any(r["model"] == name for r in results["malformed"]):
                facts = malformed(port, damaged(rows, 1000))
                results.add("malformed", {"model": name, "statuses": facts})
        if name == "penguins" and not results["ends"]:
            for number in (signal.SIGTERM, signal.SIGKILL):
                results.add("ends", ended(model, requests(rows, 100), number))
        if not any(r["model"] == name for r in results["threads"]):
            ways = in_threads(model, requests(rows, 1, 64), 5)
            results.add("threads", {"model": name} | ways)


def malformed(port: int, bodies: list[bytes]) -> dict[int, int]:
    """Return how many bodies are answered with each status."""
    import http.client

    found: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in bodies:
        connection.request("POST", "/predict", body)
        answer = connection.getresponse()
        json.loads(answer.read())
        found[answer.status] += 1
    connection.close()
    return dict(found)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
