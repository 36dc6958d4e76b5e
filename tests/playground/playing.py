"""What tests of the playground share: a session that counts, and a page that speaks."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from websockets.sync.client import connect

from softlearn.playground.wire import Frame, unpack

HELLO = {"type": "hello", "protocol": 1}


@dataclass
class Counting:
    """A session that notes who calls it, and takes steps that cost some seconds."""

    cost: float = 0.0
    running: bool = True
    speed: float = 0.0
    step: int = 0
    view: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(planes=True, units=False, grid=8)
    )
    got: list = field(default_factory=list)
    advances: list = field(default_factory=list)
    threads: set = field(default_factory=set)
    frames: int = 0

    def handle(self, message):
        self.threads.add(threading.get_ident())
        self.got.append(message)
        kind = message.get("type")
        if kind in ("run", "pause"):
            self.running = kind == "run"
            return []
        if kind == "break":
            raise RuntimeError("broken\non two lines.")
        if kind == "speed":
            self.speed = message["steps_per_frame"]
        if kind == "big":
            return [{"type": "done", "of": kind, "text": "x" * 500_000}]
        return [self.state()] if kind == "hello" else [{"type": "done", "of": kind}]

    def advance(self, steps):
        self.threads.add(threading.get_ident())
        time.sleep(steps * self.cost)
        self.step += steps
        self.advances.append(steps)
        return []

    def frame(self, kinds, grid):
        self.threads.add(threading.get_ident())
        self.frames += 1
        flat = np.zeros((grid, grid), dtype=int)
        half = np.full((2, grid, grid), 0.5)
        return Frame(self.step, 0.5, 1.0, argmax=flat, probabilities=half)

    def progress(self, since):
        return {"type": "progress", "step": self.step, "history": [[since, 0.5, None]]}

    def state(self):
        return {"type": "state", "step": self.step, "history": []}


def until(condition, seconds=10.0):
    """Wait until something holds; fail if it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.002)


def get(server, path, method="GET", **headers):
    """Ask a server for a path, as it is written; return the answer and its text."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def origin_of(server):
    return f"http://127.0.0.1:{server.port}"


class Page:
    """A page that is connected: what it sends and gets.

    With `greets` it has said hello and knows its state.
    """

    def __init__(self, server, *, greets=True, acknowledges=True, **more):
        address, origin = f"ws://127.0.0.1:{server.port}/ws", origin_of(server)
        opening = connect(address, origin=origin, compression=None, max_size=None, **more)
        self.socket = opening.__enter__()  # closed by `__exit__`
        self.pictures, self.acknowledges, self.state = [], acknowledges, None
        if greets:
            self.send("hello", protocol=1, token=server.token)
            self.state = self.event("state")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, kind, **more):
        self.socket.send(json.dumps({"type": kind, **more}))

    def receive(self):
        """Return the next event, or None where it was a picture."""
        message = self.socket.recv(timeout=20)
        if isinstance(message, str):
            return json.loads(message)
        self.pictures.append(unpack(message))
        if self.acknowledges:
            self.send("ack", seq=self.pictures[-1]["seq"])
        return None

    def event(self, *kinds):
        """Return the next event of some kinds."""
        while True:
            event = self.receive()
            if event is not None and event["type"] in kinds:
                return event

    def picture(self):
        """Return the next picture."""
        while self.receive() is not None:
            pass
        return self.pictures[-1]
