"""The server over its WebSocket: who is let in, what is refused, and that sessions end."""

import json
import math
import random
import threading

import pytest
from playing import HELLO, TOKEN, Counting, Page, get, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from softlearn.playground.app import Settings
from softlearn.playground.security import CLOSING_MESSAGE, LARGEST_MESSAGE
from softlearn.playground.server import Server


@pytest.fixture
def sessions():
    return []


@pytest.fixture
def server_of(sessions):
    """Return what starts a server with some settings, which ends with the test."""
    with ExitStack() as stack:

        def start(**settings):
            def session():
                sessions.append(Counting(cost=1e-4))
                return sessions[-1]

            server = Server(session, settings=Settings(**settings))
            stack.enter_context(server.in_background())
            return server

        yield start


@pytest.fixture
def server(server_of):
    return server_of()


def refused(socket, first):
    """Send a first message; return the code and the reason with which the connection is closed."""
    first(socket)
    message = socket.receive()
    assert message["type"] == "websocket.close"
    return message["code"], message["reason"]


def test_a_page_that_knows_the_token_gets_its_session(client, sessions):
    with connect(client) as socket:
        page = greet(socket)
        assert page.picture()["classes"] == 2
        page.send("data", n=3)
        page.event("done")
    assert sessions[0].got[:2] == [HELLO, {"type": "data", "n": 3}]


def test_the_session_never_sees_the_token(client, sessions):
    with connect(client) as socket:
        greet(socket)
    assert TOKEN not in json.dumps(sessions[0].got)


@pytest.mark.parametrize(
    "hello",
    [
        {"type": "hello"},
        {"type": "hello", "token": ""},
        {"type": "hello", "token": TOKEN[:-1]},
        {"type": "hello", "token": TOKEN + " "},
        {"type": "hello", "token": None},
        {"type": "hello", "token": [TOKEN]},
        {"type": "hello", "token": {"token": TOKEN}},
        {"type": "hello", "token": "\ud800"},
        {"type": "run", "token": TOKEN},
        {"type": ["hello"], "token": TOKEN},
        ["hello", TOKEN],
        TOKEN,
        None,
    ],
)
def test_who_does_not_know_the_token_gets_nothing(client, sessions, hello):
    with connect(client) as socket:
        code, reason = refused(socket, lambda socket: socket.send_text(json.dumps(hello)))
    assert code == 4401
    assert reason == "The address needs the token that was printed with it."
    assert not sessions


@pytest.mark.parametrize(
    "first",
    [
        lambda socket: socket.send_bytes(b"\x80"),
        lambda socket: socket.send_text("not JSON"),
        lambda socket: socket.send_text('{"type": "hello", "token": "' + "x" * LARGEST_MESSAGE),
        lambda socket: socket.send_text("[" * 100_000),
    ],
)
def test_a_first_message_that_is_none_gets_nothing(client, sessions, first):
    with connect(client) as socket:
        assert refused(socket, first)[0] == 4401
    assert not sessions


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1:8000",
        "http://127.0.0.1:8001",
        "http://127.0.0.1",
        "http://localhost:8000",
        "http://127.0.0.1:8000.evil.example",
        "null",
        "",
    ],
)
def test_a_foreign_page_cannot_connect(client, sessions, origin):
    with pytest.raises(WebSocketDisconnect) as caught, connect(client, origin=origin):
        pass
    assert caught.value.code == 4403
    assert not sessions


def test_who_names_no_origin_cannot_connect(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws"):
        pass


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/nothing"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::1]:8000", "", ":80"]
)
def test_a_foreign_name_for_this_machine_is_refused_on_every_route(client, path, host):
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 403
    assert answer.text == "This server answers to 127.0.0.1 and localhost only.\n"


def test_a_foreign_name_for_this_machine_opens_no_socket(client):
    own = {"host": "evil.example", "origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect), connect(client, **own):
        pass


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
def test_a_foreign_page_is_given_no_file(client, path, headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_link_on_another_page_may_lead_to_the_playground(client):
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/healthz", headers=link).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/nothing", "/static/../"])
def test_every_answer_says_what_the_page_may_do(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'self'" in policy
    assert f"connect-src 'self' ws://{HOST}" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [rule for rule in policy if "unsafe" in rule]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"]
)
def test_only_files_of_the_page_are_served(client, path):
    assert client.get(path).status_code == 404


