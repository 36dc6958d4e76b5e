"""A service in a thread of the test, and a client of it."""

import http.client
import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from softlearn.cli.saved.model import SavedModel
from softlearn.cli.service.limits import Limits
from softlearn.cli.service.predictor import Answer, Predictor
from softlearn.cli.service.server import Service
from softlearn.cli.sources import ReadOptions


def predictor(path, options=None, **limits):
    model = SavedModel.load(Path(path), options or ReadOptions())
    return Predictor(model, Limits(**limits))


class Client:
    """Sends requests to a port of this machine, each on a connection of its own."""

    def __init__(self, port):
        self.port = port

    def send(self, path, body=None, method=None, headers=None):
        """Return status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                method or ("GET" if body is None else "POST"), path, body, headers or {}
            )
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def predict(self, rows, status=200):
        """Return the answer to rows, or the sentence of an error."""
        body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        found, headers, answer = self.send("/predict", body)
        assert found == status, answer
        assert headers["content-type"] == "application/json"
        facts = json.loads(answer)
        return facts if status == 200 else facts["error"]


@contextmanager
def served(answering):
    """Serve in another thread for the time of a block; yield a client."""
    service, up = Service(answering, "127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=service.run, args=(up.set,))
    thread.start()
    assert up.wait(60)
    client = Client(service.port)
    client.stop = service.stop
    try:
        yield client
    finally:
        service.stop()
        thread.join(60)
        assert not thread.is_alive()


class Slow:
    """Stands for a model that answers when it is told to."""

    def __init__(self, **limits):
        self.limits = replace(Limits(), **limits)
        self.told = threading.Event()
        self.asked = threading.Event()
        vectoriser = SimpleNamespace(named_steps={"vectoriser": "passthrough"})
        self.model = SimpleNamespace(
            path=Path("slow"), metadata={"kind": "matrix", "n_features": 1}, pipeline=vectoriser
        )

    def answers(self, bodies):
        self.asked.set()
        assert self.told.wait(60)
        return [Answer(body, 1) for body in bodies]


def table(answer):
    """Return the columns that `softlearn predict` would have written."""
    P = np.array(answer["probabilities"])
    columns = {"label": answer["labels"]}
    columns |= {f"probability_{k}": P[:, j].tolist() for j, k in enumerate(answer["classes"])}
    if "p_values" in answer:
        columns["p_value"] = answer["p_values"]
    return columns
