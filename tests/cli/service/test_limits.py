"""A service takes so much and no more, says so in one sentence, and ends what it has begun."""

import asyncio
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from serving import Client, Slow, predictor, served

import softlearn
from softlearn.__main__ import main
from softlearn.cli.service.queue import Queue

ROW = {
    "island": "Biscoe", "bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181,
    "body_mass_g": 3750, "sex": "male", "year": 2007,
}  # fmt: skip


@pytest.fixture(scope="module")
def answering(trained):
    return predictor(trained)


@pytest.fixture(scope="module")
def service(answering):
    with served(answering) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"", 400, "The request is not JSON: Expecting value, in line 1, column 1."),
        (b'[{"island": ', 400, "The request is not JSON: Expecting value, in line 1, column 13."),
        (b"\xff\xfe", 400, "The request is not text in UTF-8."),
        (b"[" * 100_000, 400, "The request is not JSON that can be read: it is nested too deeply."),
        (b"[" + b"1" * 5000 + b"]", 422, "The request has a number of more digits than can be"),
        (b'[{"island": "\\ud800"}]', 422, "The request has half of a character"),
        (b"7", 422, "The request is not a JSON array of rows, nor one row as an object."),
        (b"[]", 422, "The request has no rows."),
        (b"[7]", 422, "Row 1 is neither an object with the names of columns, nor an array"),
        (b"[[1, 2]]", 422, "Row 1 has 2 values, but the model has 7 columns: island, bill_length"),
        (b"{}", 422, "The request has no columns beside the target 'species'."),
        (json.dumps({**ROW, "sex": ["male"]}).encode(), 422, "The request has nested values"),
        (json.dumps({**ROW, "year": float("inf")}).encode(), 422, "infinite values in 'year' (1)"),
        (json.dumps({**ROW, "year": "soon"}).encode(), 422, "The column 'year' held numbers when"),
        (json.dumps({"island": "Dream"}).encode(), 422, "lacks columns of the model: 'bill_length"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_one_sentence(service, body, status, sentence):
    assert sentence in service.predict(body, status=status)


def mutated(rng, text):
    """Return a body with a few bytes changed, lost, doubled or put elsewhere."""
    body = bytearray(text)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(body))
        change = rng.randrange(4)
        if change == 0:
            body[place] = rng.randrange(256)
        elif change == 1:
            del body[place : place + rng.randint(1, 20)]
        elif change == 2:
            body[place:place] = body[place : place + rng.randint(1, 20)]
        else:
            body[place:place] = rng.choice([b"null", b"1e999", b"NaN", b"[[", b'"', b"{}", b"-0"])
        if not body:
            break
    return bytes(body)


def odd(rng):
    """Return a body of JSON whose values, names or rows are not what they should be."""
    values = [None, True, -1e308, 10**30, "", "x", "1,5", "NaN", "1e999", "2024-01-01", [], {}]
    row = dict(ROW)
    for name in rng.sample(list(row), rng.randint(1, 3)):
        row[name] = rng.choice(values)
    if rng.random() < 0.3:
        row[rng.choice(["", "species", "\x00"])] = row.pop(rng.choice(list(row)))
    rows = [row, ROW, rng.choice([row, list(row.values()), [row], None, "x", ROW])]
    return json.dumps(rng.sample(rows, 3)).encode()


def test_no_damaged_body_makes_it_fail(answering):
    rng = random.Random(0)
    text = json.dumps([ROW, {**ROW, "sex": None, "year": "2008"}]).encode()
    bodies = [mutated(rng, text) for _ in range(300)] + [odd(rng) for _ in range(100)]
    answers = answering.answers(bodies)
    statuses = {getattr(answer, "status", 200) for answer in answers}
    assert statuses == {200, 400, 422}
    for answer in answers:
        if hasattr(answer, "status"):
            assert re.fullmatch(r"[^\n]+\.", str(answer), re.DOTALL), answer
        else:
            json.loads(answer.body, parse_constant=pytest.fail)


