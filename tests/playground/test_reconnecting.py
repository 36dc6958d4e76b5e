"""A page whose line broke finds its session again; one that was closed leaves nothing behind."""

import socket
import threading
from contextlib import contextmanager

from playing import Page, until

from softlearn.playground.app import Settings
from softlearn.playground.server import Server
from softlearn.playground.session import Session


@contextmanager
def serving(**settings):
    server = Server(Session, settings=Settings(**settings))
    with server.in_background():
        yield server


@contextmanager
def connected(server, name):
    """Open a page that gives its session a name; note whether it was there already."""
    with Page(server, greets=False) as page:
        page.send("hello", protocol=1, token=server.token, session=name)
        page.resumed = page.event("session")["resumed"]
        page.state = page.event("state")
        yield page


def broken(page):
    """End a connection as a broken line does: nobody says goodbye."""
    page.socket.socket.shutdown(socket.SHUT_RDWR)


def sessions():
    return [thread for thread in threading.enumerate() if thread.name == "playground"]


def test_a_page_whose_line_broke_finds_its_session_again():
    with serving() as server:
        with connected(server, "mine") as page:
            assert not page.resumed
            page.send("step", n=3)
            page.event("progress")
            page.send("points", op="add", xy=[[0, 0]], label=1)
            points = page.event("points")["points"]
            broken(page)
        with connected(server, "mine") as page:
            assert page.resumed
            assert page.state["step"] == 3
            assert page.state["points"] == points
            page.picture()


def test_pictures_that_were_lost_with_the_line_hold_no_credit():
    with serving() as server:
        for turn in range(3):
            with connected(server, "mine") as page:
                page.acknowledges = False
                page.send("run")
                page.picture()
                page.picture()
                assert page.resumed == (turn > 0)
                broken(page)


def test_another_name_finds_another_session():
    with serving() as server:
        with connected(server, "mine") as page:
            page.send("step", n=3)
            page.event("progress")
            broken(page)
        for name in ("yours", "", None, 3, ["mine"], {"mine": 1}):
            with connected(server, name) as page:
                assert not page.resumed
                assert page.state["step"] == 0


def test_a_page_that_was_closed_leaves_no_session():
    with serving() as server:
        with connected(server, "mine"):
            assert len(sessions()) == 1
        until(lambda: not sessions())


def test_a_session_does_not_wait_for_ever():
    with serving(keep=0.1) as server:
        with connected(server, "mine") as page:
            broken(page)
        until(lambda: not sessions())
        with connected(server, "mine") as page:
            assert not page.resumed


def test_a_session_that_waits_makes_room_for_a_new_page():
    with serving(sessions=1) as server:
        with connected(server, "mine") as page:
            broken(page)
        with connected(server, "yours") as page:
            assert not page.resumed
        until(lambda: not sessions())


def test_a_line_that_breaks_again_and_again_keeps_one_session():
    with serving() as server:
        for turn in range(20):
            with connected(server, "mine") as page:
                assert page.state["step"] == turn
                page.send("step")
                while page.event("progress")["step"] == turn:
                    pass
                broken(page)
        assert len(sessions()) == 1
    until(lambda: not sessions())