def test_other_methods_change_nothing(client):
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, "/").status_code == 405


def test_a_message_that_is_too_large_is_refused_and_the_session_goes_on(client):
    with connect(client) as socket:
        page = greet(socket)
        socket.send_text(json.dumps({"type": "points", "text": "x" * LARGEST_MESSAGE}))
        error = page.event("error")
        assert error["code"] == "too-large"
        assert error["message"] == "A message can have at most 1 MB."
        page.send("data")
        page.event("done")


def test_a_binary_message_is_refused_and_the_session_goes_on(client):
    with connect(client) as socket:
        page = greet(socket)
        socket.send_bytes(b"\x00" * 100)
        assert page.event("error")["message"] == "A message is JSON text; this one was binary."
        page.send("data")
        page.event("done")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "A message is one JSON object; this one cannot be read."),
        ("[]", "A message is one JSON object, not a list."),
        ("3", "A message is one JSON object, not a number."),
        ("null", "A message is one JSON object, not null."),
        ('{"type": "optimizer", "lr": NaN}', "A message can only hold finite numbers."),
        ('{"type": "optimizer", "lr": -Infinity}', "A message can only hold finite numbers."),
        ('{"type": "optimizer", "lr": 1e999}', "A message can only hold finite numbers."),
        ('{"n": ' + "9" * 5000 + "}", "A message is one JSON object; this one cannot be read."),
        ("[" * 500_000, "A message is one JSON object; this one cannot be read."),
    ],
)
def test_a_malformed_message_gets_a_sentence(client, text, sentence):
    with connect(client) as socket:
        page = greet(socket)
        socket.send_text(text)
        assert page.event("error")["message"] == sentence


def malformed(rng):
    """Return a text that is a message with something wrong, or nothing like one."""
    whole = json.dumps(
        {"type": rng.choice(["data", "points", "ack", "view"]), "n": rng.random(), "xy": [[0, 1]]}
    )
    place = rng.randrange(len(whole))
    some = "".join(chr(rng.choice([rng.randrange(128), rng.randrange(0x10FF)])) for _ in range(9))
    return rng.choice([whole[:place], whole[:place] + some + whole[place:], some, whole[place:]])


def test_after_1000_malformed_messages_the_session_goes_on(client, sessions):
    rng = random.Random(0)
    with connect(client) as socket:
        page = greet(socket)
        for _ in range(1000):
            socket.send_text(malformed(rng))
        page.send("export", n=math.pi)
        while page.event("done")["of"] != "export":
            pass
    assert sessions[0].got[-1] == {"type": "export", "n": math.pi}


def test_a_ninth_session_is_refused_until_one_ends(client, sessions):
    sockets = [connect(client).__enter__() for _ in range(8)]
    for socket in sockets:
        greet(socket)
    hello = json.dumps({"type": "hello", "token": TOKEN})
    with connect(client) as ninth:
        code, reason = refused(ninth, lambda socket: socket.send_text(hello))
    assert (code, reason) == (4429, "There are 8 sessions already; close a page first.")
    sockets.pop().__exit__(None, None, None)
    with connect(client) as socket:
        greet(socket)
    for socket in sockets:
        socket.__exit__(None, None, None)
    assert len(sessions) == 9


def test_who_connects_and_says_nothing_is_sent_away(client_of, sessions):
    with connect(client_of(greeting=0.1)) as socket:
        assert socket.receive()["code"] == 4401
    assert not sessions


def test_a_page_that_says_nothing_for_long_is_sent_away(client_of):
    with connect(client_of(idle=0.2)) as socket:
        page = Page(socket)
        page.send("hello", token=TOKEN)
        while True:
            message = socket.receive()
            if message["type"] == "websocket.close":
                break
    assert message["code"] == 4408
    assert message["reason"] == "Nothing was heard for 0 minutes."


def test_sessions_end_with_their_page(client, sessions):
    with connect(client) as socket:
        greet(socket)
    until(lambda: not [t for t in threading.enumerate() if t.name == "playground"])


def test_sessions_end_with_the_server(client_of, sessions):
    client = client_of()
    socket = connect(client).__enter__()
    greet(socket)
    step = sessions[0].step
    until(lambda: sessions[0].step > step)
    socket.close()
    client.__exit__(None, None, None)
    client.__enter__()
    until(lambda: not [t for t in threading.enumerate() if t.name == "playground"])