def test_a_sentence_does_not_repeat_all_that_was_sent(service):
    sentence = service.predict([{**ROW, "year": "x" * 1_000_000}], status=422)
    assert len(sentence) < 1100


def test_other_addresses_and_methods_are_answered_in_json(service):
    for path, method, status in (("/", "GET", 404), ("/predict", "GET", 405)):
        found, headers, body = service.send(path, method=method)
        assert (found, headers["content-type"]) == (status, "application/json")
        assert "the service has POST /predict" in json.loads(body)["error"]


def test_bodies_and_rows_beyond_the_limits_are_refused(trained):
    with served(predictor(trained, body=2000, rows=5)) as client:
        assert len(client.predict([ROW] * 5)["labels"]) == 5
        assert client.predict([ROW] * 6, status=413) == (
            "The request has 6 rows; send at most 5 at a time."
        )
        large = "The request has more than 2,000 bytes; send fewer rows at a time."
        assert client.predict(b" " * 3000, status=413) == large
        # in chunks no length is said before
        status, _, body = client.send("/predict", iter([b" " * 1500] * 2), "POST")
        assert (status, json.loads(body)["error"]) == (413, large)


def test_a_model_with_many_classes_takes_fewer_rows(here, answering):
    y = np.arange(300)
    model = softlearn.SoftmaxRegression().fit(np.c_[np.cos(y), np.sin(y)], y)
    softlearn.save(model, "m.softlearn")
    assert predictor("m.softlearn").limits.rows == 2**21 // 300
    assert answering.limits.rows == 10_000


def test_what_is_too_much_is_answered_503_at_once():
    slow = Slow(waiting=3)
    with served(slow) as client, ThreadPoolExecutor(3) as pool:
        taken = [pool.submit(client.send, "/predict", b"1") for _ in range(3)]
        wait_for(lambda: b"in_flight 3" in client.send("/metrics")[2])
        began = time.monotonic()
        status, headers, body = client.send("/predict", b"1")
        assert time.monotonic() - began < 30  # and not once the others are answered: never
        assert (status, headers["retry-after"]) == (503, "1")
        assert json.loads(body) == {"error": "The service is busy; try again in a second."}
        assert client.send("/health")[0] == 200
        slow.told.set()
        assert [answer.result()[0] for answer in taken] == [200] * 3
        assert client.send("/predict", b"1")[0] == 200
        metrics = client.send("/metrics")[2].decode()
    assert 'softlearn_requests_total{status="200"} 4' in metrics
    assert 'softlearn_requests_total{status="503"} 1' in metrics
    assert "softlearn_rows_total 4" in metrics
    assert "softlearn_requests_in_flight 0" in metrics
    assert 'softlearn_request_seconds_bucket{le="+Inf"} 4' in metrics


def test_bodies_that_wait_have_bounded_size_together():
    slow = Slow(body=100, waiting=100)
    with served(slow) as client, ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(client.send, "/predict", b"1" * 100) for _ in range(8)]
        wait_for(lambda: b"in_flight 8" in client.send("/metrics")[2])
        assert client.send("/predict", b"1")[0] == 503
        slow.told.set()
        assert [answer.result()[0] for answer in taken] == [200] * 8


def test_a_request_that_takes_too_long_is_answered_and_health_says_so():
    slow = Slow(seconds=0.3)
    with served(slow) as client:
        status, headers, body = client.send("/predict", b"1")
        assert (status, headers["retry-after"]) == (503, "1")
        assert json.loads(body)["error"] == "There was no answer within 0.3 seconds."
        assert client.send("/predict", b"1")[0] == 503  # this one was never begun
        status, _, body = client.send("/health")
        assert (status, json.loads(body)["status"]) == (503, "stuck")
        slow.told.set()
        wait_for(lambda: client.send("/health")[0] == 200)
        assert client.send("/predict", b"1")[0] == 200


