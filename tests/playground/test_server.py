"""The server over its WebSocket: who is let in, what is refused, and that sessions end."""

import json
import random
import re
import socket
import threading
from contextlib import ExitStack, suppress

import pytest
from playing import HELLO, Counting, Page, get, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from softlearn.playground.app import Settings
from softlearn.playground.bundle import bundled
from softlearn.playground.security import CLOSING_MESSAGE, LARGEST_MESSAGE
from softlearn.playground.server import Server


@pytest.fixture(scope="module")
def all_sessions():
    return []


@pytest.fixture
def sessions(all_sessions):
    """Return the list to which the sessions of this test are added."""
    all_sessions.clear()
    return all_sessions


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


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "playground"]


@pytest.fixture(scope="module")
def server(all_sessions):
    """Return a server that the tests share."""

    def session():
        all_sessions.append(Counting(cost=1e-4))
        return all_sessions[-1]

    made = Server(session)
    with made.in_background():
        yield made
    until(lambda: not threads())


def sent_away(socket):
    """Return the code and the reason with which a connection is closed, and what came before."""
    came = []
    try:
        while True:
            came.append(socket.recv(timeout=20))
    except ConnectionClosed as end:
        return end.rcvd and end.rcvd.code, end.rcvd and end.rcvd.reason, came


NO_TOKEN = (4401, "The address needs the token that was printed with it.", [])


def test_a_page_that_knows_the_token_gets_its_session(server, sessions):
    with Page(server) as page:
        assert page.picture()["classes"] == 2
        page.send("data", n=3)
        page.event("done")
    assert sessions[0].got[:2] == [HELLO, {"type": "data", "n": 3}]


def test_the_session_never_sees_the_token(server, sessions):
    with Page(server):
        pass
    assert server.token not in json.dumps(sessions[0].got)


def test_every_server_has_its_own_token(server_of):
    tokens = {server_of().token for _ in range(3)}
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 43


@pytest.mark.parametrize(
    "hello",
    [
        {"type": "hello"},
        {"type": "hello", "token": ""},
        {"type": "hello", "token": "TOKEN "},
        {"type": "hello", "token": "TOKE"},
        {"type": "hello", "token": None},
        {"type": "hello", "token": ["TOKEN"]},
        {"type": "hello", "token": {"token": "TOKEN"}},
        {"type": "hello", "token": "\ud800"},
        {"type": "run", "token": "TOKEN"},
        {"type": ["hello"], "token": "TOKEN"},
        ["hello", "TOKEN"],
        "TOKEN",
        None,
    ],
)
def test_who_does_not_say_the_token_gets_nothing(server, sessions, hello):
    with Page(server, greets=False) as page:
        text = json.dumps(hello).replace("TOKEN", server.token)
        page.socket.send(text.replace("TOKE", server.token[:-1]))
        assert sent_away(page.socket) == NO_TOKEN
    assert not sessions


@pytest.mark.parametrize("first", [b"\x80", "not JSON", "x" * LARGEST_MESSAGE, "[" * 100_000, ""])
def test_a_first_message_that_is_none_gets_nothing(server, sessions, first):
    with Page(server, greets=False) as page:
        page.socket.send(first)
        assert sent_away(page.socket) == NO_TOKEN
    assert not sessions


FOREIGN = [
    "http://evil.example",
    "https://127.0.0.1:PORT",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://localhost:PORT",
    "http://127.0.0.1:PORT.evil.example",
    "http://127.0.0.1:PORT/",
    "null",
    None,
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_cannot_connect(server, sessions, origin):
    address = f"127.0.0.1:{server.port}"
    origin = origin and origin.replace("PORT", str(server.port))
    with pytest.raises(InvalidStatus) as caught:
        connect(f"ws://{address}/ws", origin=origin)
    assert caught.value.response.status_code == 403
    assert not sessions


def test_a_foreign_name_for_this_machine_opens_no_socket(server, sessions):
    leads_here = socket.create_connection(("127.0.0.1", server.port))
    with pytest.raises(InvalidStatus) as caught:
        connect("ws://evil.example/ws", sock=leads_here, origin="http://evil.example")
    assert caught.value.response.status_code == 403
    assert not sessions


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/nothing"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::1]:8000", ":80"]
)
def test_a_foreign_name_for_this_machine_is_refused_on_every_route(server, path, host):
    answer, text = get(server, path, host=host)
    assert answer.status == 403
    assert text == "This server answers to 127.0.0.1 and localhost only.\n"


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site", "sec_fetch_dest": "script"},
        {"sec_fetch_site": "same-site", "sec_fetch_dest": "empty"},
        {"sec_fetch_site": "cross-site", "sec_fetch_dest": "iframe"},
    ],
)
def test_a_foreign_page_is_given_no_file(server, path, headers):
    answer, text = get(server, path, **headers)
    assert (answer.status, text) == (403, "This server answers to its own page only.\n")
    assert answer.getheader("access-control-allow-origin") is None


def test_a_link_on_another_page_may_lead_to_the_playground(server):
    link = {"sec_fetch_site": "cross-site", "sec_fetch_dest": "document"}
    assert get(server, "/", **link)[0].status == 200