def test_nothing_stays_of_requests_that_were_given_up_while_they_waited():
    slow = Slow()

    async def give_up():
        queue = Queue(slow.answers)
        first = asyncio.create_task(queue.answer(b"1"))
        while not slow.asked.is_set():
            await asyncio.sleep(0.01)
        others = [asyncio.create_task(queue.answer(b"2")) for _ in range(5)]
        await asyncio.sleep(0)
        assert queue.waiting == 5
        for task in others[1:]:
            task.cancel()
        await asyncio.gather(*others[1:], return_exceptions=True)
        assert queue.waiting == 1
        slow.told.set()
        assert [(await task).body for task in (first, others[0])] == [b"1", b"2"]
        queue.close()

    asyncio.run(give_up())


def test_a_body_that_does_not_come_is_not_waited_for_for_ever():
    with served(Slow(seconds=0.3)) as client:
        with socket.create_connection(("127.0.0.1", client.port), 60) as line:
            line.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12")
            assert line.recv(1000).startswith(b"HTTP/1.1 503")
        assert b"in_flight 0" in client.send("/metrics")[2]


def test_a_client_that_leaves_frees_its_place():
    with served(Slow()) as client:
        with socket.create_connection(("127.0.0.1", client.port), 60) as line:
            line.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12")
            wait_for(lambda: b"in_flight 1" in client.send("/metrics")[2])
        wait_for(lambda: b"in_flight 0" in client.send("/metrics")[2])


def test_a_fault_is_answered_500_and_does_not_end_the_service(capfd):
    class Broken(Slow):
        def answers(self, bodies):
            if not self.told.is_set():
                raise KeyError("a fault")
            return super().answers(bodies)

    broken = Broken()
    with served(broken) as client:
        status, _, body = client.send("/predict", b"1")
        assert status == 500
        assert json.loads(body)["error"] == "The service failed; its standard error says why."
        broken.told.set()
        assert client.send("/predict", b"1")[0] == 200
    assert "KeyError: 'a fault'" in capfd.readouterr().err


def test_what_was_taken_is_answered_before_the_end():
    slow = Slow()
    with served(slow) as client, ThreadPoolExecutor(1) as pool:
        taken = pool.submit(client.send, "/predict", b"1")
        assert slow.asked.wait(60)
        client.stop()
        wait_for(lambda: refused(client))
        slow.told.set()
        assert taken.result()[0] == 200


def refused(client):
    try:
        client.send("/health")
    except (ConnectionError, http.client.HTTPException):
        return True
    return False


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_sigterm_ends_the_program_once_all_is_answered(trained):
    words = [sys.executable, "-m", "softlearn", "serve", str(trained), "--port", "0"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    address = process.stdout.readline()
    port = int(re.fullmatch(r"Listening at http://127\.0\.0\.1:(\d+)\n", address)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps([ROW] * 3000)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:-1].encode())
    client = Client(port)
    wait_for(lambda: b"in_flight 1" in client.send("/metrics")[2])
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: refused(client))
    connection.send(body[-1:].encode())
    answer = connection.getresponse()
    assert len(json.loads(answer.read())["labels"]) == 3000
    connection.close()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.endswith("Stopped by SIGTERM; all requests were answered.\n")


def test_what_cannot_be_served_is_said_in_a_sentence(here, trained, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(trained), "--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"softlearn: Port {port} is in use; give another one, or 0 for a free one.\n"
    )
    assert main(["serve", str(trained), "--host", "no.such.host.example"]) == 1
    assert capsys.readouterr().err == (
        "softlearn: no.such.host.example is no address of this machine.\n"
    )
    assert main(["serve", "none.softlearn"]) == 1
    assert capsys.readouterr().err == "softlearn: none.softlearn does not exist.\n"


def test_without_the_extra_the_sentence_names_it(trained, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve", str(trained)]) == 1
    assert capsys.readouterr().err == (
        "softlearn: softlearn serve needs uvicorn, which is not installed; run: "
        "pip install 'softlearn[serve]'\n"
    )