def test_a_tunnel_from_another_port_or_name_of_this_machine_may_be_used(server):
    assert get(server, "/healthz", host="localhost:9999")[1] == "ok\n"


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/nothing"])
def test_every_answer_says_what_the_page_may_do(server, path):
    answer, _ = get(server, path)
    policy = answer.getheader("content-security-policy").split("; ")
    assert "default-src 'self'" in policy
    assert f"connect-src 'self' ws://127.0.0.1:{server.port}" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [rule for rule in policy if "unsafe" in rule]
    assert answer.getheader("x-content-type-options") == "nosniff"
    assert answer.getheader("cross-origin-resource-policy") == "same-origin"
    assert answer.getheader("server") is None


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/", "/app.py"],
)
def test_only_files_of_the_page_are_served(server, path):
    assert get(server, path)[0].status == 404


def test_the_page_asks_once_for_all_its_scripts(server):
    assert re.findall(r'src="([^"]+)"', get(server, "/")[1]) == ["/page.js"]
    answer, text = get(server, "/page.js")
    assert answer.getheader("content-type").startswith("text/javascript")
    assert text == bundled("main")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(server, method):
    assert get(server, "/", method)[0].status == 405


def test_a_message_that_is_too_large_is_refused_and_the_session_goes_on(server):
    with Page(server) as page:
        page.send("points", op="import", text="x" * LARGEST_MESSAGE)
        error = page.event("error")
        assert (error["code"], error["message"]) == (
            "too-large",
            "A message can have at most 1 MB.",
        )
        page.send("data")
        page.event("done")


def test_a_message_that_is_far_too_large_ends_the_connection(server):
    with Page(server) as page:
        with suppress(ConnectionClosed):
            page.socket.send("x" * (CLOSING_MESSAGE + 1))
        assert sent_away(page.socket)[0] in (1009, None)  # None: it came while the page still sent


def test_a_binary_message_is_refused_and_the_session_goes_on(server):
    with Page(server) as page:
        page.socket.send(b"\x00" * 100)
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
def test_a_malformed_message_gets_a_sentence(server, text, sentence):
    with Page(server) as page:
        page.socket.send(text)
        assert page.event("error")["message"] == sentence


def malformed(rng):
    """Return a text that is a message with something wrong, or nothing like one."""
    whole = json.dumps(
        {"type": rng.choice(["data", "points", "ack", "view"]), "n": rng.random(), "xy": [[0, 1]]}
    )
    place = rng.randrange(len(whole))
    some = "".join(chr(rng.choice([rng.randrange(128), rng.randrange(0x10FF)])) for _ in range(9))
    return rng.choice([whole[:place], whole[:place] + some + whole[place:], some, whole[place:]])


def test_after_1000_malformed_messages_the_session_goes_on(server, sessions):
    rng = random.Random(0)
    errors = 0
    with Page(server) as page:
        page.send("pause")
        for i in range(1000):
            page.socket.send(malformed(rng))
            page.send("export", n=i)
            while (event := page.event("done", "error")).get("of") != "export":
                errors += event["type"] == "error"
                assert event.get("code") != "internal"
    assert errors > 500
    assert sessions[0].got[-1] == {"type": "export", "n": 999}


def test_a_ninth_session_is_refused_until_one_ends(server_of, sessions):
    server = server_of()
    pages = [Page(server) for _ in range(8)]
    with Page(server, greets=False) as ninth:
        ninth.send("hello", token=server.token)
        code, reason, came = sent_away(ninth.socket)
        assert (code, reason) == (4429, "There are 8 sessions already; close a page first.")
        assert not came
    pages.pop().__exit__()
    pages.append(Page(server))
    assert len(sessions) == 9
    for page in pages:
        page.__exit__()


def test_who_connects_and_says_nothing_is_sent_away(server_of, sessions):
    with Page(server_of(greeting=0.1), greets=False) as page:
        assert sent_away(page.socket) == NO_TOKEN
    assert not sessions


def test_they_who_say_nothing_are_few(server_of):
    server = server_of(sessions=1)
    silent = [Page(server, greets=False) for _ in range(3)]
    assert sent_away(silent.pop().socket)[0] == 4401
    for page in silent:
        page.__exit__()


def test_a_page_that_says_nothing_for_long_is_sent_away(server_of):
    with Page(server_of(idle=0.2), acknowledges=False) as page:
        code, reason, _ = sent_away(page.socket)
    assert (code, reason) == (4408, "Nothing was heard for 0 minutes.")


def test_sessions_end_with_their_page(server):
    with Page(server):
        assert threads()
    until(lambda: not threads())


def test_sessions_end_with_the_server(server_of, sessions):
    with ExitStack() as stack:
        server = Server(lambda: Counting(cost=1e-4))
        stack.enter_context(server.in_background())
        page = stack.enter_context(Page(server))
        server.stop()
        assert sent_away(page.socket)[0] == 1012
        until(lambda: not threads())


def test_a_page_that_reads_nothing_slows_nothing_and_fills_no_memory(server, sessions):
    with Page(server, max_queue=1) as page:
        for _ in range(200):
            page.send("big")
        until(lambda: len(sessions[0].got) > 32)
        before = len(sessions[0].got), sessions[0].step
        until(lambda: sessions[0].step > before[1] + 300)
        assert before[0] <= len(sessions[0].got) < 150  # the rest waits in the page
        for _ in range(200):
            page.event("done")
    assert len(sessions[0].got) == 201
